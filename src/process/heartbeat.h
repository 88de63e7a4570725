/* SPDX-License-Identifier: BSD-2-Clause */
/* heartbeat.h - does every worker still turn its loop?
 *
 *      child                        shared memory             parent
 *      worker 0: timer, beats++ -->  heart 0  <-- heart_watch_overdue: has it
 *      worker 1: timer, beats++ -->  heart 1      changed within `patience`?
 *
 * A beat is one addition by a timer of the worker's own wheel, a few times in the
 * span after which it would be missed: an idle worker wakes for that and no more,
 * one that hangs in a callback does not beat.  A heart that has not begun to beat,
 * or was stopped, is not watched: starting and ending may take their time. */

#ifndef PROCESS_HEARTBEAT_H
#define PROCESS_HEARTBEAT_H

#include "net/world.h"

#include <stdatomic.h>
#include <sys/types.h>

enum { HEARTS = 256 }; /* as many workers as an object id can name (base/id.h) */

struct heart {
    _Atomic uint32_t beats;  /* 0: not watched                               */
    _Atomic int32_t  thread; /* its id in the kernel, for a signal of its own */
};

struct hearts {
    struct heart of[HEARTS];
};

/* Memory that parent and child share.  NULL without memory. */
struct hearts *hearts_new(void);
void           hearts_free(struct hearts *h);
/* None beats: before a child is started. */
void hearts_clear(struct hearts *h);

/* --- in the worker --- */

struct heartbeat {
    struct timer  timer;
    struct world *world;
    struct heart *heart;
    msec          interval;
};

/* Beat now and every `patience` / 4 ms; called on the thread of the worker.  Borrows
 * world and heart until heartbeat_stop. */
void heartbeat_start(struct heartbeat *b, struct world *w, struct heart *heart, msec patience);
void heartbeat_stop(struct heartbeat *b);

/* --- in the parent --- */

struct heart_watch {
    const struct hearts *hearts;
    uint32_t             seen[HEARTS];
    msec                 changed_at[HEARTS];
    msec                 looked_at;
};

void heart_watch_start(struct heart_watch *w, const struct hearts *h, msec now);

/* The worker whose last beat was over `patience` ago, or -1.  To be asked several
 * times in that span: after a gap (the whole machine slept) all are given the time
 * anew. */
int heart_watch_overdue(struct heart_watch *w, msec patience, msec now);

#endif
