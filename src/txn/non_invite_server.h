/* SPDX-License-Identifier: BSD-2-Clause */
/* non_invite_server.h - the server transaction of every method but INVITE and
 * ACK, "nist" (RFC 3261 17.2.2, RFC 4320 4, RFC 6026 8.8).
 *
 *                  start: the request went to the user
 *                        |
 *              request:- V
 *                +---->TRYING ------ client has given up -----------+
 *                +------+ | |                                       |
 *        1xx, or a 100 of | | final: send                           |
 *        our own: send    V |                                       |
 *  request: resend +-->PROCEEDING -- client has given up -----------+
 *                  +------+ | |                                     |
 *               final: send | |                                     |
 *                           V V                                     V
 *  request: resend +-->COMPLETED --------------- J ----------> TERMINATED
 *                  +------+
 *
 * A transport error is told to the user and changes no state.
 *
 * RFC 4320 4.1: a 100 helps only a client whose Timer E has reached T2, and
 * does harm before; so over UDP none is let through earlier, and at that time
 * (3.5 s) one is sent if the user is still silent.  Any other 1xx is forbidden:
 * the user gives none.  RFC 4320 4.2: a server that is too late does not answer
 * 408, it stays silent; so after 64*T1, when Timer F has ended the client's
 * transaction, this one ends without a word. */

#ifndef TXN_NON_INVITE_SERVER_H
#define TXN_NON_INVITE_SERVER_H

#include "txn/timers.h"

#include <stdbool.h>

enum nist_state { NIST_TRYING, NIST_PROCEEDING, NIST_COMPLETED, NIST_TERMINATED };

enum nist_event {
    NIST_REQUEST, /* the request again                          */
    NIST_1XX,     /* the user gives a 100                       */
    NIST_FINAL,   /* the user gives 200-699, but never 408      */
    NIST_TIMER,
    NIST_TRANSPORT_ERROR, /* a response could not be sent       */
};

enum nist_action {
    NIST_SEND_RESPONSE = 1 << 0, /* the latest response the user has given          */
    NIST_SEND_TRYING   = 1 << 1, /* a 100 of our own (RFC 4320 4.1)                 */
    NIST_PASS_ERROR    = 1 << 2, /* tell the user that the transport failed         */
};

struct nist {
    enum nist_state   state;
    bool              reliable;
    bool              answered; /* the user has given a response that was let through */
    struct txn_timers timers;
    msec              trying_at; /* send a 100 if the user is silent; or NEVER             */
    msec              quiet_to;  /* before that no 1xx may be sent (unreliable transports) */
    msec              end_at;    /* the client's Timer F, or Timer J; or NEVER             */
};

/* Start the transaction for a request that is handed to the user; returns 0:
 * there is nothing to do yet.  Keeps a copy of `timers`. */
unsigned nist_start(struct nist *t, bool reliable, const struct txn_timers *timers, msec now);

/* Returns a set of nist_action, 0 if the event means nothing in this state: so
 * for a 1xx too early, and for any response after a final one.  Once t->state is
 * NIST_TERMINATED the caller may dispose of `t`. */
unsigned nist_step(struct nist *t, enum nist_event event, msec now);

/* When to call nist_step(NIST_TIMER) next; NEVER if no timer runs.  An early or
 * repeated call is harmless. */
msec nist_deadline(const struct nist *t);

#endif
