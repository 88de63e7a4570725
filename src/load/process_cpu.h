/* SPDX-License-Identifier: BSD-2-Clause */
/* process_cpu.h - the CPU time that processes of this host and their children have used,
 * by /proc. */

#ifndef LOAD_PROCESS_CPU_H
#define LOAD_PROCESS_CPU_H

#include "base/slice.h"

enum { PROCESS_CPU_MAX = 16 };

struct process_cpu {
    double user, system; /* seconds, in ticks of a hundredth             */
    double total;        /* the same to the nanosecond, as the scheduler counts; 0: it does not tell */
};

/* Processes by number: "1234,1240".  False if it is no such list, or a longer one than
 * PROCESS_CPU_MAX. */
bool process_cpu_parse(const char *text, int pids[PROCESS_CPU_MAX], unsigned *count);

/* Sums up what these and all that they have started, and these in turn, have used; what has
 * ended and been waited for is not in it.  `proc` is "/proc".  False if none of them is there. */
bool process_cpu_read(const char *proc, const int *pids, unsigned count, struct process_cpu *out);

#endif
