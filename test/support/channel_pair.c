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

static void on_alive(void *owner, struct channel *c)
{
    struct channel_end *e = owner;

    (void)c;
    e->alive++;
}

static void on_close(void *owner, struct channel *c, int error)
{
    struct channel_end *e = owner;

    (void)c;
    e->channel = NULL;
    buf_printf(&e->heard, " closed:%s", error_name(error));
}

static const struct channel_events events = {
    .on_open = on_open, .on_bytes = on_bytes, .on_alive = on_alive, .on_close = on_close
};

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

static const char *const server_names[] = { "a.example", "192.0.2.2", NULL };

struct channel_pair *channel_pair_new(enum channel_kind kind, const struct channel_limits *limits)
{
    const struct lab_wish server = { .names = server_names };

    return channel_pair_new_with(kind, limits, NULL, &server);
}

struct channel_pair *channel_pair_new_with(enum channel_kind kind, const struct channel_limits *limits,
                                           const struct lab_wish *client, const struct lab_wish *server)
{
    static const struct lab_wish none;
    struct channel_pair         *p     = alloc_new(sizeof *p);
    struct address               local = address_v4(192, 0, 2, 2, SERVER_PORT);

    p->kind        = kind;
    p->net         = network_new(1);
    p->client_host = network_host(p->net, "client");
    p->server_host = network_host(p->net, "server");
    CHECK(host_add_address(p->client_host, "192.0.2.1"));
    CHECK(host_add_address(p->server_host, "192.0.2.2"));
    p->client = world_fake_new(p->client_host);
    p->server = world_fake_new(p->server_host);
    if (kind != CHANNEL_TCP) {
        p->lab        = lab_new(world_wall(p->server) / 1000);
        p->client_tls = lab_shared(p->lab, client != NULL ? client : &none);
        p->server_tls = lab_shared(p->lab, server);
    }
    p->client_all = channels_new(p->client, p->client_tls, limits);
    p->server_all = channels_new(p->server, p->server_tls, limits);
    end_init(&p->caller, p);
    CHECK_INT(0, world_listen(p->server, &local, on_accept, p, &p->listener));
    return p;
}

void channel_end_close(struct channel_end *e)
{
    if (e->channel != NULL)
        channel_close(e->channel);
    e->channel = NULL;
}

void channel_pair_free(struct channel_pair *p)
{
    channel_end_close(&p->caller);
    for (unsigned i = 0; i < p->accepted; i++)
        channel_end_close(&p->ends[i]);
    channels_free(p->client_all);
    channels_free(p->server_all);
    tls_shared_free(p->client_tls);
    tls_shared_free(p->server_tls);
    lab_free(p->lab);
    network_free(p->net);
    free(p);
}

void channel_pair_live(struct channel_pair *p, msec duration)
{
    network_run_until(p->net, network_now(p->net) + duration);
}

void channel_end_dial(struct channel_end *e, struct channel_pair *p, const char *domain)
{
    struct address remote = address_v4(192, 0, 2, 2, SERVER_PORT);

    end_init(e, p);
    CHECK_INT(0, channel_connect(p->client_all, p->kind, &remote, slice_from(domain), &events, e, &e->channel));
}

void channel_pair_dial(struct channel_pair *p, const char *domain)
{
    channel_end_dial(&p->caller, p, domain);
}

int channel_end_say(struct channel_end *e, const char *text)
{
    struct slice part = slice_from(text);

    return channel_send(e->channel, &part, 1);
}
