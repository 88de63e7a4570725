/* SPDX-License-Identifier: BSD-2-Clause */
/* memory.h - the end of a turn, as far as memory is concerned. */

#ifndef NET_MEMORY_H
#define NET_MEMORY_H

#include "net/world.h"

/* Tell the other workers what this turn took and gave, hear of them, and log a change
 * of the budget's level: one line for all workers.  Nothing if nobody accounts. */
void memory_end_turn(struct world *w);

#endif
