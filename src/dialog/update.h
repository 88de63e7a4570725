/* SPDX-License-Identifier: BSD-2-Clause */
/* update.h - UPDATEs of ours in one dialog, one at a time (RFC 3311 5.1, 5.3).
 *
 *            start                          2xx: changed; 481, 408: lost; else unchanged
 *   IDLE ------------> UNDER_WAY -----------------------------------------------> IDLE
 *                        ^   | 491: a pause as of RFC 3261 14.1
 *                  timer |   V 500 with Retry-After: as long as that
 *                        WAITING
 *
 * Nothing is sent here: calls return a set of enum update_action. */

#ifndef DIALOG_UPDATE_H
#define DIALOG_UPDATE_H

#include "base/msec.h"

#include <stdbool.h>

enum update_state { UPDATE_IDLE, UPDATE_UNDER_WAY, UPDATE_WAITING };

enum update_action {
    UPDATE_SEND           = 1 << 0,
    UPDATE_TELL_CHANGED   = 1 << 1, /* it was accepted                                          */
    UPDATE_TELL_UNCHANGED = 1 << 2, /* it was refused: all stays as it was                      */
    UPDATE_TELL_LOST      = 1 << 3, /* the peer knows the dialog no more (RFC 3261 12.2.1.2)    */
};

enum { UPDATE_TRIES = 8, UPDATE_RETRY_MAX = 32000 };

struct update {
    enum update_state state;
    unsigned          tries;
    msec              again_at; /* WAITING */
};

void update_init(struct update *u);

/* UPDATE_SEND, or 0 while another is under way or waits. */
unsigned update_start(struct update *u);
/* Its final response; 408 for a timeout, 503 for a transport error.  `pause` is for a 491 (session_pause),
 * `retry_after` what a 500 says, NEVER if it says nothing.  After UPDATE_TRIES of them, or for a time beyond
 * UPDATE_RETRY_MAX, it is refused. */
unsigned update_on_response(struct update *u, unsigned status, msec pause, msec retry_after, msec now);
unsigned update_on_timer(struct update *u, msec now);
/* UPDATE_SEND came at a bad time, as an offer of theirs is open: look again then. */
void update_postpone(struct update *u, msec until);
/* The dialog is over, or the wish is. */
void update_stop(struct update *u);
msec update_deadline(const struct update *u); /* NEVER if no timer runs */

#endif
