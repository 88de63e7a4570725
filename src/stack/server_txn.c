/* SPDX-License-Identifier: BSD-2-Clause */
#include "stack/server_match.h"

#include "base/error.h"

#include <stdlib.h>

enum { LINGER = 1000 }; /* ms that a response may yet come back from the worker whose connection it takes */

bool server_txn_is_terminated(const struct server_txn *t)
{
    return t->is_invite ? t->machine.ist.state == IST_TERMINATED : t->machine.nist.state == NIST_TERMINATED;
}

struct server_txn *server_txn_of(const struct stack *s, object_id id)
{
    void *object = id_find(&s->server_ids, id);

    return is_asleep(object) ? NULL : object;
}

/* Another worker tells of a connection that was lost in a later turn. */
static bool is_sent_by_another(const struct server_txn *t)
{
    return transport_is_reliable(t->reply.transport) && handover_is_foreign(t->stack, &t->reply);
}

static void send_latest(struct server_txn *t)
{
    struct stack *s    = t->stack;
    struct slice  wire = { t->response, t->response_len };
    int           error;

    if (wire.len == 0)
        return;
    error = transport_send_for(s, t->id, &t->reply, &wire, 1);
    if (error == -ERR_CLOSED)
        error = response_way_next(t);
    if (error != 0) {
        counter_add(&s->world->counters.transport_errors, 1);
        t->failed = error;
        return;
    }
    if (is_sent_by_another(t))
        t->linger_until = world_now(s->world) + LINGER;
    counter_add(&s->world->counters.responses_sent, 1);
    transport_trace(s, true, &t->reply, wire);
}

static bool lingers(const struct server_txn *t)
{
    return t->linger_until > world_now(t->stack->world);
}

/* The machine has ended, and nobody waits for whether its response can be sent. */
static bool is_over(const struct server_txn *t)
{
    return server_txn_is_terminated(t) && !response_way_is_sought(t) && !lingers(t);
}

static void on_timer(struct timer *timer, msec now);

static void recount(struct server_txn *t)
{
    size_t bytes = sizeof *t + SERVER_ENTRY + t->key.branch.len + t->key.host.len + t->response_room;

    if (t->call_id != NULL)
        bytes += strlen(t->call_id) + 1;
    if (t->way != NULL)
        bytes += sizeof *t->way;
    world_recount(t->stack->world, ACCOUNT_SERVER_TRANSACTIONS, &t->accounted, bytes);
}

/* What every event ends with.  An end or a failure is acted upon in the next turn: this
 * may run inside a call of the user. */
void server_txn_rearm(struct server_txn *t)
{
    struct world *w  = t->stack->world;
    msec          at = t->is_invite ? ist_deadline(&t->machine.ist) : nist_deadline(&t->machine.nist);

    if (server_txn_is_terminated(t))
        at = NEVER;
    if (lingers(t) && t->linger_until < at)
        at = t->linger_until;
    if (is_over(t) || t->failed != 0 || t->lost || t->abandoned)
        at = world_now(w);
    world_timer(w, &t->timer, on_timer, at);
    recount(t);
}

/* The same for who is not used any more then: it sleeps if it can.  `answered`: what it has just answered, or NULL. */
static void settle(struct server_txn *t, const struct message *answered)
{
    if (!server_txn_sleep(t, answered))
        server_txn_rearm(t);
}

static unsigned step(struct server_txn *t, unsigned ist_event, unsigned nist_event)
{
    msec     now    = world_now(t->stack->world);
    int      before = t->is_invite ? (int)t->machine.ist.state : (int)t->machine.nist.state;
    unsigned actions;

    if (server_txn_is_terminated(t))
        return 0;
    actions = t->is_invite ? ist_step(&t->machine.ist, (enum ist_event)ist_event, now)
                           : nist_step(&t->machine.nist, (enum nist_event)nist_event, now);
    log_server_state(t, before);
    return actions;
}

static void count_answered(struct server_txn *t)
{
    struct gauge *unanswered = &t->stack->world->counters.requests_unanswered;

    if (t->answered)
        return;
    t->answered = true;
    gauge_set(unanswered, gauge_read(unanswered) - 1);
}

static size_t block_size(const struct server_txn *t)
{
    return sizeof *t + t->key.branch.len + t->key.host.len;
}

static void drop_response(struct server_txn *t)
{
    pool_give(&t->stack->world->pool, t->response, t->response_room);
    t->response     = NULL;
    t->response_len = t->response_room = 0;
}

void server_txn_dispose(struct server_txn *t)
{
    struct world *w = t->stack->world;

    world_timer_stop(w, &t->timer);
    world_give(w, ACCOUNT_SERVER_TRANSACTIONS, t->accounted);
    list_unlink(&t->on_connection);
    lookup_free(t->way);
    message_drop(t->request);
    drop_response(t);
    free(t->call_id);
    pool_give(&w->pool, t, block_size(t));
}

void server_txn_free(struct server_txn *t)
{
    struct stack *s = t->stack;

    log_server_dropped(t);
    count_answered(t);
    peer_load_take(s->peer_load, t->load);
    server_txn_leaves(s, t->cell);
    hash_index_remove(&s->server_index, t->hash, id_index(t->id));
    id_remove(&s->server_ids, t->id);
    gauge_set(&s->world->counters.server_transactions, s->server_ids.used);
    server_txn_dispose(t);
}

static void drop_broken(struct server_txn *t)
{
    struct stack *s  = t->stack;
    object_id     id = t->id;

    t->id = id_of(&s->server_ids, t); /* not to remove another one by it */
    if (t->is_invite)
        t->machine.ist.state = IST_TERMINATED; /* which has a name */
    else
        t->machine.nist.state = NIST_TERMINATED;
    server_txn_free(t);
    s->events->on_server_end(s->user, id, -ERR_CORRUPT);
}

static void end(struct server_txn *t, int error)
{
    struct stack *s  = t->stack;
    object_id     id = t->id;

    server_txn_free(t);
    s->events->on_server_end(s->user, id, error);
}

static void send_trying(struct server_txn *t)
{
    if (t->request != NULL && t->response_len == 0)
        stack_reply(t->stack, t->id, 100, SLICE(""));
}

void server_txn_failed(struct server_txn *t, int error)
{
    counter_add(&t->stack->world->counters.transport_errors, 1);
    t->failed = error;
    server_txn_rearm(t);
}

/* Its connection is gone, in whose callback nothing could be opened. */
static void try_another_way(struct server_txn *t)
{
    int error = response_way_next(t);

    t->lost = false;
    if (error != 0)
        server_txn_failed(t, error);
    else
        server_txn_rearm(t);
}

static void on_timer(struct timer *timer, msec now)
{
    struct server_txn *t     = CONTAINER_OF(timer, struct server_txn, timer);
    int                error = t->failed;
    unsigned           actions;

    (void)now;
    EXPECT_OR_KILL(server_txn_is_sound(t), server_txn_suspect(t), drop_broken(t); return );
    if (t->lost) {
        try_another_way(t);
        return;
    }
    t->failed = 0;
    actions   = error != 0 ? step(t, IST_TRANSPORT_ERROR, NIST_TRANSPORT_ERROR) : step(t, IST_TIMER, NIST_TIMER);
    if (t->is_invite ? (actions & IST_SEND_TRYING) != 0 : (actions & NIST_SEND_TRYING) != 0)
        send_trying(t);
    if (t->is_invite && (actions & IST_SEND_RESPONSE) != 0) {
        counter_add(&t->stack->world->counters.retransmissions_sent, 1);
        send_latest(t);
    }
    if (t->is_invite && (actions & IST_PASS_TIMEOUT) != 0)
        error = -ERR_TIMEOUT;
    if (t->abandoned) {
        end(t, error);
        return;
    }
    if (is_over(t))
        end(t, error);
    else
        settle(t, NULL);
}

void server_txn_lost(struct server_txn *t)
{
    if (t->response_len == 0)
        return;
    t->lost = true;
    server_txn_rearm(t);
}

void server_txn_taken(struct server_txn *t)
{
    settle(t, NULL);
}

/* Who connects anew and repeats himself is answered there: the old connection may be dead
 * without a word.  Not somebody else who has seen the branch. */
static void follow_connection(struct server_txn *t, const struct message *request)
{
    if (transport_is_reliable(request->flow.transport) && request->flow.connection != t->reply.connection &&
        request->flow.transport == t->reply.transport && address_eq_ip(&request->flow.remote, &t->reply.remote))
        t->reply = reply_way(request);
}

/* It may wake, and is asked then. */
static bool match_asleep(struct stack *s, struct server_asleep *a, struct message *request, uint64_t hash)
{
    if (request->method == METHOD_ACK) /* to a 2xx: it is the user's */
        return false;
    if (server_asleep_is_invite(a) && !transport_is_reliable(request->flow.transport))
        counter_add(&s->world->counters.retransmissions_seen, 1); /* the user repeats its 2xx by its own clock */
    else if (server_asleep_wake(s, a, request) != NULL)
        return server_txn_match(s, request, hash);
    else
        counter_add(&s->world->counters.retransmissions_unheard, 1);
    return true; /* as if it had been lost */
}

bool server_txn_match(struct stack *s, struct message *request, uint64_t hash)
{
    bool                is_ack = request->method == METHOD_ACK;
    struct server_found found  = server_txn_find(s, request, is_ack ? METHOD_INVITE : request->method, hash);
    struct server_txn  *t      = found.awake;
    unsigned            actions;

    if (found.asleep != NULL)
        return match_asleep(s, found.asleep, request, hash);
    if (t == NULL)
        return false;
    EXPECT_OR_KILL(server_txn_is_sound(t), server_txn_suspect(t), drop_broken(t); return false);
    actions = is_ack ? step(t, IST_ACK, NIST_REQUEST) : step(t, IST_REQUEST, NIST_REQUEST);
    if (t->is_invite && (actions & IST_PASS_ACK) != 0)
        return false;
    if (!is_ack) {
        counter_add(&s->world->counters.retransmissions_seen, 1);
        follow_connection(t, request);
    }
    if ((actions & (t->is_invite ? (unsigned)IST_SEND_RESPONSE : (unsigned)NIST_SEND_RESPONSE)) != 0) {
        counter_add(&s->world->counters.retransmissions_sent, 1);
        send_latest(t);
    }
    settle(t, NULL);
    return true;
}

struct server_txn *server_txn_block(struct stack *s, size_t branch_len, size_t host_len)
{
    struct server_txn *t = pool_take(&s->world->pool, sizeof *t + branch_len + host_len);

    if (t == NULL)
        return NULL;
    memset(t, 0, sizeof *t);
    t->stack          = s;
    t->key.branch.len = branch_len;
    t->key.host.len   = host_len;
    return t;
}

static struct server_txn *server_txn_new(struct stack *s, struct message *request, uint64_t hash)
{
    struct server_txn *t = server_txn_block(s, request->via.branch.len, request->via.host.len);
    bool               reliable;

    if (t == NULL)
        return NULL;
    t->id   = id_add(&s->server_ids, t);
    t->hash = hash;
    if (t->id == 0 || !hash_index_add(&s->server_index, hash, id_index(t->id))) {
        id_remove(&s->server_ids, t->id);
        server_txn_dispose(t);
        return NULL;
    }
    gauge_set(&s->world->counters.server_transactions, s->server_ids.used);
    t->load = peer_cells_of(&s->key, &request->flow.remote);
    peer_load_add(s->peer_load, t->load);
    t->cell = s->cell;
    server_txn_enters(s, t->cell);
    t->request   = message_hold(request);
    t->arrived   = world_now(s->world);
    t->is_invite = request->method == METHOD_INVITE;
    t->reply     = reply_way(request);
    server_txn_keep_key(t, request);
    gauge_set(&s->world->counters.requests_unanswered, gauge_read(&s->world->counters.requests_unanswered) + 1);
    reliable = transport_is_reliable(request->flow.transport);
    if (t->is_invite)
        ist_start(&t->machine.ist, reliable, &s->timers, world_now(s->world));
    else
        nist_start(&t->machine.nist, reliable, &s->timers, world_now(s->world));
    t->call_id = log_keep_call_id(s, request->text);
    log_server_state(t, LOG_NO_STATE);
    return t;
}

static void open_cancel(struct stack *s, struct server_txn *t, struct message *cancel)
{
    struct cancelled named = server_txn_cancelled(s, cancel);
    object_id        id    = t->id;

    if (named.id == 0) {
        s->events->on_cancel(s->user, 0, id, cancel);
        return;
    }
    memcpy(t->tag, named.tag, TAG_LENGTH); /* the same To tag; once answered, it may sleep */
    stack_reply(s, id, 200, SLICE(""));
    if (named.is_invite)
        s->events->on_cancel(s->user, named.id, id, cancel);
}

void server_txn_open(struct stack *s, struct message *request, uint64_t hash)
{
    struct server_txn *t = server_txn_new(s, request, hash);
    object_id          id;

    if (t == NULL) {
        counter_add(&s->world->counters.transactions_refused, 1);
        stack_reply_stateless(s, request, 503, SLICE(""));
        return;
    }
    id = t->id;
    if (request->method == METHOD_CANCEL)
        open_cancel(s, t, request);
    else
        s->events->on_request(s->user, id, request);
    t = server_txn_of(s, id);
    if (t != NULL && !timer_running(&t->timer)) /* who was answered at once sleeps, and has had none */
        server_txn_rearm(t);
}

uint32_t stack_peer_load(const struct stack *s, const struct address *peer, uint32_t least)
{
    struct peer_cells at;
    uint32_t          here;

    if (s->server_ids.used < least) /* as mostly: no peer can have more than all */
        return 0;
    at   = peer_cells_of(&s->key, peer);
    here = peer_load_of(s->peer_load, at);
    return here < least || s->config.workers == NULL ? here : workers_peer_load(s->config.workers, at);
}

struct message *stack_server_request(const struct stack *s, object_id server_txn)
{
    struct server_txn *t = server_txn_of(s, server_txn);

    return t != NULL ? t->request : rehearsal_request(s, server_txn);
}

struct slice server_tag(const struct stack *s, char tag[TAG_LENGTH])
{
    if (tag[0] == '\0')
        random_letters(random_u64(&s->world->random), tag);
    return (struct slice){ tag, TAG_LENGTH };
}

bool stack_server_lives(const struct stack *s, object_id server_txn)
{
    return id_find(&s->server_ids, server_txn) != NULL;
}

struct slice stack_server_tag(const struct stack *s, object_id server_txn)
{
    struct server_txn *t = server_txn_of(s, server_txn);

    return t != NULL ? server_tag(s, t->tag) : SLICE("");
}

uint32_t server_txn_age(const struct stack *s, object_id server_txn)
{
    const struct server_txn *t = server_txn_of(s, server_txn);

    return t != NULL ? (uint32_t)(world_now(s->world) - t->arrived) : 0;
}

bool stack_is_merged(const struct stack *s, object_id server_txn)
{
    const struct server_txn *t = server_txn_of(s, server_txn), *other;

    if (t == NULL || t->request == NULL || t->request->to_tag.len > 0)
        return false;
    for (uint32_t at = 0; (other = id_next(&s->server_ids, &at)) != NULL;) {
        if (is_asleep(other) || other == t || other->request == NULL || other->key.method != t->key.method)
            continue;
        if (other->request->cseq.number == t->request->cseq.number &&
            slice_eq(other->request->call_id, t->request->call_id) &&
            slice_eq(other->request->from_tag, t->request->from_tag))
            return true;
    }
    return false;
}

/* After its final response the transaction only absorbs the request and repeats
 * the response; a 2xx to an INVITE is repeated by the user (RFC 6026 7.1).  An
 * INVITE that was refused is kept, so that it does not ring again when it comes
 * by another branch (RFC 3261 8.2.2.2).  Returns the request if it is not needed any more, to be dropped. */
static struct message *release_what_is_over(struct server_txn *t, unsigned status)
{
    struct message *request = t->request;

    if (t->is_invite && status >= 300)
        return NULL;
    if (t->is_invite && !lingers(t) && !link_in_list(&t->on_connection) && t->way == NULL)
        drop_response(t);
    if (t->key.legacy)
        return NULL;
    t->request = NULL;
    return request;
}

static bool make_room(struct server_txn *t, size_t size)
{
    drop_response(t);
    t->response = pool_take(&t->stack->world->pool, size);
    if (t->response != NULL)
        t->response_room = size;
    return t->response != NULL;
}

bool server_txn_keep_response(struct server_txn *t, const struct gather *response)
{
    struct buf b;

    if (!make_room(t, response->total))
        return false;
    b = buf_on(t->response, response->total);
    gather_flatten(response, &b);
    t->response_len = b.len;
    return true;
}

/* A 2xx to an INVITE is repeated by the user: of one that leaves by a datagram, which no connection can lose, no copy
 * is needed. */
static bool is_sent_once(const struct server_txn *t, unsigned status)
{
    return t->is_invite && status >= 200 && status < 300 && t->reply.transport == TRANSPORT_UDP &&
           !transport_is_traced(t->stack);
}

static void send_once(struct server_txn *t, const struct gather *response)
{
    struct world *w     = t->stack->world;
    int           error = transport_send_for(t->stack, t->id, &t->reply, response->parts, response->count);

    if (error == 0) {
        counter_add(&w->counters.responses_sent, 1);
        return;
    }
    counter_add(&w->counters.transport_errors, 1);
    t->failed = error;
}

/* For a response: who sleeps wakes for a further 2xx, since no other can follow. */
static struct server_txn *find_for_response(struct stack *s, object_id server_txn, unsigned status)
{
    void                 *object = id_find(&s->server_ids, server_txn);
    struct server_asleep *a;

    if (!is_asleep(object))
        return object;
    a = asleep_unmark(object);
    return server_asleep_is_invite(a) && status / 100 == 2 ? server_asleep_wake(s, a, NULL) : NULL;
}

int stack_respond(struct stack *s, object_id server_txn, unsigned status, const struct gather *response)
{
    struct server_txn *t        = find_for_response(s, server_txn, status);
    struct message    *answered = NULL;
    unsigned           actions;

    if (t == NULL)
        return rehearsal_respond(s, server_txn, status, response);
    if (server_txn_is_terminated(t))
        return -ERR_CLOSED;
    if (!gather_ok(response))
        return -ERR_TOO_LARGE;
    actions = step(t,
                   status < 200   ? IST_1XX
                   : status < 300 ? IST_2XX
                                  : IST_300_699,
                   status < 200 ? NIST_1XX : NIST_FINAL);
    if (actions == 0)
        return -ERR_CLOSED;
    if (is_sent_once(t, status))
        send_once(t, response);
    else if (server_txn_keep_response(t, response))
        send_latest(t);
    else
        transport_send(s, &t->reply, response->parts, response->count); /* once is better than never */
    if (status >= 200) {
        count_answered(t);
        answered = release_what_is_over(t, status);
    }
    settle(t, answered);
    message_drop(answered);
    return 0;
}

void server_txn_abandon(struct stack *s, object_id server_txn)
{
    struct server_txn *t = server_txn_of(s, server_txn);

    if (t == NULL)
        return;
    t->abandoned = true;
    count_answered(t);
    server_txn_rearm(t);
}

void stack_abandon(struct stack *s, object_id server_txn)
{
    const struct server_txn *t = server_txn_of(s, server_txn);

    if (t != NULL && !t->is_invite)
        server_txn_abandon(s, server_txn);
}
