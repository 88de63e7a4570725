/* SPDX-License-Identifier: BSD-2-Clause */
/* call.h - a call as people mean it: place, ring, answer, hold, hang up
 * (RFC 3261 13-15, RFC 3264, RFC 6337).
 *
 * Named by id in its phone.  An id that names no call gives -ERR_NOT_FOUND; a
 * verb that means nothing in the call's state gives -ERR_UNSUPPORTED. */

#ifndef CALL_CALL_H
#define CALL_CALL_H

#include "call/phone.h"
#include "sip/replaces.h"

struct call_options {
    object_id    account;
    struct slice target;     /* URI                                                 */
    bool         late_offer; /* INVITE without description: the answer in the ACK   */
    uint32_t     expires;    /* seconds in which it has to be answered, or it is given up; also told to
                                whoever is called (RFC 3261 20.19); 0: it may ring  */
    /* Name a dialog of whoever is called: take its place (RFC 3891), or join it (RFC 3911).  `required`: or do
     * not ring at all. */
    const struct replaces *replaces, *join;
    bool                   required;
    bool anonymous; /* do not say who calls (RFC 3323): whoever is called is not told, if our server is willing */
    struct slice referred_by; /* value of Referred-By (RFC 3892), or empty */
    bool         mesh; /* with `join`: nobody mixes for whoever is called, who takes it only if his phone knows that
                          (conference.h) */
};

/* The headers that name a dialog in the other one's words, and may be given to a third (RFC 3891). Borrows
 * until the call ends.  -ERR_NOT_FOUND, -ERR_UNSUPPORTED: it has no dialog yet. */
int call_name(const struct phone *p, object_id call, struct replaces *name);

/* Returns 0 and the call's id; PHONE_RINGING, _EARLY_MEDIA, _ANSWERED and _ENDED
 * follow.  -ERR_NOT_FOUND (account), -ERR_SYNTAX (target), -ERR_UNSUPPORTED (its
 * scheme), -ERR_LIMIT, -ERR_NO_MEMORY, or what opening the media says. */
int call_place(struct phone *p, const struct call_options *options, object_id *call);

/* For one that is coming in.  call_answer may also fail as opening media does, or
 * with -ERR_UNSUPPORTED if no sound can be agreed: the call then ends by itself. */
int call_ring(struct phone *p, object_id call);
/* Be heard, and hear, before the answer: 183 with the description, which arrives if the caller can PRACK (RFC 3262).
 * Errors as call_answer; -ERR_UNSUPPORTED with a call that goes on: they have offered nothing, and cannot PRACK. */
int call_progress(struct phone *p, object_id call);
/* While the PRACK of an early description is on its way it waits for that. */
int call_answer(struct phone *p, object_id call);
int call_reject(struct phone *p, object_id call, unsigned status); /* 300-699 */

/* End it in whatever state it is: CANCEL, 480, BYE.  PHONE_ENDED follows. */
int call_hang_up(struct phone *p, object_id call);

/* Who rings, of a call of ours that is not answered yet and has forked on its way (RFC 3261 12.1). */
struct call_branch {
    unsigned     number; /* its name, within the call; never given twice                   */
    unsigned     status; /* what it said last, 101-199                                     */
    struct slice target; /* its Contact, lives until the call is told anything              */
    bool         media;  /* it is the one whose early sound is heard                       */
};
enum { CALL_BRANCHES = 16 };

/* Those that have not been hung up, in the order in which they were heard of first; how many.  0 also for a call that
 * is not there, or has been answered. */
unsigned call_branches(const struct phone *p, object_id call, struct call_branch list[CALL_BRANCHES]);

/* Hang up that one (BYE in its early dialog, RFC 3261 15): the others ring on.  If it has answered in that moment the
 * call is over.  -ERR_NOT_FOUND also if there is no such branch; -ERR_UNSUPPORTED: not a call of ours that rings. */
int call_hang_up_branch(struct phone *p, object_id call, unsigned number);

/* Hand the call on (RFC 3515): its other side is put on hold and asked to call `target`, a sip or sips URI; or
 * to take this phone's place in the call `other` (RFC 3891), or to call whom that one rings, which is called off.
 * PHONE_TRANSFER tells how it goes on.  After PHONE_TRANSFERRED both calls end; after PHONE_TRANSFER_FAILED they go on
 * as before. -ERR_LOCKED: it is being handed on already. */
int call_transfer(struct phone *p, object_id call, struct slice target);
int call_transfer_to(struct phone *p, object_id call, object_id other);

/* After PHONE_REFERRED with `asking`, or, with its subject in the place of a call, PHONE_ASKED: call whom the other
 * side wants to have called, or not.  Its call, the one it is about, stays until that side hangs up.  -ERR_UNSUPPORTED:
 * nothing is asked (any more); else as call_place. */
int call_follow_refer(struct phone *p, object_id call, object_id *placed);
int call_refuse_refer(struct phone *p, object_id call);

/* Offer to receive nothing, or everything again (RFC 3264 8.4).  PHONE_CHANGED or
 * _UNCHANGED follows.  While another change or refresh of either side is under way (14.1) it waits for that, as do
 * those of streams below: all of them are one wanted state of the call, and the last wish wins.
 * Before the answer by UPDATE (RFC 3311) or PRACK, in each dialog that takes one; our own call keeps the wish for
 * the answer, for one that comes in it is -ERR_UNSUPPORTED then. */
int call_hold(struct phone *p, object_id call, bool hold);

/* Put `from` on hold and take up `to`, one after the other: PHONE_CHANGED of the one, then
 * of the other.  If `from` cannot be held (PHONE_UNCHANGED), `to` stays as it is; if `to`
 * cannot be taken up, both are held; if `from` ends meanwhile, `to` is taken up. */
int call_swap(struct phone *p, object_id from, object_id to);

/* Send silence instead of what the source has; nothing is negotiated. */
int call_mute(struct phone *p, object_id call, bool mute);

/* Offer one more stream of this kind ("audio"), seen from here in that direction, or take
 * one away, or turn it.  PHONE_CHANGED tells what has become of it, and PHONE_UNCHANGED
 * that all is as before.  The last stream stays: hold it, or hang up.
 * -ERR_UNSUPPORTED also for a kind that we do not have; -ERR_NOT_FOUND also for a stream that
 * is not there; -ERR_LIMIT: there is no room for one more; -ERR_LOCKED: that stream is being added just now; and what
 * opening says. */
int call_add_stream(struct phone *p, object_id call, struct slice kind, enum sdp_direction direction, unsigned *index);
int call_remove_stream(struct phone *p, object_id call, unsigned index);
int call_turn_stream(struct phone *p, object_id call, unsigned index, enum sdp_direction direction);

/* As it is now, figures included.  -ERR_NOT_FOUND also if it never was. */
int call_stream(const struct phone *p, object_id call, unsigned index, struct phone_stream *out);
/* Say once more by UPDATE where and how we are reached, before the answer or after it.  As call_hold;
 * -ERR_UNSUPPORTED: the peer takes no UPDATE, or, before the answer, no offer may be made now. */
int call_update(struct phone *p, object_id call);

/* Press keys, of 0-9 * # A-D: as events in the sound (RFC 4733), or, where the peer does not take these and has said
 * that it takes INFO, by INFO (application/dtmf-relay), one after the other.  -ERR_UNSUPPORTED: neither; -ERR_SYNTAX,
 * -ERR_LIMIT as media_send_digits.  All or none. */
enum digits_way { DIGITS_AUTO, DIGITS_RTP, DIGITS_INFO };
int call_send_digits(struct phone *p, object_id call, struct slice digits); /* DIGITS_AUTO */
int call_send_digits_by(struct phone *p, object_id call, struct slice digits, enum digits_way way);

/* As of now.  -ERR_NOT_FOUND also while there is no media. */
int call_media_stats(const struct phone *p, object_id call, struct media_stats *out);

#endif
