/* SPDX-License-Identifier: BSD-2-Clause */
/* The log lines of this folder: messages, states of transactions, malformed input.
 * Each names the Call-ID, so that `ahoy trace --log` can draw one call from them. */
#include "stack/internal.h"

#include "sip/peek.h"

#include <stdlib.h>

/* ---- messages ---- */

static void put_flow(struct log_line *line, const struct flow *flow)
{
    log_slice(line, "transport", transport_name(flow->transport));
    log_address(line, "local", &flow->local);
    log_address(line, "remote", &flow->remote);
}

/* The first line, if it is one of SIP: of anything else nobody knows what it holds. */
static void put_message(struct log_line *line, struct slice text)
{
    struct peek peek = peek_message(text);

    if (peek.is_sip)
        peek_log_masked(line, "first", peek.first);
    else
        log_text(line, "first", "?");
    log_slice(line, "call", peek.call_id);
    log_slice(line, "cseq", peek.cseq);
    log_number(line, "bytes", (int64_t)text.len);
}

void log_message(struct stack *s, bool sent, const struct flow *flow, struct slice text)
{
    struct log_line line;

    if (!log_begin(&line, s->world->log, LOG_DEBUG, LOG_PART_TRANSPORT, sent ? "sent" : "received"))
        return;
    put_flow(&line, flow);
    put_message(&line, text);
    log_end(&line);
}

void log_overload(struct stack *s, enum overload_event event)
{
    const struct overload *o     = &s->overload;
    bool                   began = event == OVERLOAD_BEGAN;
    struct log_line        line;

    if (!log_begin(&line, s->world->log, began ? LOG_WARNING : LOG_NOTICE, LOG_PART_STACK,
                   began ? "overload_begins" : "overload_ends"))
        return;
    if (began) {
        log_number(&line, "waited", (int64_t)o->last.waited);
        log_number(&line, "unread", (int64_t)o->last.bytes);
        log_number(&line, "rate", (int64_t)o->rate * 1000 / OVERLOAD_LOOK);
        log_text(&line, "so", "new requests above that rate are refused with 503");
    } else {
        log_number(&line, "lasted", (int64_t)(world_now(s->world) - o->began_at));
        log_number(&line, "refused", (int64_t)o->total_refused);
    }
    log_end(&line);
}

void log_spread(struct stack *s, bool spread, const char *reason)
{
    struct log_line line;

    if (!log_begin(&line, s->world->log, LOG_INFO, LOG_PART_STACK, spread ? "workers_spread" : "workers_gathered"))
        return;
    log_number(&line, "workers", workers_count(s->config.workers));
    log_text(&line, "reason", reason);
    log_end(&line);
}

void log_fault(struct stack *s, const struct flow *flow, const struct parse_fault *fault, struct slice bytes,
               bool answered)
{
    const char     *event = answered ? "malformed_answered" : "malformed_dropped";
    struct log_line line;
    struct log_debt debt;

    if (!log_wants(s->world->log, LOG_NOTICE, LOG_PART_STACK))
        return;
    if (!log_limit_pass(&s->log_limit, &flow->remote, world_now(s->world), &debt)) {
        counter_add(&s->world->counters.log_lines_skipped, 1);
        return;
    }
    log_begin(&line, s->world->log, LOG_NOTICE, LOG_PART_STACK, event);
    put_flow(&line, flow);
    log_slice(&line, "call", peek_message(bytes).call_id);
    log_number(&line, "offset", (int64_t)fault->offset);
    log_text(&line, "expected", fault->expected);
    log_number(&line, "status", fault->status);
    log_debt_put(&line, &debt);
    log_end(&line);
}

/* ---- targets ---- */

static bool begin_target(struct log_line *line, struct stack *s, const struct target *target, const char *event)
{
    if (!log_begin(line, s->world->log, LOG_NOTICE, LOG_PART_NET, event))
        return false;
    log_slice(line, "transport", transport_name(target->transport));
    log_address(line, "remote", &target->address);
    return true;
}

void log_target_rests(struct stack *s, const struct target *target, msec rest, const char *why)
{
    struct log_line line;

    if (!begin_target(&line, s, target, "target_rests"))
        return;
    log_number(&line, "seconds", (int64_t)(rest / 1000));
    log_text(&line, "reason", why);
    log_end(&line);
}

void log_target_answers(struct stack *s, const struct target *target)
{
    struct log_line line;

    if (begin_target(&line, s, target, "target_answers"))
        log_end(&line);
}

void log_peer_full(struct stack *s, const struct address *peer)
{
    struct log_line line;
    struct log_debt debt;

    if (!log_wants(s->world->log, LOG_NOTICE, LOG_PART_STACK))
        return;
    if (!log_limit_pass(&s->log_limit, peer, world_now(s->world), &debt)) {
        counter_add(&s->world->counters.log_lines_skipped, 1);
        return;
    }
    log_begin(&line, s->world->log, LOG_NOTICE, LOG_PART_STACK, "connection_refused");
    log_address(&line, "from", peer);
    log_text(&line, "why", "it has as many connections as one peer may have");
    log_debt_put(&line, &debt);
    log_end(&line);
}

/* ---- states ---- */

static const char *const ict_names[]  = { "calling", "proceeding", "completed", "accepted", "terminated" };
static const char *const nict_names[] = { "trying", "proceeding", "completed", "terminated" };
static const char *const ist_names[]  = { "proceeding", "completed", "confirmed", "accepted", "terminated" };
static const char *const nist_names[] = { "trying", "proceeding", "completed", "terminated" };

_Static_assert(ICT_TERMINATED == 4 && NICT_TERMINATED == 3 && IST_TERMINATED == 4 && NIST_TERMINATED == 3,
               "each state has a name");

/* One transaction's step from a state to another, of whatever kind it is. */
struct step {
    const struct stack *stack;
    const char         *kind;
    object_id           id;
    struct slice        call_id, method;
    const char         *from, *to;
};

/* The only line about a state. */
static void log_step(const struct step *step)
{
    struct log_line line;
    char            text[16];
    struct buf      id = BUF_ON(text);

    if (!log_begin(&line, step->stack->world->log, LOG_DEBUG, LOG_PART_TRANSACTION, "state"))
        return;
    buf_put_hex64(&id, step->id);
    log_text(&line, "kind", step->kind);
    log_slice(&line, "txn", buf_slice(&id));
    log_slice(&line, "call", step->call_id);
    log_slice(&line, "method", step->method);
    log_text(&line, "from", step->from);
    log_text(&line, "to", step->to);
    log_end(&line);
}

static bool wants_states(const struct stack *s)
{
    return log_wants(s->world->log, LOG_DEBUG, LOG_PART_TRANSACTION);
}

static const char *name_of(const char *const *names, int state)
{
    return state == LOG_NO_STATE ? "none" : names[state];
}

/* Without the copy (the level has only now been changed) it is in what is still there. */
static struct slice server_call_id(const struct server_txn *t)
{
    if (t->call_id != NULL)
        return slice_from(t->call_id);
    return t->request != NULL ? t->request->call_id
                              : peek_message((struct slice){ t->response, t->response_len }).call_id;
}

static struct slice client_call_id(const struct client_txn *t)
{
    if (t->call_id != NULL)
        return slice_from(t->call_id);
    return peek_message((struct slice){ t->wire, t->wire_len }).call_id;
}

static void server_step(const struct server_txn *t, int before, const char *to)
{
    const char *const *names = t->is_invite ? ist_names : nist_names;

    log_step(&(struct step){ t->stack, t->is_invite ? "invite_server" : "server", t->id, server_call_id(t),
                             method_name(t->key.method), name_of(names, before), to });
}

static void client_step(const struct client_txn *t, int before, const char *to)
{
    const char *const *names = t->kind == CLIENT_INVITE ? ict_names : nict_names;

    log_step(&(struct step){ t->stack, t->kind == CLIENT_INVITE ? "invite_client" : "client", t->id, client_call_id(t),
                             method_name(t->method), name_of(names, before), to });
}

static int server_state(const struct server_txn *t)
{
    return t->is_invite ? (int)t->machine.ist.state : (int)t->machine.nist.state;
}

static int client_state(const struct client_txn *t)
{
    return t->kind == CLIENT_INVITE ? (int)t->machine.ict.state : (int)t->machine.nict.state;
}

void log_server_state(const struct server_txn *t, int before)
{
    if (wants_states(t->stack) && server_state(t) != before)
        server_step(t, before, name_of(t->is_invite ? ist_names : nist_names, server_state(t)));
}

void log_client_state(const struct client_txn *t, int before)
{
    if (wants_states(t->stack) && client_state(t) != before)
        client_step(t, before, name_of(t->kind == CLIENT_INVITE ? ict_names : nict_names, client_state(t)));
}

void log_server_dropped(const struct server_txn *t)
{
    int last = t->is_invite ? IST_TERMINATED : NIST_TERMINATED;

    if (wants_states(t->stack) && server_state(t) != last)
        server_step(t, server_state(t), "dropped");
}

void log_client_dropped(const struct client_txn *t)
{
    int last = t->kind == CLIENT_INVITE ? ICT_TERMINATED : NICT_TERMINATED;

    if (wants_states(t->stack) && t->kind != CLIENT_STATELESS && (!t->started || client_state(t) != last))
        client_step(t, t->started ? client_state(t) : LOG_NO_STATE, "dropped");
}

bool log_keeps_call_ids(const struct stack *s)
{
    return wants_states(s);
}

char *log_keep_call_id(const struct stack *s, struct slice message)
{
    struct slice call_id;

    if (!wants_states(s))
        return NULL;
    call_id = peek_message(message).call_id;
    return strndup(call_id.ptr, call_id.len);
}
