/* SPDX-License-Identifier: BSD-2-Clause */
/* Targets that are asked one group after the other (RFC 3261 16.6): a group gets its branches, the rest waits with
 * the context until the response context says that its turn has come.
 *
 * How much of the request's Max-Breadth each branch gets (RFC 5393 5.3.3): what open branches have is gone until
 * they end; one is held back for each target that is left, so that its group need not wait for the end of those
 * before it, if there is so much. */
#include "route/explain.h"
#include "server/asked.h"
#include "server/prefer.h"
#include "server/proxy_context.h"
#include "server/proxy_log.h"

#include <stdlib.h>

void proxy_order(struct server *s, const struct passage *p, struct target_set *set)
{
    enum target_order order   = s->config->serial_forking ? TARGETS_BY_Q : TARGETS_PARALLEL;
    uint32_t          breadth = proxy_breadth(p->request, 0);

    if (p->aor.len > 0) /* RFC 3841 7.2: only for a user of ours */
        order = prefer_targets(p, set, order);
    target_set_cut(set, s->config->max_branches);
    target_set_group(set, order, breadth < LIMIT_BRANCHES ? breadth : LIMIT_BRANCHES);
    for (unsigned i = 0; set->explain != NULL && i < set->count; i++)
        explain_step(set->explain, "RFC 3261 16.6", "group %u: %.*s, q=%u.%03u", set->list[i].group + 1,
                     SLICE_ARG(set->list[i].uri), set->list[i].q / Q_MOST, set->list[i].q % Q_MOST);
}

static uint32_t free_breadth(const struct context *c, const struct passage *p)
{
    uint32_t all = proxy_breadth(p->request, 0), taken = 0;

    for (unsigned i = 0; i < c->rc.count; i++)
        if (c->rc.branches[i].state == RC_OPEN)
            taken += c->branches[i].breadth;
    return taken < all ? all - taken : 0;
}

/* For each of `count` branches, with so many targets left. */
static uint32_t share(uint32_t breadth, unsigned count, unsigned left)
{
    return breadth >= count + left ? (breadth - left) / count : breadth / count;
}

static unsigned left_of(const struct context *c)
{
    return c->left != NULL ? target_set_left(c->left) : 0;
}

/* How much breadth the next group wants at least. */
static unsigned next_width(const struct target_set *set)
{
    struct target_set          rest = *set;
    const struct route_target *first;

    return target_set_next(&rest, &first);
}

/* Requests other than INVITE end everywhere within 64*T1, in which all are to have their turn. */
static msec limit_time(const struct context *c, msec time)
{
    msec most = 64 * c->server->config->t1 / (c->rc.count + left_of(c));

    return c->rc.is_invite || time < most ? time : most;
}

static unsigned send_group(struct context *c, const struct passage *p, struct branch_plan *plan,
                           const struct route_target *first, unsigned count)
{
    unsigned sent = 0;

    plan->breadth = share(free_breadth(c, p), count, left_of(c));
    c->group_time = 0;
    if (plan->breadth == 0)
        return 0;
    for (unsigned i = 0; i < count; i++) {
        plan->to = first[i];
        sent += proxy_send_branch(c, p, plan);
        if (first[i].time > c->group_time)
            c->group_time = first[i].time;
    }
    return sent;
}

/* Of those that are left, the first group of which anything can be sent. */
static unsigned send_next(struct context *c, const struct passage *p, struct branch_plan *plan)
{
    unsigned sent = 0;

    while (sent == 0 && left_of(c) > 0) {
        const struct route_target *first;
        unsigned                   count = target_set_next(c->left, &first);

        sent = send_group(c, p, plan, first, count);
    }
    return sent;
}

static void free_left(struct context *c, struct target_set *left)
{
    if (left != NULL)
        world_give(c->server->world, ACCOUNT_CONTEXTS, left->size);
    free(left);
}

void proxy_groups_drop(struct context *c)
{
    free_left(c, c->left);
    c->left = NULL;
}

void proxy_groups_wait(struct context *c, const struct passage *p, struct rc_actions *actions)
{
    bool more  = left_of(c) > 0 && c->rc.count < LIMIT_BRANCHES;
    bool alone = more && free_breadth(c, p) < next_width(c->left);
    msec time  = more ? limit_time(c, c->group_time > 0 ? c->group_time : c->server->config->serial_timer) : 0;

    if (!more)
        proxy_groups_drop(c);
    rc_group(&c->rc, more, alone, time, world_now(c->server->world), actions);
}

/* Put by what comes after the first group of the set.  Without memory for that nobody comes after it: all are
 * asked at once. */
static void put_by(struct context *c, struct target_set *set)
{
    const struct route_target *first;
    struct target_set          rest = *set;

    (void)target_set_next(&rest, &first);
    if (target_set_left(&rest) == 0)
        return;
    c->left = target_set_keep(&rest);
    if (c->left != NULL)
        world_take(c->server->world, ACCOUNT_CONTEXTS, c->left->size);
    else
        target_set_group(set, TARGETS_PARALLEL, LIMIT_BRANCHES);
}

unsigned proxy_groups_start(struct context *c, const struct passage *p, struct branch_plan *plan,
                            struct target_set *set)
{
    const struct route_target *first;
    struct rc_actions          none;
    unsigned                   count, sent;

    if (set->count == 0)
        return 480;
    if (proxy_breadth(p->request, 0) == 0)
        return 440;
    if (c->server->asked != NULL)
        return asked_note_set(c->server, p, plan, set) > 0 ? 0 : 500;
    c->several = set->count > 1;
    proxy_log_forward(c->server, p, set->count, set->list[set->count - 1].group + 1);
    put_by(c, set);
    count = target_set_next(set, &first);
    sent  = send_group(c, p, plan, first, count);
    if (sent == 0)
        sent = send_next(c, p, plan);
    if (c->left != NULL)
        proxy_groups_wait(c, p, &none);
    return sent > 0 ? 0 : 500;
}

void proxy_groups_next(struct context *c, struct rc_actions *actions)
{
    struct branch_plan plan = { .headers = SLICE("") };
    struct passage     p;

    if (proxy_open_again(c, &p)) {
        (void)send_next(c, &p, &plan);
        proxy_groups_wait(c, &p, actions);
    } else {
        rc_group(&c->rc, false, false, 0, world_now(c->server->world), actions);
    }
}

/* What is left behind the set, as groups that come after its own. */
static void append_left(const struct context *c, struct target_set *set)
{
    unsigned last = set->list[set->count - 1].group;

    for (unsigned i = 0; i < left_of(c); i++) {
        struct route_target t = c->left->list[c->left->next + i];

        t.group += last + 1;
        (void)target_set_add(set, &t);
    }
}

bool proxy_groups_insert(struct context *c, const struct passage *p, struct target_set *set)
{
    struct branch_plan         plan = { .headers = SLICE("") };
    struct target_set         *old  = c->left;
    const struct route_target *first;
    unsigned                   count, sent;

    if (set->count == 0)
        return false;
    append_left(c, set);
    c->left = NULL;
    put_by(c, set);
    count = target_set_next(set, &first);
    sent  = send_group(c, p, &plan, first, count);
    if (sent == 0)
        sent = send_next(c, p, &plan);
    free_left(c, old);
    return sent > 0;
}
