/* SPDX-License-Identifier: BSD-2-Clause */
#include "server/proxy_copy.h"

/* Requests that may make a dialog: we stay in its path if we are to (16.6 item 4). */
static bool makes_dialog(const struct message *request)
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

static void put_marks(struct server *s, const struct message *request, struct copy_marks *m, struct outgoing *out)
{
    struct buf mark  = BUF_ON(m->mark);
    struct buf token = BUF_ON(m->token);

    proxy_write_mark(&mark, request, &s->shared->loop_key);
    out->branch_mark = buf_slice(&mark);
    if (!s->config->record_route || !makes_dialog(request))
        return;
    proxy_write_token(&token, request->call_id, &s->shared->relay_key);
    out->record_route      = true;
    out->record_route_user = buf_slice(&token);
    out->upstream          = request->flow.transport;
}

unsigned proxy_write_copy(struct server *s, const struct passage *p, const struct branch_plan *plan, struct gather *g,
                          struct forwarded *f, struct copy_marks *marks, struct outgoing *out)
{
    unsigned status;

    gather_init(g);
    status = forward_request(g, p->request, &p->routes, &p->way, &plan->target, f);
    if (status != 0)
        return status;
    *out = (struct outgoing){
        .start_line  = f->start_line,
        .rest        = g,
        .method      = p->request->method,
        .destination = &f->destination,
        .flow        = plan->flow,
    };
    put_marks(s, p->request, marks, out);
    return 0;
}

const struct flow *proxy_flow_of(const struct binding *b)
{
    struct uri     contact;
    struct address host;

    if (b->flow.transport == TRANSPORT_NONE)
        return NULL;
    if (transport_is_reliable(b->flow.transport))
        return &b->flow;
    if (!uri_parse(b->contact, &contact) || !address_parse_ip(contact.host, &host))
        return NULL;
    return address_eq_ip(&host, &b->flow.remote) ? NULL : &b->flow;
}

unsigned proxy_sort_bindings(const struct aor *a, msec now, struct binding list[LIMIT_BRANCHES], unsigned max)
{
    unsigned count = 0;

    for (unsigned i = 0; i < aor_count(a); i++) {
        struct binding b;
        unsigned       at = 0;

        aor_binding(a, i, &b);
        while (at < count && list[at].q > b.q)
            at++;
        if (b.expires_at <= now || at >= max)
            continue;
        if (count < max)
            count++;
        memmove(&list[at + 1], &list[at], (count - at - 1) * sizeof list[0]);
        list[at] = b;
    }
    return count;
}

/* "<sip:next.hop;lr>" for the URI of a static route. */
static struct slice next_hop(struct buf *b, struct slice uri)
{
    struct uri   parsed;
    struct slice value;

    buf_put_byte(b, '<');
    buf_put(b, uri);
    if (uri_parse(uri, &parsed) && !uri_param(&parsed, SLICE("lr"), &value))
        buf_put(b, SLICE(";lr"));
    buf_put_byte(b, '>');
    return buf_ok(b) ? buf_slice(b) : SLICE("");
}

struct branch_plan proxy_plan(struct server *s, const struct passage *p, const struct policy_decision *decision,
                              struct buf *hop)
{
    struct branch_plan plan = {
        .target = { .uri     = p->way.uri.text,
                    .realm   = users_realm(s->shared->users),
                    .breadth = proxy_breadth(p->request, 1) },
    };

    if (decision->kind == POLICY_ROUTE)
        plan.target.path = next_hop(hop, decision->route->to);
    if (decision->kind == POLICY_ASK) {
        plan.target.path = next_hop(hop, decision->route->redirect);
        plan.follow      = true;
    }
    return plan;
}
