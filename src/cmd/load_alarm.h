/* SPDX-License-Identifier: BSD-2-Clause */
/* load_alarm.h - a function called at a time of the clock, to the microsecond.
 *
 * The timers of a world tick each millisecond, which is much beside a call that is set up
 * in a tenth of that: an operation of an open loop would be late by half a tick on
 * average, and its time with it.  So this is a timerfd on the world's loop. */

#ifndef CMD_LOAD_ALARM_H
#define CMD_LOAD_ALARM_H

#include "net/world.h"

#include <uv.h>

struct load_alarm {
    struct world *world;
    int           fd;
    uv_poll_t     poll;
    struct timer  turn; /* due at once: so that fn runs within a turn of the world, its time read */
    uint64_t      at;
    void (*fn)(void *arg);
    void *arg;
};

/* Microseconds of the monotonic clock, whose milliseconds are world_now's. */
uint64_t load_clock(void);

/* Borrows the world.  0 or -ERR_LIMIT; after 0 the world closes what libuv holds, and
 * load_alarm_close, after the world was freed, the rest. */
int  load_alarm_open(struct load_alarm *a, struct world *w, void (*fn)(void *arg), void *arg);
void load_alarm_close(struct load_alarm *a);

/* Once at `us`, at once if that has passed; 0: not at all.  Instead of what was set before. */
void load_alarm_set(struct load_alarm *a, uint64_t us);

#endif
