/* SPDX-License-Identifier: BSD-2-Clause */
/* The redirect server (RFC 3261 8.3): a 3xx that says where else, by a rule of the configuration or with the
 * phones of the user, ordered as the caller prefers (RFC 3841 7.2.4). */
#include "route/redirect.h"

#include "route/explain.h"
#include "server/gruu.h"
#include "server/prefer.h"

/* What is left of a binding, rounded up. */
static uint64_t seconds_left(msec expires_at, msec now)
{
    return (uint64_t)(expires_at - now + 999) / 1000;
}

/* One of them would lead back here at once (8.3: MUST NOT). */
static bool is_asked_for(const struct passage *p, struct slice uri)
{
    struct uri one;

    return uri_parse(uri, &one) && (uri_eq(&one, &p->request->uri) || uri_eq(&one, &p->way.uri));
}

/* Without the phone's features: whoever follows would apply the preferences a second time (RFC 3841 7.2.4). */
static void put_contact(struct gather *g, struct slice uri, unsigned q, uint64_t expires)
{
    size_t      mark = gather_mark(g);
    struct buf *b    = &g->scratch;

    buf_put(b, SLICE("Contact: <"));
    buf_put(b, uri);
    buf_put_byte(b, '>');
    if (q < Q_MOST)
        buf_printf(b, ";q=0.%03u", q);
    if (expires > 0) {
        buf_put(b, SLICE(";expires="));
        buf_put_number(b, expires);
    }
    buf_put(b, SLICE("\r\n"));
    gather_written(g, mark);
}

/* ---- by a rule ---- */

static unsigned put_rule(struct gather *g, const struct passage *p, const struct redirect_rule *rule)
{
    struct redirect_contact list[REDIRECT_CONTACTS];
    size_t                  count = redirect_contacts(rule, list);
    unsigned                put   = 0;

    for (size_t i = 0; i < count; i++) {
        char       text[CONTACT_TEXT];
        struct buf b = BUF_ON(text);

        redirect_write_uri(&b, &list[i].uri, &p->way.uri);
        if (!buf_ok(&b) || is_asked_for(p, buf_slice(&b)))
            continue;
        put_contact(g, buf_slice(&b), list[i].q, 0);
        explain_step(p->explain, "RFC 3261 8.3", "Contact %.*s, q %u.%03u", SLICE_ARG(buf_slice(&b)),
                     list[i].q / Q_MOST, list[i].q % Q_MOST);
        put++;
    }
    return put;
}

/* ---- to the user's phones ---- */

/* All that can be called in some way, so also what a proxy could not forward to. */
static void fill(struct server *s, const struct passage *p, const struct aor *a, struct target_set *set)
{
    for (unsigned i = 0; i < aor_count(a); i++) {
        struct binding      b;
        struct route_target t = { .q = 0 };

        aor_binding(a, i, &b);
        if (b.expires_at <= world_now(s->world) || !gruu_fits(&p->gruu, &b) || is_asked_for(p, b.contact))
            continue;
        t.uri    = b.contact;
        t.params = b.params;
        t.q      = b.q;
        t.mark   = (uint64_t)b.expires_at; /* nobody is sent to by it */
        (void)target_set_add(set, &t);
    }
}

static unsigned put_phones(struct server *s, struct gather *g, const struct passage *p)
{
    struct route_target memory[LIMIT_TARGETS];
    struct target_set   set;
    const struct aor   *a;

    target_set_init(&set, memory, LIMIT_TARGETS);
    set.explain = p->explain;
    rcu_enter(s->shared->rcu);
    a = passage_find(s, p);
    if (a != NULL)
        fill(s, p, a, &set);
    target_set_sort(&set);
    (void)prefer_targets(p, &set, TARGETS_BY_Q);
    preferences_number(&set);
    for (unsigned i = 0; i < set.count; i++)
        put_contact(g, set.list[i].uri, set.list[i].q, seconds_left((msec)set.list[i].mark, world_now(s->world)));
    rcu_leave(s->shared->rcu);
    return set.count;
}

void answer_redirect(struct server *s, const struct passage *p, const struct policy_decision *decision)
{
    static const struct reason  nowhere = { "redirect server: no other place is left", "RFC 3261 8.3" };
    const struct redirect_rule *rule    = decision->kind == POLICY_REDIRECT ? decision->redirect : NULL;
    struct gather               g;
    unsigned                    contacts;

    if (!answer_begin(s, p->txn, &g, decision->status, SLICE("")))
        return;
    contacts = rule != NULL ? put_rule(&g, p, rule) : put_phones(s, &g, p);
    if (contacts == 0 && decision->status != 380) {
        answer(s, p->txn, 480, &nowhere);
        return;
    }
    counter_add(&s->world->counters.requests_redirected, 1);
    answer_log(s, p->request, decision->status, &decision->why);
    if (rule != NULL)
        answer_end_with(s, p->txn, &g, decision->status, rule->body_type, rule->body);
    else
        answer_end(s, p->txn, &g, decision->status);
}
