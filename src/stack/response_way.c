/* SPDX-License-Identifier: BSD-2-Clause */
/* The way of a response whose connection is gone (RFC 3261 18.2.2, RFC 3263 5): by a new one
 * to the source address and the port of sent-by; if that fails, to what the DNS says of
 * sent-by, one target after the other.  By TLS each peer has to be who sent-by says it is.
 *
 * A connection that fails while it is being opened tells those whose response waits in it;
 * one that was open has taken it. */
#include "stack/internal.h"

#include "base/error.h"

/* Who asks chooses sent-by, and so where we connect to: a few must do. */
enum { WAYS_MAX = 3 };

bool response_way_is_sought(const struct server_txn *t)
{
    return link_in_list(&t->on_connection) || (t->way != NULL && lookup_is_open(t->way));
}

static int send_to(struct server_txn *t, const struct target *target)
{
    struct slice       wire = { t->response, t->response_len };
    struct connection *c;
    int                error;

    list_unlink(&t->on_connection);
    error = transport_open(t->stack, target, t->key.host, &t->reply);
    if (error == 0)
        error = transport_send_for(t->stack, t->id, &t->reply, &wire, 1);
    if (error != 0)
        return error;
    c = id_find(&t->stack->connection_ids, t->reply.connection);
    if (c != NULL && !c->open)
        list_append(&c->answers, &t->on_connection);
    return 0;
}

static struct target source_of(const struct server_txn *t)
{
    struct target target = { t->reply.transport, t->source };

    target.address.port = t->key.port != 0 ? t->key.port : transport_default_port(t->reply.transport);
    return target;
}

static int try_targets(struct server_txn *t)
{
    struct target source = source_of(t), target;
    int           error  = -ERR_UNREACHABLE;

    while (t->targets_tried < WAYS_MAX && lookup_target(t->way, &target)) {
        if (address_eq(&target.address, &source.address))
            continue; /* has been tried */
        t->targets_tried++;
        error = send_to(t, &target);
        if (error == 0)
            break;
    }
    return error;
}

static int follow(struct server_txn *t, enum locate_action action)
{
    switch (action) {
    case LOCATE_ASK:
        return 0;
    case LOCATE_DONE:
        return try_targets(t);
    case LOCATE_FAILED:
        break;
    }
    return t->way->locate.error;
}

static void on_found(void *owner, enum locate_action action)
{
    struct server_txn *t     = owner;
    int                error = follow(t, action);

    if (error != 0)
        server_txn_failed(t, error);
    else
        server_txn_taken(t);
}

static int by_sent_by(struct server_txn *t)
{
    if (t->way != NULL)
        return lookup_is_open(t->way) ? 0 : try_targets(t);
    t->way = lookup_new(t->stack, on_found, t);
    if (t->way == NULL)
        return -ERR_NO_MEMORY;
    return follow(t, lookup_start_response(t->way, t->reply.transport, t->key.host, t->key.port));
}

/* Nobody can connect to a WebSocket's client (RFC 7118 5). */
int response_way_next(struct server_txn *t)
{
    struct target source;

    if (!transport_is_reliable(t->reply.transport) || t->reply.transport == TRANSPORT_WS ||
        t->reply.transport == TRANSPORT_WSS)
        return -ERR_CLOSED;
    if (!t->source_tried) {
        t->source_tried = true;
        t->source       = t->reply.remote;
        source          = source_of(t);
        if (send_to(t, &source) == 0)
            return 0;
    }
    return by_sent_by(t);
}
