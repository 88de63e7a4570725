/* SPDX-License-Identifier: BSD-2-Clause */
/* loop.h - one libuv loop: descriptors to watch, signals, and the shape of a turn.
 *
 *      sleep until the user's deadline, or until something happens
 *        |
 *        V                  user->begin      once, before the first callback
 *      watches that are ready, signals
 *        |
 *        V                  user->end        timers, posts, flushes
 *      again
 *
 * A loop belongs to the thread that runs it; only loop_wake may be called from
 * another one.
 *
 * Ownership.  The caller owns every `struct watch`, usually as a member of a
 * larger object found again with CONTAINER_OF.  A uv handle must outlive its
 * close callback, which comes in a later turn; so the handles live in a slab of
 * the loop and a watch holds only the index of one.  A stopped watch is never
 * called again: its memory may go, and its descriptor be closed, right after the
 * stop, even from inside its own callback.
 *
 * libuv calls abort() when its own table of descriptors cannot grow for lack of
 * memory; every other failure comes back as an error. */

#ifndef NET_LOOP_H
#define NET_LOOP_H

#include "base/msec.h"
#include "base/slice.h"

#include <stdint.h>

struct loop;
struct watch;
struct uv_loop_s;

/* What to wait for, and what has come.  LOOP_ERROR: there is something in the
 * error queue of a datagram socket (out-of-band data on a stream counts too, so
 * streams do not ask for it). */
enum { LOOP_READ = 1 << 0, LOOP_WRITE = 1 << 1, LOOP_ERROR = 1 << 2 };

typedef void watch_fn(struct watch *watch, unsigned ready);

/* All zero: not started. */
struct watch {
    watch_fn *on_ready;
    uint32_t  slot; /* private: index of the handle plus one */
};

struct loop_user {
    void (*begin)(void *arg, msec now); /* a turn begins, this is its time         */
    void (*end)(void *arg);             /* what was ready has been called          */
    msec (*deadline)(void *arg);        /* when `end` must come again; 0: at once  */
    void *arg;
};

/* Copies `user`.  NULL if the kernel refuses descriptors or memory is short. */
struct loop *loop_new(const struct loop_user *user);
/* Watches that still run are stopped. */
void loop_free(struct loop *loop);

/* From now on sleep to the millisecond of a deadline, not up to one longer (net/alarm.h).
 * 0, or -ERR_LIMIT if no descriptor is left: then all is as before. */
int loop_be_exact(struct loop *loop);

/* Turn until loop_stop.  */
void loop_run(struct loop *loop);
void loop_stop(struct loop *loop);
/* One turn that sleeps `longest` ms at most. */
void loop_turn(struct loop *loop, msec longest);

/* Have another turn soon.  Safe from any thread. */
void loop_wake(struct loop *loop);

/* The loop itself, for modules that bring handles of their own; closing those is
 * theirs, before loop_free. */
struct uv_loop_s *loop_uv(struct loop *loop);
/* To be called first in the callback of such a handle: the loop has slept, and its
 * user has still the time of the turn before.  More than once in a turn does nothing. */
void loop_begin_turn(struct loop *loop);

/* Monotonic milliseconds. */
msec loop_clock(void);

/* Call fn(watch, ready) whenever one of `wanted` is there, level-triggered.
 * Returns 0, or -ERR_LIMIT if memory or the kernel's watches are used up. */
int watch_start(struct loop *loop, struct watch *watch, int fd, unsigned wanted, watch_fn *fn);
/* Change what a running watch wants.  Returns 0 or -ERR_LIMIT. */
int watch_want(struct loop *loop, struct watch *watch, unsigned wanted);
/* Nothing if it does not run. */
void watch_stop(struct loop *loop, struct watch *watch);

/* Call fn(arg) from the loop when the process gets `number`.  Returns 0, or
 * -ERR_LIMIT after LOOP_SIGNALS of them. */
enum { LOOP_SIGNALS = 8 };
int loop_signal(struct loop *loop, int number, void (*fn)(void *arg), void *arg);

#endif
