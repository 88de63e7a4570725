/* SPDX-License-Identifier: BSD-2-Clause */
/* watch.h - what the files about subscriptions of ours share.  Not for anybody else.
 *
 *   subscription.c     a subscription's life: responses to SUBSCRIBE, the clock
 *   subscription_send.c  SUBSCRIBE as it goes out
 *   subscription_in.c  NOTIFY
 *
 * A leg is one dialog of a SUBSCRIBE that may have forked, with its machine (dialog/subscription.h).  The first one
 * exists from the SUBSCRIBE on and has no dialog until its NOTIFY comes. */

#ifndef CALL_WATCH_H
#define CALL_WATCH_H

#include "call/dialog_info.h"
#include "call/outside.h"
#include "call/packages.h"
#include "call/subscription.h"
#include "dialog/subscription.h"

enum { WATCH_LEGS = 4 };

struct leg {
    struct dialog      *dialog; /* NULL: no NOTIFY yet      */
    struct subscription machine;
    struct flow         flow; /* by which its NOTIFY came */
    object_id           txn;  /* the SUBSCRIBE under way  */
};

struct watch {
    struct link           link;
    struct phone         *phone;
    object_id             id;
    struct outside        out;     /* the SUBSCRIBE that begins it */
    const struct package *package; /* or NULL */
    struct event          event;
    struct slice          refer_to; /* what begins it is a REFER with this; or empty */
    uint32_t              referred; /* its CSeq                                      */
    struct slice          accept;
    uint32_t              seconds;
    struct leg            legs[WATCH_LEGS];
    unsigned              leg_count;
    msec                  fork_until; /* further dialogs are taken until then (RFC 6665 4.1.2.4) */
    msec                  retry_at;
    unsigned              failures;
    bool                  leaving, once;
    struct timer          timer;
    struct dialog_view    dialogs;    /* of a watch of dialogs: what they add up to             */
    bool                  until_free; /* it ends when nothing is left of them                  */
    msec                  limit_at;   /* or then; NEVER                                        */
    struct news           last;       /* that it has ended, once it has */
};

/* SUBSCRIBE for this leg, in its dialog if it has one; `user` is told of the responses.  Sets l->txn.  Returns 0, or
 * why it was not sent, as outside_send or dialog_write_request. */
int watch_send(struct watch *w, struct leg *l, const struct client_user *user);
/* Carry out what the machine of this leg asked for; it may be gone afterwards, and the watch too. */
void watch_perform(struct watch *w, struct leg *l, unsigned actions);
/* One more; NULL: there are too many. */
struct leg *watch_add_leg(struct watch *w, const struct subscription *first);
/* An event about it: who, what, whose. */
void watch_fill(const struct watch *w, struct phone_event *e, enum phone_event_kind kind);

#endif
