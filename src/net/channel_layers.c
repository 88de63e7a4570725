/* SPDX-License-Identifier: BSD-2-Clause */
#include "net/channel_private.h"

#include "base/error.h"
#include "net/tls.h"
#include "net/tls_identity.h"
#include "net/websocket.h"

#include <stdlib.h>
#include <string.h>

enum {
    TLS_RECORD         = 16384,
    TLS_RECORD_SURPLUS = 64,  /* of each record: header, nonce, tag         */
    FRAME_SURPLUS      = 16,  /* of a WebSocket message                     */
    CODE_NORMAL        = 1000 /* RFC 6455 7.4.1                             */
};

bool channel_has_tls(const struct channel *c)
{
    return c->kind == CHANNEL_TLS || c->kind == CHANNEL_WSS;
}

bool channel_has_websocket(const struct channel *c)
{
    return c->kind == CHANNEL_WS || c->kind == CHANNEL_WSS;
}

/* --- out --- */

static int put_stream(struct channel *c, const struct slice *parts, size_t count)
{
    return c->stream != NULL ? world_stream_send(c->all->world, c->stream, parts, count) : -ERR_CLOSED;
}

/* What TLS has made must go out whole: its records are counted by both sides. */
static int flush_tls(struct channel *c)
{
    struct slice out   = tls_output(c->tls);
    int          error = out.len > 0 ? put_stream(c, &out, 1) : 0;

    if (error != 0)
        channel_fail(c, error);
    return error;
}

static bool has_room(const struct channel *c, size_t len)
{
    size_t records = len / TLS_RECORD + 1;

    return c->stream != NULL && world_stream_room(c->all->world, c->stream) >= len + records * TLS_RECORD_SURPLUS;
}

static int put_tls(struct channel *c, const struct slice *parts, size_t count)
{
    size_t len = 0;
    int    error;

    if (c->tls == NULL)
        return put_stream(c, parts, count);
    for (size_t i = 0; i < count; i++)
        len += parts[i].len;
    if (len == 0)
        return 0;
    if (!has_room(c, len))
        return -ERR_LIMIT;
    error = tls_write(c->tls, parts, count);
    if (error == 0)
        return flush_tls(c);
    (void)tls_output(c->tls); /* perhaps some of its records: the peer gets none of them */
    if (!tls_is_open(c->tls))
        channel_fail(c, error);
    return error;
}

static int flush_websocket(struct channel *c)
{
    struct slice out = websocket_output(c->websocket);

    return out.len > 0 ? put_tls(c, &out, 1) : 0;
}

int layers_put(struct channel *c, const struct slice *parts, size_t count)
{
    int error;

    if (c->websocket == NULL)
        return put_tls(c, parts, count);
    error = websocket_write(c->websocket, parts, count);
    return error != 0 ? error : flush_websocket(c);
}

int layers_ping(struct channel *c)
{
    int error = websocket_ping(c->websocket);

    return error != 0 ? error : flush_websocket(c);
}

void layers_shut(struct channel *c)
{
    if (c->websocket != NULL) {
        websocket_shut(c->websocket, CODE_NORMAL);
        (void)flush_websocket(c);
    }
    if (c->tls != NULL && c->secured) {
        tls_shut(c->tls);
        (void)flush_tls(c);
    }
}

/* The peer's good-bye, or ours after its fault: the last there is to say has been said. */
static bool over(struct channel *c, int error)
{
    if (c->tls != NULL && c->secured) {
        tls_shut(c->tls);
        (void)flush_tls(c);
    }
    channel_end(c, error);
    return false;
}

/* --- WebSocket, in --- */

static bool feed_websocket(struct channel *c, struct slice bytes)
{
    struct slice message;

    for (;;) {
        enum websocket_event event = websocket_next(c->websocket, &bytes, &message);

        if (flush_websocket(c) != 0) {
            channel_fail(c, -ERR_LIMIT);
            return true;
        }
        switch (event) {
        case WEBSOCKET_MORE:
            return true;
        case WEBSOCKET_OPEN:
            if (!channel_opened(c))
                return false;
            break;
        case WEBSOCKET_MESSAGE:
            channel_whole(c);
            if (!channel_deliver(c, message))
                return false;
            break;
        case WEBSOCKET_ALIVE: /* who stays has begun; a message under way is no further for it */
            c->owed = false;
            if (!channel_alive(c))
                return false;
            break;
        case WEBSOCKET_PONG: /* our ping's: it would keep a connection that nobody uses for ever */
            break;
        case WEBSOCKET_CLOSED:
            return over(c, 0);
        case WEBSOCKET_FAULT:
            fault_of_websocket(c, websocket_fault(c->websocket));
            return over(c, -ERR_SYNTAX);
        }
        if (c->state == CHANNEL_FAILED)
            return true;
    }
}

/* The machine of a client asks at once, so it is made when it may. */
static bool begin_websocket(struct channel *c)
{
    if (c->accepted)
        return true;
    c->websocket = websocket_connect(c->all->websockets, slice_from(c->host), channel_has_tls(c));
    free(c->host);
    c->host = NULL;
    if (c->websocket == NULL || flush_websocket(c) != 0)
        channel_fail(c, -ERR_LIMIT);
    return true;
}

/* --- TLS, in --- */

static bool on_secured(struct channel *c)
{
    c->secured = true;
    return channel_has_websocket(c) ? begin_websocket(c) : channel_opened(c);
}

static bool feed_plain(struct channel *c, struct slice bytes)
{
    return channel_has_websocket(c) ? feed_websocket(c, bytes) : channel_deliver(c, bytes);
}

static int error_of(const struct tls_fault *f)
{
    return f->kind == TLS_FAULT_CERTIFICATE ? -ERR_PERMISSION : -ERR_SYNTAX;
}

static bool feed_tls(struct channel *c, struct slice bytes)
{
    struct slice plain;
    int          error;

    for (;;) {
        enum tls_event event = tls_next(c->tls, &bytes, &plain);

        if (flush_tls(c) != 0)
            return true;
        switch (event) {
        case TLS_MORE:
            return true;
        case TLS_OPEN:
            if (!on_secured(c))
                return false;
            break;
        case TLS_BYTES:
            if (!feed_plain(c, plain))
                return false;
            break;
        case TLS_CLOSED:
            return over(c, 0);
        case TLS_FAULT:
            error = error_of(tls_fault(c->tls));
            fault_of_tls(c, tls_fault(c->tls));
            channel_end(c, error);
            return false;
        }
        if (c->state == CHANNEL_FAILED)
            return true;
    }
}

bool layers_feed(struct channel *c, struct slice bytes)
{
    return c->tls != NULL ? feed_tls(c, bytes) : feed_plain(c, bytes);
}

/* --- life --- */

static int make_accepted(struct channel *c)
{
    if (channel_has_tls(c)) {
        c->tls = tls_accept(c->all->context, TLS_CLIENTS_NONE);
        if (c->tls == NULL)
            return -ERR_NO_MEMORY;
    }
    if (channel_has_websocket(c)) {
        c->websocket = websocket_accept(c->all->websockets);
        if (c->websocket == NULL)
            return -ERR_NO_MEMORY;
    }
    return 0;
}

void channel_demand(struct channel *c, enum tls_clients clients)
{
    if (c->tls != NULL && clients != TLS_CLIENTS_NONE)
        tls_demand(c->tls, clients);
}

/* RFC 6455 4.1: the Host with its port, unless that is the scheme's own. */
static char *make_host(const struct channel *c, struct slice domain)
{
    uint16_t   usual = channel_has_tls(c) ? 443 : 80;
    size_t     room  = domain.len + sizeof ":65535";
    char      *host  = malloc(room);
    struct buf b     = buf_on(host, room);

    if (host == NULL)
        return NULL;
    buf_put(&b, domain);
    if (c->remote.port != usual)
        buf_printf(&b, ":%u", c->remote.port);
    buf_cstr(&b);
    return host;
}

/* What TLS says first waits in the stream until that is open. */
static int make_connecting(struct channel *c, struct slice domain)
{
    if (channel_has_websocket(c)) {
        c->host = make_host(c, domain);
        if (c->host == NULL)
            return -ERR_NO_MEMORY;
    }
    if (!channel_has_tls(c))
        return 0;
    c->tls = tls_connect(c->all->context, domain);
    return c->tls == NULL ? -ERR_NO_MEMORY : flush_tls(c);
}

int layers_make(struct channel *c, struct slice domain)
{
    if (channel_has_tls(c) && c->all->context == NULL)
        return -ERR_UNSUPPORTED;
    return c->accepted ? make_accepted(c) : make_connecting(c, domain);
}

void layers_free(struct channel *c)
{
    tls_free(c->tls);
    websocket_free(c->websocket);
    free(c->host);
}

bool layers_begin(struct channel *c)
{
    if (channel_has_tls(c))
        return true;
    return channel_has_websocket(c) ? begin_websocket(c) : channel_opened(c);
}

bool layers_are_partial(const struct channel *c)
{
    return (c->tls != NULL && tls_is_partial(c->tls)) || (c->websocket != NULL && websocket_is_partial(c->websocket));
}

size_t layers_memory(const struct channel *c)
{
    size_t bytes = c->host != NULL ? strlen(c->host) + 1 : 0;

    if (c->tls != NULL)
        bytes += tls_memory(c->tls);
    if (c->websocket != NULL)
        bytes += websocket_memory(c->websocket);
    return bytes;
}

bool channel_peer_is(const struct channel *c, struct slice domain)
{
    return c->tls != NULL && c->secured && tls_peer_verified(c->tls) && tls_peer_is(c->tls, domain);
}

void channel_peer_names(const struct channel *c, struct buf *names)
{
    if (c->tls != NULL && c->secured && tls_peer_verified(c->tls))
        tls_identity_write(names, tls_peer_certificate(c->tls));
}
