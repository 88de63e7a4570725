/* SPDX-License-Identifier: BSD-2-Clause */
/* What passes when memory is scarce.
 *
 *              | request within a dialog, | REGISTER | other requests, | responses
 *              | ACK, CANCEL              |          | connections     |
 *     high     | pass                     | passes * | refused         | pass
 *     critical | pass **                  | refused  | refused         | pass
 *     full     | dropped                  | dropped  | dropped         | dropped
 *
 *  * the registrar refuses those that add a binding: a refresh costs nothing, and who
 *    may not refresh is lost, and comes back with an addition
 * ** a CANCEL only if it has something to cancel
 *
 * Repetitions of what is in progress do not come here: their transaction absorbs them.
 * What is full of messages empties by the timers of its transactions. */
#include "stack/internal.h"

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
