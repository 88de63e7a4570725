/* SPDX-License-Identifier: BSD-2-Clause */
#include "net/tls.h"

#include "base/address.h"
#include "base/error.h"
#include "net/tls_identity.h"
#include "net/tls_private.h"

#include <assert.h>
#include <openssl/err.h>
#include <stdlib.h>

/* What a session takes, measured by test/net/tls_memory_test.c. */
enum {
    MEMORY_OPEN        = 15 * 1024,
    MEMORY_HANDSHAKE   = 32 * 1024, /* on top of it, until it is over */
    MEMORY_RECORD      = 17 * 1024, /* half a record has come         */
    MEMORY_CERTIFICATE = 7 * 1024,  /* the peer's, with its chain     */
    RECORD_OVERHEAD    = 64,        /* of bytes sent: head, tag, ...  */
};

struct slice tls_domain(const struct tls *t)
{
    return (struct slice){ t->domain, t->domain_len };
}

/* ---- who works ---- */

/* The session that works from now on.  Output of another that nobody has taken would be lost:
 * that is the caller's mistake, and not one a peer can provoke. */
static void enter(struct tls *t, struct slice *in)
{
    struct tls_context *c = t->context;

    if (c->taken)
        tls_wire_empty(&c->wire);
    c->taken = false;
    assert(c->wire.out_len == 0 || c->writer == t);
    c->writer  = t;
    c->current = t;
    c->wire.in = in;
    ERR_clear_error();
}

static void leave(struct tls *t)
{
    t->context->current = NULL;
    t->context->wire.in = NULL;
}

struct slice tls_output(struct tls *t)
{
    struct tls_context *c = t->context;

    if (c->writer != t || c->taken)
        return (struct slice){ NULL, 0 };
    c->taken = true;
    return (struct slice){ c->wire.out, c->wire.out_len };
}

/* ---- life ---- */

/* Memory of the same kind as the session, which has no sockets and no caches. */
static struct tls *make(struct tls_context *c, SSL_CTX *ctx, struct slice domain)
{
    struct tls *t   = calloc(1, sizeof *t + domain.len + 1);
    BIO        *bio = t != NULL ? tls_bio_new(c->bio, &c->wire) : NULL;

    if (bio == NULL) {
        free(t);
        return NULL;
    }
    t->context    = c;
    t->domain_len = domain.len;
    memcpy(t->domain, domain.ptr, domain.len);
    t->ssl = SSL_new(ctx);
    if (t->ssl == NULL) {
        BIO_free(bio);
        tls_free(t);
        return NULL;
    }
    SSL_set_bio(t->ssl, bio, bio);
    return t;
}

static struct tls *give_up(struct tls *t)
{
    ERR_clear_error();
    tls_free(t);
    return NULL;
}

static enum tls_clients stricter(enum tls_clients a, enum tls_clients b)
{
    return a > b ? a : b;
}

static int must_show(enum tls_clients clients)
{
    return clients == TLS_CLIENTS_REQUIRED ? SSL_VERIFY_FAIL_IF_NO_PEER_CERT : 0;
}

void tls_demand(struct tls *t, enum tls_clients clients)
{
    const struct tls_keys *keys = t->context->set.keys;

    assert(t->is_server && t->state == TLS_IS_NEW && t->start_len == 0);
    clients     = stricter(clients, keys->clients);
    t->verifies = clients != TLS_CLIENTS_NONE;
    if (t->verifies)
        SSL_set_verify(t->ssl, SSL_VERIFY_PEER | must_show(clients), NULL);
    tls_resume_limit(t, keys, clients);
}

struct tls *tls_accept(struct tls_context *c, enum tls_clients clients)
{
    struct tls *t;

    tls_context_refresh(c);
    if (c->set.keys->count == 0)
        return NULL;
    t = make(c, c->set.servers[c->set.first], SLICE(""));
    if (t == NULL)
        return give_up(t);
    t->is_server = true;
    SSL_set_accept_state(t->ssl);
    tls_demand(t, clients);
    return t;
}

/* RFC 6066 3: digits are no server name, and there is no dot behind one. */
static bool set_server_name(struct tls *t)
{
    struct address ip;

    if (t->domain_len == 0 || address_parse_ip(tls_domain(t), &ip))
        return true;
    return SSL_set_tlsext_host_name(t->ssl, t->domain) == 1;
}

struct tls *tls_connect(struct tls_context *c, struct slice domain)
{
    struct tls *t;

    tls_context_refresh(c);
    if (domain.len > 1 && domain.ptr[domain.len - 1] == '.')
        domain.len--;
    t = make(c, c->set.client, domain);
    if (t == NULL || !set_server_name(t))
        return give_up(t);
    t->verifies = c->set.keys->verify_servers;
    SSL_set_connect_state(t->ssl);
    tls_resume_offer(t);
    enter(t, NULL);
    (void)SSL_do_handshake(t->ssl); /* what goes wrong here goes wrong again in tls_next */
    leave(t);
    return t;
}

void tls_free(struct tls *t)
{
    if (t == NULL)
        return;
    if (t->context->writer == t) {
        tls_wire_empty(&t->context->wire);
        t->context->writer = NULL;
        t->context->taken  = false;
    }
    /* Else OpenSSL takes the session for one that was cut off, and forbids to take it up again. */
    if (t->ssl != NULL && t->state != TLS_IS_BROKEN)
        SSL_set_shutdown(t->ssl, SSL_SENT_SHUTDOWN | SSL_RECEIVED_SHUTDOWN);
    SSL_free(t->ssl);
    ERR_clear_error();
    free(t->fault);
    free(t);
}

/* ---- what comes ---- */

/* Enough of the beginning to say what was sent instead of TLS. */
static void note_start(struct tls *t, struct slice in)
{
    while (t->state == TLS_IS_NEW && t->start_len < TLS_START && in.len > 0) {
        t->start[t->start_len++] = *in.ptr++;
        in.len--;
    }
}

static enum tls_event broken(struct tls *t)
{
    struct slice start = { t->start, t->state == TLS_IS_NEW ? t->start_len : 0 };

    if (t->fault == NULL) {
        t->fault = calloc(1, sizeof *t->fault);
        if (t->fault != NULL)
            tls_fault_from_queue(t->fault, start);
    }
    t->state = TLS_IS_BROKEN;
    counter_add(tls_fault_counter(&t->context->world->counters, tls_fault(t)->kind), 1);
    return TLS_FAULT;
}

static void opened(struct tls *t)
{
    struct counters *count = &t->context->world->counters;

    t->state = TLS_IS_OPEN;
    counter_add(&count->tls_handshakes, 1);
    counter_add(&count->tls_resumed, SSL_session_reused(t->ssl) != 0);
    free(t->fault); /* a certificate that was no good, and nobody minds */
    t->fault = NULL;
}

static enum tls_event shake_hands(struct tls *t)
{
    int result = SSL_do_handshake(t->ssl);

    if (result == 1) {
        opened(t);
        return TLS_OPEN;
    }
    return SSL_get_error(t->ssl, result) == SSL_ERROR_WANT_READ ? TLS_MORE : broken(t);
}

static enum tls_event read_plain(struct tls *t, struct slice *plain)
{
    struct tls_context *c = t->context;
    int                 n = SSL_read(t->ssl, c->plain, sizeof c->plain);

    if (n > 0) {
        *plain = (struct slice){ c->plain, (size_t)n };
        return TLS_BYTES;
    }
    switch (SSL_get_error(t->ssl, n)) {
    case SSL_ERROR_WANT_READ:
        return TLS_MORE;
    case SSL_ERROR_ZERO_RETURN:
        t->state = TLS_IS_CLOSED;
        return TLS_CLOSED;
    default: /* an int of OpenSSL's */
        return broken(t);
    }
}

enum tls_event tls_next(struct tls *t, struct slice *in, struct slice *plain)
{
    enum tls_event event = TLS_FAULT;

    *plain = (struct slice){ NULL, 0 };
    note_start(t, *in);
    enter(t, in);
    switch (t->state) {
    case TLS_IS_NEW:
        event = shake_hands(t);
        break;
    case TLS_IS_OPEN:
        event = read_plain(t, plain);
        break;
    case TLS_IS_CLOSED:
        event = TLS_CLOSED;
        break;
    case TLS_IS_BROKEN:
        event = TLS_FAULT;
        break;
    }
    leave(t);
    return event;
}

const struct tls_fault *tls_fault(const struct tls *t)
{
    static const struct tls_fault no_memory = { TLS_FAULT_INTERNAL, "out of memory" };

    return t->fault != NULL ? t->fault : &no_memory;
}

/* ---- what goes ---- */

static size_t total(const struct slice *parts, size_t count)
{
    size_t len = 0;

    for (size_t i = 0; i < count; i++)
        len += parts[i].len;
    return len;
}

/* A walk over parts that lie apart. */
struct walk {
    const struct slice *parts;
    size_t              count, offset;
};

/* As much as one record takes; where it lies if that is one piece, else copied together. */
static struct slice next_record(struct walk *w, char *gather)
{
    struct slice record = { gather, 0 };

    while (w->count > 0 && w->offset == w->parts->len) {
        w->parts++;
        w->count--;
        w->offset = 0;
    }
    while (w->count > 0 && record.len < TLS_RECORD) {
        size_t size = w->parts->len - w->offset;

        if (size > TLS_RECORD - record.len)
            size = TLS_RECORD - record.len;
        if (size > 0)
            memcpy(gather + record.len, w->parts->ptr + w->offset, size);
        record.len += size;
        w->offset += size;
        if (w->offset == w->parts->len) {
            w->parts++;
            w->count--;
            w->offset = 0;
        }
    }
    return record;
}

/* There is room for all of it, so only OpenSSL's own memory can fail. */
static int write_records(struct tls *t, struct walk *w)
{
    struct slice record;

    while ((record = next_record(w, t->context->gather)).len > 0)
        if (SSL_write(t->ssl, record.ptr, (int)record.len) != (int)record.len) {
            (void)broken(t);
            return -ERR_NO_MEMORY;
        }
    return 0;
}

int tls_write(struct tls *t, const struct slice *parts, size_t count)
{
    struct walk w   = { parts, count, 0 };
    size_t      len = total(parts, count), records = len / TLS_RECORD + 1;
    int         error;

    if ((t->state != TLS_IS_OPEN && t->state != TLS_IS_CLOSED) || t->is_shut)
        return -ERR_CLOSED;
    enter(t, NULL);
    error =
        tls_wire_reserve(&t->context->wire, len + records * RECORD_OVERHEAD) ? write_records(t, &w) : -ERR_NO_MEMORY;
    leave(t);
    return error;
}

void tls_shut(struct tls *t)
{
    if ((t->state != TLS_IS_OPEN && t->state != TLS_IS_CLOSED) || t->is_shut)
        return;
    t->is_shut = true;
    enter(t, NULL);
    (void)SSL_shutdown(t->ssl);
    leave(t);
    ERR_clear_error();
}

/* ---- who the peer is ---- */

bool tls_is_partial(const struct tls *t)
{
    return SSL_has_pending(t->ssl) == 1;
}

bool tls_is_open(const struct tls *t)
{
    return t->state == TLS_IS_OPEN;
}

X509 *tls_peer_certificate(const struct tls *t)
{
    return SSL_get0_peer_certificate(t->ssl);
}

bool tls_peer_verified(const struct tls *t)
{
    return t->verifies && t->state != TLS_IS_NEW && tls_peer_certificate(t) != NULL &&
           SSL_get_verify_result(t->ssl) == X509_V_OK;
}

bool tls_peer_is(const struct tls *t, struct slice domain)
{
    if (!t->is_server && !t->verifies)
        return t->state != TLS_IS_NEW && slice_eq_nocase(tls_domain(t), domain);
    return tls_peer_verified(t) && tls_identity_is(tls_peer_certificate(t), domain);
}

struct slice tls_server_name(const struct tls *t)
{
    const char *name = t->is_server ? SSL_get_servername(t->ssl, TLSEXT_NAMETYPE_host_name) : NULL;

    return name != NULL ? slice_from(name) : SLICE("");
}

const char *tls_protocol(const struct tls *t)
{
    return SSL_get_version(t->ssl);
}

const char *tls_cipher(const struct tls *t)
{
    return SSL_get_cipher_name(t->ssl);
}

bool tls_is_resumed(const struct tls *t)
{
    return SSL_session_reused(t->ssl) != 0;
}

size_t tls_memory(const struct tls *t)
{
    size_t bytes = sizeof *t + t->domain_len + MEMORY_OPEN;

    if (t->state == TLS_IS_NEW)
        bytes += MEMORY_HANDSHAKE;
    else if (SSL_has_pending(t->ssl))
        bytes += MEMORY_RECORD;
    if (tls_peer_certificate(t) != NULL)
        bytes += MEMORY_CERTIFICATE;
    return bytes;
}
