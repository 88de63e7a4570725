/* SPDX-License-Identifier: BSD-2-Clause */
/* The stateful proxy (RFC 3261 16): route/response_context says what to do with
 * what comes back; here it is done. */
#include "base/error.h"
#include "server/asked.h"
#include "server/proxy_context.h"
#include "server/proxy_log.h"

static void perform(struct context *c, const struct rc_actions *actions);

static void on_timer(struct timer *timer, msec now);
static void report_unsent(struct context *c);

/* One after the other, not one within the other: as long as nobody of them can be reached. */
static void send_next_groups(struct context *c)
{
    while (c->next_due) {
        struct rc_actions actions;

        c->next_due = false;
        proxy_groups_next(c, &actions);
        perform(c, &actions);
        report_unsent(c);
    }
}

/* The end of every event: let go of what is no longer needed, or of all. */
static void settle(struct context *c)
{
    struct server *s = c->server;

    send_next_groups(c);
    if (rc_is_done(&c->rc, world_now(s->world))) {
        context_free(c);
        return;
    }
    if (rc_only_lingers(&c->rc)) {
        proxy_let_go(c);
        return;
    }
    if (c->rc.answered) {
        message_drop(c->request);
        c->request = NULL;
    }
    world_timer(s->world, &c->timer, on_timer, rc_deadline(&c->rc));
}

static struct suspect suspect(const struct context *c)
{
    struct slice call_id = c->request != NULL ? c->request->call_id : SLICE("");

    return (struct suspect){ c->server->world->log, &c->server->world->counters.broken_invariants, c->id, call_id };
}

/* Who asked gets an answer, if it has none yet; the branches are forgotten. */
static void drop_broken(struct context *c)
{
    struct server *s   = c->server;
    object_id      txn = c->txn;

    if (c->rc.count > context_room(c))
        c->rc.count = (uint8_t)context_room(c);
    id_forget(&s->contexts, c);
    c->id = 0; /* not to remove another one by it */
    context_free(c);
    stack_reply(s->stack, txn, 500, SLICE(""));
}

static void on_timer(struct timer *timer, msec now)
{
    struct context        *c = CONTAINER_OF(timer, struct context, timer);
    struct server         *s = c->server;
    const struct snapshot *in_force;
    struct rc_actions      actions;

    EXPECT_OR_KILL(context_is_sound(c), suspect(c), drop_broken(c); return );
    in_force = server_decide_by(s, c->snapshot);
    rc_timer(&c->rc, now, &actions);
    perform(c, &actions);
    settle(c);
    server_decide_by(s, in_force);
}

/* Who says which failures lead on to the next group, says that no other does; and what has answered in any way
 * has its call. */
static void judge(struct context *c, unsigned branch, unsigned status)
{
    const uint16_t *list = c->branches[branch].fail_over;

    if (list == NULL || status == 100 || c->rc.branches[branch].cancelled)
        return;
    if (status < 200)
        rc_in_time(&c->rc);
    if (status < 300)
        return;
    while (*list != 0 && *list != status)
        list++;
    if (*list == 0)
        rc_no_more(&c->rc);
}

static void on_client(const struct client_user *u, object_id txn, enum client_event event, struct message *response,
                      int detail)
{
    struct server         *s = u->self;
    struct context        *c = id_find(&s->contexts, u->owner);
    struct rc_actions      actions;
    const struct snapshot *in_force;

    (void)txn;
    if (c == NULL)
        return;
    EXPECT_OR_KILL(context_is_sound(c) && u->index < c->rc.count, suspect(c), drop_broken(c); return );
    in_force = server_decide_by(s, c->snapshot);
    switch (event) {
    case CLIENT_RESPONSE:
        judge(c, u->index, response->status);
        message_drop(c->branches[u->index].response);
        c->branches[u->index].response = message_hold(response);
        rc_response(&c->rc, u->index, response->status, world_now(s->world), &actions);
        break;
    case CLIENT_TIMEOUT:
        judge(c, u->index, 408);
        rc_timeout(&c->rc, u->index, &actions);
        break;
    case CLIENT_ERROR:
        judge(c, u->index, 503);
        proxy_flow_failed(c, u->index, detail);
        rc_error(&c->rc, u->index, &actions);
        break;
    }
    perform(c, &actions);
    settle(c);
    server_decide_by(s, in_force);
}

bool proxy_send_branch(struct context *c, const struct passage *p, const struct branch_plan *plan)
{
    struct server     *s = c->server;
    struct gather      g;
    struct forwarded   f;
    struct copy_marks  marks;
    struct outgoing    out;
    struct client_user user;
    int                index;

    if (s->asked != NULL)
        return asked_note_branch(s, p, plan);
    if (proxy_write_copy(s, p, plan, &g, &f, &marks, &out) != 0)
        return false;
    context_make_room(c);
    index = rc_add(&c->rc, plan->to.kind, world_now(s->world));
    if (index < 0)
        return false;
    counter_add(&s->world->counters.branches_forwarded, 1);
    user               = (struct client_user){ .fn = on_client, .self = s, .owner = c->id, .index = (unsigned)index };
    c->branches[index] = (struct branch){
        .instance = plan->to.instance, .mark = plan->to.mark, .breadth = plan->breadth, .fail_over = plan->to.fail_over
    };
    proxy_log_branch(c, p, (unsigned)index, &plan->to);
    c->branches[index].client = stack_request(s->stack, &out, &user);
    return true;
}

/* Branches that the stack did not take have failed; said once all are added, so
 * that the first of several does not decide for the rest. */
static void report_unsent(struct context *c)
{
    for (unsigned i = 0; i < c->rc.count; i++) {
        struct rc_actions actions;

        if (c->branches[i].client != 0 || c->rc.branches[i].state != RC_OPEN)
            continue;
        rc_error(&c->rc, i, &actions);
        perform(c, &actions);
    }
}

static void refuse(struct server *s, object_id txn, unsigned status)
{
    struct reason why = REASON("no branch could be made", "RFC 3261 16.6, RFC 5393 5.3.3");

    if (status == 480)
        why = REASON("no phone is left that is what the caller asks for", "RFC 3841 7.2.4");
    if (status == 500)
        answer_retry_later(s, txn, status, slice_from("No branch could be made"));
    else
        answer(s, txn, status, &why);
}

/* Not one branch was taken: it is this server that is full, not who is called. */
static bool is_all_unsent(const struct context *c)
{
    for (unsigned i = 0; i < c->rc.count; i++)
        if (c->branches[i].client != 0)
            return false;
    return true;
}

static void refuse_at_limit(struct server *s, object_id txn)
{
    counter_add(&s->world->counters.requests_turned_away, 1);
    answer_retry_later(s, txn, 503, SLICE(""));
}

static unsigned send_only(struct context *c, const struct passage *p, const struct branch_plan *plan)
{
    proxy_log_forward(c->server, p, 1, 1);
    return proxy_send_branch(c, p, plan) ? 0 : 500;
}

void proxy_start(struct server *s, struct passage *p, const struct policy_decision *decision)
{
    char               memory[AOR_TEXT];
    struct buf         hop = BUF_ON(memory);
    struct branch_plan plan;
    struct context    *c = context_new(s, p);
    unsigned           status;

    proxy_plan(&plan, p, decision, &hop);
    if (c == NULL) {
        refuse_at_limit(s, p->txn);
        return;
    }
    if (!buf_ok(&hop)) { /* without it the Request-URI would be the way */
        refuse(s, p->txn, 500);
        context_free(c);
        return;
    }
    c->edge       = decision->edge;
    c->rc.recurse = proxy_follows(c, p, decision);
    counter_add(&s->world->counters.requests_forwarded, 1);
    p->decision = decision;
    if (decision->kind == POLICY_LOCATION)
        status = proxy_fork(c, p, &plan);
    else if (decision->kind == POLICY_ROUTE)
        status = proxy_table(c, p, &plan, decision);
    else
        status = send_only(c, p, &plan);
    if (status != 0 || is_all_unsent(c)) {
        if (status == 0 && s->asked != NULL)
            ;
        else if (status != 0)
            refuse(s, p->txn, status);
        else
            refuse_at_limit(s, p->txn);
        context_free(c);
        return;
    }
    report_unsent(c);
    settle(c);
}

void proxy_ack(struct server *s, struct passage *p, const struct policy_decision *decision)
{
    char               memory[AOR_TEXT];
    struct buf         hop = BUF_ON(memory);
    struct branch_plan plan;
    struct binding     best;
    const struct aor  *a;
    struct gather      g;
    struct forwarded   f;
    struct copy_marks  marks;
    struct outgoing    out;

    proxy_plan(&plan, p, decision, &hop);
    rcu_enter(s->shared->rcu);
    a = decision->kind == POLICY_LOCATION ? passage_find(s, p) : NULL;
    if (a != NULL && proxy_sort_bindings(a, world_now(s->world), p->way.uri.scheme == URI_SIPS, &p->gruu, &best, 1) > 0)
        plan.to = proxy_target(p, &best);
    if (buf_ok(&hop) && proxy_write_copy(s, p, &plan, &g, &f, &marks, &out) == 0)
        stack_send(s->stack, &out);
    rcu_leave(s->shared->rcu);
}

/* RFC 3261 16.7 item 4: try the contacts of a 3xx that we asked for. */
static void follow(struct context *c, unsigned branch)
{
    struct rc_actions actions;
    struct passage    p;
    bool              any = proxy_open_again(c, &p) && proxy_follow(c, &p, branch);

    counter_add(&c->server->world->counters.redirections_followed, any);
    rc_followed(&c->rc, branch, any, &actions);
    perform(c, &actions);
    if (any && c->left != NULL) {
        proxy_groups_wait(c, &p, &actions);
        perform(c, &actions);
    }
    report_unsent(c);
}

/* RFC 5626 7 */
static void go_by_next_flow(struct context *c, unsigned branch)
{
    struct rc_actions actions;
    struct passage    p;
    bool              any = proxy_open_again(c, &p) && proxy_next_flow(c, &p, branch);

    counter_add(&c->server->world->counters.flows_passed_over, any);
    rc_followed(&c->rc, branch, any, &actions);
    perform(c, &actions);
    report_unsent(c);
}

static void perform(struct context *c, const struct rc_actions *actions)
{
    for (unsigned i = 0; i < actions->count; i++) {
        const struct rc_action *a = &actions->list[i];

        switch (a->kind) {
        case RC_FORWARD:
            proxy_forward_up(c, a);
            break;
        case RC_CANCEL:
            proxy_cancel_branch(c, a->branch, a->status);
            break;
        case RC_ANSWER:
            proxy_answer_up(c, a);
            break;
        case RC_SILENCE:
            stack_abandon(c->server->stack, c->txn);
            break;
        case RC_FOLLOW:
            follow(c, a->branch);
            break;
        case RC_NEXT:
            go_by_next_flow(c, a->branch);
            break;
        case RC_MORE:
            c->next_due = true;
            break;
        }
    }
}

static void cancel_all_of(struct context *c, const struct message *cancel)
{
    struct server         *s        = c->server;
    const struct snapshot *in_force = server_decide_by(s, c->snapshot);
    struct rc_actions      actions;

    c->cancel = cancel;
    rc_cancel(&c->rc, &actions);
    perform(c, &actions);
    c->cancel = NULL;
    settle(c);
    server_decide_by(s, in_force);
}

void proxy_cancel(struct server *s, object_id invite, const struct message *cancel)
{
    struct context *c = context_of(s, invite);

    if (c != NULL)
        cancel_all_of(c, cancel);
}

void proxy_cancel_all(struct server *s)
{
    struct context *c;

    for (uint32_t at = 0; (c = id_next(&s->contexts, &at)) != NULL;)
        if (!c->rc.answered)
            cancel_all_of(c, NULL);
}
