/* SPDX-License-Identifier: BSD-2-Clause */
#include "net/tls_sessions.h"

#include <stdlib.h>
#include <string.h>

static bool is_of(const struct tls_kept *k, struct slice domain)
{
    return k->session != NULL && slice_eq_nocase(slice_from(k->domain), domain);
}

static void forget(struct tls_kept *k)
{
    SSL_SESSION_free(k->session);
    free(k->domain);
    *k = (struct tls_kept){ 0 };
}

static bool is_older(const struct tls_kept *a, const struct tls_kept *b)
{
    return b == NULL || a->age < b->age;
}

/* A free place, or the oldest of this domain if it has enough, or the oldest of all. */
static struct tls_kept *place_for(struct tls_sessions *s, struct slice domain)
{
    struct tls_kept *oldest = NULL, *oldest_of_domain = NULL, *empty = NULL;
    unsigned         of_domain = 0;

    for (size_t i = 0; i < TLS_SESSIONS; i++) {
        struct tls_kept *k = &s->kept[i];

        if (k->session == NULL) {
            empty = k;
            continue;
        }
        if (is_older(k, oldest))
            oldest = k;
        if (is_of(k, domain)) {
            of_domain++;
            if (is_older(k, oldest_of_domain))
                oldest_of_domain = k;
        }
    }
    if (of_domain >= TLS_SESSIONS_OF_DOMAIN)
        return oldest_of_domain;
    return empty != NULL ? empty : oldest;
}

bool tls_sessions_add(struct tls_sessions *s, struct slice domain, SSL_SESSION *session)
{
    struct tls_kept *k    = place_for(s, domain);
    char            *copy = malloc(domain.len + 1);

    if (copy == NULL)
        return false;
    memcpy(copy, domain.ptr, domain.len);
    copy[domain.len] = '\0';
    forget(k);
    *k = (struct tls_kept){ session, copy, ++s->age };
    return true;
}

SSL_SESSION *tls_sessions_take(struct tls_sessions *s, struct slice domain, time_t now)
{
    struct tls_kept *latest = NULL;
    SSL_SESSION     *session;

    for (size_t i = 0; i < TLS_SESSIONS; i++) {
        struct tls_kept *k = &s->kept[i];

        if (k->session != NULL && tls_session_has_expired(k->session, now))
            forget(k);
        if (is_of(k, domain) && (latest == NULL || k->age > latest->age))
            latest = k;
    }
    if (latest == NULL)
        return NULL;
    session         = latest->session;
    latest->session = NULL;
    forget(latest);
    return session;
}

void tls_sessions_clear(struct tls_sessions *s)
{
    for (size_t i = 0; i < TLS_SESSIONS; i++)
        forget(&s->kept[i]);
}

bool tls_session_has_expired(const SSL_SESSION *session, time_t now)
{
    const X509 *peer = SSL_SESSION_get0_peer((SSL_SESSION *)session);

    return peer != NULL && X509_cmp_time(X509_get0_notAfter(peer), &now) < 0;
}
