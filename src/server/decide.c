/* SPDX-License-Identifier: BSD-2-Clause */
/* Where every request goes: facts are looked up here, route/ decides on them. */
#include "locate/enum.h"
#include "route/register_terms.h"
#include "server/agreement.h"
#include "server/asked.h"
#include "server/edge.h"
#include "server/gruu.h"
#include "server/proxy_copy.h"
#include "server/user_hold.h"
#include "server/who.h"

struct slice aor_domain(struct server *s, const struct uri *uri)
{
    struct slice domain = policy_domain(&s->snapshot->policy, uri->host);

    if (domain.len > 0)
        return domain;
    if (stack_is_local(s->stack, uri->host, uri->port))
        return s->snapshot->policy.domains[0];
    return SLICE("");
}

struct slice aor_of(struct server *s, const struct uri *uri, char memory[AOR_TEXT])
{
    struct buf b     = buf_on(memory, AOR_TEXT);
    struct uri plain = *uri;

    plain.host = aor_domain(s, uri);
    plain.port = 0;
    if (plain.host.len == 0 || (uri->scheme != URI_SIP && uri->scheme != URI_SIPS))
        return SLICE("");
    uri_write_aor(&b, &plain);
    return buf_ok(&b) ? buf_slice(&b) : SLICE("");
}

static bool names_us(struct server *s, const struct uri *uri)
{
    return (uri->scheme == URI_SIP || uri->scheme == URI_SIPS) && stack_is_local(s->stack, uri->host, uri->port);
}

/* RFC 3261 16.4.  A phone may call its outbound proxy by the name of its domain, for whose
 * certificate that is (RFC 5922); whoever found us by it meant us. */
static bool route_names_us(struct server *s, const struct uri *uri)
{
    return names_us(s, uri) ||
           ((uri->scheme == URI_SIP || uri->scheme == URI_SIPS) && policy_is_ours(&s->snapshot->policy, uri->host) &&
            (uri->port == 0 || stack_has_port(s->stack, uri->port)));
}

static bool refuse(struct server *s, object_id txn, unsigned status, const char *text, const char *rule)
{
    struct reason why = REASON(text, rule);

    if (txn != 0)
        answer(s, txn, status, &why);
    return false;
}

/* What the last own value of the Route says of the side that the request goes to. */
static void read_own_route(struct server *s, struct passage *p)
{
    struct token_key key       = shared_token_key(s->shared);
    enum transport   transport = uri_transport(&p->way.own);
    struct way_back  way;

    p->of_our_dialog = dialog_token_read(p->way.own.user, p->request->call_id, &key, &way);
    if (!p->of_our_dialog)
        edge_read_token(p, &key);
    if (p->of_our_dialog && dialog_token_leads_to(&way, &p->way.uri, &key))
        p->back = way.flow;
    if (transport == TRANSPORT_NONE || transport == TRANSPORT_UDP)
        stack_find_local(s->stack, p->way.own.host, p->way.own.port, TRANSPORT_UDP, &p->like);
}

bool passage_open(struct server *s, object_id txn, struct message *request, struct passage *p)
{
    struct proxy_routes *routes = &p->routes;

    p->request       = request;
    p->explain       = s->explain;
    p->txn           = txn;
    p->instead       = SLICE("");
    p->of_our_dialog = false;
    p->token         = FLOW_TOKEN_NONE;
    p->gruu.kind     = GRUU_NONE;
    p->back = p->like = (struct flow){ .transport = TRANSPORT_NONE };
    if (request->uri.scheme == URI_SIPS && !transport_is_secure(request->flow.transport))
        return refuse(s, txn, 400, "sips needs TLS on every hop", "RFC 3261 26.2.2, RFC 5630 5.3");
    if (!proxy_read_routes(request, routes))
        return refuse(s, txn, 400, "Route cannot be read", "RFC 3261 16.4");
    routes->uri_is_us   = names_us(s, &request->uri);
    routes->maddr_is_us = routes->maddr.len > 0 && stack_is_local(s->stack, routes->maddr, request->uri.port);
    for (unsigned i = 0; i < routes->count; i++)
        routes->is_us[i] = route_names_us(s, &routes->value[i].uri);
    if (!proxy_preprocess(request, routes, &p->way))
        return refuse(s, txn, 414, "Request-URI is too long", "RFC 3261 16.4");
    p->aor = aor_of(s, &p->way.uri, p->aor_text);
    if (p->aor.len > 0 && p->way.uri.params.len > 0)
        gruu_open(s, p);
    if (p->way.own_route)
        read_own_route(s, p);
    asked_tell_passage(p);
    return true;
}

void passage_redirect(struct server *s, struct passage *p, struct slice uri)
{
    struct uri parsed;

    if (!uri_parse(uri, &parsed))
        return;
    p->instead = uri;
    p->way.uri = parsed;
    p->aor     = aor_of(s, &p->way.uri, p->aor_text);
    if (p->gruu.kind == GRUU_NONE && p->aor.len > 0 && p->way.uri.params.len > 0)
        gruu_open(s, p);
}

/* Is the sender who From says, a user of ours?  AUTH_NONE also when From is not
 * of our domains: then there is nothing to prove. */
static enum auth_result who_asks(struct server *s, const struct passage *p, bool *authenticated,
                                 struct auth_proof *proof)
{
    const struct message *request = p->request;
    struct user_id        id;
    enum auth_result      result;

    *authenticated = false;
    if (s->asked != NULL)
        return asked_caller(s, request, authenticated);
    if (!s->config->authentication || aor_domain(s, &request->from.uri).len == 0 ||
        message_header(request, HEADER_PROXY_AUTHORIZATION) == NULL)
        return AUTH_NONE;
    switch (who_is(s, &request->from.uri, &id)) {
    case USER_WAIT:
        return AUTH_WAIT;
    case USER_FAILED:
        return AUTH_FAILED;
    case USER_FOUND:
    case USER_UNKNOWN:
        break;
    }
    result         = prove(s, request, HEADER_PROXY_AUTHORIZATION, id.domain, &p->way.uri, proof);
    *authenticated = result == AUTH_OK && slice_eq(id.name, proof->user);
    return result;
}

static bool has_bindings(struct server *s, const struct passage *p, bool secure)
{
    const struct aor *a;
    struct binding    one;
    bool              has;

    rcu_enter(s->shared->rcu);
    a   = location_find(s->shared->location, p->aor);
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

static void look_for_bindings(struct server *s, const struct passage *p, struct policy_case *c)
{
    c->has_bindings = p->aor.len > 0 && has_bindings(s, p, false);
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

/* USER_WAIT, USER_FAILED: there is no decision. */
static enum user_state decide(struct server *s, struct passage *p, bool authenticated, bool asked,
                              struct policy_decision *decision)
{
    struct policy_case c = {
        .request       = p->request,
        .uri           = &p->way.uri,
        .uri_is_us     = names_us(s, &p->way.uri),
        .route_left    = p->way.first < p->way.last,
        .next          = p->way.first < p->way.last ? &p->routes.value[p->way.first].uri : NULL,
        .own_route     = p->of_our_dialog,
        .token         = p->token,
        .authenticated = authenticated,
        .anothers_gruu = authenticated && gruu_is_anothers(s, p->request),
        .is_gruu       = p->gruu.kind != GRUU_NONE,
        .is_no_gruu    = p->gruu.kind == GRUU_INVALID,
        .number        = !asked && p->gruu.kind == GRUU_NONE && is_number(s, &p->way.uri),
        .explain       = p->explain,
    };
    enum user_state state;

    look_for_bindings(s, p, &c);
    state = look_for_user(s, p, &c);
    if (state != USER_WAIT && state != USER_FAILED)
        *decision = policy_decide(&s->snapshot->policy, &c);
    if (state != USER_WAIT && state != USER_FAILED)
        explain_step(p->explain, decision->why.rule, "%s", decision->why.text);
    return state;
}

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

/* RFC 3261 11, 8.2.2.3: OPTIONS says what another request would be told. */
static void answer_for_ourselves(struct server *s, const struct passage *p)
{
    static const struct reason broken = { "Require cannot be read", "RFC 3261 20.32" };
    char                       memory[UNSUPPORTED_SIZE];
    struct buf                 headers = BUF_ON(memory);
    unsigned                   status  = register_terms_require(p->request, s->offer.text.len > 0, &headers);

    if (status == 0)
        answer_options(s, p->txn);
    else if (status == 420)
        answer_unsupported(s, p->txn, buf_slice(&headers));
    else
        answer(s, p->txn, status, &broken);
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
        answer_for_ourselves(s, p);
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
        proxy_start(s, p, decision);
        break;
    case POLICY_NUMBER: /* see go_on */
        break;
    }
}

/* If it is fit for that. */
static void go_on(struct server *s, struct passage *p, const struct policy_decision *decision, bool authenticated)
{
    if (!is_fit(s, p, decision))
        return;
    if (decision->edge && !edge_admits(s, p))
        return;
    if (decision->kind == POLICY_NUMBER && s->asked != NULL)
        asked_number(s, p, authenticated);
    else if (decision->kind == POLICY_NUMBER)
        number_request(s, p, authenticated);
    else
        carry_out(s, p, decision);
}

/* False: it is held, or has been answered. */
static bool is_decided(struct server *s, const struct passage *p, enum user_state state, bool authenticated, bool asked)
{
    switch (state) {
    case USER_FOUND:
    case USER_UNKNOWN:
        return true;
    case USER_WAIT:
        user_hold_passage(s, p, authenticated, asked);
        break;
    case USER_FAILED:
        answer_retry_later(s, p->txn, 503, SLICE(""));
        break;
    }
    return false;
}

void decide_passage(struct server *s, struct passage *p, bool authenticated, bool asked)
{
    struct policy_decision decision;

    if (is_decided(s, p, decide(s, p, authenticated, asked, &decision), authenticated, asked))
        go_on(s, p, &decision, authenticated);
}

/* 407, or what else is to be said to who has not proved who he is. */
static bool is_refused(struct server *s, const struct passage *p, enum auth_result auth, const struct auth_proof *proof,
                       const struct policy_decision *decision)
{
    bool refused = decision->kind == POLICY_CHALLENGE && auth != AUTH_NONE;

    if (refused)
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
    bool                   authenticated;

    if (shared_is_draining(s->shared) && request->to_tag.len == 0) {
        answer_retry_later(s, txn, 503, SLICE("Ending"));
        return;
    }
    if (!passage_open(s, txn, request, &p) || !agreement_allows(s, txn, request))
        return;
    auth = who_asks(s, &p, &authenticated, &proof);
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
    if (is_decided(s, &p, decide(s, &p, authenticated, false, &decision), authenticated, false) &&
        !is_refused(s, &p, auth, &proof, &decision))
        go_on(s, &p, &decision, authenticated);
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
    if (decide(s, &p, false, true, &decision) == USER_FAILED) /* an ACK asks for no user */
        return;
    if (decision.kind != POLICY_FORWARD && decision.kind != POLICY_LOCATION && decision.kind != POLICY_ROUTE &&
        decision.kind != POLICY_FLOW)
        return;
    if (proxy_validate(ack, &s->shared->loop_key, s->offer.text.len > 0, &why) == 0)
        proxy_ack(s, &p, &decision);
}
