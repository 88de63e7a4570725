/* SPDX-License-Identifier: BSD-2-Clause */
#include "server/config_policy.h"

#include "route/redirect.h"

/* Without memory arena_alloc gives NULL, and arena_ok says so in the end. */
static void *array(struct arena *a, size_t count, size_t size)
{
    return arena_alloc(a, (count == 0 ? 1 : count) * size);
}

/* ---- trunks ---- */

static struct trunk make_trunk(const struct config_trunk *c, struct arena *a)
{
    struct prefix *networks = array(a, c->address.count, sizeof *networks);
    struct trunk   t        = {
                 .name              = c->name,
                 .line              = c->line,
                 .networks          = networks,
                 .certificates      = c->certificate.texts,
                 .certificate_count = c->certificate.count,
                 .to                = c->to,
                 .trusted           = c->trusted,
                 .may_call          = c->may_call.texts,
                 .may_call_count    = c->may_call.count,
    };

    for (size_t i = 0; networks != NULL && i < c->address.count; i++)
        t.network_count += prefix_parse(c->address.texts[i], &networks[t.network_count]);
    return t;
}

static void make_trunks(struct policy *p, const struct config *c, struct arena *a)
{
    struct trunk *trunks = array(a, c->trunk_count, sizeof *trunks);

    for (size_t i = 0; trunks != NULL && i < c->trunk_count; i++)
        trunks[i] = make_trunk(&c->trunks[i], a);
    p->trunks      = trunks;
    p->trunk_count = trunks != NULL ? c->trunk_count : 0;
}

/* ---- number rules ---- */

static bool make_number_rule(struct number_rule *rule, const struct config_number *c)
{
    char       memory[128];
    struct buf why = BUF_ON(memory);

    *rule = (struct number_rule){
        .name       = c->name,
        .line       = c->line,
        .prefix     = c->prefix,
        .strip      = c->strip,
        .prepend    = c->prepend,
        .replace    = c->replace,
        .replaces   = c->replace.len > 0,
        .from       = c->from.texts,
        .from_count = c->from.count,
        .reject     = c->reject,
        .more       = c->more,
    };
    if (c->match.len > 0)
        rule->match = pattern_new(c->match, &why);
    return c->match.len == 0 || rule->match != NULL;
}

static bool make_number_rules(struct policy *p, const struct config *c, struct arena *a)
{
    struct number_rule *rules = array(a, c->numbers_count, sizeof *rules);

    p->number_rules = rules;
    for (size_t i = 0; rules != NULL && i < c->numbers_count; i++) {
        p->number_rule_count = i + 1;
        if (!make_number_rule(&rules[i], &c->numbers[i]))
            return false;
    }
    return rules != NULL;
}

/* ---- routes ---- */

static const uint16_t *make_statuses(const struct config_list *list, struct arena *a)
{
    static const uint16_t preset[] = { 408, 503, 0 };
    uint16_t             *statuses;
    size_t                count = 0;

    if (list->count == 0)
        return preset;
    statuses = array(a, list->count + 1, sizeof *statuses);
    for (size_t i = 0; statuses != NULL && i < list->count; i++) {
        struct scan s = scan_from(list->texts[i]);
        uint32_t    status;

        if (scan_number(&s, UINT16_MAX, &status))
            statuses[count++] = (uint16_t)status;
    }
    if (statuses != NULL)
        statuses[count] = 0;
    return statuses;
}

static bool make_target(struct table_target *target, const struct policy *p, struct slice text)
{
    struct slice name;

    if (!table_target_parse(text, target, &name))
        return false;
    if (name.len == 0)
        return true;
    target->trunk = trunk_by_name(p->trunks, p->trunk_count, name);
    if (target->trunk == NULL)
        return false;
    target->uri = target->trunk->to;
    return true;
}

static struct policy_route make_route(const struct policy *p, const struct config_route *c, struct arena *a)
{
    struct table_target *targets = array(a, c->to.count, sizeof *targets);
    struct policy_route  route   = {
           .domain    = c->domain,
           .targets   = targets,
           .redirect  = c->redirect,
           .fail_over = make_statuses(&c->fail_over, a),
           .timeout   = c->timeout,
           .stateless = c->stateless,
           .line      = c->line,
    };

    for (size_t i = 0; targets != NULL && i < c->to.count && route.target_count < ROUTE_TARGETS; i++)
        route.target_count += make_target(&targets[route.target_count], p, c->to.texts[i]);
    return route;
}

static struct redirect_rule redirect_of(const struct config_redirect *c)
{
    struct redirect_rule rule = {
        .status    = c->status,
        .to        = c->to.texts,
        .to_count  = c->to.count,
        .body_type = c->body.len > 0 && c->body_type.len == 0 ? SLICE("text/plain;charset=UTF-8") : c->body_type,
        .body      = c->body,
        .line      = c->line,
    };

    (void)redirect_title_parse(c->domain, &rule.user, &rule.domain); /* looked at when it was read */
    return rule;
}

static void make_routes(struct policy *p, const struct config *c, struct arena *a)
{
    struct policy_route  *routes    = array(a, c->route_count, sizeof *routes);
    struct redirect_rule *redirects = array(a, c->redirect_count, sizeof *redirects);

    for (size_t i = 0; routes != NULL && i < c->route_count; i++) {
        routes[i] = make_route(p, &c->routes[i], a);
        p->stateless |= routes[i].stateless;
    }
    for (size_t i = 0; redirects != NULL && i < c->redirect_count; i++)
        redirects[i] = redirect_of(&c->redirects[i]);
    p->routes         = routes;
    p->route_count    = routes != NULL ? c->route_count : 0;
    p->redirects      = redirects;
    p->redirect_count = redirects != NULL ? c->redirect_count : 0;
}

bool config_policy_init(struct policy *p, const struct config *c, struct arena *arena)
{
    *p = (struct policy){
        .domains        = c->domains,
        .domain_count   = c->domain_count,
        .edges          = c->edge.texts,
        .edge_count     = c->edge.count,
        .registrar      = c->registrar,
        .proxy          = c->proxy,
        .redirect       = c->redirect_server,
        .numbers        = c->enum_suffix.len > 0,
        .authentication = c->authentication,
    };
    make_trunks(p, c, arena);
    make_routes(p, c, arena);
    return make_number_rules(p, c, arena) && arena_ok(arena);
}

void config_policy_fini(struct policy *p)
{
    for (size_t i = 0; i < p->number_rule_count; i++)
        pattern_free((struct pattern *)p->number_rules[i].match);
}
