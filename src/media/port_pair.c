/* SPDX-License-Identifier: BSD-2-Clause */
#include "media/port_pair.h"

#include "base/error.h"

static int open_both(struct world *w, struct address local, const struct udp_events *rtp_events,
                     const struct udp_events *rtcp_events, void *owner, struct port_pair *out)
{
    int error = world_udp_open(w, &local, rtp_events, owner, &out->rtp);

    if (error != 0)
        return error;
    local.port++;
    error = world_udp_open(w, &local, rtcp_events, owner, &out->rtcp);
    if (error != 0)
        w->ops->udp_close(out->rtp);
    return error;
}

int port_pair_open(struct world *w, const struct address *local, uint16_t first, uint16_t last,
                   const struct udp_events *rtp_events, const struct udp_events *rtcp_events, void *owner,
                   struct port_pair *out)
{
    uint32_t       low   = first < 2 ? 2 : (first + 1u) & ~1u; /* port 0 would be "any" */
    uint32_t       pairs = last > low ? (last - low + 1u) / 2 : 0, start;
    struct address at    = *local;

    if (pairs == 0)
        return -ERR_SYNTAX;
    start = random_below(&w->random, pairs);
    for (uint32_t i = 0; i < pairs; i++) {
        int error;

        at.port = (uint16_t)(low + 2 * ((start + i) % pairs));
        error   = open_both(w, at, rtp_events, rtcp_events, owner, out);
        if (error != -ERR_IN_USE)
            return error;
    }
    return -ERR_IN_USE;
}

void port_pair_close(struct world *w, struct port_pair *p)
{
    w->ops->udp_close(p->rtp);
    w->ops->udp_close(p->rtcp);
}
