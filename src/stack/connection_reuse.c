/* SPDX-License-Identifier: BSD-2-Clause */
/* Which connection a message may take that goes to an address: one that leads there already,
 * of this worker or another (stack/directory.h), or a new one.
 *
 *     TCP           any with that remote address
 *     WS            one that we have opened, for that very host
 *     TLS, WSS      one that we have opened for that domain, or whose server has proved to be it
 *     TLS           one that was accepted, if its peer has proved by its certificate to be that
 *                   domain and said so with ";alias" (RFC 5923): then it leads to the port of
 *                   its sent-by
 *
 * So nothing goes to a peer that would not have got it by a new connection (RFC 5923 9.3). */
#include "stack/internal.h"

#include "base/error.h"

#include <stdlib.h>

enum { NAMES_TEXT = 1024 };

enum channel_kind connection_kind(enum transport transport)
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

/* ---- who may know of it ---- */

/* Without memory the others open connections of their own. */
static void tell_others(const struct connection *c, const struct address *address, struct slice names)
{
    struct workers *w = c->stack->config.workers;

    if (w != NULL)
        (void)directory_add(workers_directory(w), &c->flow, address, names);
}

static void untell_others(const struct connection *c, const struct address *address)
{
    struct workers *w = c->stack->config.workers;

    if (w != NULL)
        directory_remove(workers_directory(w), &c->flow, address);
}

void connection_list_accepted(struct connection *c)
{
    if (c->flow.transport == TRANSPORT_TCP)
        tell_others(c, &c->flow.remote, SLICE(""));
}

void connection_list_proof(struct connection *c)
{
    struct workers *w = c->stack->config.workers;
    char            text[NAMES_TEXT];
    struct buf      names = BUF_ON(text);

    if (w == NULL || !transport_is_secure(c->flow.transport))
        return;
    channel_peer_names(c->channel, &names);
    if (names.len > 0) /* without memory nobody is known by it */
        (void)directory_add_proof(workers_directory(w), &c->flow, buf_slice(&names));
}

/* Of another worker's connection the directory knows. */
bool stack_peer_is(struct stack *s, const struct flow *flow, struct slice domain)
{
    struct connection *c = flow->connection != 0 ? id_find(&s->connection_ids, flow->connection) : NULL;
    char               text[NAMES_TEXT];
    struct buf         names = BUF_ON(text);

    if (!transport_is_secure(flow->transport))
        return false;
    if (c == NULL)
        return s->config.workers != NULL && directory_proves(workers_directory(s->config.workers), flow, domain);
    if (c->channel != NULL)
        channel_peer_names(c->channel, &names);
    return directory_names_hold(buf_slice(&names), domain);
}

void connection_unlist(struct connection *c)
{
    struct stack *s = c->stack;

    table_remove(&s->connections_by_remote, &c->by_flow);
    untell_others(c, &c->flow.remote);
    for (unsigned i = 0; i < c->alias_count; i++) {
        table_remove(&s->aliases, &c->aliases[i].link);
        untell_others(c, &c->aliases[i].address);
    }
    c->alias_count = 0;
}

/* ---- aliases ---- */

static bool has_alias(const struct connection *c, const struct address *address)
{
    for (unsigned i = 0; i < c->alias_count; i++)
        if (address_eq(&c->aliases[i].address, address))
            return true;
    return false;
}

static void add_alias(struct connection *c, const struct address *address, struct slice names)
{
    struct alias *a;

    if (c->aliases == NULL)
        c->aliases = calloc(ALIASES, sizeof *c->aliases);
    if (c->aliases == NULL)
        return; /* connections of our own will do */
    a  = &c->aliases[c->alias_count++];
    *a = (struct alias){ .connection = c, .address = *address };
    table_insert(&c->stack->aliases, &a->link, address_hash(c->stack, c->flow.transport, address));
    counter_add(&c->stack->world->counters.connection_aliases, 1);
    tell_others(c, address, names);
    connection_recount(c);
}

/* RFC 5923 8.2: the source address, with the port of sent-by; only of a peer that has shown
 * who it is (9.2). */
void connection_take_alias(struct stack *s, const struct message *request)
{
    struct connection *c       = id_find(&s->connection_ids, request->flow.connection);
    struct address     address = request->flow.remote;
    char               text[NAMES_TEXT];
    struct buf         names = BUF_ON(text);

    if (c == NULL || c->channel == NULL || c->flow.transport != TRANSPORT_TLS || !c->accepted)
        return;
    address.port = request->via.port != 0 ? request->via.port : transport_default_port(TRANSPORT_TLS);
    if (c->alias_count == ALIASES || has_alias(c, &address))
        return;
    channel_peer_names(c->channel, &names);
    if (names.len > 0)
        add_alias(c, &address, buf_slice(&names));
}

static struct connection *find_alias(struct stack *s, const struct target *target, struct slice domain)
{
    struct table_link *l = table_first(&s->aliases, address_hash(s, target->transport, &target->address));

    for (; l != NULL; l = table_next(l)) {
        const struct alias *a = CONTAINER_OF(l, struct alias, link);
        struct connection  *c = a->connection;

        if (target->transport == c->flow.transport && address_eq(&a->address, &target->address) && c->channel != NULL &&
            channel_peer_is(c->channel, domain))
            return c;
    }
    return NULL;
}

/* ---- finding one ---- */

/* Is its peer the one that is meant? */
static bool leads_to(const struct connection *c, struct slice domain)
{
    if (c->channel == NULL)
        return false;
    if (c->flow.transport == TRANSPORT_TCP)
        return true;
    if (c->accepted)
        return false; /* but by an alias */
    return slice_eq_nocase(slice_from(c->domain), domain) ||
           (c->flow.transport == TRANSPORT_TLS && channel_peer_is(c->channel, domain));
}

static struct connection *find(struct stack *s, const struct target *target, struct slice domain)
{
    struct table_link *l = table_first(&s->connections_by_remote, address_hash(s, target->transport, &target->address));

    for (; l != NULL; l = table_next(l)) {
        struct connection *c = CONTAINER_OF(l, struct connection, by_flow);

        if (c->flow.transport == target->transport && address_eq(&c->flow.remote, &target->address) &&
            leads_to(c, domain))
            return c;
    }
    return target->transport == TRANSPORT_TLS ? find_alias(s, target, domain) : NULL;
}

static bool find_foreign(struct stack *s, const struct target *target, struct slice domain, struct flow *flow)
{
    struct workers *w = s->config.workers;

    return w != NULL && directory_find(workers_directory(w), target->transport, &target->address, domain, flow) &&
           handover_is_foreign(s, flow);
}

/* ---- opening one ---- */

static bool keep_domain(struct connection *c, struct slice domain)
{
    if (c->flow.transport == TRANSPORT_TCP)
        return true;
    c->domain = strndup(domain.ptr, domain.len);
    return c->domain != NULL;
}

static int open_channel(struct connection *c, struct slice domain)
{
    int error = -ERR_LIMIT;

    if (keep_domain(c, domain))
        error = channel_connect(c->stack->channels, connection_kind(c->flow.transport), &c->flow.remote, domain,
                                &connection_events, c, &c->channel);
    if (error != 0)
        c->channel = NULL;
    return error;
}

static int connect_to(struct stack *s, const struct target *target, struct slice domain, struct connection **out)
{
    struct connection *c = connection_new(s, target->transport, &target->address);
    int                error;

    if (c == NULL)
        return -ERR_LIMIT;
    error = open_channel(c, domain);
    if (error != 0) {
        connection_free(c, error);
        return error;
    }
    counter_add(&s->world->counters.connections_opened, 1);
    c->flow.local = channel_local(c->channel);
    if (c->flow.local.family == FAMILY_NONE) /* not known before it is open; Via cannot wait */
        world_source(s->world, &target->address, &c->flow.local);
    c->flow.listener = STACK_LISTENERS; /* opened by us: no listener's */
    connection_recount(c);
    tell_others(c, &c->flow.remote, c->domain != NULL ? slice_from(c->domain) : SLICE(""));
    *out = c;
    return 0;
}

int connection_find(struct stack *s, const struct target *target, struct slice domain, struct flow *flow)
{
    struct connection *c = find(s, target, domain);
    int                error;

    if (c == NULL && find_foreign(s, target, domain, flow))
        return 0;
    if (c == NULL) {
        error = connect_to(s, target, domain, &c);
        if (error != 0)
            return error;
    }
    connection_touch(c);
    *flow = c->flow;
    return 0;
}

bool connection_is_known(struct stack *s, const struct target *target)
{
    struct workers *w = s->config.workers;
    struct flow     flow;

    return find(s, target, SLICE("")) != NULL ||
           (w != NULL && directory_find(workers_directory(w), target->transport, &target->address, SLICE(""), &flow));
}
