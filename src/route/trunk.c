/* SPDX-License-Identifier: BSD-2-Clause */
#include "route/trunk.h"

#include "route/destination.h"

static bool is_in(const struct prefix *networks, size_t count, const struct address *address)
{
    for (size_t i = 0; i < count; i++)
        if (prefix_has(&networks[i], address))
            return true;
    return false;
}

static bool proves_any(const struct trunk *t, const struct flow *flow, trunk_proof_fn *proves, void *arg)
{
    for (size_t i = 0; i < t->certificate_count; i++)
        if (proves(arg, flow, t->certificates[i]))
            return true;
    return false;
}

/* With neither it is one that things are sent to only. */
static bool is_from(const struct trunk *t, const struct flow *flow, trunk_proof_fn *proves, void *arg)
{
    if (t->network_count == 0 && t->certificate_count == 0)
        return false;
    if (t->network_count > 0 && !is_in(t->networks, t->network_count, &flow->remote))
        return false;
    return t->certificate_count == 0 || (transport_is_secure(flow->transport) && proves_any(t, flow, proves, arg));
}

const struct trunk *trunk_of_flow(const struct trunk *trunks, size_t count, const struct flow *flow,
                                  trunk_proof_fn *proves, void *arg)
{
    for (size_t i = 0; i < count; i++)
        if (is_from(&trunks[i], flow, proves, arg))
            return &trunks[i];
    return NULL;
}

const struct trunk *trunk_by_name(const struct trunk *trunks, size_t count, struct slice name)
{
    for (size_t i = 0; i < count; i++)
        if (slice_eq(trunks[i].name, name))
            return &trunks[i];
    return NULL;
}

/* Where it leads (RFC 3261 19.1.1); a dot at the end makes a name absolute, not another one. */
static struct slice host_of(const struct uri *uri)
{
    struct slice host;

    if (uri->params.len == 0 || !uri_param(uri, SLICE("maddr"), &host) || host.len == 0)
        host = uri->host;
    if (host.len > 1 && host.ptr[host.len - 1] == '.')
        host.len--;
    return host;
}

static bool is_of_host(const struct trunk *t, struct slice host)
{
    struct address address;
    struct uri     to;

    if (t->to.len > 0 && uri_parse(t->to, &to) &&
        (slice_eq_nocase(host_of(&to), host) || slice_eq_nocase(to.host, host)))
        return true;
    return address_parse_ip(host, &address) && is_in(t->networks, t->network_count, &address);
}

const struct trunk *trunk_of_uri(const struct trunk *trunks, size_t count, const struct uri *uri)
{
    struct slice host = host_of(uri);

    for (size_t i = 0; i < count; i++)
        if (is_of_host(&trunks[i], host))
            return &trunks[i];
    return NULL;
}

static bool fits(struct slice pattern, const struct uri *uri, struct slice number)
{
    if (destination_is_number(pattern))
        return destination_number_fit(pattern, number) > 0;
    return destination_fits(pattern, uri);
}

bool trunk_may_call(const struct trunk *t, const struct uri *uri, struct slice number)
{
    for (size_t i = 0; i < t->may_call_count; i++)
        if (fits(t->may_call[i], uri, number))
            return true;
    return false;
}
