/* SPDX-License-Identifier: BSD-2-Clause */
#include "stack/internal.h"

#include "base/error.h"
uint64_t address_hash(const struct stack *s, enum transport transport, const struct address *a)
{
    return flow_remote_hash(&s->key, transport, a);
}

void transport_show(struct stack *s, bool sent, const struct flow *flow, struct slice text)
{
    if (s->config.trace.fn != NULL)
        s->config.trace.fn(s->config.trace.arg, sent, flow, text);
    log_message(s, sent, flow, text);
}

static struct socket_entry *socket_for(struct stack *s, enum transport transport, enum family family)
{
    for (unsigned i = 0; i < s->socket_count; i++)
        if (s->sockets[i].state == SOCKET_OPEN && s->sockets[i].transport == transport &&
            s->sockets[i].local.family == family)
            return &s->sockets[i];
    return NULL;
}

bool transport_can(const struct stack *s, enum transport transport)
{
    return (transport_set(s) & (1U << transport)) != 0;
}

bool transport_takes_alias(const struct stack *s, const struct flow *flow)
{
    return flow->transport == TRANSPORT_TLS &&
           socket_for((struct stack *)s, TRANSPORT_TLS, (enum family)flow->local.family) != NULL;
}

/* A stream can be opened without a listener; a datagram needs a socket. */
unsigned transport_set(const struct stack *s)
{
    unsigned set = 1U << TRANSPORT_TCP | 1U << TRANSPORT_WS;

    if (s->config.tls != NULL)
        set |= 1U << TRANSPORT_TLS | 1U << TRANSPORT_WSS;
    for (unsigned i = 0; i < s->socket_count; i++)
        if (s->sockets[i].state == SOCKET_OPEN)
            set |= 1U << s->sockets[i].transport;
    return set;
}

unsigned transport_families(const struct stack *s)
{
    unsigned set = 0;

    for (unsigned i = 0; i < s->socket_count; i++)
        if (s->sockets[i].state == SOCKET_OPEN)
            set |= 1U << s->sockets[i].local.family;
    return set;
}

/* The host's own address towards `remote`, remembered for a short while: asking
 * the kernel costs system calls and this is asked for every message. */
static int source_towards(struct stack *s, const struct address *remote, struct address *local)
{
    struct address       host = *remote;
    struct source_entry *e;
    int                  error;

    host.port = 0;
    e         = &s->sources[address_hash(s, TRANSPORT_NONE, &host) % SOURCE_CACHE];
    if (world_now(s->world) >= e->until || !address_eq(&e->remote, &host)) {
        error = world_source(s->world, &host, &e->local);
        if (error != 0)
            return error;
        e->remote = host;
        e->until  = world_now(s->world) + SOURCE_CACHE_AGE;
    }
    *local = e->local;
    return 0;
}

static bool is_like(const struct socket_entry *a, const struct socket_entry *b)
{
    return a->state == SOCKET_OPEN && a->transport == b->transport && a->local.family == b->local.family;
}

/* The first socket of e's kind that a message from `source` can leave by: one on that very
 * address rather than one on all. */
static const struct socket_entry *nearest(const struct stack *s, const struct socket_entry *e,
                                          const struct address *source)
{
    const struct socket_entry *best = e;

    for (; e < s->sockets + s->socket_count; e++) {
        if (!is_like(e, best))
            continue;
        if (address_eq_ip(&e->local, source))
            return e;
        if (e->wildcard && !best->wildcard)
            best = e;
    }
    return best;
}

static bool is_only_one(const struct stack *s, const struct socket_entry *e)
{
    for (unsigned i = 0; i < s->socket_count; i++)
        if (&s->sockets[i] != e && is_like(&s->sockets[i], e))
            return false;
    return true;
}

/* A host on several networks sends from the address that its own routes name. */
static int flow_by_udp(struct stack *s, const struct target *target, struct flow *flow)
{
    const struct socket_entry *e = socket_for(s, TRANSPORT_UDP, target->address.family);
    struct address             source;
    int                        error;

    if (e == NULL)
        return -ERR_UNREACHABLE;
    source = e->local;
    if (e->wildcard || !is_only_one(s, e)) {
        error = source_towards(s, &target->address, &source);
        if (error != 0)
            return error;
        e = nearest(s, e, &source);
    }
    *flow            = (struct flow){ .transport = TRANSPORT_UDP, .remote = target->address };
    flow->local      = e->wildcard ? source : e->local;
    flow->local.port = e->local.port;
    flow->listener   = (unsigned)(e - s->sockets);
    return 0;
}

int transport_open(struct stack *s, const struct target *target, struct slice domain, struct flow *flow)
{
    switch (target->transport) {
    case TRANSPORT_UDP:
        return flow_by_udp(s, target, flow);
    case TRANSPORT_TCP:
    case TRANSPORT_TLS:
    case TRANSPORT_WS:
    case TRANSPORT_WSS:
        return connection_find(s, target, domain, flow);
    case TRANSPORT_NONE:
        break;
    }
    return -ERR_UNSUPPORTED;
}

static bool fits(const struct socket_entry *e, const struct flow *flow)
{
    return e->state != SOCKET_FREE && e->transport == flow->transport && e->local.family == flow->local.family &&
           (e->wildcard || address_eq_ip(&e->local, &flow->local));
}

/* The listener of a flow.  A flow that was kept over a restart names none that can
 * be relied on, so what it says is checked and, if need be, one is found by its
 * address.  A stream that was opened, not accepted, has a local port nobody listens
 * on: any listener of its kind stands for it. */
const struct socket_entry *transport_entry(const struct stack *s, const struct flow *flow)
{
    if (flow->listener < s->socket_count && fits(&s->sockets[flow->listener], flow))
        return &s->sockets[flow->listener];
    for (unsigned i = 0; i < s->socket_count; i++)
        if (s->sockets[i].state == SOCKET_OPEN && fits(&s->sockets[i], flow))
            return &s->sockets[i];
    return socket_for((struct stack *)s, flow->transport, flow->local.family);
}

void transport_source(const struct stack *s, const struct address *remote, struct address *local)
{
    (void)source_towards((struct stack *)s, remote, local);
}

unsigned transport_listener(const struct stack *s, const struct flow *flow)
{
    const struct socket_entry *e = flow->transport != TRANSPORT_NONE ? transport_entry(s, flow) : NULL;

    return e != NULL ? (unsigned)(e - s->sockets) : STACK_LISTENERS;
}

void transport_leave_by(struct stack *s, unsigned listener, struct flow *flow)
{
    const struct socket_entry *e = &s->sockets[listener];

    if (listener >= s->socket_count || listener == flow->listener || e->state != SOCKET_OPEN ||
        flow->transport != TRANSPORT_UDP || e->transport != TRANSPORT_UDP || e->local.family != flow->remote.family)
        return;
    if (!e->wildcard)
        flow->local = e->local;
    else if (source_towards(s, &flow->remote, &flow->local) != 0)
        return;
    flow->local.port = e->local.port;
    flow->listener   = listener;
}

/* What began at an address that this host has no longer goes on from the one that leads there now. */
static bool is_gone(const struct stack *s, const struct address *local)
{
    for (unsigned i = 0; i < s->gone_count && i < GONE_ADDRESSES; i++)
        if (address_eq_ip(&s->gone[i], local))
            return true;
    return false;
}

static int send_datagram(struct stack *s, const struct flow *flow, const struct slice *parts, size_t count)
{
    const struct socket_entry *e = transport_entry(s, flow);

    if (e == NULL || e->udp == NULL) /* see stack_assume */
        return -ERR_CLOSED;
    return world_udp_send(s->world, e->udp, e->wildcard && !is_gone(s, &flow->local) ? &flow->local : NULL,
                          &flow->remote, parts, count);
}

int transport_send_for(struct stack *s, object_id txn, const struct flow *flow, const struct slice *parts, size_t count)
{
    struct connection *c;

    if (flow->transport == TRANSPORT_UDP)
        return send_datagram(s, flow, parts, count);
    if (handover_is_foreign(s, flow))
        return handover_bytes(s, txn, flow->connection, parts, count);
    c = id_find(&s->connection_ids, flow->connection);
    return c != NULL ? connection_send(c, parts, count) : -ERR_CLOSED;
}

int transport_send(struct stack *s, const struct flow *flow, const struct slice *parts, size_t count)
{
    return transport_send_for(s, 0, flow, parts, count);
}

static void trace_gather(struct stack *s, const struct flow *flow, const struct gather *g)
{
    char       text[4096]; /* a longer message is traced as far as it fits */
    struct buf copy = BUF_ON(text);

    if (!transport_is_traced(s))
        return;
    for (size_t i = 0; i < g->count; i++)
        buf_put(&copy, g->parts[i]);
    transport_trace(s, true, flow, buf_slice(&copy));
}

int transport_send_gather(struct stack *s, const struct flow *flow, const struct gather *g)
{
    int error = gather_ok(g) ? transport_send(s, flow, g->parts, g->count) : -ERR_TOO_LARGE;

    if (error != 0)
        counter_add(&s->world->counters.transport_errors, 1);
    else
        trace_gather(s, flow, g);
    return error;
}

static bool advertises(const struct socket_entry *e, struct slice host, uint16_t port)
{
    struct slice name = { e->advertise, e->advertised.host_len };

    return e->advertise_len > 0 &&
           port == (e->advertised.port != 0 ? e->advertised.port : transport_default_port(e->transport)) &&
           slice_eq_nocase(name, host);
}

/* A host that is asked about.  It is read as an address when the first socket has its port, which is hardly ever
 * there in what a phone calls itself: 400 of a call's instructions. */
struct asked_host {
    struct slice   text;
    struct address ip; /* FAMILY_NONE: it is a name */
    bool           read;
};

static bool is_of_address(const struct stack *s, const struct socket_entry *e, struct asked_host *host)
{
    struct address own;

    if (e->host_len > 0 && slice_eq(host->text, (struct slice){ e->host, e->host_len }))
        return true;
    if (!host->read && !address_parse_ip(host->text, &host->ip))
        host->ip.family = FAMILY_NONE;
    host->read = true;
    if (e->local.family != host->ip.family)
        return false;
    if (address_eq_ip(&e->local, &host->ip))
        return true;
    /* The kernel reaches an address of its own from that very address. */
    return e->wildcard && source_towards((struct stack *)s, &host->ip, &own) == 0 && address_eq_ip(&own, &host->ip);
}

static bool is_named(const struct stack *s, const struct socket_entry *e, struct asked_host *host, uint16_t port)
{
    uint16_t want = port != 0 ? port : transport_default_port(e->transport);

    return advertises(e, host->text, want) || (e->local.port == want && is_of_address(s, e, host));
}

bool stack_find_local(const struct stack *s, struct slice host, uint16_t port, enum transport transport,
                      struct flow *like)
{
    struct asked_host asked = { .text = host };

    for (unsigned i = 0; i < s->socket_count; i++) {
        const struct socket_entry *e = &s->sockets[i];

        if (e->state == SOCKET_FREE || (transport != TRANSPORT_NONE && e->transport != transport) ||
            !is_named(s, e, &asked, port))
            continue;
        *like = (struct flow){ .transport = e->transport, .local = e->local, .listener = i };
        return true;
    }
    return false;
}

bool stack_has_port(const struct stack *s, uint16_t port)
{
    for (unsigned i = 0; i < s->socket_count; i++)
        if (s->sockets[i].state != SOCKET_FREE && s->sockets[i].local.port == port)
            return true;
    return false;
}

bool stack_is_local(const struct stack *s, struct slice host, uint16_t port)
{
    struct flow like;

    return stack_find_local(s, host, port, TRANSPORT_NONE, &like);
}
