/* SPDX-License-Identifier: BSD-2-Clause */
/* referral.h - what the other side of a call wanted us to do: that it is followed, and that it is told what
 * becomes of it (RFC 3515, RFC 7647).  call_referred.c reads its requests and answers them, call_referral.c does
 * the rest.  As state.h: for the files of call/ alone. */

#ifndef CALL_REFERRAL_H
#define CALL_REFERRAL_H

#include "call/state.h"
#include "dialog/notifier.h"

/* One reference at a time within a call. */
struct call_referral {
    struct call    *call;
    struct notifier notifier;
    bool            told;    /* it implies a subscription; no: Refer-Sub was false       */
    bool            watched; /* there is that                                            */
    bool            open;    /* it has not come to its end                               */
    bool            asking;
    bool            mesh;                   /* whom to call is to let us in without anybody mixing (mesh.h)        */
    char           *refer_to, *referred_by; /* values of the headers; referred_by may be NULL */
    char           *target;                 /* whom to call                                */
    uint32_t        cseq;
    unsigned        count; /* REFERs of this call so far: the first needs no id        */
    struct dialog  *own;   /* it came outside of the call's dialog and has its own, or NULL */
    object_id       placed;
    object_id       notify; /* the NOTIFY under way  */
    unsigned        status; /* what there is to tell */
    struct reason   reason;
    struct timer    timer;
    msec            ask_until;
};

/* Carry out what the notifier asked for. */
void referral_perform(struct call_referral *r, unsigned actions);
/* What there is to tell from now on; an empty reason: that of the status. */
void referral_set_status(struct call_referral *r, unsigned status, struct slice reason);
/* RFC 3515 2.4.4, 2.4.7: the last word. */
void referral_conclude(struct call_referral *r, unsigned status, struct slice reason, enum end_reason why);
/* Place the call that is wanted.  As call_place, and -ERR_SYNTAX; its other side is told. */
int referral_follow(struct call *c);
/* Another call has taken the place of the one that was placed for it.  NULL is allowed. */
void referral_moved(struct call *c, object_id placed, object_id instead);
/* What a call that was not answered came to, as a status (RFC 3515 2.4.5). */
unsigned referral_status(const struct call *c);
/* What it said, and its dialog if that is its own. */
void referral_forget(struct call_referral *r);

#endif
