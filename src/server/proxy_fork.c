/* SPDX-License-Identifier: BSD-2-Clause */
/* To which of a user's phones a request goes (RFC 3261 16.5, 16.6), and by which of a phone's flows
 * (RFC 5626 7):
 *
 *     bindings by preference      branches
 *     desk   <urn:1> reg-id 2     at once
 *     desk   <urn:1> reg-id 1     when the one above has failed
 *     laptop                      at once
 *
 * so that no phone rings twice.  Which has been tried the branches know; which there are is looked up
 * anew, for phones replace flows that have died. */
#include "server/flow_failure.h"
#include "server/gruu.h"
#include "server/prefer.h"
#include "server/proxy_context.h"

/* Which binding it is, and its flow: what was registered anew by another flow may be tried again. */
static uint64_t mark_of(const struct server *s, const struct binding *b)
{
    const struct hash_key *key = &s->shared->loop_key;
    uint64_t which[3] = { b->row, b->flow.connection, flow_remote_hash(key, b->flow.transport, &b->flow.remote) };

    return siphash(key, (struct slice){ (const char *)which, sizeof which });
}

static uint64_t instance_of(const struct server *s, const struct binding *b)
{
    return b->instance.len > 0 ? siphash(&s->shared->loop_key, b->instance) : 0;
}

/* Does the Contact name a trunk, which is reached by routes only?  Who lives among a trunk's addresses has registered
 * from where he is. */
static bool is_trunks(const struct server *s, const struct binding *b)
{
    const struct policy *policy = &s->snapshot->policy;
    struct address       host;
    struct uri           contact;

    if (policy->trunk_count == 0 || b->path.len > 0 || !uri_parse(b->contact, &contact) ||
        trunk_of_uri(policy->trunks, policy->trunk_count, &contact) == NULL)
        return false;
    return !address_parse_ip(contact.host, &host) || b->flow.transport == TRANSPORT_NONE ||
           !address_eq_ip(&host, &b->flow.remote);
}

/* False: there is no way that may be gone. */
static bool target_of(const struct server *s, const struct passage *p, const struct binding *b, struct uri *contact,
                      struct route_target *t)
{
    bool trunks = is_trunks(s, b);

    *t          = proxy_target_parsed(p, b, contact);
    t->instance = instance_of(s, b);
    t->mark     = t->instance != 0 ? mark_of(s, b) : 0;
    t->flow_only |= trunks; /* its network may have the addresses of a trunk: by its flow it is the phone */
    return !trunks || t->flow != NULL;
}

void proxy_fill(struct server *s, const struct passage *p, struct binding list[], struct uri *contact,
                struct target_set *set)
{
    const struct aor *a     = passage_find(s, p);
    unsigned          count = 0;

    if (a != NULL)
        count = proxy_sort_bindings(a, world_now(s->world), p->way.uri.scheme == URI_SIPS, &p->gruu, list,
                                    set->room - set->count);
    for (unsigned i = 0; i < count; i++) {
        struct route_target t;
        struct uri          another;

        if (!target_of(s, p, &list[i], i == 0 ? contact : &another, &t))
            continue;
        t.parsed = i == 0 ? t.parsed : NULL;
        (void)target_set_add(set, &t);
    }
}

/* The stack copies what it sends, so that nothing outlives the section. */
unsigned proxy_fork(struct context *c, const struct passage *p, struct branch_plan *plan)
{
    struct binding      list[LIMIT_TARGETS];
    struct route_target memory[LIMIT_TARGETS];
    struct target_set   set;
    struct uri          contact;
    unsigned            status;

    target_set_init(&set, memory, LIMIT_TARGETS);
    set.explain = p->explain;
    rcu_enter(c->server->shared->rcu);
    proxy_fill(c->server, p, list, &contact, &set);
    proxy_order(c->server, p, &set);
    c->rc.ring_on = prefer_rings_on(p);
    status        = proxy_groups_start(c, p, plan, &set);
    rcu_leave(c->server->shared->rcu);
    return status;
}

/* The flow of the binding with this mark, if it is still there. */
static bool find_flow(struct server *s, struct slice key, uint64_t mark, struct flow *flow)
{
    const struct aor *a;
    bool              found = false;

    rcu_enter(s->shared->rcu);
    a = location_find(s->shared->location, key);
    for (unsigned i = 0; a != NULL && i < aor_count(a) && !found; i++) {
        struct binding b;

        aor_binding(a, i, &b);
        found = mark_of(s, &b) == mark;
        *flow = b.flow;
    }
    rcu_leave(s->shared->rcu);
    return found;
}

void proxy_flow_failed(struct context *c, unsigned branch, int error)
{
    uint64_t       mark = c->branches[branch].mark;
    struct passage p;
    struct flow    flow;

    if (mark != 0 && proxy_open_again(c, &p) && find_flow(c->server, p.aor, mark, &flow))
        flow_failure_note(c->server, p.aor, &flow, error);
}

static bool is_tried(const struct context *c, uint64_t mark)
{
    for (unsigned i = 0; i < c->rc.count; i++)
        if (c->branches[i].mark == mark)
            return true;
    return false;
}

/* Is this a binding of the phone that the branch with this `instance` was for? */
static bool is_of_phone(const struct server *s, const struct passage *p, uint64_t instance, const struct binding *b)
{
    return p->gruu.kind != GRUU_NONE ? gruu_fits(&p->gruu, b) : instance_of(s, b) == instance;
}

/* The most preferred that has not been tried, and of equals, or of a GRUU's (RFC 5627 6.1), the newest. */
static bool find_next(const struct context *c, const struct passage *p, const struct aor *a, uint64_t instance,
                      struct binding *next)
{
    struct server *s     = c->server;
    bool           found = false;

    for (unsigned i = aor_count(a); i-- > 0;) {
        struct binding b;

        aor_binding(a, i, &b);
        if (!is_of_phone(s, p, instance, &b) ||
            !proxy_may_reach(&b, world_now(s->world), p->way.uri.scheme == URI_SIPS) || is_tried(c, mark_of(s, &b)) ||
            (found && (p->gruu.kind != GRUU_NONE || next->q >= b.q)))
            continue;
        *next = b;
        found = true;
    }
    return found;
}

bool proxy_next_flow(struct context *c, const struct passage *p, unsigned branch)
{
    struct server     *s    = c->server;
    struct branch_plan plan = { .breadth = c->branches[branch].breadth };
    struct binding     next;
    struct uri         contact;
    const struct aor  *a;
    bool               sent = false;

    rcu_enter(s->shared->rcu);
    a = passage_find(s, p);
    if (a != NULL && find_next(c, p, a, c->branches[branch].instance, &next)) {
        sent = target_of(s, p, &next, &contact, &plan.to) && proxy_send_branch(c, p, &plan);
    }
    rcu_leave(s->shared->rcu);
    return sent;
}
