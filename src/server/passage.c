/* SPDX-License-Identifier: BSD-2-Clause */
/* What stands in a request is taken apart: its Route, its Request-URI, whose that is. */
#include "server/ahead.h"
#include "server/asked.h"
#include "server/edge.h"
#include "server/gruu.h"
#include "server/identity.h"
#include "server/trunk.h"

struct slice aor_domain(struct server *s, const struct uri *uri)
{
    struct slice domain = policy_domain(&s->snapshot->policy, uri->host);

    if (domain.len > 0)
        return domain;
    if (stack_is_local(s->stack, uri->host, uri->port))
        return s->snapshot->policy.domains[0];
    return SLICE("");
}

static bool is_sip(const struct uri *uri)
{
    return uri->scheme == URI_SIP || uri->scheme == URI_SIPS;
}

struct slice aor_in(const struct uri *uri, struct slice domain, char memory[AOR_TEXT])
{
    struct buf b     = buf_on(memory, AOR_TEXT);
    struct uri plain = *uri;

    if (domain.len == 0 || !is_sip(uri))
        return SLICE("");
    plain.host = domain;
    plain.port = 0;
    uri_write_aor(&b, &plain);
    return buf_ok(&b) ? buf_slice(&b) : SLICE("");
}

struct slice aor_of(struct server *s, const struct uri *uri, char memory[AOR_TEXT])
{
    return aor_in(uri, aor_domain(s, uri), memory);
}

bool passage_names_us(struct server *s, const struct uri *uri)
{
    return is_sip(uri) && stack_is_local(s->stack, uri->host, uri->port);
}

/* p->aor as by aor_of, and what goes with it, once it is known whether the URI names us.  None for the domain itself:
 * nobody registers without a user part, so nobody is looked for.  (3 % of the instructions of an OPTIONS to the
 * server.) */
static void read_aor(struct server *s, struct passage *p)
{
    const struct policy *policy  = &s->snapshot->policy;
    bool                 is_bare = p->way.uri.user.len == 0 && p->way.uri.params.len == 0;
    struct slice         domain;

    p->aor       = SLICE("");
    p->aor_hash  = 0;
    p->elsewhere = false;
    if (is_bare && !p->way.own_route)
        return;
    domain = policy_domain(policy, p->way.uri.host);
    if (domain.len == 0 && p->names_us)
        domain = policy->domains[0];
    p->elsewhere = domain.len == 0;
    if (p->elsewhere || is_bare)
        return;
    p->aor = aor_in(&p->way.uri, domain, p->aor_text);
    if (p->aor.len == 0)
        return;
    p->aor_hash = ahead_hash(s, p->request, p->aor);
    if (p->way.uri.params.len > 0 && p->gruu.kind == GRUU_NONE)
        gruu_open(s, p);
}

const struct aor *passage_find(const struct server *s, const struct passage *p)
{
    return location_find_hashed(s->shared->location, p->aor, p->aor_hash);
}

/* Not to ask more of an ACK and a BYE saves a thousand of a call's instructions, not to mark them 700. */
bool passage_is_on_its_way(const struct passage *p)
{
    return p->of_our_dialog && p->request->to_tag.len > 0 && p->elsewhere && p->way.uri.scheme != URI_TEL;
}

/* RFC 3261 16.4.  A phone may call its outbound proxy by the name of its domain, for whose
 * certificate that is (RFC 5922); whoever found us by it meant us. */
static bool route_names_us(struct server *s, const struct uri *uri, struct flow *like)
{
    if (!is_sip(uri))
        return false;
    return stack_find_local(s->stack, uri->host, uri->port, TRANSPORT_NONE, like) ||
           (policy_is_ours(&s->snapshot->policy, uri->host) && (uri->port == 0 || stack_has_port(s->stack, uri->port)));
}

/* Our Record-Route of this very call, whatever our name was then: a reload may have given us another. */
static bool is_token_of(struct server *s, const struct message *request, const struct uri *uri)
{
    struct token_key key = shared_token_key(s->shared);
    struct way_back  way;

    return uri->user.len >= TOKEN_MAC && dialog_token_read(uri->user, request->call_id, &key, &way);
}

static __attribute__((cold)) bool refuse(struct server *s, object_id txn, unsigned status, const char *text,
                                         const char *rule)
{
    struct reason why = REASON(text, rule);

    if (txn != 0)
        answer(s, txn, status, &why);
    return false;
}

/* The listener that our own value names; `found` is that of the only value, by any transport. */
static void find_listener(struct server *s, struct passage *p, const struct flow *found)
{
    enum transport transport = uri_transport(&p->way.own);

    if (transport != TRANSPORT_NONE && transport != TRANSPORT_UDP)
        return;
    if (found->transport == TRANSPORT_UDP && p->routes.count == 1 &&
        p->way.own.text.ptr == p->routes.value[0].uri.text.ptr)
        p->like = *found;
    else
        stack_find_local(s->stack, p->way.own.host, p->way.own.port, TRANSPORT_UDP, &p->like);
}

/* What the last own value of the Route says of the side that the request goes to. */
static void read_own_route(struct server *s, struct passage *p)
{
    struct token_key key = shared_token_key(s->shared);
    struct way_back  way;

    p->of_our_dialog = dialog_token_read(p->way.own.user, p->request->call_id, &key, &way);
    if (!p->of_our_dialog)
        edge_read_token(p, &key);
    p->of_trunk = way.trunk;
    if (p->of_our_dialog && dialog_token_leads_to(&way, &p->way.uri, &key))
        p->back = way.flow;
}

bool passage_open(struct server *s, object_id txn, struct message *request, struct passage *p)
{
    struct proxy_routes *routes = &p->routes;
    struct flow          found  = { .transport = TRANSPORT_NONE };

    p->request       = request;
    p->explain       = s->explain;
    p->decision      = NULL;
    p->txn           = txn;
    p->instead       = SLICE("");
    p->trunk         = trunk_of(s, &request->flow);
    p->of_our_dialog = false;
    p->of_trunk      = false;
    p->stateless     = false;
    p->token         = FLOW_TOKEN_NONE;
    p->gruu.kind     = GRUU_NONE;
    p->back = p->like = (struct flow){ .transport = TRANSPORT_NONE };
    standing_init(&p->standing);
    if (request->uri.scheme == URI_SIPS && !transport_is_secure(request->flow.transport))
        return refuse(s, txn, 400, "sips needs TLS on every hop", "RFC 3261 26.2.2, RFC 5630 5.3");
    if (!proxy_read_routes(request, routes))
        return refuse(s, txn, 400, "Route cannot be read", "RFC 3261 16.4");
    p->names_us         = passage_names_us(s, &request->uri);
    routes->uri_is_us   = p->names_us || is_token_of(s, request, &request->uri);
    routes->maddr_is_us = routes->maddr.len > 0 && stack_is_local(s->stack, routes->maddr, request->uri.port);
    for (unsigned i = 0; i < routes->count; i++)
        routes->is_us[i] = route_names_us(s, &routes->value[i].uri, &found);
    for (unsigned i = 0; i < routes->count; i++)
        routes->is_us[i] = routes->is_us[i] || is_token_of(s, request, &routes->value[i].uri);
    if (!proxy_preprocess(request, routes, &p->way))
        return refuse(s, txn, 414, "Request-URI is too long", "RFC 3261 16.4");
    if (p->way.uri.text.ptr != request->uri.text.ptr)
        p->names_us = passage_names_us(s, &p->way.uri);
    read_aor(s, p);
    if (p->way.own_route) {
        read_own_route(s, p);
        find_listener(s, p, &found);
    }
    identity_open(s, p);
    asked_tell_passage(p);
    return true;
}

void passage_redirect(struct server *s, struct passage *p, struct slice uri)
{
    struct uri parsed;

    if (!uri_parse(uri, &parsed))
        return;
    p->instead  = uri;
    p->way.uri  = parsed;
    p->names_us = passage_names_us(s, &parsed);
    read_aor(s, p);
}
