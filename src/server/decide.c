/* SPDX-License-Identifier: BSD-2-Clause */
/* Where every request goes: what it says is taken apart (passage.c), who says it is checked (claim.h), facts are looked
 * up (facts.h), route/ decides on them. */
#include "server/abuse.h"
#include "server/agreement.h"
#include "server/asked.h"
#include "server/claim.h"
#include "server/edge.h"
#include "server/facts.h"
#include "server/identity.h"
#include "server/prefer.h"
#include "server/user_hold.h"

static bool is_for_us(const struct policy_decision *d)
{
    return d->kind == POLICY_SELF || d->kind == POLICY_REGISTER;
}

enum { UNSUPPORTED_SIZE = 2048 }; /* more names than that are not worth repeating */

/* RFC 3261 16.3; what ends here may have used up its hops. */
static bool is_fit(struct server *s, const struct passage *p, const struct policy_decision *decision)
{
    struct reason why;
    unsigned      status = proxy_validate(p->request, &s->shared->loop_key, s->offer.text.len > 0, &why);
    struct gather g;
    char          memory[UNSUPPORTED_SIZE];
    struct buf    headers = BUF_ON(memory);

    if (status != 0 || decision->kind != POLICY_ANSWER)
        explain_step(p->explain, why.rule, "%s", why.text);
    if (status == 0 || (status == 483 && is_for_us(decision)))
        return true;
    if (status == 482)
        counter_add(&s->world->counters.loops_refused, 1);
    if (status != 420) {
        answer(s, p->txn, status, &why);
        return false;
    }
    gather_init(&g);
    proxy_write_unsupported(&g, p->request, s->offer.text.len > 0);
    gather_flatten(&g, &headers);
    answer_unsupported(s, p->txn, buf_ok(&headers) ? buf_slice(&headers) : SLICE(""));
    return false;
}

static void carry_out(struct server *s, struct passage *p, const struct policy_decision *decision)
{
    switch (decision->kind) {
    case POLICY_ANSWER:
        answer_policy(s, p->txn, decision);
        break;
    case POLICY_CHALLENGE:
        answer_challenge(s, p->txn, decision->status);
        break;
    case POLICY_SELF:
        answer_options(s, p->txn);
        break;
    case POLICY_REGISTER:
        if (s->asked != NULL)
            asked_register(s, p);
        else
            registrar_request(s, p->txn, p->request);
        break;
    case POLICY_REDIRECT:
    case POLICY_REDIRECT_BINDINGS:
        answer_redirect(s, p, decision);
        break;
    case POLICY_LOCATION:
    case POLICY_FORWARD:
    case POLICY_ROUTE:
    case POLICY_HOME:
    case POLICY_FLOW:
    case POLICY_ASK:
        if (identity_admits(s, p, decision->edge))
            proxy_start(s, p, decision);
        break;
    case POLICY_NUMBER: /* see go_on */
        break;
    }
}

/* If it is fit for that. */
static void go_on(struct server *s, struct passage *p, const struct policy_decision *decision)
{
    if (!is_fit(s, p, decision))
        return;
    if (decision->edge && !edge_admits(s, p))
        return;
    if (decision->kind == POLICY_NUMBER && s->asked != NULL)
        asked_number(s, p);
    else if (decision->kind == POLICY_NUMBER)
        number_request(s, p);
    else if (decision->kind != POLICY_LOCATION || prefer_admits(s, p))
        carry_out(s, p, decision);
}

/* False: it is held, or has been answered. */
static bool is_decided(struct server *s, const struct passage *p, enum user_state state)
{
    switch (state) {
    case USER_FOUND:
    case USER_UNKNOWN:
        return true;
    case USER_WAIT:
        user_hold_passage(s, p);
        break;
    case USER_FAILED:
        answer_retry_later(s, p->txn, 503, SLICE(""));
        break;
    }
    return false;
}

void decide_passage(struct server *s, struct passage *p)
{
    struct policy_decision decision;

    if (is_decided(s, p, facts_decide(s, p, &decision)))
        go_on(s, p, &decision);
}

/* 407, or what else is to be said to who has not proved who he is. */
static bool is_refused(struct server *s, const struct passage *p, enum auth_result auth, const struct auth_proof *proof,
                       const struct policy_decision *decision)
{
    static const struct reason others  = { "From is somebody else than the credentials prove", "RFC 3261 22.3" };
    bool                       refused = decision->kind == POLICY_CHALLENGE && auth != AUTH_NONE;

    if (refused && auth == AUTH_OK)
        answer(s, p->txn, 403, &others);
    else if (refused)
        answer_unproved(s, p->txn, decision->status == 401 ? 401 : 407, auth, proof);
    return refused;
}

static bool is_for_registrar(struct server *s, const struct passage *p)
{
    return p->request->method == METHOD_REGISTER && p->way.first == p->way.last && aor_domain(s, &p->way.uri).len > 0;
}

/* RFC 3329: what credentials were to protect, and do not.  The registrar sees to its own.  False:
 * answered. */
static bool is_agreed(struct server *s, const struct passage *p, enum auth_result auth, const struct auth_proof *proof)
{
    static const struct reason why = { "no proof protects the list of mechanisms", "RFC 3329 2.2" };

    if (!agreement_wants_proof(s, p->request) || is_for_registrar(s, p))
        return true;
    if (auth == AUTH_OK ? !agreement_is_proved(s, p->request, proof) : auth == AUTH_NONE)
        agreement_refuse(s, p->txn, p->request, &why);
    else if (auth != AUTH_OK)
        answer_unproved(s, p->txn, 407, auth, proof);
    else
        return true;
    return false;
}

void decide_request(struct server *s, object_id txn, struct message *request)
{
    struct passage         p;
    struct policy_decision decision;
    struct auth_proof      proof;
    enum auth_result       auth;

    if (shared_is_draining(s->shared) && request->to_tag.len == 0) {
        answer_retry_later(s, txn, 503, SLICE("Ending"));
        return;
    }
    if (!passage_open(s, txn, request, &p) || !agreement_allows(s, txn, request))
        return;
    auth = claim_check(s, &p, &proof);
    if (auth == AUTH_WAIT) {
        user_hold(s, txn, request);
        return;
    }
    if (auth == AUTH_BROKEN || auth == AUTH_ASTRAY) { /* whatever is wanted, and whether anybody is waited for */
        answer_unproved(s, txn, 407, auth, &proof);
        return;
    }
    if (!is_agreed(s, &p, auth, &proof))
        return;
    if (p.standing.authenticated &&
        !abuse_user_admits(s, txn, request, standing_user(&p.standing), standing_domain(&p.standing)))
        return;
    if (is_decided(s, &p, facts_decide(s, &p, &decision)) && !is_refused(s, &p, auth, &proof, &decision))
        go_on(s, &p, &decision);
}

/* An ACK is never answered: it is forwarded or forgotten (RFC 3261 17.1).  Nor can
 * it be challenged, so only one that belongs to a dialog of ours goes anywhere: a
 * stray one would reach a phone by nothing but its user's name.  Or one to a GRUU: whoever
 * took that for his Contact relies on us although we have not stayed in the path. */
void decide_ack(struct server *s, struct message *ack)
{
    struct passage         p;
    struct policy_decision decision;
    struct reason          why;

    if (!passage_open(s, 0, ack, &p) || !(p.of_our_dialog || p.token == FLOW_TOKEN_GOOD || p.gruu.kind != GRUU_NONE))
        return;
    if (facts_decide(s, &p, &decision) == USER_FAILED) /* an ACK asks for no user */
        return;
    if (decision.kind != POLICY_FORWARD && decision.kind != POLICY_LOCATION && decision.kind != POLICY_ROUTE &&
        decision.kind != POLICY_FLOW)
        return;
    if (proxy_validate(ack, &s->shared->loop_key, s->offer.text.len > 0, &why) == 0)
        proxy_ack(s, &p, &decision);
}
