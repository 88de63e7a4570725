/* SPDX-License-Identifier: BSD-2-Clause */
/* alarm.h - ends the sleep of a libuv loop at a millisecond of the clock, not up to one later.
 *
 * libuv sleeps for a number of milliseconds from wherever within one it is now, so whatever
 * is due at a millisecond comes half of one late on average, and a phone that sends a packet
 * each 20 ms sends them all that much late, each by another amount.  This is a timerfd, set
 * to the moment itself.  It costs a system call whenever the deadline is another one; so a
 * server, which nobody waits for to the millisecond, has none. */

#ifndef NET_ALARM_H
#define NET_ALARM_H

#include "base/msec.h"

#include <stdbool.h>
#include <uv.h>

/* All zero: not open. */
struct alarm {
    uv_poll_t poll;
    int       fd;
    bool      open;
    msec      at; /* what it is set to; NEVER: to nothing */
};

/* 0, or -ERR_LIMIT if the kernel has no descriptor left. */
int alarm_open(struct alarm *a, uv_loop_t *loop);
/* After the loop has closed its handles. */
void alarm_close(struct alarm *a);

/* Once at `at` of the monotonic clock, instead of what was set before; NEVER: not at all.
 * A time that has passed is now. */
void alarm_set(struct alarm *a, msec at);

#endif
