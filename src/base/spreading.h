/* SPDX-License-Identifier: BSD-2-Clause */
/* spreading.h - whether one worker serves all or all share the work: a machine that is told what their threads have
 * used of the processors.
 *
 *                 the first one uses 80 % of a processor in two windows in a row,
 *                 or what came for it waits, or was lost
 *     gathered  ------------------------------------------------------------>  spread
 *               <------------------------------------------------------------
 *                 all together use less than half of one for five seconds
 *
 * One worker's work is cheaper than that of two: nothing is handed over, nobody is woken, batches are larger.  What all
 * use is less when it is gathered, so there is room between half and 80 %.  Where it has to be spread again within a
 * minute, calm has to last twice as long the next time, up to 80 seconds.
 *
 * What a thread has used is known in steps of 100 ms and more.  So it is judged over windows of at least that while
 * gathered, and of a second while spread, however often there is a look. */

#ifndef BASE_SPREADING_H
#define BASE_SPREADING_H

#include "base/msec.h"

#include <stdbool.h>
#include <stdint.h>

/* Microseconds of processor time since some moment in the past. */
struct spreading_look {
    uint64_t first, all; /* used by the first worker's thread, and by those of all, that included */
    bool     waiting;    /* datagrams wait for the first one, or were lost                        */
};

enum spreading_event { SPREADING_SAME, SPREADING_BUSY, SPREADING_WAITING, SPREADING_CALM };

struct spreading {
    bool     spread;
    uint64_t first, all; /* when the window began */
    msec     since;      /* the same              */
    bool     waiting;    /* at a look of it       */
    msec     changed_at;
    unsigned busy; /* windows in a row */
    msec     calm; /* so long already  */
    msec     enough;
};

/* Gathered. */
void spreading_init(struct spreading *s, msec now, const struct spreading_look *look);

/* BUSY, WAITING: it is spread from now on; CALM: it is gathered.  Any time. */
enum spreading_event spreading_look(struct spreading *s, msec now, const struct spreading_look *look);

#endif
