/* SPDX-License-Identifier: BSD-2-Clause */
#include "server/snapshot.h"

#include "base/error.h"

#include <stdio.h>
#include <stdlib.h>

static bool make_policy(struct snapshot *s)
{
    const struct config    *c         = s->config;
    struct policy_route    *routes    = calloc(c->route_count + 1, sizeof *routes);
    struct policy_redirect *redirects = calloc(c->redirect_count + 1, sizeof *redirects);

    s->policy = (struct policy){
        .domains        = c->domains,
        .domain_count   = c->domain_count,
        .routes         = routes,
        .route_count    = c->route_count,
        .redirects      = redirects,
        .redirect_count = c->redirect_count,
        .edges          = c->edge.texts,
        .edge_count     = c->edge.count,
        .registrar      = c->registrar,
        .proxy          = c->proxy,
        .redirect       = c->redirect_server,
        .numbers        = c->enum_suffix.len > 0,
        .authentication = c->authentication,
    };
    if (routes == NULL || redirects == NULL)
        return false;
    for (size_t i = 0; i < c->route_count; i++)
        routes[i] = (struct policy_route){ c->routes[i].domain, c->routes[i].to, c->routes[i].redirect };
    for (size_t i = 0; i < c->redirect_count; i++)
        redirects[i] = (struct policy_redirect){ c->redirects[i].domain, c->redirects[i].to };
    return true;
}

static void snapshot_free(struct snapshot *s)
{
    free(s->rules);
    free((void *)s->policy.routes);
    free((void *)s->policy.redirects);
    config_free(s->config);
    free(s);
}

const struct snapshot *snapshot_new(const struct config *config, char *problem, size_t problem_size)
{
    struct snapshot *s = calloc(1, sizeof *s);

    snprintf(problem, problem_size, "%s", error_text(ERR_NO_MEMORY));
    if (s == NULL)
        return NULL;
    atomic_init(&s->holders, 1);
    s->config = config_hold(config);
    s->rules  = domain_rules_new(config);
    if (s->rules == NULL || !make_policy(s)) {
        snapshot_free(s);
        return NULL;
    }
    problem[0] = '\0';
    return s;
}

/* The count is all of it that ever changes. */
static atomic_uint *holders_of(const struct snapshot *s)
{
    return (atomic_uint *)&s->holders;
}

const struct snapshot *snapshot_hold(const struct snapshot *s)
{
    atomic_fetch_add_explicit(holders_of(s), 1, memory_order_relaxed);
    return s;
}

void snapshot_drop(const struct snapshot *s)
{
    if (s != NULL && atomic_fetch_sub_explicit(holders_of(s), 1, memory_order_acq_rel) == 1)
        snapshot_free((struct snapshot *)s);
}

const struct domain_rules *snapshot_rules(const struct snapshot *s, struct slice domain)
{
    return domain_rules_find(s->rules, s->policy.domain_count, domain);
}
