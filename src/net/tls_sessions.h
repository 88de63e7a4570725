/* SPDX-License-Identifier: BSD-2-Clause */
/* tls_sessions.h - sessions with servers, kept to be taken up again (RFC 8446 2.2): a few for
 * each domain, a bounded number in all, of one worker.
 *
 * Each is used once (RFC 8446 C.4: a ticket shown twice tells an observer that it is the same
 * client).  The oldest goes when there is no room. */

#ifndef NET_TLS_SESSIONS_H
#define NET_TLS_SESSIONS_H

#include "base/slice.h"

#include <openssl/ssl.h>
#include <time.h>

enum { TLS_SESSIONS = 128, TLS_SESSIONS_OF_DOMAIN = 2 };

struct tls_kept {
    SSL_SESSION *session; /* NULL: free */
    char        *domain;
    uint64_t     age; /* smaller is older */
};

struct tls_sessions {
    struct tls_kept kept[TLS_SESSIONS];
    uint64_t        age;
};

/* Keep a session with this domain: takes it.  False without memory: it is still the
 * caller's. */
bool tls_sessions_add(struct tls_sessions *s, struct slice domain, SSL_SESSION *session);

/* The latest one with this domain whose certificate is still good at `now`, handed over; NULL if
 * there is none.  Those that have expired are freed. */
SSL_SESSION *tls_sessions_take(struct tls_sessions *s, struct slice domain, time_t now);

void tls_sessions_clear(struct tls_sessions *s);

/* Has the certificate that the peer of this session has shown expired by `now`?  False if it
 * has shown none. */
bool tls_session_has_expired(const SSL_SESSION *session, time_t now);

#endif
