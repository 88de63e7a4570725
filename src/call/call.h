/* SPDX-License-Identifier: BSD-2-Clause */
/* call.h - a call as people mean it: place, ring, answer, hold, hang up
 * (RFC 3261 13-15, RFC 3264, RFC 6337).
 *
 * Named by id in its phone.  An id that names no call gives -ERR_NOT_FOUND; a
 * verb that means nothing in the call's state gives -ERR_UNSUPPORTED. */

#ifndef CALL_CALL_H
#define CALL_CALL_H

#include "call/phone.h"

struct call_options {
    object_id    account;
    struct slice target;     /* URI                                                 */
    bool         late_offer; /* INVITE without description: the answer in the ACK   */
    uint32_t     expires;    /* seconds in which it has to be answered, or it is given up; also told to
                                whoever is called (RFC 3261 20.19); 0: it may ring  */
};

/* Returns 0 and the call's id; PHONE_RINGING, _EARLY_MEDIA, _ANSWERED and _ENDED
 * follow.  -ERR_NOT_FOUND (account), -ERR_SYNTAX (target), -ERR_UNSUPPORTED (its
 * scheme), -ERR_LIMIT, -ERR_NO_MEMORY, or what opening the media says. */
int call_place(struct phone *p, const struct call_options *options, object_id *call);

/* For one that is coming in.  call_answer may also fail as opening media does, or
 * with -ERR_UNSUPPORTED if no sound can be agreed: the call then ends by itself. */
int call_ring(struct phone *p, object_id call);
int call_answer(struct phone *p, object_id call);
int call_reject(struct phone *p, object_id call, unsigned status); /* 300-699 */

/* End it in whatever state it is: CANCEL, 480, BYE.  PHONE_ENDED follows. */
int call_hang_up(struct phone *p, object_id call);

/* Offer to receive nothing, or everything again (RFC 3264 8.4).  PHONE_CHANGED or
 * _UNCHANGED follows.  -ERR_LOCKED: another INVITE is under way (14.1). */
int call_hold(struct phone *p, object_id call, bool hold);

/* Press keys; as media_send_digits. */
int call_send_digits(struct phone *p, object_id call, struct slice digits);

/* As of now.  -ERR_NOT_FOUND also while there is no media. */
int call_media_stats(const struct phone *p, object_id call, struct media_stats *out);

#endif
