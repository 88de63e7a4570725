/* SPDX-License-Identifier: BSD-2-Clause */
#include "server/config_policy_check.h"

#include "base/prefix.h"
#include "route/pattern.h"
#include "route/route_table.h"

/* ---- trunks ---- */

static const struct config_trunk *trunk_named(const struct config *c, struct slice name)
{
    for (size_t i = 0; i < c->trunk_count; i++)
        if (slice_eq(c->trunks[i].name, name))
            return &c->trunks[i];
    return NULL;
}

/* Is anybody who connects by TLS asked for a certificate? */
static bool asks_for_certificates(const struct config *c)
{
    bool asks = config_tls_clients(c) != TLS_CLIENTS_NONE;

    for (size_t i = 0; i < c->listen_count; i++)
        asks = asks || c->listens[i].clients != TLS_CLIENTS_NONE;
    return asks;
}

static bool overlap(struct slice a, struct slice b)
{
    struct prefix one, other;

    return prefix_parse(a, &one) && prefix_parse(b, &other) &&
           (prefix_covers(&one, &other) || prefix_covers(&other, &one));
}

/* Of two that nothing but the address tells apart, the second is never found there. */
static void check_overlap(struct config_reader *r, const struct config_trunk *t, const struct config_trunk *earlier)
{
    if (earlier->certificate.count > 0 || t->certificate.count > 0)
        return;
    for (size_t i = 0; i < t->address.count; i++)
        for (size_t k = 0; k < earlier->address.count; k++)
            if (overlap(t->address.texts[i], earlier->address.texts[k]))
                config_problem(r, t->line, "trunk \"%.*s\": address %.*s is (partly) that of trunk \"%.*s\", %.*s",
                               SLICE_ARG(t->name), SLICE_ARG(t->address.texts[i]), SLICE_ARG(earlier->name),
                               SLICE_ARG(earlier->address.texts[k]));
}

static void check_trunk(struct config_reader *r, const struct config *c, size_t i)
{
    const struct config_trunk *t = &c->trunks[i];

    if (t->address.count == 0 && t->certificate.count == 0 && t->to.len == 0)
        config_problem(r, t->line, "trunk \"%.*s\": give address, certificate or to", SLICE_ARG(t->name));
    if (t->certificate.count > 0 && !asks_for_certificates(c))
        config_problem(
            r, t->line,
            "trunk \"%.*s\": nobody is asked for a certificate; set tls_clients = optional, or clients of a listener",
            SLICE_ARG(t->name));
    for (size_t k = 0; k < i; k++)
        check_overlap(r, t, &c->trunks[k]);
}

/* ---- number rules ---- */

static void check_caller(struct config_reader *r, const struct config *c, const struct config_number *n,
                         struct slice caller)
{
    struct scan s  = scan_from(caller);
    const char *at = memrchr(caller.ptr, '@', caller.len);

    if (scan_exact(&s, SLICE("trunk:"))) {
        if (trunk_named(c, scan_rest(&s)) == NULL)
            config_problem(r, n->line, "number \"%.*s\": from = \"%.*s\": there is no such trunk", SLICE_ARG(n->name),
                           SLICE_ARG(caller));
    } else if (at != NULL && !config_is_our_domain(c, slice_between(at + 1, caller.ptr + caller.len))) {
        config_problem(r, n->line, "number \"%.*s\": from = \"%.*s\": this is none of our domains", SLICE_ARG(n->name),
                       SLICE_ARG(caller));
    }
}

static void check_replacement(struct config_reader *r, const struct config_number *n)
{
    char            memory[192];
    struct buf      why = BUF_ON(memory);
    struct pattern *p;

    if (n->match.len == 0) {
        if (memchr(n->replace.ptr, '\\', n->replace.len) != NULL)
            config_problem(r, n->line, "number \"%.*s\": a prefix has no groups for replace; write match",
                           SLICE_ARG(n->name));
        return;
    }
    p = pattern_new(n->match, &why);
    if (p != NULL && !pattern_can_replace(p, n->replace, &why))
        config_problem(r, n->line, "number \"%.*s\": replace = \"%.*s\": %s", SLICE_ARG(n->name), SLICE_ARG(n->replace),
                       buf_cstr(&why));
    pattern_free(p);
}

static void check_number(struct config_reader *r, const struct config *c, const struct config_number *n)
{
    for (size_t i = 0; i < n->from.count; i++)
        check_caller(r, c, n, n->from.texts[i]);
    if (n->replace.len > 0)
        check_replacement(r, n);
    if (n->more && n->reject != 0)
        config_problem(r, n->line, "number \"%.*s\": more means nothing with reject", SLICE_ARG(n->name));
}

/* ---- routes ---- */

static void check_target(struct config_reader *r, const struct config *c, const struct config_route *route,
                         struct slice text)
{
    const struct config_trunk *t;
    struct table_target        target;
    struct slice               name;

    if (!table_target_parse(text, &target, &name) || name.len == 0)
        return;
    t = trunk_named(c, name);
    if (t == NULL)
        config_problem(r, route->line, "route \"%.*s\": there is no trunk \"%.*s\"", SLICE_ARG(route->domain),
                       SLICE_ARG(name));
    else if (t->to.len == 0)
        config_problem(r, route->line, "route \"%.*s\": trunk \"%.*s\" has no to", SLICE_ARG(route->domain),
                       SLICE_ARG(name));
}

/* The same request has to go the same way each time, and nobody remembers which: no name whose addresses are drawn. */
static bool is_fixed(const struct config *c, struct slice text)
{
    const struct config_trunk *t;
    struct table_target        target;
    struct address             address;
    struct slice               name;
    struct uri                 uri;

    if (!table_target_parse(text, &target, &name))
        return true; /* has been said */
    t = name.len > 0 ? trunk_named(c, name) : NULL;
    if (name.len > 0 && (t == NULL || t->to.len == 0))
        return true;
    return uri_parse(t != NULL ? t->to : target.uri, &uri) && address_parse_ip(uri.host, &address);
}

static void check_stateless(struct config_reader *r, const struct config *c, const struct config_route *route)
{
    if (route->redirect.len > 0 || route->fail_over.count > 0 || route->timeout > 0)
        config_problem(r, route->line,
                       "route \"%.*s\": stateless waits for no answer: redirect, fail_over and timeout mean nothing",
                       SLICE_ARG(route->domain));
    for (size_t i = 0; i < route->to.count; i++)
        if (!is_fixed(c, route->to.texts[i]))
            config_problem(r, route->line, "route \"%.*s\": stateless: the target \"%.*s\" has to be an address",
                           SLICE_ARG(route->domain), SLICE_ARG(route->to.texts[i]));
}

static void check_route(struct config_reader *r, const struct config *c, const struct config_route *route)
{
    for (size_t i = 0; i < route->to.count; i++)
        check_target(r, c, route, route->to.texts[i]);
    if (route->to.count > ROUTE_TARGETS)
        config_problem(r, route->line, "route \"%.*s\": at most %d targets", SLICE_ARG(route->domain), ROUTE_TARGETS);
    if (route->fail_over.count > ROUTE_TARGETS)
        config_problem(r, route->line, "route \"%.*s\": at most %d statuses in fail_over", SLICE_ARG(route->domain),
                       ROUTE_TARGETS);
    if (route->stateless)
        check_stateless(r, c, route);
}

void config_check_policy(struct config_reader *r, const struct config *c)
{
    for (size_t i = 0; i < c->trunk_count; i++)
        check_trunk(r, c, i);
    for (size_t i = 0; i < c->numbers_count; i++)
        check_number(r, c, &c->numbers[i]);
    for (size_t i = 0; i < c->route_count; i++)
        check_route(r, c, &c->routes[i]);
}
