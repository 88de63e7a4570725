/* SPDX-License-Identifier: BSD-2-Clause */
#include "stack/internal.h"

#include "base/error.h"

#include <stdlib.h>

void connection_recount(struct connection *c)
{
    size_t bytes = sizeof *c + INDEX_ENTRY + c->framer.cap;

    if (c->strangers != NULL)
        bytes += STRANGERS * sizeof *c->strangers;
    if (c->domain != NULL)
        bytes += strlen(c->domain) + 1;
    if (c->aliases != NULL)
        bytes += ALIASES * sizeof *c->aliases;
    world_recount(c->stack->world, ACCOUNT_CONNECTIONS, &c->accounted, bytes);
}

/* Until when it is kept if nothing more happens. */
static msec idle_at(const struct connection *c)
{
    msec at = c->touched_at + c->stack->config.connection_idle;

    at = at > c->keep_until ? at : c->keep_until;
    for (unsigned i = 0; i < CONNECTION_KEPT; i++)
        at = at > c->kept[i].until ? at : c->kept[i].until;
    return c->silence > 0 && at > c->heard_at + c->silence ? c->heard_at + c->silence : at;
}

static void on_idle(struct timer *timer, msec now)
{
    struct connection *c = CONTAINER_OF(timer, struct connection, idle);

    if (idle_at(c) > now)
        world_timer(c->stack->world, timer, on_idle, idle_at(c));
    else
        connection_close(c);
}

void connection_touch(struct connection *c)
{
    c->touched_at = world_now(c->stack->world);
    if (!timer_running(&c->idle) || idle_at(c) < c->idle.at)
        world_timer(c->stack->world, &c->idle, on_idle, idle_at(c));
}

/* For each message, so the timer is left alone: the time only moves on, and it looks again then. */
void connection_heard(struct connection *c)
{
    c->heard_at = c->touched_at = world_now(c->stack->world);
}

void connection_keep(struct connection *c, uint64_t key, msec until)
{
    struct kept *slot = NULL;

    for (unsigned i = 0; i < CONNECTION_KEPT && (slot == NULL || slot->key != key); i++)
        if (c->kept[i].key == key || c->kept[i].until <= world_now(c->stack->world))
            slot = &c->kept[i];
    if (slot != NULL)
        *slot = (struct kept){ key, until };
    else if (until > c->keep_until)
        c->keep_until = until;
    connection_touch(c);
}

void stack_keep_connection(struct stack *s, const struct flow *flow, uint64_t key, msec until)
{
    struct connection *c = id_find(&s->connection_ids, flow->connection);

    if (c != NULL)
        connection_keep(c, key, until);
    else if (handover_is_foreign(s, flow))
        handover_keep(s, flow->connection, key, until);
}

void connection_note_stranger(struct connection *c, object_id txn)
{
    if (c->strangers == NULL)
        c->strangers = calloc(STRANGERS, sizeof *c->strangers);
    connection_recount(c);
    if (c->strangers != NULL) /* without memory its loss shows as a timeout */
        c->strangers[c->stranger_count++ % STRANGERS] = txn;
}

/* Everyone who sent by this connection and still waits learns that it is gone. */
static void fail_users(struct connection *c, int error)
{
    struct link *l;

    while ((l = list_shift(&c->users)) != NULL)
        client_txn_transport_error(CONTAINER_OF(l, struct client_txn, on_connection), error);
    while ((l = list_shift(&c->answers)) != NULL)
        server_txn_lost(CONTAINER_OF(l, struct server_txn, on_connection));
    for (unsigned i = 0; i < c->stranger_count && i < STRANGERS; i++)
        handover_failure(c->stack, c->id, c->strangers[i], error);
}

void connection_free(struct connection *c, int error)
{
    struct stack *s = c->stack;

    fail_users(c, error != 0 ? error : -ERR_CLOSED);
    flow_end_note(c);
    world_timer_stop(s->world, &c->idle);
    connection_unlist(c);
    if (c->accepted)
        peer_count_leave(s->peer_count, &c->flow.remote);
    id_remove(&s->connection_ids, c->id);
    gauge_set(&s->world->counters.connections, s->connection_ids.used);
    world_give(s->world, ACCOUNT_CONNECTIONS, c->accounted);
    framer_fini(&c->framer);
    free(c->strangers);
    free(c->domain);
    free(c->aliases);
    free(c);
}

void connection_close(struct connection *c)
{
    if (c->channel != NULL)
        channel_close(c->channel);
    connection_free(c, 0);
}

int connection_send(struct connection *c, const struct slice *parts, size_t count)
{
    return c->channel != NULL ? channel_send(c->channel, parts, count) : -ERR_CLOSED;
}

/* The peer sees its connection close; `channel` is what its caller says it is. */
static void drop_broken(struct connection *c, struct channel *channel)
{
    id_forget(&c->stack->connection_ids, c);
    c->id      = 0; /* not to remove another one by it */
    c->channel = channel;
    connection_close(c);
}

struct connection *connection_new(struct stack *s, enum transport transport, const struct address *remote)
{
    struct connection *c = calloc(1, sizeof *c);

    if (c == NULL)
        return NULL;
    c->stack = s;
    c->id    = id_add(&s->connection_ids, c);
    if (c->id == 0) {
        counter_add(&s->world->counters.connections_refused, 1);
        free(c);
        return NULL;
    }
    gauge_set(&s->world->counters.connections, s->connection_ids.used);
    c->flow = (struct flow){ .transport = transport, .remote = *remote, .connection = c->id };
    list_init(&c->users);
    list_init(&c->answers);
    framer_init(&c->framer, s->config.max_message, s->config.max_message);
    table_insert(&s->connections_by_remote, &c->by_flow, address_hash(s, transport, remote));
    connection_touch(c);
    connection_recount(c);
    return c;
}

static bool is_by_messages(const struct connection *c)
{
    return c->flow.transport == TRANSPORT_WS || c->flow.transport == TRANSPORT_WSS;
}

/* ---- what the channel says ---- */

static void on_open(void *owner, struct channel *channel)
{
    struct connection *c = owner;
    struct link       *l;

    c->flow.local = channel_local(channel);
    c->open       = true;
    connection_list_proof(c);
    while ((l = list_shift(&c->answers)) != NULL)
        server_txn_taken(CONTAINER_OF(l, struct server_txn, on_connection));
}

static void on_close(void *owner, struct channel *channel, int error)
{
    struct connection *c = owner;

    (void)channel;
    c->channel = NULL;
    connection_free(c, error);
}

/* RFC 5626 4.4.1: a double CRLF asks for one CRLF. */
static void answer_ping(struct connection *c)
{
    struct slice pong = SLICE("\r\n");

    counter_add(&c->stack->world->counters.keepalives, 1);
    connection_send(c, &pong, 1);
}

static void on_alive(void *owner, struct channel *channel)
{
    struct connection *c = owner;

    (void)channel;
    counter_add(&c->stack->world->counters.keepalives, 1);
    connection_heard(c);
}

/* A WebSocket's message is one of SIP (RFC 7118 5). */
static void take_message(struct connection *c, struct slice message)
{
    struct flow flow = c->flow;

    connection_heard(c);
    receive_bytes(c->stack, &flow, message);
}

/* What was cut so far is acted on.  False: what it said made us close the connection. */
static bool acted(struct stack *s, object_id id)
{
    receive_ahead_end(s);
    return id_find(&s->connection_ids, id) != NULL;
}

/* All messages of a read are parsed before the first is acted on, as those of a batch of datagrams are: by a connection
 * to another proxy, or to all phones of a host, they come a dozen at a time. */
static void take_bytes(struct connection *c, struct slice bytes)
{
    struct stack      *s    = c->stack;
    object_id          id   = c->id;
    struct flow        flow = c->flow;
    struct slice       message;
    struct parse_fault fault = { 0 };

    for (;;) {
        switch (framer_next(&c->framer, &bytes, &message, &fault)) {
        case FRAMER_MORE:
            if (!acted(s, id))
                return;
            connection_recount(c);
            if (framer_is_partial(&c->framer))
                channel_partial(c->channel);
            else
                channel_whole(c->channel);
            return;
        case FRAMER_PING:
            if (!acted(s, id))
                return;
            connection_heard(c);
            answer_ping(c);
            break;
        case FRAMER_MESSAGE:
            channel_whole(c->channel);
            connection_heard(c); /* not for every byte: a peer that drips them would hold the connection for ever */
            receive_ahead(s, &flow, message);
            if (id_find(&s->connection_ids, id) == NULL) { /* by its fault, or that of one before it */
                receive_ahead_end(s);
                return;
            }
            break;
        case FRAMER_FAULT: /* the stream cannot be read on from here */
            if (!acted(s, id))
                return;
            receive_fault(s, &flow, message, &fault);
            if (id_find(&s->connection_ids, id) != NULL)
                connection_close(c);
            return;
        }
    }
}

/* RFC 5626 3.5.1: a CRLF between messages. */
static bool is_pong(const struct connection *c, struct slice bytes)
{
    return bytes.len >= 2 && memcmp(bytes.ptr, "\r\n", 2) == 0 && !framer_is_partial(&c->framer);
}

static void on_bytes(void *owner, struct channel *channel, struct slice bytes)
{
    struct connection *c = owner;

    EXPECT_OR_KILL(connection_is_sound(c, channel), connection_suspect(c), drop_broken(c, channel); return );
    if (banned_since(c)) {
        connection_close(c);
        return;
    }
    c->answers_asking = c->answers_asking || (c->asked && is_pong(c, bytes));
    c->asked          = false;
    if (is_by_messages(c))
        take_message(c, bytes);
    else
        take_bytes(c, bytes);
}

const struct channel_events connection_events = {
    .on_open = on_open, .on_bytes = on_bytes, .on_alive = on_alive, .on_close = on_close
};

/* ---- its beginning ---- */

/* Room for one more of this peer? */
static bool is_welcome(struct stack *s, const struct address *peer)
{
    if (peer_count_enter(s->peer_count, peer, s->config.max_peer_connections))
        return true;
    counter_add(&s->world->counters.peer_connections_refused, 1);
    log_peer_full(s, peer);
    return false;
}

static struct connection *new_accepted(struct stack *s, enum transport transport, const struct address *remote)
{
    struct connection *c;

    if (banned_caller(s, remote) || !admission_connection(s) || !is_welcome(s, remote))
        return NULL;
    c = connection_new(s, transport, remote);
    if (c == NULL) {
        peer_count_leave(s->peer_count, remote);
        return NULL;
    }
    c->accepted = true;
    return c;
}

const struct stream_events *connection_accept(void *owner, struct listener *l, struct stream *stream, void **out)
{
    struct socket_entry *e      = owner;
    struct stack        *s      = e->stack;
    struct address       remote = s->world->ops->stream_remote(stream);
    struct connection   *c      = new_accepted(s, e->transport, &remote);

    (void)l;
    if (c == NULL)
        return NULL;
    c->channel = channel_accept(s->channels, connection_kind(e->transport), stream, &connection_events, c);
    if (c->channel == NULL) {
        connection_free(c, -ERR_LIMIT);
        return NULL;
    }
    channel_demand(c->channel, e->clients);
    counter_add(&s->world->counters.connections_accepted, 1);
    c->open          = true;
    c->flow.local    = channel_local(c->channel);
    c->flow.listener = (unsigned)(e - s->sockets);
    connection_list_accepted(c);
    *out = c->channel;
    return channel_stream();
}
