/* SPDX-License-Identifier: BSD-2-Clause */
/* What a client transaction puts on the wire: the request with its Via for the
 * target in hand, the ACK to a non-2xx, the CANCEL; and the way to the next target. */
#include "stack/internal.h"

#include "base/error.h"

#include <stdlib.h>

int client_send_wire(struct client_txn *t)
{
    struct slice wire  = { t->wire, t->wire_len };
    int          error = transport_send_for(t->stack, t->id, &t->flow, &wire, 1);

    if (error != 0) {
        counter_add(&t->stack->world->counters.transport_errors, 1);
        t->failed = error;
        return error;
    }
    counter_add(&t->stack->world->counters.requests_sent, 1);
    transport_trace(t->stack, true, &t->flow, wire);
    return 0;
}

/* Back to the time before a first target: its timers and failures are of no more
 * concern, or they would hit the lookup for the next one. */
void client_detach(struct client_txn *t)
{
    list_unlink(&t->on_connection);
    peer_unwatch(t);
    t->started = false;
    t->failed  = 0;
}

/* Watch whom this target's failure would come from. */
static void attach(struct client_txn *t)
{
    struct stack      *s = t->stack;
    struct connection *c;

    list_unlink(&t->on_connection);
    peer_unwatch(t);
    if (t->kind == CLIENT_STATELESS)
        return;
    if (t->flow.transport == TRANSPORT_UDP) {
        peer_watch(t);
        return;
    }
    c = id_find(&s->connection_ids, t->flow.connection);
    if (c != NULL)
        list_append(&c->users, &t->on_connection);
}

static void start_machine(struct client_txn *t)
{
    struct stack *s        = t->stack;
    bool          reliable = transport_is_reliable(t->flow.transport);

    t->started = true;
    if (t->kind == CLIENT_INVITE)
        ict_start(&t->machine.ict, reliable, &s->timers, world_now(s->world));
    else if (t->kind == CLIENT_OTHER)
        nict_start(&t->machine.nict, reliable, &s->timers, world_now(s->world));
    if (t->kind != CLIENT_STATELESS)
        log_client_state(t, LOG_NO_STATE);
}

/* Send by t->flow, as a transaction of its own (RFC 3263 4.3). */
int client_send_first(struct client_txn *t)
{
    int error;

    if (t->secure && !transport_is_secure(t->flow.transport))
        return -ERR_UNSUPPORTED;
    transport_leave_by(t->stack, t->listener, &t->flow);
    error = client_make_wire(t);
    if (error == 0)
        error = oversize_check(t);
    if (error != 0)
        return error;
    attach(t);
    start_machine(t);
    return client_send_wire(t);
}

static void drop_lookup(struct client_txn *t)
{
    lookup_free(t->lookup);
    t->lookup = NULL;
}

/* The next target that a message can be given to. */
static int try_targets(struct client_txn *t)
{
    struct target target;
    int           error = -ERR_UNREACHABLE;

    while (lookup_target(t->lookup, &target)) {
        t->failed  = 0;
        t->by_name = true;
        error      = transport_open(t->stack, &target, locate_domain(&t->lookup->locate), &t->flow);
        if (error == 0)
            error = client_send_first(t);
        if (error == 0 || error == -ERR_NO_MEMORY || error == -ERR_TOO_LARGE)
            break;
        target_failed(t->stack, &target, error);
    }
    if (!lookup_has_more(t->lookup))
        drop_lookup(t);
    return error;
}

static int follow_lookup(struct client_txn *t, enum locate_action action)
{
    int error;

    switch (action) {
    case LOCATE_ASK:
        return 0;
    case LOCATE_DONE:
        return try_targets(t);
    case LOCATE_FAILED:
        break;
    }
    error = t->lookup->locate.error;
    drop_lookup(t);
    return error != 0 ? error : -ERR_NAME;
}

static void on_located(void *owner, enum locate_action action)
{
    struct client_txn *t = owner;

    t->failed = follow_lookup(t, action);
    client_txn_rearm(t);
}

static int begin_by_destination(struct client_txn *t, const struct uri *destination)
{
    struct stack *s = t->stack;
    struct uri    secured;
    struct target target;
    int           error;

    t->by_given_flow = false;
    if (t->secure && destination->scheme != URI_SIPS) { /* 8.1.2: as if it were a sips URI */
        secured        = *destination;
        secured.scheme = URI_SIPS;
        destination    = &secured;
    }
    if (locate_numeric(destination, transport_set(s), transport_families(s), &target)) { /* no memory for a lookup */
        error = transport_open(s, &target, destination->host, &t->flow);
        return error != 0 ? error : client_send_first(t);
    }
    if (t->id == 0)
        return CLIENT_MUST_ASK;
    t->last_start = world_now(s->world) + TARGETS_TIME;
    t->lookup     = lookup_new(s, on_located, t);
    if (t->lookup == NULL)
        return -ERR_NO_MEMORY;
    return follow_lookup(t, lookup_start(t->lookup, destination));
}

/* RFC 7118 5: nobody can connect to a WebSocket's client.  What does not reach it by the
 * connection that it opened does not reach it. */
static bool is_only_way(const struct flow *flow)
{
    return (flow->transport == TRANSPORT_WS || flow->transport == TRANSPORT_WSS) && flow->listener < STACK_LISTENERS;
}

static int begin(struct client_txn *t, const struct outgoing *out)
{
    int error;

    if (out->flow != NULL) {
        t->flow          = *out->flow;
        t->by_given_flow = true;
        error            = client_send_first(t);
        if (error == 0 || out->destination == NULL || out->flow_only || is_only_way(out->flow)) {
            t->by_flow_only = error == 0 && out->destination != NULL && !out->flow_only && !is_only_way(out->flow);
            return error;
        }
        client_detach(t);
    }
    return begin_by_destination(t, out->destination);
}

/* What is not on its way yet, but may be later, is copied. */
static int keep_for_later(struct client_txn *t, int error)
{
    if (t->lookup == NULL || t->wire != NULL)
        return error;
    if (client_keep_request(t) != 0) {
        drop_lookup(t);
        return -ERR_NO_MEMORY;
    }
    return error;
}

int client_begin(struct client_txn *t, const struct outgoing *out)
{
    int error = keep_for_later(t, begin(t, out));

    t->out = NULL;
    return error;
}

static struct message *parse_wire(const struct client_txn *t)
{
    struct parse_fault fault = { 0 };

    return message_parse_in(&t->stack->world->pool, (struct slice){ t->wire, t->wire_len }, &fault);
}

bool client_fall_back(struct client_txn *t)
{
    struct message      *request;
    struct header_values routes;
    struct name_addr     route;
    int                  error;

    if (!t->by_flow_only || t->answered || t->cancel_wanted)
        return false;
    t->by_flow_only = false;
    request         = parse_wire(t);
    if (request == NULL)
        return false;
    client_detach(t);
    routes = message_values(request, HEADER_ROUTE);
    error  = begin_by_destination(t, values_next_name_addr(&routes, &route) ? &route.uri : &request->uri);
    message_drop(request);
    return error == 0;
}

bool client_next_target(struct client_txn *t)
{
    if (t->lookup == NULL || t->answered || t->cancel_wanted || t->user.fn == NULL ||
        world_now(t->stack->world) > t->last_start)
        return false;
    counter_add(&t->stack->world->counters.targets_failed_over, 1);
    return try_targets(t) == 0;
}

/* What ACK to a non-2xx and CANCEL have in common: they repeat the INVITE's
 * Request-URI, From, Call-ID, CSeq number and Routes (9.1, 17.1.1.3).  Their top
 * Via is the INVITE's too. */
static struct slice write_start_line(struct gather *g, const struct message *invite, struct slice method)
{
    const char *start = g->scratch.ptr + g->scratch.len;

    buf_put(&g->scratch, method);
    buf_put_byte(&g->scratch, ' ');
    buf_put(&g->scratch, invite->uri_text);
    buf_put(&g->scratch, SLICE(" SIP/2.0\r\n"));
    return slice_between(start, g->scratch.ptr + g->scratch.len);
}

static void write_like_invite(struct gather *g, const struct message *invite, struct slice method,
                              const struct message *to_from)
{
    size_t mark;

    gather_header_number(g, HEADER_MAX_FORWARDS, 70);
    gather_copy(g, invite, HEADER_FROM);
    gather_copy(g, to_from, HEADER_TO);
    gather_copy(g, invite, HEADER_CALL_ID);
    mark = gather_mark(g);
    buf_put(&g->scratch, SLICE("CSeq: "));
    buf_put_number(&g->scratch, invite->cseq.number);
    buf_put_byte(&g->scratch, ' ');
    buf_put(&g->scratch, method);
    buf_put(&g->scratch, SLICE("\r\n"));
    gather_written(g, mark);
    gather_copy(g, invite, HEADER_ROUTE);
}

void client_send_ack(struct client_txn *t, const struct message *response)
{
    struct message *invite = parse_wire(t);
    struct gather   g;

    if (invite == NULL)
        return;
    gather_init(&g);
    gather_put(&g, write_start_line(&g, invite, SLICE("ACK")));
    gather_header(&g, HEADER_VIA, invite->via.text);
    write_like_invite(&g, invite, SLICE("ACK"), response);
    gather_body(&g, SLICE(""), SLICE(""));
    if (transport_send_gather(t->stack, &t->flow, &g) == 0)
        counter_add(&t->stack->world->counters.requests_sent, 1);
    message_drop(invite);
}

object_id client_send_cancel(struct client_txn *invite)
{
    struct message    *request = parse_wire(invite);
    struct outgoing    out     = { .method = METHOD_CANCEL, .flow = &invite->flow };
    struct client_txn *cancel;
    struct gather      g;

    if (request == NULL)
        return 0;
    gather_init(&g);
    out.start_line = write_start_line(&g, request, SLICE("CANCEL"));
    write_like_invite(&g, request, SLICE("CANCEL"), request);
    gather_put(&g, (struct slice){ invite->cancel_extra, invite->cancel_extra_len });
    gather_body(&g, SLICE(""), SLICE(""));
    out.rest = &g;
    cancel   = client_txn_new(invite->stack, &out, CLIENT_OTHER);
    if (cancel != NULL) {
        cancel->cancels    = invite->id;
        cancel->branch_len = invite->branch_len;
        memcpy(cancel->branch, invite->branch, invite->branch_len);
        cancel->failed = client_begin(cancel, &out);
        client_txn_rearm(cancel);
    }
    message_drop(request); /* `out` borrows it */
    return cancel != NULL ? cancel->id : 0;
}
