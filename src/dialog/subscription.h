/* SPDX-License-Identifier: BSD-2-Clause */
/* subscription.h - the subscriber's side of one subscription (RFC 6665 4.1).
 *
 *             start, expect             NOTIFY pending       NOTIFY active
 *      (init) -------------> NOTIFY_WAIT ------------> PENDING ---------> ACTIVE
 *                                |                        |                 |
 *                                +--- refusal, Timer N ---+-- terminated, --+
 *                                     v                       expired, 481
 *                                  ENDED: `retry_at` says when to begin another, NEVER: not at all
 *
 * One machine for each dialog: a SUBSCRIBE that forked has several (4.4.1), and one that a REFER implies
 * is none of ours to send (RFC 3515).  SUBSCRIBE and NOTIFY may come in either order.  What the resource's
 * state is does not concern the machine.
 *
 * It sends nothing: its calls return a set of enum subscription_action, to be performed in the order of
 * the enum.  Credentials are its user's: a 401 or 407 that can be answered is not told to it. */

#ifndef DIALOG_SUBSCRIPTION_H
#define DIALOG_SUBSCRIPTION_H

#include "base/msec.h"
#include "sip/event.h"

enum subscriber_state { SUBSCRIPTION_NOTIFY_WAIT, SUBSCRIPTION_PENDING, SUBSCRIPTION_ACTIVE, SUBSCRIPTION_ENDED };

enum subscription_action {
    SUBSCRIPTION_SEND       = 1 << 0, /* a SUBSCRIBE with Expires: `asked`; in the dialog, if there is one     */
    SUBSCRIPTION_TELL_STATE = 1 << 1, /* the state is another than it was: pending, active                     */
    SUBSCRIPTION_TELL_ENDED = 1 << 2, /* see `reason`, `status`, `retry_at`: nothing more comes of this one    */
};

struct subscription {
    enum subscriber_state state;
    uint32_t              asked;    /* seconds, for the next SUBSCRIBE; 0: to fetch, or to end                */
    enum end_reason       reason;   /* ENDED by a NOTIFY                                                       */
    unsigned              status;   /* ENDED by a response; 408: by silence; else 0                            */
    msec                  retry_at; /* ENDED: when a new one may be begun                                      */
    msec                  expires_at;
    unsigned              failures; /* ENDED: for subscription_start of the new one                            */
    /* private */
    msec     timer_n, refresh_at, t1_64, since; /* since: the first NOTIFY                           */
    uint32_t wanted; /* seconds, as the user said it                                            */
    unsigned rounds;
    bool     open;         /* a SUBSCRIBE is under way                                                    */
    bool     implicit;     /* no SUBSCRIBE of ours began it, and none refreshes it                        */
    bool     told_expires; /* by a NOTIFY: that counts for more than a 2xx (4.1.3)                    */
    bool     leaving;      /* the user has had enough                                                     */
};

/* Begin with a SUBSCRIBE for so many seconds (0: fetch the state once, 4.4.3).  `t1` is the transactions';
 * `failures`: how often in a row it has been tried in vain, which makes the next pause longer. */
unsigned subscription_start(struct subscription *s, uint32_t seconds, msec t1, unsigned failures, msec now);
/* The same SUBSCRIBE goes out once more, to somebody else: the time for its NOTIFY begins anew. */
void subscription_again(struct subscription *s, msec now);
/* Begin with a NOTIFY to come: another request of ours implies the subscription. */
void subscription_expect(struct subscription *s, msec t1, msec now);
/* A NOTIFY has come from another dialog that the SUBSCRIBE of `first` has made: tell it to this one. */
void subscription_fork(struct subscription *s, const struct subscription *first, msec now);

/* A final response to the SUBSCRIBE, or NULL: none came, and `status` stands for it (408, 503).  `random`
 * spreads what is tried again. */
unsigned subscription_on_response(struct subscription *s, unsigned status, const struct message *response,
                                  uint32_t random, msec now);
/* A NOTIFY of this dialog and event that has been accepted. */
unsigned subscription_on_notify(struct subscription *s, const struct subscription_state *state, uint32_t random,
                                msec now);

/* End it: the notifier is told as soon as it can be. */
unsigned subscription_end(struct subscription *s, msec now);

unsigned subscription_on_timer(struct subscription *s, uint32_t random, msec now);
msec     subscription_deadline(const struct subscription *s);

#endif
