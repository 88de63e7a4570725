/* SPDX-License-Identifier: BSD-2-Clause */
/* invite_server.h - the INVITE server transaction, "ist" (RFC 3261 17.2.1, as
 * amended by RFC 6026 8.5-8.8).
 *
 *                       start: the INVITE went to the user
 *                              |
 *           INVITE: resend     |   1xx from the user: send
 *           200 ms: send 100   V   transport error: tell
 *                  +---->PROCEEDING<---+
 *                  +-------+  |  +-----+
 *        300-699: send     |  |   2xx: send
 *                +---------+  +-------------+
 *                V                          V
 *     +---->COMPLETED<---+        +----> ACCEPTED<---+
 *     +------+ |  | +----+        +-------+ |  +-----+
 *   INVITE: resend|  transport    INVITE: - |   2xx: send
 *   G: resend  |  |  error: tell            |   ACK: pass
 *              |  |                         |   transport error: tell
 *          ACK |  | H: tell                 | L
 *              V  +-------------+           |
 *        CONFIRMED ------- I ---+-----------+---> TERMINATED
 *
 * A transport error changes no state (RFC 6026 8.8), so that repeated INVITEs
 * still find their transaction.  In ACCEPTED the user repeats its 2xx until the
 * ACK comes (RFC 3261 13.3.1.4); the transaction only lets both pass.
 * PROCEEDING lasts until the user gives a final response. */

#ifndef TXN_INVITE_SERVER_H
#define TXN_INVITE_SERVER_H

#include "txn/timers.h"

#include <stdbool.h>

enum ist_state { IST_PROCEEDING, IST_COMPLETED, IST_CONFIRMED, IST_ACCEPTED, IST_TERMINATED };

enum ist_event {
    IST_REQUEST, /* the INVITE again */
    IST_ACK,
    IST_1XX, /* these three: the user gives a response */
    IST_2XX,
    IST_300_699,
    IST_TIMER,
    IST_TRANSPORT_ERROR, /* a response could not be sent */
};

enum ist_action {
    IST_SEND_RESPONSE = 1 << 0, /* the latest response the user has given              */
    IST_SEND_TRYING   = 1 << 1, /* a 100 of our own, made without a To tag, 8.2.6.2    */
    IST_PASS_ACK      = 1 << 2, /* the ACK to a 2xx: hand it to the user               */
    IST_PASS_TIMEOUT  = 1 << 3, /* Timer H: nobody has acknowledged the final response */
    IST_PASS_ERROR    = 1 << 4, /* tell the user that the transport failed             */
};

struct ist {
    enum ist_state    state;
    bool              reliable;
    bool              answered; /* the user has given a response        */
    bool              trying;   /* a 100 of our own is the latest thing */
    struct txn_timers timers;
    msec              resend_at;  /* PROCEEDING: send 100; COMPLETED: Timer G; or NEVER     */
    msec              resend_gap; /* doubles up to T2                                       */
    msec              end_at;     /* Timer H, I or L according to the state, or NEVER       */
};

/* Start the transaction for an INVITE that is handed to the user; returns 0:
 * there is nothing to do yet.  Keeps a copy of `timers`. */
unsigned ist_start(struct ist *t, bool reliable, const struct txn_timers *timers, msec now);

/* Returns a set of ist_action, 0 if the event means nothing in this state: so
 * for any response after a final one, but for a 2xx after a 2xx.  Once t->state
 * is IST_TERMINATED the caller may dispose of `t`. */
unsigned ist_step(struct ist *t, enum ist_event event, msec now);

/* When to call ist_step(IST_TIMER) next; NEVER if no timer runs.  An early or
 * repeated call is harmless. */
msec ist_deadline(const struct ist *t);

#endif
