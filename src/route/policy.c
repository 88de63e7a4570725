/* SPDX-License-Identifier: BSD-2-Clause */
#include "route/policy.h"

#include "route/destination.h"
#include "route/explain.h"
#include "route/redirect.h"

static struct policy_decision decide(enum policy_kind kind, unsigned status, const char *text, const char *rule)
{
    return (struct policy_decision){ .kind = kind, .status = status, .why = REASON(text, rule) };
}

/* 8.3, 21.3.  A REGISTER is not for the user, and what is in a dialog has found him already. */
static bool is_redirected(const struct policy *p, const struct policy_case *c, struct policy_decision *d)
{
    const struct redirect_rule *rule;

    if (!p->redirect || p->redirect_count == 0 || c->request->method == METHOD_ACK ||
        c->request->method == METHOD_REGISTER || c->is_gruu || (c->own_route && c->request->to_tag.len > 0))
        return false;
    rule = redirect_find(p->redirects, p->redirect_count, c->uri);
    if (rule == NULL)
        return false;
    *d          = decide(POLICY_REDIRECT, rule->status, "redirect server: is served elsewhere", "RFC 3261 8.3");
    d->redirect = rule;
    explain_step(c->explain, "policy: redirect", "the redirect section of line %u matches: %u", rule->line,
                 rule->status);
    return true;
}

bool policy_claims_ours(const struct policy *p, const struct policy_case *c)
{
    return c->from_is_us || policy_is_ours(p, c->request->from.uri.host);
}

/* Does From claim one of our users?  Then it has to be proved; within a dialog it
 * was (and an ACK cannot be challenged).  Of a trunk that is trusted we take it (RFC 3325). */
static bool must_prove(const struct policy *p, const struct policy_case *c)
{
    return p->authentication && !c->authenticated && policy_claims_ours(p, c) && c->request->method != METHOD_ACK &&
           !(c->trunk != NULL && c->trunk->trusted) && !(c->own_route && c->request->to_tag.len > 0);
}

/* Such a URI leads there, whatever its host is (RFC 3261 19.1.1). */
static bool has_maddr(const struct uri *uri)
{
    struct slice maddr;

    return uri->params.len > 0 && uri_param(uri, SLICE("maddr"), &maddr);
}

static bool is_ours(const struct policy *p, const struct policy_case *c)
{
    if (has_maddr(c->uri)) /* 16.5: that is where it goes */
        return false;
    return c->uri_is_us || policy_is_ours(p, c->uri->host);
}

/* The number that is called, if it is for us to say where such are. */
static struct slice number_called(const struct policy *p, const struct policy_case *c, char memory[DESTINATION_NUMBER])
{
    return c->uri->scheme == URI_TEL || is_ours(p, c) ? destination_number(c->uri, memory) : SLICE("");
}

/* A Route, or maddr, leads elsewhere than the Request-URI says: a trunk's may not. */
static bool trunk_may(const struct policy *p, const struct policy_case *c)
{
    char memory[DESTINATION_NUMBER];

    if (c->trunk == NULL || has_maddr(c->uri))
        return false;
    if (c->route_left && (has_maddr(c->next) || !trunk_may_call(c->trunk, c->next, SLICE(""))))
        return false;
    return trunk_may_call(c->trunk, c->uri, number_called(p, c, memory));
}

/* May whoever it is be helped to reach somebody who is not ours?  It is one of our users, or a trunk that may. */
static bool may_relay(const struct policy *p, const struct policy_case *c)
{
    if (policy_claims_ours(p, c) ? c->authenticated || !p->authentication
                                 : c->authenticated && policy_is_nameless(&c->request->from.uri))
        return true;
    return trunk_may(p, c);
}

static struct policy_decision challenge(void)
{
    return decide(POLICY_CHALLENGE, 407, "a user of ours must prove who it is", "RFC 3261 22.3");
}

/* The user part is empty: the server itself is meant. */
static struct policy_decision decide_self(const struct policy_case *c)
{
    if (c->request->method == METHOD_OPTIONS)
        return decide(POLICY_SELF, 200, "asked about the server itself", "RFC 3261 11.2");
    return decide(POLICY_ANSWER, 404, "the Request-URI names no user", "RFC 3261 16.5");
}

static struct policy_decision decide_register(const struct policy *p)
{
    if (p->registrar)
        return decide(POLICY_REGISTER, 0, "registration in a domain of ours", "RFC 3261 10.3 step 1");
    return decide(POLICY_ANSWER, 405, "no registrar here", "RFC 3261 8.2.1");
}

/* RFC 5630 5.3: no last hop without TLS, and who asked for sips is to know. */
static struct policy_decision decide_insecure(void)
{
    struct policy_decision d =
        decide(POLICY_ANSWER, 480, "sips was asked for, the user has no sips Contact", "RFC 5630 5.3");

    d.warning = WARNING_SIPS_NOT_ALLOWED;
    return d;
}

/* RFC 6116: only for who may call by this server, and where a call begins: asking
 * tells the number to others, and takes time. */
static bool is_to_be_asked_for(const struct policy *p, const struct policy_case *c)
{
    return p->numbers && p->proxy && c->number && c->request->to_tag.len == 0 && may_relay(p, c);
}

static struct policy_decision ask_for_number(void)
{
    return decide(POLICY_NUMBER, 0, "a telephone number, looked up by ENUM", "RFC 6116");
}

/* Whoever may not be relayed learns nothing of our routes, but that he may prove who he is. */
static struct policy_decision refuse_stranger(const struct policy *p, const struct policy_case *c,
                                              struct policy_decision otherwise)
{
    if (p->authentication && policy_is_nameless(&c->request->from.uri) && c->trunk == NULL)
        return challenge();
    return otherwise;
}

/* A number of a domain of ours, or none, that no user has. */
static struct policy_decision decide_number(const struct policy *p, const struct policy_case *c,
                                            const struct policy_route *route)
{
    struct policy_decision d = decide(POLICY_ROUTE, 0, "a route for this number", "policy: route");

    if (!p->proxy || !may_relay(p, c))
        return refuse_stranger(p, c, decide(POLICY_ANSWER, 404, "no such user", "RFC 3261 16.5"));
    if (route->redirect.len > 0)
        d = decide(POLICY_ASK, 0, "a redirect server knows this number", "policy: route");
    d.route  = route;
    d.number = true;
    return d;
}

static struct policy_decision decide_unknown(const struct policy *p, const struct policy_case *c)
{
    char                       memory[DESTINATION_NUMBER];
    const struct policy_route *route = policy_route_for_number(p, destination_number(c->uri, memory));

    if (is_to_be_asked_for(p, c))
        return ask_for_number();
    if (route != NULL)
        return decide_number(p, c, route);
    return decide(POLICY_ANSWER, 404, "no such user", "RFC 3261 16.5");
}

/* The Request-URI is in a domain of ours. */
static struct policy_decision decide_ours(const struct policy *p, const struct policy_case *c)
{
    struct policy_decision d;

    if (c->request->method == METHOD_REGISTER)
        return decide_register(p);
    if (c->uri->user.len == 0)
        return decide_self(c);
    if (must_prove(p, c))
        return challenge();
    if (is_redirected(p, c, &d))
        return d;
    if (c->is_no_gruu)
        return decide(POLICY_ANSWER, 404, "no such GRUU", "RFC 5627 6.1");
    if (!c->user_known)
        return decide_unknown(p, c);
    if (c->is_gruu && !c->has_bindings)
        return decide(POLICY_ANSWER, 480, "the phone of this GRUU is not registered", "RFC 5627 6.1");
    if (!c->has_bindings)
        return decide(POLICY_ANSWER, 480, "user is not registered", "RFC 3261 16.5");
    if (p->proxy && c->uri->scheme == URI_SIPS && !c->has_secure)
        return decide_insecure();
    if (p->proxy)
        return decide(POLICY_LOCATION, 0, "user is registered", "RFC 3261 16.5");
    if (p->redirect)
        return decide(POLICY_REDIRECT_BINDINGS, 302, "redirect server: the user's contacts", "RFC 3261 8.3");
    return decide(POLICY_ANSWER, 403, "this server does not forward", "policy");
}

/* Somebody has written it for this host: not as for all others. */
static bool is_meant(const struct policy_route *route)
{
    return route != NULL && !slice_eq(route->domain, SLICE("*"));
}

static struct policy_decision refuse_trunk(void)
{
    return decide(POLICY_ANSWER, 403, "a trunk is reached by routes only", "policy: trunk");
}

/* Relaying is allowed: which way? */
static struct policy_decision choose_way(const struct policy *p, const struct policy_case *c)
{
    char                       memory[DESTINATION_NUMBER];
    const struct policy_route *route = policy_route_for(p, c->uri->host), *numbers;
    struct policy_decision     d;

    if (c->route_left && policy_is_trunks(p, c->next))
        return refuse_trunk();
    if (c->route_left)
        return decide(POLICY_FORWARD, 0, "the request's own Route", "RFC 3261 16.6 item 7");
    if (c->uri->scheme == URI_TEL && is_to_be_asked_for(p, c))
        return ask_for_number();
    numbers = policy_route_for_number(p, number_called(p, c, memory));
    if (numbers != NULL)
        return decide_number(p, c, numbers);
    if (!is_meant(route) && policy_is_trunks(p, c->uri))
        return refuse_trunk();
    if (route == NULL && c->uri->scheme == URI_TEL)
        return decide(POLICY_ANSWER, 416, "no route for telephone numbers", "RFC 3261 16.3 item 2");
    if (route == NULL)
        return decide(POLICY_FORWARD, 0, "another domain, found by DNS", "RFC 3261 16.5");
    if (route->redirect.len > 0)
        d = decide(POLICY_ASK, 0, "a redirect server knows this domain", "policy: route");
    else
        d = decide(POLICY_ROUTE, 0, "static route for this domain", "policy: route");
    d.route = route;
    return d;
}

/* Of a phone of such a domain?  A REGISTER says by its Request-URI whose it is. */
static bool is_edges(const struct policy *p, const struct policy_case *c)
{
    return c->request->method != METHOD_ACK &&
           policy_is_edge(p, c->request->method == METHOD_REGISTER ? c->uri->host : c->request->from.uri.host);
}

/* The servers of that domain know who he is and whom he may call: we do not, so no request goes anywhere else. */
static struct policy_decision decide_edge(const struct policy *p, const struct policy_case *c)
{
    struct slice               from  = c->request->from.uri.host;
    const struct uri          *next  = c->route_left ? c->next : c->uri;
    const struct policy_route *route = policy_route_for(p, c->route_left ? next->host : from);
    struct policy_decision     d;

    if (policy_is_edge(p, next->host) && has_maddr(next))
        return decide(POLICY_ANSWER, 403, "maddr leads out of the domains of edge", "policy: edge");
    if (policy_is_edge(p, next->host))
        d = choose_way(p, c);
    else if (c->route_left)
        return decide(POLICY_ANSWER, 403, "the Route leads out of the domains of edge", "policy: edge");
    else if (route != NULL && route->target_count > 0)
        d = decide(POLICY_ROUTE, 0, "the servers of the caller's domain decide", "policy: edge");
    else
        d = decide(POLICY_HOME, 0, "the servers of the caller's domain decide", "policy: edge");
    if (d.kind == POLICY_ROUTE && d.route == NULL)
        d.route = route;
    d.home = from;
    d.edge = true;
    return d;
}

/* RFC 5626 5.3.1 */
static struct policy_decision decide_flow(enum flow_token token)
{
    if (token == FLOW_TOKEN_FORGED)
        return decide(POLICY_ANSWER, 403, "the flow token is not ours", "RFC 5626 5.3.1");
    if (token == FLOW_TOKEN_STALE)
        return decide(POLICY_ANSWER, 430, "the flow was a stream of an earlier life", "RFC 5626 5.3.1");
    return decide(POLICY_FLOW, 0, "by the flow of its token", "RFC 5626 5.3.1");
}

/* Could it begin something by itself, if whoever gets it does not look for the dialog (12.2.2)? */
static bool could_begin(enum method method)
{
    switch (method) {
    case METHOD_ACK:
    case METHOD_BYE:
    case METHOD_CANCEL:
    case METHOD_PRACK:
    case METHOD_UPDATE:
    case METHOD_INFO:
    case METHOD_NOTIFY:
        return false;
    case METHOD_OTHER:
    case METHOD_INVITE:
    case METHOD_REGISTER:
    case METHOD_OPTIONS:
    case METHOD_SUBSCRIBE:
    case METHOD_REFER:
    case METHOD_MESSAGE:
    case METHOD_PUBLISH:
    case METHOD_COUNT:
        break;
    }
    return true;
}

/* Also if the server forwards no more, since a reload: who talks is not to be cut off.  But who was let into one dialog
 * does not get to a trunk by it, unless that has one. */
struct policy_decision policy_decide_in_dialog(const struct policy *p, const struct policy_case *c)
{
    if (!c->own_trunk && could_begin(c->request->method) && policy_is_trunks(p, c->route_left ? c->next : c->uri))
        return decide(POLICY_ANSWER, 403, "a trunk, but the dialog has none", "policy: trunk");
    return decide(POLICY_FORWARD, 0, "within a dialog set up through this server", "RFC 3261 16.12");
}

/* The Request-URI is elsewhere: no stranger is helped to reach another one. */
static struct policy_decision decide_relay(const struct policy *p, const struct policy_case *c)
{
    if (c->own_route && (c->request->to_tag.len > 0 || c->request->method == METHOD_ACK))
        return policy_decide_in_dialog(p, c);
    if (!p->proxy)
        return decide(POLICY_ANSWER, 403, "this server does not forward", "policy");
    if (p->edge_count > 0 && is_edges(p, c))
        return decide_edge(p, c);
    if (c->request->method == METHOD_ACK && !c->stateless)
        return decide(POLICY_ANSWER, 403, "ACK of no dialog of ours", "policy: no open relay");
    if (must_prove(p, c))
        return challenge();
    if (may_relay(p, c))
        return choose_way(p, c);
    if (c->trunk != NULL)
        return decide(POLICY_ANSWER, 403, "this trunk may not call there", "policy: trunk");
    return refuse_stranger(
        p, c, decide(POLICY_ANSWER, 403, "neither the caller nor the called is ours", "policy: no open relay"));
}

/* RFC 5627 6.1: a later request of a dialog to a GRUU, whose Route leads on from here (by what stands in the
 * Path of the phone, mostly).  The GRUU means nothing there. */
static bool is_for_a_phone_of_ours(const struct policy *p, const struct policy_case *c)
{
    return c->is_gruu && c->own_route && (c->request->to_tag.len > 0 || c->request->method == METHOD_ACK) &&
           is_ours(p, c);
}

bool policy_asks_for_user(const struct policy *p, const struct policy_case *c)
{
    if (c->token != FLOW_TOKEN_NONE || c->request->method == METHOD_REGISTER || c->request->method == METHOD_ACK ||
        must_prove(p, c))
        return false;
    if (c->route_left)
        return is_for_a_phone_of_ours(p, c);
    return c->uri->scheme == URI_TEL || (is_ours(p, c) && c->uri->user.len > 0);
}

struct policy_decision policy_decide(const struct policy *p, const struct policy_case *c)
{
    struct policy_decision d;

    if (c->trunk != NULL)
        explain_step(c->explain, "policy: trunk", "it comes from trunk \"%.*s\" (line %u)%s", SLICE_ARG(c->trunk->name),
                     c->trunk->line, c->trunk->trusted ? ", which is trusted" : "");
    if (c->token != FLOW_TOKEN_NONE && p->proxy)
        return decide_flow(c->token);
    if (c->anothers_gruu && c->authenticated)
        return decide(POLICY_ANSWER, 403, "the Contact is the GRUU of somebody else", "RFC 5627 6.2");
    if (c->route_left && is_for_a_phone_of_ours(p, c))
        return decide_ours(p, c);
    if (c->route_left) /* 16.5, 16.6 item 7: the Route says where, whoever the Request-URI names */
        return decide_relay(p, c);
    if (is_ours(p, c))
        return decide_ours(p, c);
    return is_redirected(p, c, &d) ? d : decide_relay(p, c);
}
