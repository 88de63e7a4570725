/* SPDX-License-Identifier: BSD-2-Clause */
/* trunk.h - which neighbour a message comes from (route/trunk.h). */

#ifndef SERVER_TRUNK_H
#define SERVER_TRUNK_H

#include "server/internal.h"

/* Private to trunk_of. */
const struct trunk *trunk_of_any(struct server *s, const struct flow *flow);

/* NULL: none.  It lives as long as the snapshot.  Asked twice for each request, and mostly there are none. */
static inline const struct trunk *trunk_of(struct server *s, const struct flow *flow)
{
    return s->snapshot->policy.trunk_count > 0 ? trunk_of_any(s, flow) : NULL;
}

#endif
