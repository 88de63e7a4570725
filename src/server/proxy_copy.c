/* SPDX-License-Identifier: BSD-2-Clause */
#include "server/proxy_copy.h"

#include "server/edge.h"
#include "server/gruu.h"
#include "server/identity.h"
#include "server/way_back.h"

bool proxy_makes_dialog(const struct message *request)
{
    if (request->to_tag.len > 0)
        return false;
    switch (request->method) {
    case METHOD_INVITE:
    case METHOD_SUBSCRIBE:
    case METHOD_REFER:
        return true;
    case METHOD_OTHER:
    case METHOD_ACK:
    case METHOD_BYE:
    case METHOD_CANCEL:
    case METHOD_REGISTER:
    case METHOD_OPTIONS:
    case METHOD_PRACK:
    case METHOD_UPDATE:
    case METHOD_INFO:
    case METHOD_NOTIFY:
    case METHOD_MESSAGE:
    case METHOD_PUBLISH:
    case METHOD_COUNT:
        break;
    }
    return false;
}

/* A token for one side; `flow` if that is the only way to `contact`, else NULL. */
static struct slice put_token(struct server *s, const struct message *request, bool trunk, const struct flow *flow,
                              const struct uri *contact, char memory[DIALOG_TOKEN])
{
    struct token_key key = shared_token_key(s->shared);
    struct buf       b   = buf_on(memory, DIALOG_TOKEN);
    struct way_back  way = { .flow.transport = TRANSPORT_NONE, .trunk = trunk };

    if (flow != NULL) {
        way.flow    = *flow;
        way.contact = dialog_token_contact(contact, &key);
    }
    dialog_token_write(&b, request->call_id, &way, &key);
    return buf_slice(&b);
}

/* It comes from one, or is sent to one.  What the caller writes into his Contact does not count. */
static bool has_trunk(const struct server *s, const struct passage *p, const struct uri *destination)
{
    const struct policy *policy = &s->snapshot->policy;

    if (policy->trunk_count == 0)
        return false;
    return p->trunk != NULL || trunk_of_uri(policy->trunks, policy->trunk_count, destination) != NULL;
}

/* We shall look it up. */
static bool is_gruu_of_ours(struct server *s, const struct uri *contact)
{
    struct slice gr;

    return contact->params.len > 0 && uri_param(contact, SLICE("gr"), &gr) && aor_domain(s, contact).len > 0;
}

static void put_record_route(struct server *s, const struct passage *p, const struct branch_plan *plan,
                             struct slice uri, struct copy_marks *m, struct outgoing *out)
{
    const struct message *request = p->request;
    bool                  trunk   = has_trunk(s, p, out->destination);
    struct flow           flow;
    struct uri            caller, called;
    bool                  only_back = way_back_of_sender(request, &flow, &caller) && !is_gruu_of_ours(s, &caller);
    bool                  only_on   = plan->to.flow != NULL && uri_parse(uri, &called);

    out->record_route = true;
    out->upstream     = &request->flow;
    out->user_up      = put_token(s, request, trunk, only_back ? &flow : NULL, &caller, m->up);
    out->user_down    = out->user_up;
    if (only_back || only_on)
        out->user_down = put_token(s, request, trunk, only_on ? plan->to.flow : NULL, &called, m->down);
    if (only_on)
        out->user_located = put_token(s, request, trunk, NULL, NULL, m->located);
}

static void put_marks(struct server *s, const struct passage *p, const struct branch_plan *plan, struct slice uri,
                      struct copy_marks *m, struct outgoing *out)
{
    const struct message *request = p->request;
    struct buf            mark    = BUF_ON(m->mark);

    /* It covers our Route, which is taken off, so it would not be met again; where somebody puts that back Max-Forwards
     * ends it. */
    if (!passage_is_on_its_way(p)) {
        loop_mark_write(&mark, request, &s->shared->loop_key);
        out->branch_mark = buf_slice(&mark);
    }
    if (plan->path) {
        out->path      = true;
        out->user_down = edge_write_token(s, request, m->flow);
    }
    if (proxy_makes_dialog(request) && (s->config->record_route || plan->to.stay || gruu_needs_us(s, request)))
        put_record_route(s, p, plan, uri, m, out);
}

/* The Request-URI: of a phone that takes TLS only, in the scheme that was asked for (RFC 5630 5.3).  Empty if
 * it is too long. */
static struct slice uri_of(const struct route_target *to, char memory[CONTACT_TEXT])
{
    struct buf b = buf_on(memory, CONTACT_TEXT);

    if (!to->secure || to->uri.len < sizeof "sips")
        return to->uri;
    buf_put(&b, SLICE("sip"));
    buf_put(&b, slice_between(to->uri.ptr + sizeof "sips" - 1, to->uri.ptr + to->uri.len));
    return buf_ok(&b) ? buf_slice(&b) : SLICE("");
}

unsigned proxy_write_copy(struct server *s, const struct passage *p, const struct branch_plan *plan, struct gather *g,
                          struct forwarded *f, struct copy_marks *marks, struct outgoing *out)
{
    const struct route_target *to   = &plan->to;
    struct forward_target      copy = { .uri       = uri_of(to, marks->contact),
                                        .path      = to->path,
                                        .realm     = users_realm(s->shared->users),
                                        .headers   = plan->headers,
                                        .sec_agree = s->offer.text.len > 0,
                                        .breadth   = plan->breadth };
    unsigned                   status;

    if (copy.uri.ptr == p->way.uri.text.ptr && p->way.uri.scheme != URI_OTHER)
        copy.parsed = &p->way.uri;
    else if (copy.uri.ptr == to->uri.ptr)
        copy.parsed = to->parsed;
    copy.identity = identity_of_copy(s, p, plan, &copy);
    gather_init(g);
    status = forward_request(g, p->request, &p->routes, &p->way, &copy, f);
    if (status != 0)
        return status;
    *out = (struct outgoing){
        .start_line  = f->start_line,
        .rest        = g,
        .method      = p->request->method,
        .destination = &f->destination,
        .flow        = to->flow,
        .flow_only   = to->flow_only,
        .like        = to->like,
        .sips_route  = f->destination.scheme == URI_SIPS || p->way.uri.scheme == URI_SIPS,
    };
    if (to->secure)
        f->destination.scheme = URI_SIPS;
    put_marks(s, p, plan, copy.uri, marks, out);
    return 0;
}

/* `contact` is the binding's, or NULL if that cannot be read. */
static const struct flow *flow_of(const struct binding *b, const struct uri *contact)
{
    if (b->path.len > 0)
        return NULL;
    if (b->outbound)
        return &b->flow;
    return contact != NULL && way_back_is_needed(&b->flow, contact) ? &b->flow : NULL;
}

const struct flow *proxy_flow_of(const struct binding *b)
{
    struct uri contact;

    return flow_of(b, uri_parse(b->contact, &contact) ? &contact : NULL);
}

static bool is_sips(struct slice contact)
{
    struct scan s = scan_from(contact);

    return scan_word(&s, SLICE("sips:"));
}

/* A tel: or mailto: Contact is for who asks a redirect server or the registrar. */
static bool is_forwardable(struct slice contact)
{
    struct scan s = scan_from(contact);

    return scan_word(&s, SLICE("sip:")) || scan_word(&s, SLICE("sips:"));
}

/* A binding of a flow (RFC 5626) ends with that. */
static bool has_way(const struct binding *b)
{
    return !b->outbound || b->path.len > 0 || b->flow.transport != TRANSPORT_NONE;
}

bool proxy_may_reach(const struct binding *b, msec now, bool secure)
{
    if (!is_forwardable(b->contact))
        return false;
    return b->expires_at > now && has_way(b) && (!secure || is_sips(b->contact));
}

struct route_target proxy_target_parsed(const struct passage *p, const struct binding *b, struct uri *contact)
{
    bool by_route = p->way.first < p->way.last; /* it is in a dialog: the Path stands there (RFC 5627 6.1) */

    if (!uri_parse(b->contact, contact))
        contact = NULL;
    return (struct route_target){
        .uri       = b->contact,
        .parsed    = contact,
        .path      = by_route ? SLICE("") : b->path,
        .params    = b->params,
        .q         = b->q,
        .flow      = by_route ? NULL : flow_of(b, contact),
        .like      = by_route ? NULL : &b->flow,
        .flow_only = b->outbound && !by_route && b->path.len == 0,
        .phone     = true,
        .kind      = b->instance.len > 0 ? RC_INSTANCE : RC_TARGET,
        .stay      = b->instance.len > 0 && b->path.len > 0, /* RFC 5627 6.2 */
        .secure    = is_sips(b->contact) && p->way.uri.scheme != URI_SIPS,
        .why       = REASON("registered", "RFC 3261 16.5"),
    };
}

struct route_target proxy_target(const struct passage *p, const struct binding *b)
{
    struct uri          contact;
    struct route_target t = proxy_target_parsed(p, b, &contact);

    t.parsed = NULL;
    return t;
}

/* Where in the list is another binding of the same instance?  `count` if there is none. */
static unsigned same_instance(const struct binding list[], unsigned count, const struct binding *b)
{
    unsigned i = b->instance.len > 0 ? 0 : count;

    while (i < count && !slice_eq(list[i].instance, b->instance))
        i++;
    return i;
}

static void take_from(struct binding list[], unsigned *count, unsigned at)
{
    (*count)--;
    memmove(&list[at], &list[at + 1], (*count - at) * sizeof list[0]);
}

/* Behind those that are preferred as much: they are newer. */
static void put_into(struct binding list[], unsigned *count, unsigned max, const struct binding *b)
{
    unsigned at = 0;

    while (at < *count && list[at].q >= b->q)
        at++;
    if (at >= max)
        return;
    if (*count < max)
        (*count)++;
    memmove(&list[at + 1], &list[at], (*count - at - 1) * sizeof list[0]);
    list[at] = *b;
}

unsigned proxy_sort_bindings(const struct aor *a, msec now, bool secure, const struct gruu *gruu, struct binding list[],
                             unsigned max)
{
    unsigned count = 0;

    for (unsigned i = aor_count(a); i-- > 0;) {
        struct binding b;
        unsigned       same;

        aor_binding(a, i, &b);
        if (!proxy_may_reach(&b, now, secure) || !gruu_fits(gruu, &b))
            continue;
        same = same_instance(list, count, &b);
        if (same < count && list[same].q >= b.q)
            continue;
        if (same < count)
            take_from(list, &count, same);
        put_into(list, &count, max, &b);
        if (gruu->kind != GRUU_NONE) /* one phone */
            break;
    }
    return count;
}

struct slice proxy_next_hop(struct buf *b, struct slice uri)
{
    size_t       start = b->len;
    struct uri   parsed;
    struct slice value;

    buf_put_byte(b, '<');
    buf_put(b, uri);
    if (uri_parse(uri, &parsed) && !uri_param(&parsed, SLICE("lr"), &value))
        buf_put(b, SLICE(";lr"));
    buf_put_byte(b, '>');
    return buf_ok(b) ? slice_between(buf_slice(b).ptr + start, buf_slice(b).ptr + b->len) : SLICE("");
}

/* The same for the servers of a domain. */
static struct slice home_hop(struct buf *b, const struct passage *p, struct slice domain)
{
    buf_put(b, p->way.uri.scheme == URI_SIPS ? SLICE("<sips:") : SLICE("<sip:"));
    buf_put(b, domain);
    buf_put(b, SLICE(";lr>"));
    return buf_slice(b);
}

void proxy_plan(struct branch_plan *plan, const struct passage *p, const struct policy_decision *decision,
                struct buf *hop)
{
    *plan = (struct branch_plan){ .to      = { .uri = p->way.uri.text, .q = Q_MOST, .why = decision->why },
                                  .breadth = proxy_breadth(p->request, 1) };

    if (decision->kind == POLICY_FORWARD && p->way.first == p->way.last) {
        plan->to.flow = p->back.transport != TRANSPORT_NONE ? &p->back : NULL;
        plan->to.like = p->like.transport != TRANSPORT_NONE ? &p->like : NULL;
    }
    if (decision->kind == POLICY_FLOW) {
        plan->to.flow      = &p->back;
        plan->to.flow_only = true;
        plan->to.kind      = RC_FLOW;
        plan->to.stay      = true; /* RFC 5626 5.3.1 */
    }
    plan->edge = decision->edge;
    if (decision->edge) {
        plan->path    = edge_wants_path(p->request);
        plan->to.stay = true; /* RFC 5626 5.3.2 */
        if (plan->path)
            plan->headers = SLICE("Require: path\r\n"); /* RFC 3327 5.2 */
    }
    if (decision->kind == POLICY_HOME)
        plan->to.path = home_hop(hop, p, decision->home);
    if (decision->kind == POLICY_ROUTE)
        plan->to.path = proxy_next_hop(hop, decision->route->targets[0].uri);
    if (decision->kind == POLICY_ASK) {
        plan->to.path = proxy_next_hop(hop, decision->route->redirect);
        plan->to.kind = RC_REDIRECT;
    }
}
