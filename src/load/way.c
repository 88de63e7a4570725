/* SPDX-License-Identifier: BSD-2-Clause */
#include "load/internal.h"

#include "base/error.h"
#include "base/limits.h"

enum { AGAIN = 500 }; /* ms until a lost connection is opened once more */

static enum channel_kind kind_of(enum transport transport)
{
    switch (transport) {
    case TRANSPORT_TLS:
        return CHANNEL_TLS;
    case TRANSPORT_WS:
        return CHANNEL_WS;
    case TRANSPORT_WSS:
        return CHANNEL_WSS;
    case TRANSPORT_NONE:
    case TRANSPORT_UDP:
    case TRANSPORT_TCP:
        break;
    }
    return CHANNEL_TCP;
}

static void take_message(struct way *way, const struct address *from, struct slice bytes)
{
    struct load       *l = way->load;
    struct glance      g;
    struct parse_fault fault;
    struct message    *m;

    l->tally.messages_received++;
    if (glance_response(bytes, &g) && attempt_glance(l, &g))
        return;
    m = message_parse(bytes, &fault);
    if (m == NULL)
        l->tally.malformed++;
    else if (m->is_request)
        callee_request(way, from, m);
    else
        attempt_response(l, way, m);
    message_drop(m);
}

static void on_datagram(void *owner, struct udp *udp, const struct datagram *d)
{
    (void)udp;
    if (d->bytes.len > 4) /* else a keep-alive */
        take_message(owner, &d->remote, d->bytes);
}

/* Whatever waits for a response by this way.  What is begun anew meanwhile is not of them. */
static void lose_attempts(struct way *way)
{
    struct link  all;
    struct link *l;

    list_init(&all);
    list_move(&way->attempts, &all);
    while ((l = list_shift(&all)) != NULL)
        attempt_lost(CONTAINER_OF(l, struct attempt, member));
}

/* Nobody says which request it was about. */
static void on_error(void *owner, struct udp *udp, const struct address *remote, int error)
{
    struct way *way = owner;

    (void)udp;
    (void)error;
    way->load->tally.icmp++;
    if (address_eq(remote, &way->load->setup.server))
        lose_attempts(way);
}

static const struct udp_events udp_events = { .on_datagram = on_datagram, .on_error = on_error };

static void set_local(struct way *way, struct address local)
{
    struct buf b = BUF_ON(way->sent_by);

    way->local = local;
    address_write_ip(&b, &local);
    way->host = buf_slice(&b);
    buf_put_byte(&b, ':');
    buf_put_number(&b, local.port);
    buf_cstr(&b);
}

static void on_open(void *owner, struct channel *channel)
{
    struct way *way = owner;

    set_local(way, channel_local(channel));
    way->open = true;
    way->load->ways_open++;
    load_way_opened(way->load);
}

static void on_again(struct timer *timer, msec now)
{
    struct way *way = CONTAINER_OF(timer, struct way, again);

    if (way_open(way) != 0)
        world_timer(way->load->world, timer, on_again, now + AGAIN);
}

static void lost(struct way *way, int error)
{
    struct load *l = way->load;

    framer_fini(&way->framer);
    if (way->open) {
        l->ways_open--;
        l->tally.connections_lost++;
    }
    way->open = false;
    lose_attempts(way);
    if (l->phase == LOAD_CONNECT)
        load_way_failed(l, error);
    else if (l->phase != LOAD_DONE)
        world_timer(l->world, &way->again, on_again, world_now(l->world) + AGAIN);
}

static void on_close(void *owner, struct channel *channel, int error)
{
    struct way *way = owner;

    (void)channel;
    way->channel = NULL;
    lost(way, error != 0 ? error : -ERR_CLOSED);
}

static void answer_ping(struct way *way)
{
    struct slice pong = SLICE("\r\n");

    (void)channel_send(way->channel, &pong, 1);
}

static void drop_channel(struct way *way, int error)
{
    channel_close(way->channel);
    way->channel = NULL;
    lost(way, error);
}

static void take_bytes(struct way *way, struct slice bytes)
{
    struct slice       message;
    struct parse_fault fault;

    while (way->channel != NULL)
        switch (framer_next(&way->framer, &bytes, &message, &fault)) {
        case FRAMER_MORE:
            if (framer_is_partial(&way->framer))
                channel_partial(way->channel);
            else
                channel_whole(way->channel);
            return;
        case FRAMER_PING:
            answer_ping(way);
            break;
        case FRAMER_MESSAGE:
            channel_whole(way->channel);
            take_message(way, &way->load->setup.server, message);
            break;
        case FRAMER_FAULT:
            way->load->tally.malformed++;
            drop_channel(way, -ERR_SYNTAX);
            return;
        }
}

static void on_bytes(void *owner, struct channel *channel, struct slice bytes)
{
    struct way    *way       = owner;
    enum transport transport = way->load->plan->transport;

    (void)channel;
    if (transport == TRANSPORT_WS || transport == TRANSPORT_WSS) {
        if (bytes.len > 4)
            take_message(way, &way->load->setup.server, bytes);
    } else {
        take_bytes(way, bytes);
    }
}

static const struct channel_events channel_events = { .on_open = on_open, .on_bytes = on_bytes, .on_close = on_close };

static int open_udp(struct way *way)
{
    struct load   *l     = way->load;
    struct address local = l->setup.local;
    int            error;

    if (local.port != 0)
        local.port = (uint16_t)(local.port + way->index);
    error = world_udp_open(l->world, &local, &udp_events, way, &way->udp);
    if (error != 0)
        return error;
    set_local(way, l->world->ops->udp_local(way->udp));
    way->open = true;
    l->ways_open++;
    return 0;
}

static int open_channel(struct way *way)
{
    struct load *l = way->load;

    framer_init(&way->framer, LIMIT_MESSAGE, LIMIT_MESSAGE);
    return channel_connect(l->channels, kind_of(l->plan->transport), &l->setup.server, slice_from(l->plan->server),
                           &channel_events, way, &way->channel);
}

int way_open(struct way *way)
{
    return way->load->plan->transport == TRANSPORT_UDP ? open_udp(way) : open_channel(way);
}

void way_close(struct way *way)
{
    struct load *l = way->load;

    world_timer_stop(l->world, &way->again);
    if (way->udp != NULL)
        l->world->ops->udp_close(way->udp);
    if (way->channel != NULL)
        channel_close(way->channel);
    framer_fini(&way->framer);
    way->udp     = NULL;
    way->channel = NULL;
    way->open    = false;
}

int way_send(struct way *way, const struct address *to, const struct slice *parts, size_t count)
{
    struct load *l = way->load;
    int          error;

    if (!way->open)
        return -ERR_CLOSED;
    if (way->udp != NULL)
        error = world_udp_send(l->world, way->udp, NULL, to, parts, count);
    else
        error = channel_send(way->channel, parts, count);
    l->tally.messages_sent += error == 0;
    return error;
}
