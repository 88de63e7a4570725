/* SPDX-License-Identifier: BSD-2-Clause */
/* wheel.h - timers: a hierarchical wheel with ticks of 1 ms.
 *
 * The caller owns every `struct timer`, usually as a member of a larger object
 * found again with CONTAINER_OF.  A stopped timer is never called, so its
 * memory may go right after the stop, even from inside its own callback.
 * Setting and stopping cost O(1) and cannot fail.  Equal deadlines fire in the
 * order in which they were set. */

#ifndef BASE_WHEEL_H
#define BASE_WHEEL_H

#include "base/list.h"
#include "base/msec.h"

struct timer;
typedef void timer_fn(struct timer *timer, msec now);

struct timer {
    struct link link; /* private */
    msec        at;   /* valid while timer_running */
    timer_fn   *on_expiry;
};

enum { WHEEL_LEVELS = 6, WHEEL_SLOTS = 64 };

struct wheel {
    msec        now; /* every timer due at or before this has fired */
    uint64_t    occupied[WHEEL_LEVELS];
    struct link slots[WHEEL_LEVELS][WHEEL_SLOTS];
    struct link due;
    size_t      running;
};

void wheel_init(struct wheel *w, msec now);

/* Fire once at `at`, or at the next wheel_advance if that has passed.  Starting
 * a timer that runs moves it.  `at` == NEVER stops it. */
void timer_start(struct wheel *w, struct timer *t, timer_fn *on_expiry, msec at);
void timer_stop(struct wheel *w, struct timer *t);
bool timer_running(const struct timer *t);

/* Fire what is due, in order of deadline. */
void wheel_advance(struct wheel *w, msec now);

/* The same one by one, for timers whose callback would not know enough: the next timer
 * that is due by `now`, stopped and not called (`on_expiry` may be NULL), or NULL when
 * there is none left. */
struct timer *wheel_take(struct wheel *w, msec now);

/* A time not later than the earliest deadline, NEVER if no timer runs.  It may
 * be earlier (a cascade); it is always later than w->now unless something is due. */
msec wheel_deadline(const struct wheel *w);

#endif
