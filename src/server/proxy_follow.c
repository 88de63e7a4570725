/* SPDX-License-Identifier: BSD-2-Clause */
/* Where a redirect that is ours to follow leads (RFC 3261 16.7 item 4):
 *
 *     of a redirect server that we have asked     as its Contacts say
 *     of a phone of ours (follow_redirects)       as it would be decided if the caller called there: to the phones of
 *                                                 another user of ours, by a route, ... or not at all
 *
 * so that nobody gets anywhere by a phone that redirects him who would not get there himself.  No URI is asked
 * twice (16.5), so that two phones that redirect to each other end. */
#include "base/arena.h"
#include "server/facts.h"
#include "server/prefer.h"
#include "server/proxy_context.h"

#include <stdlib.h>

enum { FOLLOW_TEXT = 16 * 1024 };

/* What is being worked out; the targets borrow from it. */
struct follow {
    struct context     *context;
    struct binding      bindings[LIMIT_TARGETS];
    struct route_target memory[LIMIT_TARGETS];
    struct target_set   set;
    struct arena        texts;
    struct passage      there; /* the request, as if the Contact had been called */
};

/* ---- who has been asked ---- */

static bool is_asked(const struct context *c, const struct uri *uri)
{
    struct slice rest = slice_from(c->asked != NULL ? c->asked : "");

    while (rest.len > 0) {
        const char  *end = memchr(rest.ptr, '\n', rest.len);
        struct slice one = slice_between(rest.ptr, end);
        struct uri   asked;

        if (uri_parse(one, &asked) && uri_eq(&asked, uri))
            return true;
        rest = slice_between(end + 1, rest.ptr + rest.len);
    }
    return false;
}

/* False without memory, or when it is too much. */
static bool note_asked(struct context *c, struct slice uri)
{
    size_t len  = c->asked != NULL ? strlen(c->asked) : 0;
    char  *more = len + uri.len + 2 <= FOLLOW_TEXT ? realloc(c->asked, len + uri.len + 2) : NULL;

    if (more == NULL)
        return false;
    memcpy(more + len, uri.ptr, uri.len);
    more[len + uri.len]     = '\n';
    more[len + uri.len + 1] = '\0';
    c->asked                = more;
    return true;
}

/* The first time: who was called, and his phones. */
static bool begin_asked(struct context *c, const struct passage *p)
{
    const struct aor *a;
    bool              fits = c->asked != NULL || note_asked(c, p->way.uri.text);

    if (c->asked == NULL || p->aor.len == 0)
        return fits;
    a = passage_find(c->server, p);
    for (unsigned i = 0; a != NULL && i < aor_count(a) && fits; i++) {
        struct binding b;

        aor_binding(a, i, &b);
        fits = note_asked(c, b.contact);
    }
    return fits;
}

/* ---- targets ---- */

/* A Contact that we may send to: one of the scheme that was asked for, since from sip to
 * sips and back is for the caller to decide (RFC 5630 5.3). */
static bool next_contact(struct header_values *values, enum uri_scheme scheme, struct name_addr *contact)
{
    while (values_next_name_addr(values, contact))
        if (contact->uri.scheme == scheme)
            return true;
    return false;
}

/* A q that cannot be read is none. */
static unsigned q_of(const struct name_addr *contact)
{
    unsigned q;

    return contact_q(contact, &q) ? q : Q_MOST;
}

static void add(struct follow *f, struct route_target t)
{
    t.uri    = arena_copy(&f->texts, t.uri);
    t.path   = arena_copy(&f->texts, t.path);
    t.params = arena_copy(&f->texts, t.params);
    t.why    = REASON("redirected", "RFC 3261 16.7 item 4");
    if (arena_ok(&f->texts))
        (void)target_set_add(&f->set, &t);
}

/* The phones of the user whose Contact it is are as preferred as that. */
static void add_phones(struct follow *f, unsigned q)
{
    unsigned   begin = f->set.count;
    struct uri contact;

    proxy_fill(f->context->server, &f->there, &f->bindings[begin], &contact, &f->set);
    for (unsigned i = begin; i < f->set.count; i++) {
        f->set.list[i].q      = q;
        f->set.list[i].parsed = NULL;
    }
}

static void add_elsewhere(struct follow *f, const struct policy_decision *decision, unsigned q)
{
    char               memory[AOR_TEXT];
    struct buf         hop = BUF_ON(memory);
    struct branch_plan plan;

    proxy_plan(&plan, &f->there, decision, &hop);
    plan.to.q = q;
    if (buf_ok(&hop))
        add(f, plan.to);
}

/* Of a route's targets that whose turn is first: the others are no alternatives that the phone has named. */
static void add_by_route(struct follow *f, const struct policy_decision *decision, unsigned q)
{
    struct branch_plan  plan = { .to = { .uri = f->there.way.uri.text } };
    struct route_target memory[ROUTE_TARGETS];
    struct target_set   set;
    char                texts[TABLE_TEXT];
    struct buf          text = BUF_ON(texts);

    target_set_init(&set, memory, ROUTE_TARGETS);
    if (!proxy_table_fill(f->context->server, &f->there, &plan, decision, &set, &text) || set.count == 0)
        return;
    set.list[0].q         = q;
    set.list[0].fail_over = NULL;
    add(f, set.list[0]);
}

/* As if the caller had called there.  A user who is not in RAM is not waited for: the caller may follow himself. */
static void add_decided(struct follow *f, const struct name_addr *contact)
{
    struct policy_decision decision;
    enum user_state        state;

    if (!proxy_open_again(f->context, &f->there))
        return;
    passage_redirect(f->context->server, &f->there, contact->uri.text);
    if (f->context->caller != NULL)
        f->there.standing = *f->context->caller;
    f->there.standing.numbered = false;
    f->there.standing.asked    = true; /* the DNS would have to be waited for */
    state                      = facts_decide(f->context->server, &f->there, &decision);
    if (state == USER_WAIT || state == USER_FAILED || decision.edge)
        return;
    switch (decision.kind) {
    case POLICY_LOCATION:
        add_phones(f, q_of(contact));
        break;
    case POLICY_FORWARD:
    case POLICY_ASK:
        add_elsewhere(f, &decision, q_of(contact));
        break;
    case POLICY_ROUTE:
        add_by_route(f, &decision, q_of(contact));
        break;
    case POLICY_HOME:
    case POLICY_FLOW:
    case POLICY_ANSWER:
    case POLICY_CHALLENGE:
    case POLICY_SELF:
    case POLICY_REGISTER:
    case POLICY_NUMBER:
    case POLICY_REDIRECT:
    case POLICY_REDIRECT_BINDINGS:
        break;
    }
}

static void add_contacts(struct follow *f, const struct passage *p, const struct message *response, bool as_it_says)
{
    struct header_values values = message_values(response, HEADER_CONTACT);
    enum uri_scheme      scheme = p->way.uri.scheme == URI_SIPS ? URI_SIPS : URI_SIP;
    struct name_addr     contact;

    while (next_contact(&values, scheme, &contact)) {
        if (is_asked(f->context, &contact.uri) || !note_asked(f->context, contact.uri.text))
            continue;
        if (as_it_says)
            add(f, (struct route_target){ .uri = contact.uri.text, .params = contact.params, .q = q_of(&contact) });
        else
            add_decided(f, &contact);
    }
}

/* Within a section of rcu, in which nothing is waited for. */
static bool follow(struct follow *f, const struct passage *p, unsigned branch)
{
    struct context *c = f->context;

    if (!begin_asked(c, p))
        return false;
    add_contacts(f, p, c->branches[branch].response, c->rc.branches[branch].kind == RC_REDIRECT);
    target_set_sort(&f->set);
    proxy_order(c->server, p, &f->set);
    return proxy_groups_insert(c, p, &f->set);
}

/* 16.5: only where it is for us to say who is meant; and not in a dialog, whose requests go wherever it leads. */
static bool may_follow(const struct passage *p, const struct policy_decision *decision)
{
    return decision->kind == POLICY_LOCATION && p->request->to_tag.len == 0 && !p->of_our_dialog &&
           p->token == FLOW_TOKEN_NONE && prefer_follows(p);
}

/* Without memory for who calls, nothing could be decided as for him. */
static bool keep_caller(struct context *c, const struct passage *p)
{
    if (!p->standing.authenticated)
        return true;
    c->caller = malloc(sizeof *c->caller);
    if (c->caller != NULL)
        *c->caller = p->standing;
    return c->caller != NULL;
}

bool proxy_follows(struct context *c, const struct passage *p, const struct policy_decision *decision)
{
    return c->server->config->follow_redirects && may_follow(p, decision) && keep_caller(c, p);
}

bool proxy_follow(struct context *c, const struct passage *p, unsigned branch)
{
    struct follow *f = malloc(sizeof *f); /* too much for the stack, and rare */
    bool           any;

    if (f == NULL)
        return false;
    f->context = c;
    target_set_init(&f->set, f->memory, LIMIT_TARGETS);
    arena_init(&f->texts, NULL, 0, FOLLOW_TEXT);
    rcu_enter(c->server->shared->rcu);
    any = follow(f, p, branch);
    rcu_leave(c->server->shared->rcu);
    arena_fini(&f->texts);
    free(f);
    return any;
}
