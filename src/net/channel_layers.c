/* SPDX-License-Identifier: BSD-2-Clause */
#include "net/channel_private.h"

#include "base/error.h"

bool channel_has_tls(const struct channel *c)
{
    return c->kind == CHANNEL_TLS || c->kind == CHANNEL_WSS;
}

bool channel_has_websocket(const struct channel *c)
{
    return c->kind == CHANNEL_WS || c->kind == CHANNEL_WSS;
}

int layers_make(struct channel *c, struct slice domain)
{
    (void)domain;
    return c->kind == CHANNEL_TCP ? 0 : -ERR_UNSUPPORTED;
}

void layers_free(struct channel *c)
{
    (void)c;
}

bool layers_begin(struct channel *c)
{
    return channel_opened(c);
}

bool layers_feed(struct channel *c, struct slice bytes)
{
    return channel_deliver(c, bytes);
}

int layers_put(struct channel *c, const struct slice *parts, size_t count)
{
    return world_stream_send(c->all->world, c->stream, parts, count);
}

void layers_shut(struct channel *c)
{
    (void)c;
}

size_t layers_memory(const struct channel *c)
{
    (void)c;
    return 0;
}

bool channel_is_partial(const struct channel *c)
{
    (void)c;
    return false;
}

bool channel_peer_is(const struct channel *c, struct slice domain)
{
    (void)c;
    (void)domain;
    return false;
}
