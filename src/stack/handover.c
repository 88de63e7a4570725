/* SPDX-License-Identifier: BSD-2-Clause */
/* One stack among several workers: what goes to the others, what comes from them. */
#include "stack/internal.h"

#include "base/error.h"

#include <stdlib.h>

static bool is_alone(const struct stack *s)
{
    return s->config.workers == NULL || workers_count(s->config.workers) == 1;
}

static bool hand(struct stack *s, unsigned to, const struct handed *h)
{
    size_t bytes = handed_size(h); /* it is the other's as soon as it is handed */

    if (h->kind == HANDED_MESSAGE)
        message_leave(h->u.message);
    if (workers_hand(s->config.workers, s->config.worker, to, h)) {
        world_take(s->world, ACCOUNT_HANDOVER, bytes);
        return true;
    }
    counter_add(&s->world->counters.handover_dropped, 1);
    return false;
}

/* ---- messages ---- */

/* The Call-ID that a Replaces or Join names: up to its first parameter (RFC 3891 6.1,
 * RFC 3911 7.1). */
static struct slice call_named(const struct message *m)
{
    const struct header *h = message_header(m, HEADER_REPLACES);
    const char          *end;

    if (h == NULL)
        h = message_header(m, HEADER_JOIN);
    if (h == NULL)
        return SLICE("");
    end = memchr(h->value.ptr, ';', h->value.len);
    return slice_trim(end != NULL ? slice_between(h->value.ptr, end) : h->value);
}

/* A response belongs to the worker that our branch in it names; without one, a late 2xx,
 * to that of its call. */
static unsigned home_of_response(const struct workers *w, const struct message *m)
{
    unsigned worker = id_worker(client_txn_named_by(m));

    if (id_kind(client_txn_named_by(m)) == ID_CLIENT_TXN && worker < workers_count(w))
        return worker;
    return workers_home(w, m->call_id);
}

/* Those of one home may part some day, if homes change. */
static bool stay_together(const struct homes *h, uint32_t one, uint32_t other)
{
    return one == other || (!homes_have_changed(h) && homes_look(h, one) == homes_look(h, other));
}

/* RFC 3891 3: such an INVITE concerns a call that is somewhere already, and has to be
 * handled there, with all that follows it. */
static uint32_t cell_of_request(struct stack *s, const struct message *m)
{
    struct workers *w    = s->config.workers;
    uint32_t        cell = workers_cell(w, m->call_id), there;
    struct slice    named;

    if (m->method != METHOD_INVITE || m->to_tag.len > 0)
        return cell;
    named = call_named(m);
    if (named.len == 0)
        return cell;
    there = workers_cell(w, named);
    if (stay_together(workers_homes(w), cell, there) ||
        lives_on_put(workers_lives_on(w), m->call_id, there, world_now(s->world)) != 0)
        return cell; /* at the limit the replaced call is not found: 481, as for one that is gone */
    return there;
}

/* What cannot be given to its worker is answered here if it came by a stream, whose
 * peer will not repeat it, and is a datagram lost otherwise. */
static void refuse(struct stack *s, struct message *m)
{
    if (m->is_request && transport_is_reliable(m->flow.transport))
        stack_reply_stateless(s, m, 503, SLICE(""));
    message_drop(m);
}

/* Asked right before a request is acted on, as the answer is good for that moment only.  True: it has been taken. */
static bool goes_on(struct stack *s, struct handed *h, unsigned home)
{
    s->cell = h->cell;
    if (home == s->config.worker)
        return false;
    counter_add(&s->world->counters.handed_over, 1);
    if (!hand(s, home, h))
        refuse(s, h->u.message);
    return true;
}

bool handover_message(struct stack *s, struct message *m)
{
    struct handed h = { .kind = HANDED_MESSAGE, .u.message = m };
    unsigned      home;

    if (is_alone(s))
        return false;
    if (m->is_request) {
        h.cell = cell_of_request(s, m);
        home   = homes_decide(workers_homes(s->config.workers), s->config.worker, h.cell);
    } else {
        home = home_of_response(s->config.workers, m);
    }
    lives_on_touch(workers_lives_on(s->config.workers), m->call_id, world_now(s->world));
    return goes_on(s, &h, home);
}

/* ---- connections of other workers ---- */

bool handover_is_foreign(const struct stack *s, const struct flow *flow)
{
    return !is_alone(s) && flow->connection != 0 && id_worker(flow->connection) != s->config.worker;
}

int handover_bytes(struct stack *s, object_id txn, object_id connection, const struct slice *parts, size_t count)
{
    struct handed h  = { .kind = HANDED_BYTES, .connection = connection, .txn = txn };
    size_t        at = 0;

    for (size_t i = 0; i < count; i++)
        h.u.bytes.len += parts[i].len;
    h.u.bytes.ptr = malloc(h.u.bytes.len + 1);
    if (h.u.bytes.ptr == NULL)
        return -ERR_NO_MEMORY;
    for (size_t i = 0; i < count; at += parts[i++].len)
        if (parts[i].len > 0)
            memcpy(h.u.bytes.ptr + at, parts[i].ptr, parts[i].len);
    if (hand(s, id_worker(connection), &h))
        return 0;
    handed_drop(&h);
    return -ERR_LIMIT;
}

void handover_keep(struct stack *s, object_id connection, uint64_t key, msec until)
{
    struct handed h = { .kind = HANDED_KEEP, .connection = connection, .txn = key, .u.until = until };

    (void)hand(s, id_worker(connection), &h); /* counted; the phone will register anew */
}

void handover_expect(struct stack *s, object_id connection, msec silence)
{
    struct handed h = { .kind = HANDED_EXPECT, .connection = connection, .u.silence = silence };

    (void)hand(s, id_worker(connection), &h); /* counted; the phone will register anew */
}

void handover_failure(struct stack *s, object_id connection, object_id txn, int error)
{
    struct handed h = { .kind = HANDED_FAILED, .connection = connection, .txn = txn, .error = error };

    if (txn != 0)
        (void)hand(s, id_worker(txn), &h); /* counted; the transaction times out */
}

void handover_icmp(struct stack *s, const struct address *remote, int error)
{
    struct handed h = { .kind = HANDED_ICMP, .error = error, .u.remote = *remote };

    for (unsigned to = 0; !is_alone(s) && to < workers_count(s->config.workers); to++)
        if (to != s->config.worker)
            (void)hand(s, to, &h); /* counted; the transaction times out */
}

/* ---- what comes ---- */

static void take_bytes(struct stack *s, struct handed *h)
{
    struct connection *c     = id_find(&s->connection_ids, h->connection);
    struct slice       bytes = { h->u.bytes.ptr, h->u.bytes.len };
    int                error = -ERR_CLOSED;

    if (c != NULL)
        error = connection_send(c, &bytes, 1);
    if (error != 0)
        handover_failure(s, h->connection, h->txn, error);
    else if (h->txn != 0 && id_kind(h->txn) == ID_CLIENT_TXN)
        connection_note_stranger(c, h->txn);
    handed_drop(h);
}

/* The transaction may have left that connection for another target since. */
static void take_failure(struct stack *s, const struct handed *h)
{
    struct client_txn *client = client_txn_of(s, h->txn);
    struct server_txn *server = server_txn_of(s, h->txn);

    if (client != NULL && client->started && client->flow.connection == h->connection)
        client_txn_transport_error(client, h->error);
    if (server != NULL && server->reply.connection == h->connection)
        server_txn_lost(server);
}

/* Homes may have changed on its way. */
static void take_message(struct stack *s, struct handed *h)
{
    struct message *m    = h->u.message;
    struct homes   *all  = workers_homes(s->config.workers);
    unsigned        home = s->config.worker;

    message_arrive(m, &s->world->pool);
    if (m->is_request)
        home = homes_decide(all, s->config.worker, h->cell);
    if (goes_on(s, h, home))
        return;
    if (s->world->memory != NULL)
        message_account(m, s->world->memory, ACCOUNT_MESSAGES);
    receive_message(s, m);
    handed_drop(h);
}

static void take(void *arg, struct handed *h)
{
    struct stack      *s = arg;
    struct connection *c;

    world_give(s->world, ACCOUNT_HANDOVER, handed_size(h));
    switch (h->kind) {
    case HANDED_MESSAGE:
        spread_note(s);
        take_message(s, h);
        break;
    case HANDED_BYTES:
        take_bytes(s, h);
        break;
    case HANDED_FAILED:
        take_failure(s, h);
        break;
    case HANDED_KEEP:
        c = id_find(&s->connection_ids, h->connection);
        if (c != NULL)
            connection_keep(c, h->txn, h->u.until);
        break;
    case HANDED_EXPECT:
        c = id_find(&s->connection_ids, h->connection);
        if (c != NULL)
            connection_expect(c, h->u.silence);
        break;
    case HANDED_ICMP:
        peer_error(s, &h->u.remote, h->error);
        break;
    }
}

void handover_join(struct stack *s)
{
    if (s->config.workers == NULL)
        return;
    workers_join(s->config.workers, s->config.worker, s->world, take, s);
    workers_lend_load(s->config.workers, s->config.worker, s->peer_load);
    world_recount(s->world, ACCOUNT_HANDOVER, &s->rings_accounted, workers_rings_size(s->config.workers));
}

void handover_leave(struct stack *s)
{
    if (s->config.workers != NULL) {
        workers_lend_load(s->config.workers, s->config.worker, NULL);
        workers_leave(s->config.workers, s->config.worker);
    }
    world_recount(s->world, ACCOUNT_HANDOVER, &s->rings_accounted, 0);
}
