/* SPDX-License-Identifier: BSD-2-Clause */
/* restart.h - what to do about a child that has ended.
 *
 *   how it ended                              what follows
 *   --------------------------------------    -----------------------------------
 *   after it said that it stops               we end with its code
 *   with code 0                               we end, too
 *   before any child was ready                we end: the configuration, a port or
 *                                             the state is wrong, and stays so
 *   else                                      another one; at once the first
 *                                             RESTART_QUICK times, then later and
 *                                             later, up to RESTART_SLOWEST
 *   RESTART_TRIES times not ready             we end: whoever started us may know more
 *
 * A child that was ready and lived for RESTART_FORGIVEN makes good for the past.
 * A calculation: time and events come in, a verdict goes out. */

#ifndef PROCESS_RESTART_H
#define PROCESS_RESTART_H

#include "base/msec.h"

#include <stdbool.h>

enum {
    RESTART_QUICK    = 3,
    RESTART_FIRST    = 200,   /* ms: the first delay, doubled each time */
    RESTART_SLOWEST  = 10000, /* ms */
    RESTART_FORGIVEN = 60000, /* ms */
    RESTART_TRIES    = 10,
};

struct restart {
    bool     ever_ready, ready, stopping;
    msec     ready_at;
    unsigned deaths;    /* since the last one that was forgiven        */
    unsigned not_ready; /* of these, those in a row that were not ready */
    unsigned count;     /* of all that were started again               */
};

enum restart_verdict { RESTART_END, RESTART_AGAIN };

struct restart_decision {
    enum restart_verdict verdict;
    msec                 delay; /* RESTART_AGAIN: from now        */
    int                  code;  /* RESTART_END: to exit with      */
};

/* A child is started; it is ready; it says that it ends because it was asked to. */
void restart_started(struct restart *r);
void restart_ready(struct restart *r, msec now);
void restart_stopping(struct restart *r);

/* It has ended with `code` or, if `signal` is not 0, by that. */
struct restart_decision restart_ended(struct restart *r, int code, int signal, msec now);

#endif
