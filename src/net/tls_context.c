/* SPDX-License-Identifier: BSD-2-Clause */
#include "net/tls_identity.h"
#include "net/tls_private.h"

#include <openssl/err.h>
#include <stdlib.h>

enum { RETRY = 1000 /* ms */ };

time_t tls_wall(const struct tls_context *c)
{
    return (time_t)(world_wall(c->world) / 1000);
}

/* ---- which certificate ---- */

/* "*.example.com" stands for every name under it. */
static bool is_under(struct slice pattern, struct slice host)
{
    return pattern.len > 2 && pattern.ptr[0] == '*' && host.len > pattern.len - 1 &&
           slice_eq_nocase(slice_between(pattern.ptr + 1, pattern.ptr + pattern.len),
                           slice_between(host.ptr + host.len - (pattern.len - 1), host.ptr + host.len));
}

static size_t find_exact(const struct tls_keys *keys, struct slice host)
{
    for (size_t i = 0; i < keys->count; i++)
        if (slice_eq_nocase(slice_from(keys->pairs[i].domain), host))
            return i;
    return keys->count;
}

static size_t find_under(const struct tls_keys *keys, struct slice host)
{
    for (size_t i = 0; i < keys->count; i++)
        if (is_under(slice_from(keys->pairs[i].domain), host))
            return i;
    return keys->count;
}

static size_t find_named(const struct tls_keys *keys, struct slice host)
{
    for (size_t i = 0; i < keys->count; i++)
        if (tls_identity_serves(keys->pairs[i].leaf, host))
            return i;
    return keys->count;
}

/* The title of a section comes first, then what the certificates say themselves. */
static size_t find_certificate(const struct tls_keys *keys, struct slice host)
{
    size_t i = find_exact(keys, host);

    if (i == keys->count)
        i = find_under(keys, host);
    return i < keys->count ? i : find_named(keys, host);
}

static int on_server_name(SSL *ssl, int *alert, void *context)
{
    const struct tls_context *c    = context;
    const char               *name = SSL_get_servername(ssl, TLSEXT_NAMETYPE_host_name);
    size_t                    i;

    (void)alert;
    if (name == NULL)
        return SSL_TLSEXT_ERR_NOACK;
    i = find_certificate(c->set.keys, slice_from(name));
    if (i == c->set.keys->count)
        return SSL_TLSEXT_ERR_NOACK; /* the first one: better than none */
    return SSL_set_SSL_CTX(ssl, c->set.servers[i]) != NULL ? SSL_TLSEXT_ERR_OK : SSL_TLSEXT_ERR_ALERT_FATAL;
}

/* ---- a set ---- */

static void set_fini(struct tls_set *s)
{
    for (size_t i = 0; s->servers != NULL && i < s->keys->count; i++)
        SSL_CTX_free(s->servers[i]);
    free(s->servers);
    SSL_CTX_free(s->client);
    tls_keys_drop(s->keys);
    *s = (struct tls_set){ 0 };
}

static SSL_CTX *make_server(struct tls_context *c, const struct tls_keys *keys, const struct tls_pair *pair)
{
    SSL_CTX *ctx = tls_policy_new(keys, pair, true);

    if (ctx == NULL || !tls_resume_server(c, ctx)) {
        SSL_CTX_free(ctx);
        return NULL;
    }
    SSL_CTX_set_app_data(ctx, c);
    SSL_CTX_set_cert_verify_callback(ctx, tls_verify, c);
    SSL_CTX_set_tlsext_servername_callback(ctx, on_server_name);
    SSL_CTX_set_tlsext_servername_arg(ctx, c);
    return ctx;
}

/* To servers that ask for it we show the first certificate; not one that we have signed
 * ourselves, which nobody could trust: it would be worse than none. */
static SSL_CTX *make_client(struct tls_context *c, const struct tls_keys *keys, size_t first)
{
    const struct tls_pair *pair = keys->count > 0 && !keys->pairs[first].self_signed ? &keys->pairs[first] : NULL;
    SSL_CTX               *ctx  = tls_policy_new(keys, pair, false);

    if (ctx == NULL)
        return NULL;
    SSL_CTX_set_app_data(ctx, c);
    SSL_CTX_set_cert_verify_callback(ctx, tls_verify, c);
    SSL_CTX_set_verify(ctx, keys->verify_servers ? SSL_VERIFY_PEER : SSL_VERIFY_NONE, NULL);
    tls_resume_client(c, ctx);
    return ctx;
}

/* Takes `keys`. */
static bool set_init(struct tls_set *s, struct tls_context *c, struct tls_keys *keys)
{
    bool good = true;

    *s         = (struct tls_set){ .keys = keys, .first = find_exact(keys, SLICE("")) };
    s->servers = calloc(keys->count + 1, sizeof(SSL_CTX *));
    if (s->first == keys->count)
        s->first = 0;
    for (size_t i = 0; s->servers != NULL && good && i < keys->count; i++) {
        s->servers[i] = make_server(c, keys, &keys->pairs[i]);
        good          = s->servers[i] != NULL;
    }
    s->client = make_client(c, keys, s->first);
    if (good && s->servers != NULL && s->client != NULL)
        return true;
    ERR_clear_error();
    set_fini(s);
    return false;
}

static void say_not_taken_up(const struct tls_context *c)
{
    struct log_line l;

    if (!log_begin(&l, c->world->log, LOG_ERROR, LOG_PART_TRANSPORT, "certificates_kept"))
        return;
    log_text(&l, "reason", "no memory for the new ones; tried again in a second");
    log_end(&l);
}

/* The old set serves on while a new one cannot be made. */
static void take_up(struct tls_context *c)
{
    uint64_t       generation = tls_shared_generation(c->shared);
    struct tls_set set;

    if (generation == c->generation || (c->generation != 0 && world_now(c->world) < c->retry_at))
        return;
    if (!set_init(&set, c, tls_shared_keys(c->shared))) {
        c->retry_at = world_now(c->world) + RETRY;
        say_not_taken_up(c);
        return;
    }
    set_fini(&c->set);
    tls_sessions_clear(&c->sessions); /* whom we trust may be another matter now */
    c->set        = set;
    c->generation = generation;
}

void tls_context_refresh(struct tls_context *c)
{
    if (!tls_tickets_are_current(&c->tickets, world_now(c->world)))
        tls_shared_tickets(c->shared, world_now(c->world), &c->tickets);
    take_up(c);
}

/* ---- life ---- */

struct tls_context *tls_context_new(struct world *w, struct tls_shared *shared)
{
    struct tls_context *c = calloc(1, sizeof *c);

    if (c == NULL)
        return NULL;
    c->world         = w;
    c->shared        = shared;
    c->bio           = tls_bio_method();
    c->ticket_cipher = EVP_CIPHER_fetch(NULL, "AES-256-CBC", NULL);
    tls_shared_tickets(shared, world_now(w), &c->tickets);
    if (c->bio != NULL && c->ticket_cipher != NULL)
        take_up(c);
    if (c->generation == 0) {
        tls_context_free(c);
        return NULL;
    }
    return c;
}

void tls_context_free(struct tls_context *c)
{
    if (c == NULL)
        return;
    tls_sessions_clear(&c->sessions);
    set_fini(&c->set);
    BIO_meth_free(c->bio);
    EVP_CIPHER_free(c->ticket_cipher);
    tls_tickets_wipe(&c->tickets);
    OPENSSL_cleanse(c->plain, sizeof c->plain);
    OPENSSL_cleanse(c->gather, sizeof c->gather);
    tls_wire_fini(&c->wire);
    free(c);
}
