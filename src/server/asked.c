/* SPDX-License-Identifier: BSD-2-Clause */
#include "server/asked.h"

#include "locate/enum.h"
#include "server/who.h"

void asked_reason(struct asked *a, const struct reason *why)
{
    a->why  = arena_copy(&a->texts, slice_from(why->text));
    a->rule = arena_copy(&a->texts, slice_from(why->rule));
}

static void tell_route(const struct passage *p)
{
    if (p->way.own_route)
        explain_step(p->explain, "RFC 3261 16.4", "our own Route value is taken off: %s",
                     p->of_our_dialog ? "it is of a dialog that was set up through this server"
                                      : "it is of no dialog that we know");
    if (p->way.first < p->way.last)
        explain_step(p->explain, "RFC 3261 16.4", "%u Route value%s left; the first is %.*s",
                     p->way.last - p->way.first, p->way.last - p->way.first == 1 ? " is" : "s are",
                     SLICE_ARG(p->routes.value[p->way.first].uri.text));
}

void asked_tell_passage(const struct passage *p)
{
    char place[EXPLAIN_PLACE];

    if (p->explain == NULL)
        return;
    if (p->trunk != NULL)
        explain_step(p->explain, explain_place(p->explain, p->trunk->line, place),
                     "it comes from trunk \"%.*s\", which is %strusted", SLICE_ARG(p->trunk->name),
                     p->trunk->trusted ? "" : "not ");
    tell_route(p);
    if (p->aor.len > 0)
        explain_step(p->explain, "RFC 3261 16.5", "%.*s is of a domain of ours: %.*s", SLICE_ARG(p->way.uri.text),
                     SLICE_ARG(p->aor));
    else if (p->way.uri.user.len == 0)
        explain_step(p->explain, "RFC 3261 16.5", "%.*s names no user", SLICE_ARG(p->way.uri.text));
    else
        explain_step(p->explain, "RFC 3261 16.5", "%.*s is of no domain of ours", SLICE_ARG(p->way.uri.text));
}

void asked_tell_decision(struct server *s, const struct passage *p, const struct policy_decision *d)
{
    char place[EXPLAIN_PLACE];

    if (p->explain == NULL)
        return;
    explain_step(p->explain, d->why.rule, "%s", d->why.text);
    if (d->route == NULL)
        return;
    explain_step(p->explain, explain_place(p->explain, d->route->line, place), "it goes by route \"%.*s\"",
                 SLICE_ARG(d->route->domain));
    s->asked->route = arena_copy(&s->asked->texts, d->route->domain);
}

/* By the name in From, or whose alias that is. */
static void take_word(struct server *s, struct passage *p)
{
    struct user_id  id;
    enum user_state state = who_is(s, &p->request->from.uri, &id);

    if (state == USER_FOUND || state == USER_UNKNOWN)
        (void)standing_prove(&p->standing, id.name, id.domain);
    p->standing.authenticated = true;
}

enum auth_result asked_caller(struct server *s, struct passage *p)
{
    const struct asked *a    = s->asked;
    struct slice        from = p->request->from.uri.text;
    bool                ours = aor_domain(s, &p->request->from.uri).len > 0;

    if (a->authenticated && ours && s->config->authentication) /* without, a real one has proved nothing either */
        take_word(s, p);
    if (!s->config->authentication)
        explain_step(a->explain, "authentication = false", "nobody has to prove who he is");
    else if (policy_is_nameless(&p->request->from.uri))
        explain_step(a->explain, "RFC 3323 4.1", "the caller, %.*s, hides who it is, and is taken for nobody",
                     SLICE_ARG(from));
    else if (!ours)
        explain_step(a->explain, "RFC 3261 22.3", "the caller, %.*s, is of no domain of ours", SLICE_ARG(from));
    else
        explain_step(a->explain, "RFC 3261 22.3", "the caller, %.*s, %s", SLICE_ARG(from),
                     a->authenticated ? "is taken to have proved it" : "has proved nothing");
    return AUTH_NONE;
}

/* "INVITE <this> SIP/2.0" */
static struct slice uri_of(struct slice start_line)
{
    const char *first = memchr(start_line.ptr, ' ', start_line.len);
    const char *last  = memrchr(start_line.ptr, ' ', start_line.len);

    return first != NULL && first < last ? slice_between(first + 1, last) : SLICE("");
}

static struct slice way_of(struct server *s, struct asked *a, const struct outgoing *out)
{
    char       text[STACK_WAY_TEXT];
    struct buf way = BUF_ON(text);

    stack_tell_way(s->stack, out, &way);
    return arena_copy(&a->texts, buf_slice(&way));
}

static struct slice copy_text(struct asked *a, const char *text)
{
    return text != NULL ? arena_copy(&a->texts, slice_from(text)) : SLICE("");
}

bool asked_note_branch(struct server *s, const struct passage *p, const struct branch_plan *plan)
{
    struct asked     *a = s->asked;
    struct gather     g;
    struct forwarded  f;
    struct copy_marks marks;
    struct outgoing   out;

    if (a->count == ASKED_BRANCHES || proxy_write_copy(s, p, plan, &g, &f, &marks, &out) != 0) {
        explain_step(p->explain, "RFC 3261 16.6", "no copy can be made for %.*s", SLICE_ARG(plan->to.uri));
        return false;
    }
    a->branches[a->count++] = (struct asked_branch){ .uri    = arena_copy(&a->texts, uri_of(out.start_line)),
                                                     .route  = arena_copy(&a->texts, plan->to.path),
                                                     .way    = way_of(s, a, &out),
                                                     .params = arena_copy(&a->texts, plan->to.params),
                                                     .why    = copy_text(a, plan->to.why.text),
                                                     .rule   = copy_text(a, plan->to.why.rule),
                                                     .q      = plan->to.q,
                                                     .group  = plan->to.group };
    return true;
}

unsigned asked_note_set(struct server *s, const struct passage *p, const struct branch_plan *shared,
                        const struct target_set *set)
{
    struct branch_plan plan  = *shared;
    unsigned           noted = 0;

    for (unsigned i = 0; i < set->count; i++) {
        plan.to = set->list[i];
        noted += asked_note_branch(s, p, &plan);
    }
    return noted;
}

void asked_number(struct server *s, struct passage *p)
{
    char       memory[ENUM_DIGITS + 1];
    struct buf number = BUF_ON(memory);

    (void)enum_number(&p->way.uri, &number);
    explain_step(p->explain, "RFC 6116", "the DNS would be asked where %.*s leads, below %.*s; as if it did not know:",
                 SLICE_ARG(buf_slice(&number)), SLICE_ARG(s->config->enum_suffix));
    p->standing.asked = true;
    decide_passage(s, p);
}

void asked_register(struct server *s, const struct passage *p)
{
    s->asked->registers = true;
    explain_step(p->explain, "RFC 3261 10.3", "the registrar of %.*s would take it", SLICE_ARG(p->way.uri.host));
}
