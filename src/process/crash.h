/* SPDX-License-Identifier: BSD-2-Clause */
/* crash.h - the last words of a process that dies of its own fault.
 *
 * On SIGSEGV, SIGBUS, SIGILL, SIGFPE and SIGABRT a handler on a stack of its own
 * writes lines in the style of the log, then lets the signal do what it would have
 * done without:
 *
 *   level=error part=crash event=signal signal=SIGSEGV address=0x18 worker=1 thread=4711 call=ab12@192.0.2.7
 *   level=error part=crash event=in_hand worker=0 call=f81d@198.51.100.3
 *   level=error part=crash event=frame n=0 pc=0x55d0c0a31f2c module=ahoy offset=0x31f2c function=proxy_start
 *
 * `addr2line -e ahoy 0x31f2c` names the line.  The handler calls nothing that is not
 * async-signal-safe, and touches no memory but its own: what may be damaged is read
 * through the kernel. */

#ifndef PROCESS_CRASH_H
#define PROCESS_CRASH_H

#include "base/in_hand.h"

/* Gives those who write the log a moment to finish, so that their lines come first.
 * Async-signal-safe. */
typedef void crash_settle_fn(void *arg);

/* Install the handlers, for the whole process, writing to `fd`, which stays open.
 * `settle` may be NULL.  Returns 0 or -ERR_LIMIT. */
int crash_install(int fd, crash_settle_fn *settle, void *arg);
/* Whoever settles has gone. */
void crash_forget_settle(void);

/* This thread is worker `worker`, and `hand` says what it is busy with (borrowed until
 * crash_leave).  Gives the thread a signal stack, if it has none: without one an
 * overflown stack dies unheard.  Returns 0 or -ERR_NO_MEMORY. */
int  crash_enter(unsigned worker, const struct in_hand *hand);
void crash_leave(unsigned worker);

#endif
