/* SPDX-License-Identifier: BSD-2-Clause */
/* What goes up to who has asked (RFC 3261 16.7): a response of a branch, or our own. */
#include "server/edge.h"
#include "server/identity.h"
#include "server/proxy_context.h"
#include "server/proxy_log.h"

void proxy_forward_up(struct context *c, const struct rc_action *action)
{
    const struct message  *others[LIMIT_BRANCHES];
    char                   memory[IDENTITY_TEXT];
    struct buf             text = BUF_ON(memory);
    struct identity_change identity;
    size_t                 count = 0;
    struct gather          g;

    for (unsigned i = 0; i < c->rc.count; i++)
        if ((action->challenges >> i & 1) != 0 && c->branches[i].response != NULL)
            others[count++] = c->branches[i].response;
    if (c->edge && c->request != NULL && action->status / 100 == 2)
        edge_registered(c->server, c->request, c->branches[action->branch].response);
    proxy_log_answer(c, action->branch, action->status);
    gather_init(&g);
    identity = identity_of_answer(c, c->branches[action->branch].response, &text);
    if (forward_response(&g, c->branches[action->branch].response, others, count, &identity))
        stack_respond(c->server->stack, c->txn, action->status, &g);
    else if (action->status >= 200)
        stack_reply(c->server->stack, c->txn, 502, SLICE(""));
}

/* Its Retry-After is as true of our 500 (RFC 3261 20.33, 21.5.1). */
static const struct header *retry_after(const struct context *c, const struct rc_action *action)
{
    const struct message *refusal = action->retry ? c->branches[action->branch].response : NULL;

    return refusal != NULL ? message_header(refusal, HEADER_RETRY_AFTER) : NULL;
}

void proxy_answer_up(struct context *c, const struct rc_action *action)
{
    static const struct reason unanswered = { "no branch has answered", "RFC 3261 16.7, 16.8" };
    const struct header       *retry      = retry_after(c, action);
    struct server             *s          = c->server;
    struct gather              g;

    if (c->request != NULL)
        answer_log(s, c->request, action->status, &unanswered);
    if (retry == NULL) {
        stack_reply(s->stack, c->txn, action->status, SLICE(""));
    } else if (answer_begin(s, c->txn, &g, action->status, SLICE(""))) {
        gather_line(&g, retry);
        answer_end(s, c->txn, &g, action->status);
    }
}
