/* SPDX-License-Identifier: BSD-2-Clause */
#include "server/facts.h"

#include "locate/enum.h"
#include "server/asked.h"
#include "server/gruu.h"
#include "server/number_rules.h"
#include "server/proxy_copy.h"
#include "server/who.h"

static bool has_bindings(struct server *s, const struct passage *p, bool secure)
{
    const struct aor *a;
    struct binding    one;
    bool              has;

    rcu_enter(s->shared->rcu);
    a   = passage_find(s, p);
    has = a != NULL && (secure || p->gruu.kind != GRUU_NONE
                            ? proxy_sort_bindings(a, world_now(s->world), secure, &p->gruu, &one, 1) > 0
                            : aor_is_alive(a, world_now(s->world)));
    rcu_leave(s->shared->rcu);
    return has;
}

/* A user without an entry of his own (they need none without authentication) is known by his bindings, though
 * they be those of another phone than the GRUU's. */
static bool has_any_binding(struct server *s, struct slice aor)
{
    bool has;

    rcu_enter(s->shared->rcu);
    has = location_find(s->shared->location, aor) != NULL;
    rcu_leave(s->shared->rcu);
    return has;
}

/* Nobody is asked for who belongs to a GRUU that was made up. */
static bool is_to_be_asked_for(const struct server *s, const struct passage *p, const struct policy_case *c)
{
    switch (p->gruu.kind) {
    case GRUU_NONE:
        return !c->has_bindings && policy_asks_for_user(&s->snapshot->policy, c);
    case GRUU_PUBLIC:
        return !c->user_known && policy_asks_for_user(&s->snapshot->policy, c);
    case GRUU_TEMPORARY:
    case GRUU_INVALID:
        break;
    }
    return false;
}

static bool is_known_without_asking(struct server *s, const struct passage *p)
{
    return p->gruu.kind == GRUU_TEMPORARY || (p->gruu.kind == GRUU_PUBLIC && has_any_binding(s, p->aor));
}

static bool is_number(const struct server *s, const struct uri *uri)
{
    char       memory[ENUM_DIGITS + 1];
    struct buf number = BUF_ON(memory);

    return s->snapshot->policy.numbers && enum_number(uri, &number);
}

/* Nobody registers without a user part: of a URI that names but the domain there is nothing to look for. */
static void look_for_bindings(struct server *s, const struct passage *p, struct policy_case *c)
{
    c->has_bindings = p->aor.len > 0 && p->way.uri.user.len > 0 && has_bindings(s, p, false);
    c->has_secure   = c->has_bindings && p->way.uri.scheme == URI_SIPS && has_bindings(s, p, true);
}

/* An alias stands for its user: he is who is asked for (RFC 3261 10.3 step 5). */
static void follow_alias(struct server *s, struct passage *p, const struct user_id *id)
{
    struct buf text = BUF_ON(p->alias_text);

    buf_put(&text, p->way.uri.scheme == URI_SIPS ? SLICE("sips:") : SLICE("sip:"));
    buf_put(&text, id->name);
    buf_put_byte(&text, '@');
    buf_put(&text, id->domain);
    explain_step(p->explain, "RFC 3261 10.3 step 5", "%.*s is another name of %.*s@%.*s", SLICE_ARG(p->way.uri.text),
                 SLICE_ARG(id->name), SLICE_ARG(id->domain));
    if (buf_ok(&text) && policy_is_ours(&s->snapshot->policy, id->domain))
        passage_redirect(s, p, buf_slice(&text));
}

/* A user without an entry of his own, who needs none without authentication, is known by his
 * bindings.  Anybody else is looked for, but only if it matters, since the store may have
 * to be asked. */
static enum user_state look_for_user(struct server *s, struct passage *p, struct policy_case *c)
{
    struct user_id  id;
    enum user_state state;

    c->user_known = c->has_bindings || is_known_without_asking(s, p);
    if (!is_to_be_asked_for(s, p, c) || !who_may_be(s, &p->way.uri))
        return USER_FOUND;
    state = who_is(s, &p->way.uri, &id);
    if (state != USER_FOUND)
        return state;
    c->user_known = true;
    if (id.by_alias) {
        follow_alias(s, p, &id);
        look_for_bindings(s, p, c);
    }
    return USER_FOUND;
}

static struct policy_case case_of(struct server *s, const struct passage *p)
{
    const struct policy *policy = &s->snapshot->policy;
    const struct uri    *from   = &p->request->from.uri;
    struct policy_case   c      = {
               .request       = p->request,
               .uri           = &p->way.uri,
               .uri_is_us     = p->names_us,
               .route_left    = p->way.first < p->way.last,
               .next          = p->way.first < p->way.last ? &p->routes.value[p->way.first].uri : NULL,
               .own_route     = p->of_our_dialog,
               .own_trunk     = p->of_trunk,
               .stateless     = p->stateless,
               .token         = p->token,
               .authenticated = p->standing.authenticated,
               .trunk         = p->trunk,
               .is_gruu       = p->gruu.kind != GRUU_NONE,
               .is_no_gruu    = p->gruu.kind == GRUU_INVALID,
               .number        = !p->standing.asked && p->gruu.kind == GRUU_NONE && is_number(s, &p->way.uri),
               .explain       = p->explain,
    };

    c.from_is_us    = !policy_is_ours(policy, from->host) && passage_names_us(s, from);
    c.anothers_gruu = c.authenticated && gruu_is_anothers(s, p);
    return c;
}

/* Only where a call begins, and nobody is meant.  A To tag alone, without a token, is anybody's word. */
static bool are_rules_wanted(const struct server *s, const struct passage *p, const struct policy_case *c)
{
    const struct policy *policy = &s->snapshot->policy;

    return policy->number_rule_count > 0 && !p->standing.numbered && !c->user_known && p->gruu.kind == GRUU_NONE &&
           (p->request->to_tag.len == 0 || !p->of_our_dialog) && policy_asks_for_user(policy, c);
}

static enum user_state look(struct server *s, struct passage *p, struct policy_case *c)
{
    *c = case_of(s, p);
    look_for_bindings(s, p, c);
    return look_for_user(s, p, c);
}

static bool is_known(enum user_state state)
{
    return state != USER_WAIT && state != USER_FAILED;
}

/* True if there is a decision without more ado; else the case is that of what the rules have made of the number. */
static bool is_rejected(struct server *s, struct passage *p, struct policy_case *c, struct policy_decision *decision,
                        enum user_state *state)
{
    switch (number_rules_follow(s, p, decision)) {
    case NUMBER_SAME:
        return false;
    case NUMBER_CHANGED:
        *state = look(s, p, c);
        return false;
    case NUMBER_REJECTED:
    case NUMBER_FAILED:
        break;
    }
    return true;
}

static struct policy_decision decide_in_dialog(const struct server *s, const struct passage *p)
{
    bool               left = p->way.first < p->way.last;
    struct policy_case c    = { .request    = p->request,
                                .uri        = &p->way.uri,
                                .own_trunk  = p->of_trunk,
                                .route_left = left,
                                .next       = left ? &p->routes.value[p->way.first].uri : NULL };

    return policy_decide_in_dialog(&s->snapshot->policy, &c);
}

/* Of a registration in a domain of ours nothing else is asked: 2 % of a refresh, and of both trips with a password. */
static bool is_for_registrar(const struct server *s, const struct passage *p)
{
    return p->request->method == METHOD_REGISTER && p->way.first == p->way.last && p->way.uri.params.len == 0 &&
           (p->names_us || policy_is_ours(&s->snapshot->policy, p->way.uri.host));
}

static struct policy_decision decide_registration(const struct server *s, const struct passage *p)
{
    const struct policy_case c = { .request = p->request, .uri = &p->way.uri, .uri_is_us = true };

    return policy_decide(&s->snapshot->policy, &c);
}

enum user_state facts_decide(struct server *s, struct passage *p, struct policy_decision *decision)
{
    struct policy_case c;
    enum user_state    state;

    if (p->explain == NULL && passage_is_on_its_way(p)) { /* who asks for all finds the same */
        *decision = decide_in_dialog(s, p);
        return USER_FOUND;
    }
    if (p->explain == NULL && is_for_registrar(s, p)) {
        *decision = decide_registration(s, p);
        return USER_FOUND;
    }
    state = look(s, p, &c);
    if (is_known(state) && are_rules_wanted(s, p, &c) && is_rejected(s, p, &c, decision, &state))
        return USER_FOUND;
    if (!is_known(state))
        return state;
    *decision = policy_decide(&s->snapshot->policy, &c);
    asked_tell_decision(s, p, decision);
    return state;
}
