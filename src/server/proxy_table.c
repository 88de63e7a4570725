/* SPDX-License-Identifier: BSD-2-Clause */
/* The targets of a route (route/route_table.h) as targets of a request: each is a group of its own, in the order that
 * is this call's. */
#include "server/proxy_context.h"

static bool is_loose(const struct uri *uri)
{
    struct slice value;

    return uri_param(uri, SLICE("lr"), &value);
}

/* RFC 3261 19.1.6: tel:+49-30-1 is sip:+49-30-1@host;user=phone there. */
static struct slice number_at(struct buf *text, const struct uri *asked, const struct uri *host)
{
    size_t       start = text->len;
    struct slice value;

    buf_put(text, asked->scheme == URI_SIPS || host->scheme == URI_SIPS ? SLICE("sips:") : SLICE("sip:"));
    buf_put(text, asked->user);
    if (asked->scheme == URI_TEL)
        buf_put(text, asked->params);
    buf_put_byte(text, '@');
    buf_put(text, host->host);
    if (host->port != 0)
        buf_printf(text, ":%u", (unsigned)host->port);
    buf_put(text, host->params);
    if (!uri_param(host, SLICE("user"), &value))
        buf_put(text, SLICE(";user=phone"));
    return buf_ok(text) ? slice_between(buf_slice(text).ptr + start, buf_slice(text).ptr + text->len) : SLICE("");
}

/* An outbound proxy that takes any number wants `time`, until it says something; the others of a table are
 * asked when it has failed. */
static struct route_target target_of(const struct server *s, const struct passage *p, const struct branch_plan *plan,
                                     const struct policy_decision *d, const struct table_target *to, struct buf *text)
{
    struct route_target t = plan->to;
    struct uri          uri;

    t.time      = d->route->timeout > 0 ? d->route->timeout : s->config->timer_c;
    t.fail_over = d->route->fail_over;
    if (d->number && uri_parse(to->uri, &uri) && !is_loose(&uri)) {
        t.uri  = number_at(text, &p->way.uri, &uri);
        t.path = SLICE("");
    } else {
        t.path = proxy_next_hop(text, to->uri);
    }
    return t;
}

static void tell(const struct passage *p, const struct policy_route *route, const struct table_target *to,
                 unsigned turn)
{
    explain_step(p->explain, "policy: route", "route \"%.*s\" (line %u): %u. %.*s%s%.*s, weight %u, priority %u%s",
                 SLICE_ARG(route->domain), route->line, turn, SLICE_ARG(to->uri), to->trunk != NULL ? ", trunk " : "",
                 SLICE_ARG(to->trunk != NULL ? to->trunk->name : SLICE("")), to->weight, to->priority,
                 route->stateless ? "; without state, if it comes by UDP and needs no proof" : "");
}

bool proxy_table_fill(const struct server *s, const struct passage *p, const struct branch_plan *plan,
                      const struct policy_decision *d, struct target_set *set, struct buf *text)
{
    const struct policy_route *route = d->route;
    uint8_t                    order[ROUTE_TARGETS];

    route_order(route->targets, (unsigned)route->target_count, &s->shared->relay_key, p->request->call_id, order);
    for (unsigned i = 0; i < route->target_count && set->count < s->config->max_branches; i++) {
        struct route_target t = target_of(s, p, plan, d, &route->targets[order[i]], text);

        t.group = i;
        tell(p, route, &route->targets[order[i]], i + 1);
        (void)target_set_add(set, &t);
    }
    return buf_ok(text); /* without a hop the Request-URI would be the way */
}

unsigned proxy_table(struct context *c, const struct passage *p, struct branch_plan *plan,
                     const struct policy_decision *d)
{
    struct route_target memory[ROUTE_TARGETS];
    struct target_set   set;
    char                texts[TABLE_TEXT];
    struct buf          text = BUF_ON(texts);

    target_set_init(&set, memory, ROUTE_TARGETS);
    set.explain = p->explain;
    return proxy_table_fill(c->server, p, plan, d, &set, &text) ? proxy_groups_start(c, p, plan, &set) : 500;
}
