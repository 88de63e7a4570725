/* SPDX-License-Identifier: BSD-2-Clause */
#include "server/trunk.h"

#include "server/asked.h"

static bool proves(void *arg, const struct flow *flow, struct slice domain)
{
    return stack_peer_is(((struct server *)arg)->stack, flow, domain);
}

const struct trunk *trunk_of_any(struct server *s, const struct flow *flow)
{
    const struct policy *p = &s->snapshot->policy;

    if (s->asked != NULL && s->asked->trunk.len > 0)
        return trunk_by_name(p->trunks, p->trunk_count, s->asked->trunk);
    return trunk_of_flow(p->trunks, p->trunk_count, flow, proves, s);
}
