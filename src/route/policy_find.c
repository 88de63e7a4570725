/* SPDX-License-Identifier: BSD-2-Clause */
/* What the configuration says of a host or a number: whose it is, and which route is for it. */
#include "route/destination.h"
#include "route/policy.h"

/* A dot at the end makes a name absolute, not another one. */
static struct slice without_dot(struct slice host)
{
    if (host.len > 1 && host.ptr[host.len - 1] == '.')
        host.len--;
    return host;
}

/* Asked several times for each request, whose host mostly is written as here. */
struct slice policy_domain(const struct policy *p, struct slice host)
{
    struct slice name = without_dot(host);

    for (size_t i = 0; i < p->domain_count; i++)
        if (slice_eq(p->domains[i], name) || slice_eq_nocase(p->domains[i], name))
            return p->domains[i];
    return SLICE("");
}

bool policy_is_ours(const struct policy *p, struct slice host)
{
    return policy_domain(p, host).len > 0;
}

bool policy_is_edge(const struct policy *p, struct slice host)
{
    for (size_t i = 0; i < p->edge_count; i++)
        if (destination_fit(p->edges[i], host) > 0)
            return true;
    return false;
}

/* RFC 3323 4.1.1.3 */
bool policy_is_nameless(const struct uri *from)
{
    return from->scheme == URI_TEL || slice_eq_nocase(without_dot(from->host), SLICE("anonymous.invalid"));
}

bool policy_is_trunks(const struct policy *p, const struct uri *uri)
{
    return p->trunk_count > 0 && trunk_of_uri(p->trunks, p->trunk_count, uri) != NULL;
}

const struct policy_route *policy_route_for(const struct policy *p, struct slice host)
{
    const struct policy_route *found = NULL;
    size_t                     best  = 0;

    for (size_t i = 0; i < p->route_count; i++) {
        size_t fits = destination_fit(p->routes[i].domain, host);

        if (fits > best) {
            best  = fits;
            found = &p->routes[i];
        }
    }
    return found;
}

const struct policy_route *policy_route_for_number(const struct policy *p, struct slice number)
{
    const struct policy_route *found = NULL;
    size_t                     best  = 0;

    for (size_t i = 0; number.len > 0 && i < p->route_count; i++) {
        size_t fits = destination_number_fit(p->routes[i].domain, number);

        if (fits > best) {
            best  = fits;
            found = &p->routes[i];
        }
    }
    return found;
}
