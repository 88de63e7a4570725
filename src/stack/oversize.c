/* SPDX-License-Identifier: BSD-2-Clause */
/* A request too large for a datagram goes by TCP, and by a datagram after all if its peer
 * has no TCP (RFC 3261 18.1.1):
 *
 *     UDP target --> larger than the limit? --> TCP to the same address
 *                                                 | refused, unreachable, no answer to SYN,
 *                                                 | reset before any response
 *                                                 V
 *                                               UDP, and this peer is not asked again for a while
 *
 * The limit is the configuration's, or less for a peer that a datagram was too large for, as the
 * kernel or ICMP said.  What stays as it is, however large: a request by a given flow (a phone
 * behind an address translator, which lets nothing in but that flow), a CANCEL or ACK by
 * that of its INVITE, and an ACK to a 2xx unless there is a connection already, for nobody would
 * hear that none could be made.  Responses go back the way the request came. */
#include "stack/internal.h"

#include "base/error.h"

enum {
    SMALLEST    = 548, /* no datagram of so many bytes is too large for IP                */
    MTU_RESERVE = 200, /* for what a response may be larger than the request              */
};

static struct oversize_peer known(const struct stack *s, const struct address *remote)
{
    return oversize_peers_find(s->oversize, remote, world_now(s->world));
}

static size_t limit_for(const struct stack *s, const struct address *remote)
{
    size_t limit   = s->config.udp_limit != 0 ? s->config.udp_limit : SIZE_MAX;
    size_t learned = known(s, remote).limit;

    return learned != 0 && learned < limit ? learned : limit;
}

static bool has_come_back(const struct client_txn *t)
{
    return t->by_datagram && address_eq(&t->datagram.remote, &t->flow.remote);
}

static bool may_move(struct client_txn *t)
{
    struct target target = { TRANSPORT_TCP, t->flow.remote };

    if (t->flow.transport != TRANSPORT_UDP || t->by_given_flow || has_come_back(t) ||
        known(t->stack, &t->flow.remote).no_stream)
        return false;
    return t->kind != CLIENT_STATELESS || connection_is_known(t->stack, &target);
}

/* By TCP from now on; 0, or the error that says why not: then all is as before. */
static int move(struct client_txn *t)
{
    struct flow   datagram = t->flow;
    struct target target   = { TRANSPORT_TCP, t->flow.remote };
    int           error    = transport_open(t->stack, &target, SLICE(""), &t->flow);

    if (error != 0) {
        t->flow = datagram;
        return error;
    }
    t->datagram = datagram;
    t->moved    = true;
    counter_add(&t->stack->world->counters.oversize_by_stream, 1);
    return client_make_wire(t);
}

int oversize_check(struct client_txn *t)
{
    int error;

    t->moved = false;
    if (t->wire_len <= limit_for(t->stack, &t->flow.remote) || !may_move(t))
        return 0;
    error = move(t);
    return t->moved ? error : 0;
}

bool oversize_concerns(const struct client_txn *t, int error)
{
    return error != -ERR_TOO_LARGE || t->wire_len > SMALLEST;
}

/* The kernel, or a router, says that a datagram does not fit. */
static bool move_after_all(struct client_txn *t)
{
    struct stack *s     = t->stack;
    size_t        limit = t->wire_len > SMALLEST + MTU_RESERVE ? t->wire_len - MTU_RESERVE : SMALLEST;

    oversize_peers_limit(s->oversize, &t->flow.remote, limit, world_now(s->world));
    if (!may_move(t))
        return false;
    client_detach(t);
    return client_send_first(t) == 0;
}

static bool back_to_datagram(struct client_txn *t, int error)
{
    struct stack *s = t->stack;

    if (error == -ERR_REFUSED || error == -ERR_UNREACHABLE || error == -ERR_TIMEOUT)
        oversize_peers_no_stream(s->oversize, &t->datagram.remote, world_now(s->world));
    client_detach(t);
    t->flow        = t->datagram;
    t->by_datagram = true;
    counter_add(&s->world->counters.oversize_by_datagram, 1);
    return client_send_first(t) == 0;
}

bool oversize_fall_back(struct client_txn *t, int error)
{
    if (t->answered || t->cancel_wanted || t->kind == CLIENT_STATELESS)
        return false;
    if (t->moved)
        return back_to_datagram(t, error);
    return error == -ERR_TOO_LARGE && t->flow.transport == TRANSPORT_UDP && move_after_all(t);
}
