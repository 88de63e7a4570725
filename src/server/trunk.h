/* SPDX-License-Identifier: BSD-2-Clause */
/* trunk.h - which neighbour a message comes from (route/trunk.h). */

#ifndef SERVER_TRUNK_H
#define SERVER_TRUNK_H

#include "server/internal.h"

/* NULL: none.  It lives as long as the snapshot. */
const struct trunk *trunk_of(struct server *s, const struct flow *flow);

#endif
