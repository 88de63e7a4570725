/* SPDX-License-Identifier: BSD-2-Clause */
/* non_invite_client.h - the client transaction of every method but INVITE and
 * ACK, "nict" (RFC 3261 17.1.2).
 *
 *                 start: send request
 *                        |
 *              E: resend V
 *                +---->TRYING ------- F, transport error --------+
 *                +------+ | \                                    |
 *                     1xx |  \ final                             |
 *      1xx                V   \                                  |
 *      E: resend +-->PROCEEDING\----- F, transport error --------+
 *                +------+ |     |                                |
 *                   final |     |                                |
 *                         V     V                                V
 *            final +-->COMPLETED ----------- K ------------> TERMINATED
 *                  +------+
 *
 * Retransmission goes on after a provisional response, at intervals of T2: the
 * server repeats its answer only when it is asked again.  On reliable
 * transports E does not run and K is 0. */

#ifndef TXN_NON_INVITE_CLIENT_H
#define TXN_NON_INVITE_CLIENT_H

#include "txn/timers.h"

#include <stdbool.h>

enum nict_state { NICT_TRYING, NICT_PROCEEDING, NICT_COMPLETED, NICT_TERMINATED };

enum nict_event {
    NICT_1XX,
    NICT_FINAL, /* 200-699 */
    NICT_TIMER,
    NICT_TRANSPORT_ERROR, /* the request could not be sent */
};

enum nict_action {
    NICT_SEND_REQUEST  = 1 << 0,
    NICT_PASS_RESPONSE = 1 << 1, /* hand the response to the transaction user */
    NICT_PASS_TIMEOUT  = 1 << 2, /* the user sees a 408, 8.1.3.1              */
    NICT_PASS_ERROR    = 1 << 3, /* the user sees a 503, 8.1.3.1              */
};

struct nict {
    enum nict_state   state;
    bool              reliable;
    struct txn_timers timers;
    msec              resend_at;  /* Timer E, or NEVER                               */
    msec              resend_gap; /* doubles up to T2                                */
    msec              end_at;     /* Timer F or K according to the state, or NEVER   */
};

/* Start the transaction; returns NICT_SEND_REQUEST.  Keeps a copy of `timers`. */
unsigned nict_start(struct nict *t, bool reliable, const struct txn_timers *timers, msec now);

/* Returns a set of nict_action, 0 if the event means nothing in this state.
 * Once t->state is NICT_TERMINATED the caller may dispose of `t`. */
unsigned nict_step(struct nict *t, enum nict_event event, msec now);

/* When to call nict_step(NICT_TIMER) next; NEVER if no timer runs.  An early or
 * repeated call is harmless. */
msec nict_deadline(const struct nict *t);

#endif
