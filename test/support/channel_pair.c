/* SPDX-License-Identifier: BSD-2-Clause */
#include "support/channel_pair.h"

#include "base/error.h"
#include "support/alloc.h"

#include <stdlib.h>

static void on_open(void *owner, struct channel *c)
{
    struct channel_end *e = owner;

    (void)c;
    buf_put(&e->heard, SLICE("open "));
}

static void on_bytes(void *owner, struct channel *c, struct slice bytes)
{
    struct channel_end *e = owner;

    e->pieces++;
    buf_put(&e->heard, bytes);
    if (e->close) {
        e->channel = NULL;
        channel_close(c);
    }
}

static void on_close(void *owner, struct channel *c, int error)
{
    struct channel_end *e = owner;

    (void)c;
    e->channel = NULL;
    buf_printf(&e->heard, " closed:%s", error_name(error));
}

static const struct channel_events events = { on_open, on_bytes, on_close };

static void end_init(struct channel_end *e, struct channel_pair *p)
{
    e->pair  = p;
    e->heard = BUF_ON(e->memory);
}

static const struct stream_events *on_accept(void *owner, struct listener *l, struct stream *s, void **stream_owner)
{
    struct channel_pair *p = owner;
    struct channel_end  *e = &p->ends[p->accepted];

    (void)l;
    end_init(e, p);
    e->channel = channel_accept(p->server_all, p->kind, s, &events, e);
    if (e->channel == NULL) {
        p->refused++;
        return NULL;
    }
    p->accepted++;
    *stream_owner = e->channel;
    return channel_stream();
}

struct channel_pair *channel_pair_new(enum channel_kind kind, const struct channel_limits *limits)
{
    struct channel_pair *p     = alloc_new(sizeof *p);
    struct address       local = address_v4(192, 0, 2, 2, SERVER_PORT);

    p->kind        = kind;
    p->net         = network_new(1);
    p->client_host = network_host(p->net, "client");
    p->server_host = network_host(p->net, "server");
    CHECK(host_add_address(p->client_host, "192.0.2.1"));
    CHECK(host_add_address(p->server_host, "192.0.2.2"));
    p->client     = world_fake_new(p->client_host);
    p->server     = world_fake_new(p->server_host);
    p->client_all = channels_new(p->client, NULL, limits);
    p->server_all = channels_new(p->server, NULL, limits);
    end_init(&p->caller, p);
    CHECK_INT(0, world_listen(p->server, &local, on_accept, p, &p->listener));
    return p;
}

void channel_pair_free(struct channel_pair *p)
{
    if (p->caller.channel != NULL)
        channel_close(p->caller.channel);
    for (unsigned i = 0; i < p->accepted; i++)
        if (p->ends[i].channel != NULL)
            channel_close(p->ends[i].channel);
    channels_free(p->client_all);
    channels_free(p->server_all);
    network_free(p->net);
    free(p);
}

void channel_pair_live(struct channel_pair *p, msec duration)
{
    network_run_until(p->net, network_now(p->net) + duration);
}

void channel_pair_dial(struct channel_pair *p, const char *domain)
{
    struct address remote = address_v4(192, 0, 2, 2, SERVER_PORT);

    CHECK_INT(0, channel_connect(p->client_all, p->kind, &remote, slice_from(domain), &events, &p->caller,
                                 &p->caller.channel));
}

int channel_end_say(struct channel_end *e, const char *text)
{
    struct slice part = slice_from(text);

    return channel_send(e->channel, &part, 1);
}
