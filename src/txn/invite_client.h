/* SPDX-License-Identifier: BSD-2-Clause */
/* invite_client.h - the INVITE client transaction, "ict" (RFC 3261 17.1.1, as
 * amended by RFC 6026 8.4).
 *
 *                 start: send INVITE
 *                        |
 *              A: resend V
 *                +---->CALLING ----- B, transport error ----------+
 *                +------+ | \                                     |
 *                    1xx  |  \ 2xx                                |
 *                         V   +----------------> ACCEPTED --- M --+
 *          1xx +---->PROCEEDING -- 2xx ----------> | ^ 2xx        |
 *              +---------+ |                       +-+            |
 *                 300-699  | (also from CALLING)                  |
 *                send ACK  V                                      V
 *      300-699:  +---->COMPLETED -- D, transport error ---> TERMINATED
 *      send ACK  +---------+
 *
 * The machine performs no I/O and reads no clock.  Feed it events with the
 * time; it answers with the set of actions the caller must now perform, in the
 * order of enum ict_action.  It therefore never calls back into its caller.
 *
 * PROCEEDING has no timer: a caller that has waited long enough cancels, and
 * drops the transaction if that brings no final response (RFC 3261 9.1). */

#ifndef TXN_INVITE_CLIENT_H
#define TXN_INVITE_CLIENT_H

#include "txn/timers.h"

#include <stdbool.h>

enum ict_state { ICT_CALLING, ICT_PROCEEDING, ICT_COMPLETED, ICT_ACCEPTED, ICT_TERMINATED };

enum ict_event {
    ICT_1XX,
    ICT_2XX,
    ICT_300_699,
    ICT_TIMER,
    ICT_TRANSPORT_ERROR, /* a message this transaction asked to send was not */
};

enum ict_action {
    ICT_SEND_INVITE   = 1 << 0,
    ICT_SEND_ACK      = 1 << 1, /* the hop-by-hop ACK to a 300-699, 17.1.1.3 */
    ICT_PASS_RESPONSE = 1 << 2, /* hand the response to the transaction user */
    ICT_PASS_TIMEOUT  = 1 << 3, /* the user sees a 408, 8.1.3.1              */
    ICT_PASS_ERROR    = 1 << 4, /* the user sees a 503, 8.1.3.1              */
};

struct ict {
    enum ict_state    state;
    bool              reliable; /* TCP, TLS, WS: no retransmission, no Timer D wait  */
    struct txn_timers timers;
    msec              resend_at;  /* Timer A, or NEVER                                 */
    msec              resend_gap; /* doubles at each firing of Timer A                 */
    msec              end_at;     /* Timer B, D or M according to the state, or NEVER  */
};

/* Start the transaction; returns ICT_SEND_INVITE.  Keeps a copy of `timers`. */
unsigned ict_start(struct ict *t, bool reliable, const struct txn_timers *timers, msec now);

/* Returns a set of ict_action, 0 if the event means nothing in this state.
 * Once t->state is ICT_TERMINATED the caller may dispose of `t`. */
unsigned ict_step(struct ict *t, enum ict_event event, msec now);

/* When to call ict_step(ICT_TIMER) next; NEVER if no timer runs.  An early or
 * repeated call is harmless. */
msec ict_deadline(const struct ict *t);

#endif
