/* SPDX-License-Identifier: BSD-2-Clause */
/* What passes when memory is scarce, or more comes than there is time for.
 *
 *              | request within a dialog, | REGISTER | other requests, | responses
 *              | ACK, CANCEL              |          | connections     |
 *     high     | pass                     | passes * | refused         | pass
 *     critical | pass **                  | refused  | refused         | pass
 *     full     | dropped                  | dropped  | dropped         | dropped
 *     overload | pass                     | as many as there is time for | responses pass
 *
 *  * the registrar refuses those that add a binding: a refresh costs nothing, and who
 *    may not refresh is lost, and comes back with an addition
 * ** a CANCEL only if it has something to cancel
 *
 * Repetitions of what is in progress do not come here: their transaction absorbs them.
 * What is full of messages empties by the timers of its transactions. */
#include "stack/server_match.h"

static bool is_within_dialog(const struct message *request)
{
    return request->to_tag.len > 0 || request->method == METHOD_ACK;
}

static bool passes(struct stack *s, const struct message *request, enum budget_level level)
{
    switch (level) {
    case BUDGET_NORMAL:
        return true;
    case BUDGET_HIGH:
        return is_within_dialog(request) || request->method == METHOD_CANCEL || request->method == METHOD_REGISTER;
    case BUDGET_CRITICAL:
        return is_within_dialog(request) || (request->method == METHOD_CANCEL && server_txn_has_invite(s, request));
    }
    return true;
}

bool admission_request(struct stack *s, const struct message *request)
{
    if (passes(s, request, world_memory_level(s->world)))
        return true;
    counter_add(&s->world->counters.overload_refused, 1);
    stack_reply_stateless(s, request, 503, SLICE(""));
    return false;
}

bool admission_message(struct stack *s, struct message *m)
{
    struct budget_share *memory = s->world->memory;

    if (memory == NULL)
        return true;
    if (!budget_has_room(memory, message_size(m))) {
        counter_add(&s->world->counters.overload_dropped, 1);
        return false;
    }
    message_account(m, memory, ACCOUNT_MESSAGES);
    return true;
}

bool admission_connection(struct stack *s)
{
    if (world_memory_level(s->world) == BUDGET_NORMAL)
        return true;
    counter_add(&s->world->counters.connections_refused, 1);
    return false;
}

/* ---- overload: the world looks at what waits, and here is drawn the conclusion ---- */

static timer_fn on_overload;

static void look(struct stack *s)
{
    struct world       *w = s->world;
    enum overload_event event;

    if (!s->overload.active && world_now(w) < s->spread.patient_until) {
        s->overload.last = w->backlog;
        return;
    }
    event = overload_look(&s->overload, world_now(w), s->config.overload_delay, &w->backlog);
    if (event == OVERLOAD_SAME)
        return;
    gauge_set(&w->counters.overloads, s->overload.active);
    log_overload(s, event);
    if (s->overload.active)
        world_timer(w, &s->overload_timer, on_overload, world_now(w) + OVERLOAD_LOOK);
}

/* It ends, too, when nothing new comes that would have it looked at. */
static void on_overload(struct timer *timer, msec now)
{
    struct stack *s = CONTAINER_OF(timer, struct stack, overload_timer);

    if (s->overload.last.looks != s->world->backlog.looks)
        look(s);
    if (s->overload.active)
        world_timer(s->world, timer, on_overload, now + OVERLOAD_LOOK);
}

void admission_end(struct stack *s)
{
    world_timer_stop(s->world, &s->overload_timer);
    gauge_set(&s->world->counters.overloads, 0);
}

/* Who answers a challenge was let in before. */
static bool goes_on(const struct message *request)
{
    return message_header(request, HEADER_PROXY_AUTHORIZATION) != NULL ||
           message_header(request, HEADER_AUTHORIZATION) != NULL;
}

/* One after the other the answers leave together, where they go to one neighbour: a refusal takes a third of its CPU
 * to be sent, alone. */
void admission_refuse(struct stack *s)
{
    unsigned count = s->refused_count;

    s->refused_count = 0;
    for (unsigned i = 0; i < count; i++) {
        stack_reply_stateless(s, s->refused[i], 503, SLICE(""));
        message_drop(s->refused[i]);
    }
}

static void refuse_later(struct stack *s, struct message *request)
{
    if (s->ahead_count == 0 || request->flow.transport != TRANSPORT_UDP) {
        stack_reply_stateless(s, request, 503, SLICE(""));
        return;
    }
    if (s->refused_count == RECEIVE_AHEAD)
        admission_refuse(s);
    s->refused[s->refused_count++] = message_hold(request);
}

bool admission_in_time(struct stack *s, struct message *request)
{
    if (is_within_dialog(request) || request->method == METHOD_CANCEL)
        return true;
    if (s->overload.last.looks != s->world->backlog.looks)
        look(s);
    if (overload_take(&s->overload, world_now(s->world), s->overload.active && goes_on(request)))
        return true;
    counter_add(&s->world->counters.overload_shed, 1);
    refuse_later(s, request);
    return false;
}
