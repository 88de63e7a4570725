/* SPDX-License-Identifier: BSD-2-Clause */
/* notifier.h - the notifier's side of one subscription (RFC 6665 4.2).
 *
 *      a SUBSCRIBE that was accepted, or a REFER          end, expiry, Expires: 0
 *      ----------------------------> PENDING, ACTIVE ------------------------------> ENDING --> GONE
 *                                         |  NOTIFY refused or without answer                    ^
 *                                         +------------------------------------------------------+
 *
 * One NOTIFY is under way at a time, so that none overtakes another; what changes meanwhile is told by the next one,
 * with the state as it is then.  The machine sends nothing: its calls return a set of enum notifier_action. */

#ifndef DIALOG_NOTIFIER_H
#define DIALOG_NOTIFIER_H

#include "base/msec.h"
#include "sip/event.h"

enum notifier_state { NOTIFIER_PENDING, NOTIFIER_ACTIVE, NOTIFIER_ENDING, NOTIFIER_GONE };

enum notifier_action {
    NOTIFIER_SEND      = 1 << 0, /* a NOTIFY with the state as it is now, and notifier_write_state               */
    NOTIFIER_TELL_GONE = 1 << 1, /* free it: it has ended, and nothing more is to be sent                         */
};

struct notifier {
    enum notifier_state state;
    enum end_reason     reason; /* ENDING                                                   */
    msec                expires_at;
    /* private */
    msec gap, quiet_until; /* between two NOTIFYs of changes                           */
    bool open, dirty;      /* a NOTIFY is under way; there is more to tell             */
    bool last;             /* the one under way says terminated                        */
};

/* What a SUBSCRIBE is granted: the seconds that it asks for, `usual` if it does not say, at most `most`.  False:
 * 423 with Min-Expires `least` (4.2.1.1: more than 0, less than that, and less than an hour). */
bool notifier_grant(const struct message *subscribe, uint32_t usual, uint32_t least, uint32_t most, uint32_t *seconds);

/* It was accepted for so many seconds (0: the state is fetched once); `allowed`: the first NOTIFY says active, else
 * pending.  `gap`: let so much time pass between two NOTIFYs. */
unsigned notifier_start(struct notifier *n, uint32_t seconds, bool allowed, msec gap, msec now);
/* Another SUBSCRIBE in its dialog was accepted. */
unsigned notifier_refresh(struct notifier *n, uint32_t seconds, msec now);
/* The user allows what was pending. */
unsigned notifier_allow(struct notifier *n, msec now);
/* What is told of has changed. */
unsigned notifier_changed(struct notifier *n, msec now);
unsigned notifier_end(struct notifier *n, enum end_reason reason, msec now);

/* The NOTIFY under way, if there is one, does not count any more: its response is not to be told. */
void notifier_forget(struct notifier *n);
/* A final response to the NOTIFY; 408: none came. */
unsigned notifier_on_response(struct notifier *n, unsigned status, msec now);

unsigned notifier_on_timer(struct notifier *n, msec now);
msec     notifier_deadline(const struct notifier *n);

/* "active;expires=593", "terminated;reason=timeout" */
void notifier_write_state(const struct notifier *n, struct buf *b, msec now);

/* After such a response to a SUBSCRIBE or NOTIFY there is no subscription any more (4.1.2.2, 4.2.2). */
bool subscription_is_gone(unsigned status);

#endif
