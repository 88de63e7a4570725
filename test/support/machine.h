/* SPDX-License-Identifier: BSD-2-Clause */
/* machine.h - the four transaction machines behind one face, so that one test
 * can hold each to a table of its figure, cell by cell, and walk through it. */

#ifndef TEST_SUPPORT_MACHINE_H
#define TEST_SUPPORT_MACHINE_H

#include "txn/invite_client.h"
#include "txn/invite_server.h"
#include "txn/non_invite_client.h"
#include "txn/non_invite_server.h"

#include <stddef.h>

union any_machine {
    struct ict  ict;
    struct ist  ist;
    struct nict nict;
    struct nist nist;
};

/* `resend_at` is what the machine calls resend_at or trying_at. */
struct machine_view {
    int  state;
    msec resend_at, end_at;
};

struct machine {
    const char *name;
    unsigned (*start)(union any_machine *m, bool reliable, const struct txn_timers *timers, msec now);
    unsigned (*step)(union any_machine *m, int event, msec now);
    msec (*deadline)(const union any_machine *m);
    struct machine_view (*view)(const union any_machine *m);
    int      events, timer; /* events are 0 to events - 1; which of them is the timer */
    int      terminated;
    unsigned start_actions;
};

extern const struct machine machine_ict, machine_ist, machine_nict, machine_nist;

/* ---- the table ---- */

enum { UDP = 1, TCP = 2, BOTH = 3, STEPS = 2 };

/* The three ways to be called for a timer; they stand behind the machine's own events. */
enum { TIMER_EARLY = 100, TIMER_RESEND, TIMER_END };

/* What has become of a timer: as it was, or stopped (NEVER), or so many ms from now. */
#define KEPT (UINT64_MAX - 1)

/* A state, and how one gets there: the steps, each so long after the start.  Some there are
 * on one kind of transport only. */
struct situation {
    const char *name;
    unsigned    transports;
    int         state;
    struct {
        int  event;
        msec at;
    } path[STEPS];
    size_t steps;
};

struct cell {
    size_t   situation;
    int      event;
    unsigned transports;
    unsigned actions;
    int      next;
    msec     resend, end;
};

/* Plays every cell, each on both transports that it is for.  The test fails if one
 * is not so, if an event has no cell in a situation, or two; a timer has none where,
 * and only where, it does not run. */
void machine_check_table(const struct machine *m, const struct situation *situations, size_t situation_count,
                         const struct cell *cells, size_t cell_count);

/* ---- the walk ---- */

/* All sequences of `depth` events, on both transports, each time followed by nothing but
 * timers.  `check` is told each step, and keeps in `sum` what it wants to know of those
 * before (it is 0 at the start, and a copy for each way that is gone).
 *
 * The walk itself wants: time goes on from deadline to deadline; a transaction that has ended
 * does nothing and has no timer; every other has a timer, unless it is in `patient`, where the user's
 * patience alone counts; and timers alone bring each to its end, or to that state. */
struct machine_step {
    int      event;
    bool     reliable;
    unsigned actions;
    int      before, after;
};

typedef void machine_check_fn(const struct machine_step *step, unsigned *sum);

size_t machine_walk(const struct machine *m, unsigned depth, int patient, machine_check_fn *check);

#endif
