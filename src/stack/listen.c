/* SPDX-License-Identifier: BSD-2-Clause */
/* Where the stack listens: sockets that are opened at the start or by a reload, and closed by one. */
#include "stack/internal.h"

#include "base/error.h"
#include "nat/stun.h"

enum { LOOK_AGAIN = 1000 }; /* ms between looks whether a socket is still needed */

static void on_datagram(void *owner, struct udp *udp, const struct datagram *d)
{
    struct socket_entry *e    = owner;
    struct flow          flow = { .transport = TRANSPORT_UDP, .local = d->local, .remote = d->remote };

    (void)udp;
    if (banned_datagram(e->stack, &d->remote, d->bytes))
        return;
    flow.listener = (unsigned)(e - e->stack->sockets);
    if (stun_is_it(d->bytes))
        stun_answer(e->stack, &flow, d->bytes);
    else
        receive_ahead(e->stack, &flow, d->bytes);
}

static void on_batch_end(void *owner, struct udp *udp)
{
    struct socket_entry *e = owner;

    (void)udp;
    receive_ahead_end(e->stack);
}

static void on_icmp(void *owner, struct udp *udp, const struct address *remote, int error)
{
    struct socket_entry *e = owner;

    (void)udp;
    peer_error(e->stack, remote, error);
    handover_icmp(e->stack, remote, error); /* the kernel picks any socket of the address */
}

static const struct udp_events datagram_events = {
    .on_datagram  = on_datagram,
    .on_error     = on_icmp,
    .on_batch_end = on_batch_end,
};

static bool transport_can_listen(const struct stack *s, enum transport transport)
{
    switch (transport) {
    case TRANSPORT_UDP:
    case TRANSPORT_TCP:
    case TRANSPORT_WS:
        return true;
    case TRANSPORT_TLS:
    case TRANSPORT_WSS:
        return s->config.tls != NULL;
    case TRANSPORT_NONE:
        break;
    }
    return false;
}

/* ---- opening ---- */

static int open_socket(struct stack *s, struct socket_entry *e)
{
    struct buf host = BUF_ON(e->host);
    int        error;

    if (!transport_can_listen(s, e->transport))
        return -ERR_UNSUPPORTED;
    if (e->transport == TRANSPORT_UDP)
        error = world_udp_open(s->world, &e->requested, &datagram_events, e, &e->udp);
    else
        error = world_listen(s->world, &e->requested, connection_accept, e, &e->listener);
    if (error != 0)
        return error;
    e->local    = e->udp != NULL ? s->world->ops->udp_local(e->udp) : s->world->ops->listener_local(e->listener);
    e->wildcard = address_is_any(&e->local);
    address_write_ip(&host, &e->local);
    e->host_len = (uint8_t)host.len;
    e->state    = SOCKET_OPEN;
    if (e->udp != NULL)
        spread_opened(s, e->udp);
    return 0;
}

void stack_listener_advertise(struct stack *s, unsigned index, struct slice advertise)
{
    struct socket_entry *e = &s->sockets[index];

    e->advertise_len = advertise.len < sizeof e->advertise ? advertise.len : 0;
    if (e->advertise_len > 0)
        memcpy(e->advertise, advertise.ptr, advertise.len);
    e->advertised = sent_by_of(s, (struct slice){ e->advertise, e->advertise_len });
}

static bool is_it(const struct socket_entry *e, enum transport transport, const struct address *local)
{
    return e->transport == transport && address_eq(&e->requested, local);
}

int stack_listen_at(struct stack *s, unsigned index, enum transport transport, const struct address *local,
                    struct slice advertise)
{
    struct socket_entry *e     = &s->sockets[index];
    int                  error = 0;

    if (advertise.len >= sizeof e->advertise)
        return -ERR_TOO_LARGE;
    if (e->state != SOCKET_FREE && (e->state != SOCKET_CLOSING || !is_it(e, transport, local)))
        return -ERR_LIMIT;
    if (e->udp != NULL) {
        e->state = SOCKET_OPEN;
    } else {
        *e    = (struct socket_entry){ .stack = s, .transport = transport, .requested = *local };
        error = open_socket(s, e);
    }
    if (error == 0) {
        stack_listener_advertise(s, index, advertise);
        s->socket_count = index < s->socket_count ? s->socket_count : index + 1;
    }
    return error;
}

int stack_listen(struct stack *s, enum transport transport, const struct address *local, struct slice advertise,
                 unsigned *index)
{
    if (s->socket_count == STACK_LISTENERS)
        return -ERR_LIMIT;
    *index = s->socket_count;
    return stack_listen_at(s, *index, transport, local, advertise);
}

void stack_listener_clients(struct stack *s, unsigned index, enum tls_clients clients)
{
    s->sockets[index].clients = clients;
}

enum transport stack_listener_transport(const struct stack *s, unsigned index)
{
    return s->sockets[index].transport;
}

enum tls_clients stack_listener_demands(const struct stack *s, unsigned index)
{
    return s->sockets[index].clients;
}

struct address stack_listener_address(const struct stack *s, unsigned index)
{
    return s->sockets[index].local;
}

/* ---- closing ---- */

static void close_socket(struct stack *s, struct socket_entry *e)
{
    receive_ahead_end(s); /* a socket that is closed tells of no end of a batch */
    if (e->udp != NULL)
        s->world->ops->udp_close(e->udp);
    if (e->listener != NULL)
        s->world->ops->listener_close(e->listener);
    e->udp      = NULL;
    e->listener = NULL;
}

static bool is_by(const struct flow *flow, unsigned index)
{
    return flow->transport == TRANSPORT_UDP && flow->listener == index;
}

/* Does something that is under way send by it, or wait for what comes by it? */
static bool is_needed(const struct stack *s, unsigned index)
{
    const struct server_txn *server;
    const struct client_txn *client;
    struct flow              flow;

    for (uint32_t at = 0; (server = id_next(&s->server_ids, &at)) != NULL;) {
        flow = is_asleep(server) ? server_asleep_flow(asleep_unmark(server)) : server->reply;
        if (is_by(&flow, index))
            return true;
    }
    for (uint32_t at = 0; (client = id_next(&s->client_ids, &at)) != NULL;) {
        flow = is_asleep(client) ? client_asleep_flow(asleep_unmark(client)) : client->flow;
        if (is_by(&flow, index))
            return true;
    }
    return false;
}

/* True when it is free. */
static bool try_close(struct stack *s, unsigned index)
{
    struct socket_entry *e      = &s->sockets[index];
    bool                 needed = e->udp != NULL && is_needed(s, index);

    if ((s->on_closing != NULL && !s->on_closing(s->closing_user, index, needed)) || needed)
        return false;
    close_socket(s, e);
    *e = (struct socket_entry){ .stack = s, .state = SOCKET_FREE };
    while (s->socket_count > 0 && s->sockets[s->socket_count - 1].state == SOCKET_FREE)
        s->socket_count--;
    return true;
}

static void on_closing_timer(struct timer *timer, msec now)
{
    struct stack *s    = CONTAINER_OF(timer, struct stack, closing_timer);
    bool          left = false;

    for (unsigned i = s->socket_count; i-- > 0;)
        if (s->sockets[i].state == SOCKET_CLOSING && !try_close(s, i))
            left = true;
    if (left)
        world_timer(s->world, timer, on_closing_timer, now + LOOK_AGAIN);
}

void stack_unlisten(struct stack *s, unsigned index)
{
    struct socket_entry *e = &s->sockets[index];

    if (e->state != SOCKET_OPEN)
        return;
    e->state = SOCKET_CLOSING;
    if (!try_close(s, index))
        world_timer(s->world, &s->closing_timer, on_closing_timer, world_now(s->world) + LOOK_AGAIN);
}

void stack_on_closing(struct stack *s, stack_closing_fn *fn, void *user)
{
    s->on_closing   = fn;
    s->closing_user = user;
}

/* Also what another worker has taken in by its socket, when ours has closed already. */
bool listen_is_closing(const struct stack *s, const struct flow *flow)
{
    return flow->transport == TRANSPORT_UDP && flow->listener < STACK_LISTENERS &&
           s->sockets[flow->listener].state != SOCKET_OPEN;
}

void listen_close_all(struct stack *s)
{
    world_timer_stop(s->world, &s->closing_timer);
    for (unsigned i = 0; i < s->socket_count; i++)
        close_socket(s, &s->sockets[i]);
    s->socket_count = 0;
}
