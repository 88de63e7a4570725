/* SPDX-License-Identifier: BSD-2-Clause */
#include "server/pass.h"

#include "route/stateless.h"
#include "server/at_once.h"
#include "server/facts.h"
#include "server/identity.h"
#include "server/proxy_context.h"
#include "server/proxy_log.h"
#include "server/trunk.h"

/* What begins nothing has been begun before the server was told to end. */
static bool is_taken(const struct server *s, const struct message *request)
{
    return !shared_is_draining(s->shared) || request->method == METHOD_ACK || request->method == METHOD_CANCEL ||
           request->to_tag.len > 0;
}

/* Is it certain that it goes by a route that says so, as it is? */
static bool is_decided(struct server *s, struct passage *p, struct policy_decision *decision)
{
    p->stateless = true;
    switch (facts_decide(s, p, decision)) {
    case USER_FOUND:
    case USER_UNKNOWN:
        return decision->kind == POLICY_ROUTE && decision->route->stateless && p->instead.len == 0;
    case USER_WAIT:
    case USER_FAILED:
        break;
    }
    return false;
}

/* Where all that belongs to the call goes, since the dice are its Call-ID's (16.11). */
static void send(struct server *s, struct passage *p, const struct policy_decision *decision)
{
    struct branch_plan  plan = { .to = { .uri = p->way.uri.text }, .breadth = proxy_breadth(p->request, 1) };
    struct route_target memory[ROUTE_TARGETS];
    char                texts[TABLE_TEXT], branch_text[STATELESS_BRANCH];
    struct buf          text = BUF_ON(texts), branch = BUF_ON(branch_text);
    struct target_set   set;
    struct gather       g;
    struct forwarded    f;
    struct copy_marks   marks;
    struct outgoing     out;

    target_set_init(&set, memory, ROUTE_TARGETS);
    stateless_branch_write(&branch, p->request, &s->shared->relay_key);
    if (!buf_ok(&branch) || !proxy_table_fill(s, p, &plan, decision, &set, &text) || set.count == 0)
        return;
    plan.to = set.list[0];
    if (proxy_write_copy(s, p, &plan, &g, &f, &marks, &out) != 0)
        return;
    out.branch_mark  = buf_slice(&branch);
    out.branch_whole = true;
    p->decision      = decision;
    proxy_log_forward(s, p, 1, 1);
    counter_add(&s->world->counters.requests_passed, 1);
    (void)stack_send(s->stack, &out); /* 16.11: who waits for an answer asks again */
}

static bool pass_request(struct server *s, struct message *request)
{
    struct passage         p;
    struct policy_decision decision;
    struct reason          why;

    if (!stateless_fits(request) || !is_taken(s, request) || !passage_open(s, 0, request, &p))
        return false;
    if (p.of_our_dialog || p.token != FLOW_TOKEN_NONE || p.gruu.kind != GRUU_NONE || !is_decided(s, &p, &decision))
        return false;
    switch (proxy_validate(request, &s->shared->relay_key, false, &why)) {
    case 0:
        break;
    case 482:
        counter_add(&s->world->counters.loops_refused, 1);
        (void)stack_reply_stateless(s->stack, request, 482, SLICE(""));
        return true;
    default:
        return false;
    }
    if (!identity_admits(s, &p, false))
        return false;
    send(s, &p, &decision);
    return true;
}

/* The next neighbour may have been trusted when it asked; it is now that it is told something. */
static enum identity_side side_of(struct server *s, const struct stateless_way *way)
{
    struct flow         flow  = { .transport = TRANSPORT_UDP, .remote = way->to };
    const struct trunk *trunk = trunk_of(s, &flow);

    return trunk != NULL && trunk->trusted ? IDENTITY_TRUSTED : IDENTITY_STRANGER;
}

static bool pass_response(struct server *s, struct message *response)
{
    struct stateless_way   way;
    struct identity_change identity;
    char                   memory[IDENTITY_TEXT];
    struct buf             text = BUF_ON(memory);
    struct gather          g;

    if (!stack_is_local(s->stack, response->via.host, response->via.port) ||
        !stateless_branch_read(response, &s->shared->relay_key, &way))
        return false;
    identity = identity_of_response(s, side_of(s, &way), response, &text);
    gather_init(&g);
    if (forward_response(&g, response, NULL, 0, &identity) &&
        stack_pass_response(s->stack, way.listener, &way.to, &g) == 0)
        counter_add(&s->world->counters.responses_passed, 1);
    return true;
}

/* A reload may have taken the route away: its calls still get their answers. */
static bool pass(void *user, struct message *m)
{
    struct server *s = user;

    if (!m->is_request)
        return pass_response(s, m);
    return at_once_answer(s, m) || (s->snapshot->policy.stateless && pass_request(s, m));
}

void pass_start(struct server *s)
{
    stack_on_pass(s->stack, pass, s);
}
