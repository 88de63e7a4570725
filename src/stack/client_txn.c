/* SPDX-License-Identifier: BSD-2-Clause */
/* The life of a client transaction: its machine, its timer, its user. */
#include "stack/internal.h"

#include "base/error.h"
#include "base/word.h"

#include <stdlib.h>

static bool machine_terminated(const struct client_txn *t)
{
    return t->kind == CLIENT_INVITE ? t->machine.ict.state == ICT_TERMINATED : t->machine.nict.state == NICT_TERMINATED;
}

/* Before the first target is known there is no machine, only a lookup. */
static bool machine_runs(const struct client_txn *t)
{
    return t->kind != CLIENT_STATELESS && t->started;
}

static bool is_looking_up(const struct client_txn *t)
{
    return t->lookup != NULL && lookup_is_open(t->lookup);
}

static bool cancel_is_due(const struct client_txn *t)
{
    return t->cancel_wanted && t->cancel == 0 && t->provisional && !t->final;
}

static void on_timer(struct timer *timer, msec now);

static void recount(struct client_txn *t)
{
    size_t bytes = sizeof *t + INDEX_ENTRY;

    bytes += t->wire_room;
    if (t->lookup != NULL)
        bytes += sizeof *t->lookup;
    if (t->cancel_extra != NULL)
        bytes += t->cancel_extra_len;
    if (t->call_id != NULL)
        bytes += strlen(t->call_id) + 1;
    world_recount(t->stack->world, ACCOUNT_CLIENT_TRANSACTIONS, &t->accounted, bytes);
}

/* What every event ends with.  A failure, an end and a CANCEL are acted upon in the next
 * turn: this may run inside a call of the user. */
void client_txn_rearm(struct client_txn *t)
{
    msec at = NEVER;

    if (machine_runs(t))
        at = t->kind == CLIENT_INVITE ? ict_deadline(&t->machine.ict) : nict_deadline(&t->machine.nict);
    if (t->cancel_end_at != 0 && !t->final && t->cancel_end_at < at)
        at = t->cancel_end_at;
    if (cancel_is_due(t) && t->cancel_retry_at < at)
        at = t->cancel_retry_at;
    if (t->failed != 0 || (machine_runs(t) && machine_terminated(t)) ||
        (t->kind == CLIENT_STATELESS && !is_looking_up(t)) || (cancel_is_due(t) && t->cancel_retry_at == 0))
        at = world_now(t->stack->world);
    world_timer(t->stack->world, &t->timer, on_timer, at);
    recount(t);
}

static bool is_fit(const struct outgoing *out)
{
    return gather_ok(out->rest) && out->branch_mark.len < BRANCH_MAX / 2 && out->user_up.len <= ROUTE_USER &&
           out->user_down.len <= ROUTE_USER && out->user_located.len <= ROUTE_USER;
}

/* Is the Request-URI? */
static bool is_sips(struct slice start_line)
{
    const char *uri = memchr(start_line.ptr, ' ', start_line.len);

    if (uri == NULL || (size_t)(start_line.ptr + start_line.len - uri) <= 5 || uri[5] != ':') /* as in nearly all */
        return false;
    return slice_eq_nocase((struct slice){ uri + 1, 5 }, SLICE("sips:"));
}

/* A transaction that has no id yet, and whose memory is the caller's. */
static void init(struct client_txn *t, struct stack *s, const struct outgoing *out, enum client_kind kind)
{
    memset(t, 0, offsetof(struct client_txn, datagram));
    t->stack            = s;
    t->kind             = kind;
    t->method           = out->method;
    t->out              = out;
    t->start_len        = out->start_line.len;
    t->user_up_len      = (uint16_t)out->user_up.len;
    t->user_down_len    = (uint16_t)out->user_down.len;
    t->user_located_len = (uint16_t)out->user_located.len;
    t->mark_len         = out->branch_mark.len;
    if (t->mark_len > 0)
        memcpy(t->branch + sizeof BRANCH_COOKIE - 1, out->branch_mark.ptr, t->mark_len);
    t->secure       = is_sips(out->start_line) || (out->destination != NULL && out->destination->scheme == URI_SIPS);
    t->listener     = out->like != NULL ? transport_listener(s, out->like) : STACK_LISTENERS;
    t->record_route = out->record_route;
    t->path         = out->path;
    t->whole        = out->branch_whole;
    t->sips_route   = out->sips_route;
    if (out->upstream != NULL)
        t->upstream = *out->upstream;
}

/* The lines of the log name the call from the first one on. */
static void keep_call_id(struct client_txn *t)
{
    if (log_keeps_call_ids(t->stack) && client_keep_request(t) == 0)
        t->call_id = log_keep_call_id(t->stack, (struct slice){ t->wire, t->wire_len });
}

struct client_txn *client_txn_new(struct stack *s, const struct outgoing *out, enum client_kind kind)
{
    struct client_txn *t = is_fit(out) ? pool_take(&s->world->pool, sizeof *t) : NULL;

    if (t == NULL)
        return NULL;
    init(t, s, out, kind);
    t->id = id_add(&s->client_ids, t);
    if (t->id == 0) {
        pool_give(&s->world->pool, t, sizeof *t);
        return NULL;
    }
    gauge_set(&s->world->counters.client_transactions, s->client_ids.used);
    keep_call_id(t);
    return t;
}

static void release_bytes(struct client_txn *t)
{
    lookup_free(t->lookup);
    t->lookup = NULL;
    free(t->cancel_extra);
    t->cancel_extra = NULL;
}

void client_txn_free(struct client_txn *t)
{
    struct stack *s = t->stack;

    log_client_dropped(t);
    id_remove(&s->client_ids, t->id);
    gauge_set(&s->world->counters.client_transactions, s->client_ids.used);
    client_txn_dispose(t);
}

void client_txn_dispose(struct client_txn *t)
{
    struct stack *s = t->stack;

    world_timer_stop(s->world, &t->timer);
    peer_unwatch(t);
    list_unlink(&t->on_connection);
    world_give(s->world, ACCOUNT_CLIENT_TRANSACTIONS, t->accounted);
    release_bytes(t);
    client_drop_wire(t);
    free(t->call_id);
    pool_give(&s->world->pool, t, sizeof *t);
}

/* The last word to the user: nobody is told twice. */
static void tell(struct client_txn *t, enum client_event event, struct message *response, int detail)
{
    struct client_user user = t->user;
    bool               last = event != CLIENT_RESPONSE;

    if (last)
        t->user.fn = NULL;
    if (user.fn != NULL)
        user.fn(&user, t->id, event, response, detail);
}

/* Its user hears of it as of any failure. */
static void drop_broken(struct client_txn *t)
{
    struct client_user user = t->user;
    object_id          id   = t->id;

    id_forget(&t->stack->client_ids, t);
    t->id = 0; /* not to remove another one by it */
    if (t->kind == CLIENT_INVITE)
        t->machine.ict.state = ICT_TERMINATED; /* which has a name */
    else
        t->machine.nict.state = NICT_TERMINATED;
    client_txn_free(t);
    if (user.fn != NULL)
        user.fn(&user, id, CLIENT_ERROR, NULL, -ERR_CORRUPT);
}

static void give_up(struct client_txn *t, enum client_event event, int error)
{
    struct stack *s  = t->stack;
    object_id     id = t->id;

    if (event == CLIENT_TIMEOUT)
        counter_add(&s->world->counters.timeouts, 1);
    if (!t->final)
        tell(t, event, NULL, error);
    if (id_find(&s->client_ids, id) == t)
        client_txn_free(t);
}

static unsigned step(struct client_txn *t, unsigned ict_event, unsigned nict_event)
{
    msec     now    = world_now(t->stack->world);
    int      before = t->kind == CLIENT_INVITE ? (int)t->machine.ict.state : (int)t->machine.nict.state;
    unsigned actions;

    if (machine_terminated(t))
        return 0;
    actions = t->kind == CLIENT_INVITE ? ict_step(&t->machine.ict, (enum ict_event)ict_event, now)
                                       : nict_step(&t->machine.nict, (enum nict_event)nict_event, now);
    log_client_state(t, before);
    return actions;
}

static bool passes_timeout(const struct client_txn *t, unsigned actions)
{
    return (actions & (t->kind == CLIENT_INVITE ? (unsigned)ICT_PASS_TIMEOUT : (unsigned)NICT_PASS_TIMEOUT)) != 0;
}

static bool sends_request(const struct client_txn *t, unsigned actions)
{
    return (actions & (t->kind == CLIENT_INVITE ? (unsigned)ICT_SEND_INVITE : (unsigned)NICT_SEND_REQUEST)) != 0;
}

static struct target target_of(const struct client_txn *t)
{
    return (struct target){ t->flow.transport, t->flow.remote };
}

static void blame_target(const struct client_txn *t, int error)
{
    struct target target = target_of(t);

    if (t->by_name)
        target_failed(t->stack, &target, error);
}

/* RFC 3263 4.3: a failed target hands over to the next, else the user hears. */
static void on_failure(struct client_txn *t)
{
    int error = t->failed;

    t->failed = 0;
    if (!t->final && oversize_fall_back(t, error)) { /* the target is as good as before */
        client_txn_rearm(t);
        return;
    }
    blame_target(t, error);
    if (t->kind == CLIENT_STATELESS || t->final || (!client_fall_back(t) && !client_next_target(t)))
        give_up(t, CLIENT_ERROR, error);
    else
        client_txn_rearm(t);
}

/* At the limit, or without memory, it is tried again a little later: whoever rings
 * because of us is not to ring on because of our troubles. */
static void start_cancel(struct client_txn *t)
{
    struct stack *s   = t->stack;
    msec          now = world_now(s->world);

    if (t->cancel_end_at == 0)
        t->cancel_end_at = now + 64 * s->timers.t1;
    t->cancel          = client_send_cancel(t);
    t->cancel_retry_at = t->cancel == 0 ? now + s->timers.t1 : 0;
    client_txn_rearm(t);
}

static void on_machine_timer(struct client_txn *t)
{
    unsigned actions = step(t, ICT_TIMER, NICT_TIMER);

    if (passes_timeout(t, actions)) {
        if (!t->answered)
            blame_target(t, -ERR_TIMEOUT);
        if (client_next_target(t))
            client_txn_rearm(t);
        else
            give_up(t, CLIENT_TIMEOUT, -ERR_TIMEOUT);
        return;
    }
    if (sends_request(t, actions)) {
        counter_add(&t->stack->world->counters.retransmissions_sent, 1);
        client_send_wire(t);
    }
    if (machine_terminated(t))
        client_txn_free(t);
    else
        client_txn_rearm(t);
}

static void on_timer(struct timer *timer, msec now)
{
    struct client_txn *t = CONTAINER_OF(timer, struct client_txn, timer);

    EXPECT_OR_KILL(client_txn_is_sound(t), client_txn_suspect(t), drop_broken(t); return );
    if (t->failed != 0) {
        on_failure(t);
    } else if (t->kind == CLIENT_STATELESS) {
        client_txn_free(t);
    } else if (t->cancel_end_at != 0 && now >= t->cancel_end_at && !t->final) {
        give_up(t, CLIENT_TIMEOUT, -ERR_TIMEOUT); /* RFC 3261 9.1, last paragraph */
    } else if (cancel_is_due(t) && now >= t->cancel_retry_at) {
        start_cancel(t);
    } else if (machine_runs(t)) {
        on_machine_timer(t);
    }
}

void client_txn_transport_error(struct client_txn *t, int error)
{
    if (t->final)
        return; /* only absorbing repetitions now */
    t->failed = error;
    client_txn_rearm(t);
}

/* The id stands in 16 hex digits before the random part: see renew_branch. */
object_id client_txn_named_by(const struct message *response)
{
    enum { HEX = 16 };
    struct slice branch = response->via.branch;
    const char  *at;
    uint32_t     high, low;

    if (branch.len < BRANCH_RANDOM + HEX)
        return 0;
    at = branch.ptr + branch.len - BRANCH_RANDOM - HEX;
    if (!word_hex(word_load(at), &high) || !word_hex(word_load(at + 8), &low))
        return 0;
    return (object_id)high << 32 | low;
}

struct client_txn *client_txn_of(const struct stack *s, object_id id)
{
    void *object = id_find(&s->client_ids, id);

    return is_asleep(object) ? NULL : object;
}

/* What the id in its branch leads to, awake or asleep: of a CANCEL, through its INVITE. */
static void *find_by_id(const struct stack *s, const struct message *response)
{
    void              *object = id_find(&s->client_ids, client_txn_named_by(response));
    struct client_txn *t      = is_asleep(object) ? NULL : object;

    if (t != NULL && response->cseq.method == METHOD_CANCEL && t->method == METHOD_INVITE)
        return id_find(&s->client_ids, t->cancel);
    return object;
}

static bool has_branch(const struct client_txn *t, const struct message *response)
{
    return t->method == response->cseq.method &&
           slice_eq((struct slice){ t->branch, t->branch_len }, response->via.branch);
}

/* RFC 3263 4.3: a 503 is as good as no answer while there is another target. */
static bool takes_next_for_503(struct client_txn *t, const struct message *response)
{
    if (response->status != 503 || t->provisional || t->lookup == NULL)
        return false;
    t->answered = false;
    if (t->kind == CLIENT_INVITE)
        client_send_ack(t, response);
    if (!client_next_target(t)) {
        t->answered = true;
        return false;
    }
    client_txn_rearm(t);
    return true;
}

static unsigned step_for(struct client_txn *t, unsigned status)
{
    if (status < 200)
        return step(t, ICT_1XX, NICT_1XX);
    return step(t, status < 300 ? ICT_2XX : ICT_300_699, NICT_FINAL);
}

static bool passes_response(const struct client_txn *t, unsigned actions)
{
    return (actions & (t->kind == CLIENT_INVITE ? (unsigned)ICT_PASS_RESPONSE : (unsigned)NICT_PASS_RESPONSE)) != 0;
}

/* After a final response there is nothing to be sent but ACKs, which are made of the wire copy.  Who sleeps needs no
 * timer of its own. */
static void fall_silent(struct client_txn *t, unsigned status)
{
    if (client_txn_sleep(t))
        return;
    if (t->kind == CLIENT_OTHER || status < 300)
        client_drop_wire(t);
    client_txn_rearm(t);
}

bool client_txn_match(struct stack *s, struct message *response)
{
    void              *object = find_by_id(s, response);
    struct client_txn *t      = object;
    object_id          id;
    unsigned           actions;

    if (is_asleep(object))
        return client_asleep_match(s, asleep_unmark(object), response);
    if (t == NULL || !has_branch(t, response))
        return false;
    EXPECT_OR_KILL(client_txn_is_sound(t), client_txn_suspect(t), drop_broken(t); return true);
    if (!client_has_sent_by(t, &response->via)) { /* RFC 3261 18.1.2 */
        counter_add(&s->world->counters.stray_responses, 1);
        return true;
    }
    if (t->by_name) {
        struct target target = target_of(t);

        target_answered(s, &target, response);
    }
    if (takes_next_for_503(t, response))
        return true;
    id      = t->id;
    actions = step_for(t, response->status);
    if (t->kind == CLIENT_INVITE && (actions & ICT_SEND_ACK) != 0)
        client_send_ack(t, response);
    t->answered = true;
    peer_unwatch(t);
    if (response->status < 200)
        t->provisional = true;
    else
        t->final = true;
    if (t->final) /* nothing of it will be sent again, but the wire that makes ACKs */
        release_bytes(t);
    else
        client_txn_rearm(t);
    if (passes_response(t, actions))
        tell(t, CLIENT_RESPONSE, response, 0);
    t = client_txn_of(s, id);
    if (t != NULL && t->final)
        fall_silent(t, response->status);
    return true;
}

/* Whom it tells from now on; the transaction, if it is awake. */
static struct client_txn *retell(struct stack *s, object_id client_txn, const struct client_user *user)
{
    void              *object = id_find(&s->client_ids, client_txn);
    struct client_txn *t      = object;

    if (is_asleep(object)) {
        client_asleep_tell(asleep_unmark(object), user);
        return NULL;
    }
    if (t != NULL)
        t->user = *user;
    return t;
}

void stack_retell(struct stack *s, object_id client_txn, const struct client_user *user)
{
    retell(s, client_txn, user);
}

object_id stack_request(struct stack *s, const struct outgoing *out, const struct client_user *user)
{
    struct client_txn *t = NULL;

    if (s->rehearsal == NULL)
        t = client_txn_new(s, out, out->method == METHOD_INVITE ? CLIENT_INVITE : CLIENT_OTHER);
    if (t == NULL) {
        counter_add(&s->world->counters.transactions_refused, 1);
        return 0;
    }
    t->user   = *user;
    t->failed = client_begin(t, out);
    client_txn_rearm(t);
    return t->id;
}

/* While its target is looked up it is an object like the others. */
static int send_later(struct stack *s, const struct outgoing *out)
{
    struct client_txn *t = client_txn_new(s, out, CLIENT_STATELESS);
    int                error;

    if (t == NULL)
        return -ERR_LIMIT;
    error = client_begin(t, out);
    if (is_looking_up(t)) {
        client_txn_rearm(t);
        return 0;
    }
    client_txn_free(t);
    return error;
}

/* Mostly the target is known at once: then there is nothing to be found again, and no object is made. */
int stack_send(struct stack *s, const struct outgoing *out)
{
    struct client_txn t;
    int               error;

    if (s->rehearsal != NULL || !is_fit(out))
        return -ERR_LIMIT;
    init(&t, s, out, CLIENT_STATELESS);
    error = client_begin(&t, out);
    client_drop_wire(&t);
    return error == CLIENT_MUST_ASK ? send_later(s, out) : error;
}

void stack_cancel(struct stack *s, object_id client_txn, struct slice extra_headers)
{
    struct client_txn *t = client_txn_of(s, client_txn);

    if (t == NULL || t->kind != CLIENT_INVITE || t->final || t->cancel_wanted)
        return;
    t->cancel_wanted    = true;
    t->cancel_extra     = extra_headers.len > 0 ? malloc(extra_headers.len) : NULL;
    t->cancel_extra_len = t->cancel_extra != NULL ? extra_headers.len : 0;
    if (t->cancel_extra != NULL)
        memcpy(t->cancel_extra, extra_headers.ptr, extra_headers.len);
    client_txn_rearm(t);
}

void stack_forget(struct stack *s, object_id client_txn)
{
    const struct client_txn *t = retell(s, client_txn, &(struct client_user){ .fn = NULL });

    if (t != NULL && t->kind == CLIENT_INVITE) /* else a peer that rings for ever would keep it for ever */
        stack_cancel(s, client_txn, SLICE(""));
}
