/* SPDX-License-Identifier: BSD-2-Clause */
/* session.h - what INVITE, ACK, BYE and CANCEL mean to a user agent
 * (RFC 3261 9, 13, 14, 15).
 *
 *   caller                                     callee
 *   CALLING --1xx--> PROCEEDING/EARLY          INCOMING --ring--> RINGING
 *      |  \             |  |                      |                  |
 *      |   hang up      |  2xx: ACK               | answer: 2xx      |
 *      |     v          |  |                      v                  |
 *      |  CANCELLING <--+  +--> CONFIRMED <-ACK- ANSWERED <----------+
 *      |     | 2xx: ACK, BYE      |   |             | no ACK in 64*T1: BYE
 *      |     v                    |   | hang up     | hang up: waits for ACK
 *      |   ENDING <---------------|---+-------------+
 *      | 3xx-6xx   | BYE answered | BYE
 *      +--------> ENDED <---------+
 *
 * Beside the state there is at most one INVITE exchange at a time: ours, theirs,
 * or a 2xx of ours that waits for its ACK.  A re-INVITE of ours that met a 491,
 * or a 500 with Retry-After, waits beside that for its next try.
 *
 * The machine sends nothing and reads no clock.  Each call returns the set of
 * enum session_action that must now be performed, in the order of the enum; 0
 * means that the event changes nothing in this state. */

#ifndef DIALOG_SESSION_H
#define DIALOG_SESSION_H

#include "txn/timers.h"

#include <stdbool.h>

enum session_state {
    SESSION_CALLING,    /* INVITE sent, nothing heard                        */
    SESSION_PROCEEDING, /* a 1xx without dialog                              */
    SESSION_EARLY,      /* a 1xx with a To tag                               */
    SESSION_CANCELLING, /* we hung up before any final response              */
    SESSION_INCOMING,   /* INVITE received, no 1xx with a To tag sent        */
    SESSION_RINGING,    /* 101-199 sent                                      */
    SESSION_ANSWERED,   /* 2xx sent, waiting for the ACK                     */
    SESSION_CONFIRMED,
    SESSION_ENDING, /* BYE sent                                          */
    SESSION_ENDED,
};

enum session_exchange {
    EXCHANGE_NONE,
    EXCHANGE_OURS,    /* an INVITE of ours without final response            */
    EXCHANGE_THEIRS,  /* an INVITE of theirs that we have not answered       */
    EXCHANGE_UNACKED, /* our 2xx is repeated until its ACK comes             */
};

enum session_action {
    SESSION_SEND_ACK       = 1 << 0, /* for the 2xx just heard, in its dialog            */
    SESSION_SEND_BYE       = 1 << 1, /* in the dialog of the event                       */
    SESSION_SEND_CANCEL    = 1 << 2, /* as soon as a provisional allows (9.1)            */
    SESSION_SEND_2XX       = 1 << 3, /* first or again: the same bytes                   */
    SESSION_SEND_487       = 1 << 4, /* to the INVITE, 9.2 and 15.1.2                    */
    SESSION_SEND_REFUSAL   = 1 << 5, /* to the INVITE, with the status the user gave     */
    SESSION_REPLY_200      = 1 << 6, /* to the BYE                                       */
    SESSION_REPLY_481      = 1 << 7, /* to the BYE or re-INVITE                          */
    SESSION_REPLY_491      = 1 << 8, /* to the re-INVITE: glare, 14.2                    */
    SESSION_REPLY_500      = 1 << 9, /* to the re-INVITE, with Retry-After 0-10 s, 14.2  */
    SESSION_SEND_REINVITE  = 1 << 10,
    SESSION_TELL_PROGRESS  = 1 << 11, /* the user hears of a provisional                 */
    SESSION_TELL_ANSWERED  = 1 << 12, /* the first 2xx                                   */
    SESSION_TELL_CONFIRMED = 1 << 13, /* callee: the ACK is here                         */
    SESSION_TELL_REINVITE  = 1 << 14, /* theirs: answer or refuse it                     */
    SESSION_TELL_CHANGED   = 1 << 15, /* our re-INVITE was accepted                      */
    SESSION_TELL_UNCHANGED = 1 << 16, /* our re-INVITE failed: all stays as it was, 14.1 */
    SESSION_TELL_ENDED     = 1 << 17, /* no media from here on                           */
    SESSION_GONE           = 1 << 18, /* nothing more can come: may be disposed of       */
};

/* A re-INVITE is tried so often, and for so many T1 after its first refusal: what stands in its way at the other side
 * ends by itself in 64 of them.  No Retry-After that is longer (ms) is waited for. */
enum { SESSION_TRIES = 64, SESSION_PATIENCE = 128, SESSION_RETRY_MAX = 32000 };

struct session {
    enum session_state    state;
    enum session_exchange exchange;
    struct txn_timers     timers;
    bool                  is_caller;
    bool                  hang_up; /* BYE as soon as the ACK is here (15)               */
    bool                  told_ended;
    msec                  resend_at, resend_gap; /* of the 2xx, 13.3.1.4                   */
    msec                  end_at;                /* stop waiting: for the ACK, or for the CANCEL      */
    msec                  again_at;              /* the next try of a re-INVITE                       */
    unsigned              tries;                 /* of the last one ...                               */
    msec                  give_up_at;            /* ... and no more from then on                      */
    msec                  fork_until;            /* other branches may answer until then, 13.2.2.4    */
};

/* Which 2xx is it (13.2.2.4)? */
enum session_2xx {
    SESSION_2XX_FIRST, /* the first this INVITE got                                 */
    SESSION_2XX_AGAIN, /* a repetition: our ACK was lost                            */
    SESSION_2XX_OTHER, /* of another branch of the fork, first or repeated          */
};

/* Caller.  The INVITE has just been sent. */
void session_start_caller(struct session *s, const struct txn_timers *timers);

unsigned session_on_provisional(struct session *s, bool has_to_tag);
unsigned session_on_2xx(struct session *s, enum session_2xx which, msec now);
/* 300-699, a timeout or a transport error of the first INVITE. */
unsigned session_on_failure(struct session *s);

/* Callee.  An INVITE outside of any dialog has come. */
void session_start_callee(struct session *s, const struct txn_timers *timers);

void session_ring(struct session *s); /* a 101-199 was sent */
/* Answer the first INVITE or a re-INVITE with 2xx.  0 if there is none to answer. */
unsigned session_answer(struct session *s, msec now);
/* Refuse either with 300-699: SESSION_SEND_REFUSAL, and the end if it is the first. */
unsigned session_refuse(struct session *s);
unsigned session_on_ack(struct session *s);
unsigned session_on_cancel(struct session *s);

/* Both.  hang_up ends it in whichever way the state allows (15): CANCEL, refusal,
 * BYE, or BYE later. */
unsigned session_hang_up(struct session *s, msec now);
unsigned session_on_bye(struct session *s);
/* Our BYE got any final response, or none. */
unsigned session_on_bye_done(struct session *s);

/* Would session_reinvite start one now? */
bool session_may_reinvite(const struct session *s);

/* Start a re-INVITE: SESSION_SEND_REINVITE, or 0 while another INVITE is under
 * way in either direction (14.1). */
unsigned session_reinvite(struct session *s);
/* Its final response; 408 for a timeout, 503 for a transport error.  `pause` is
 * used for a 491: see session_pause; `retry_after` is what a 500 says, NEVER if it
 * says nothing.  In the end it is refused: SESSION_TELL_UNCHANGED. */
unsigned session_on_reinvite_response(struct session *s, unsigned status, msec pause, msec retry_after, msec now);
/* An INVITE has come in the dialog. */
unsigned session_on_reinvite(struct session *s);

/* The pause of RFC 3261 14.1 for a random number: 2.1-4 s or 0-2 s by 10 ms. */
msec session_pause(const struct session *s, uint32_t random);

/* The next try of a re-INVITE comes then at the earliest: something else goes on in its dialog. */
void     session_put_off(struct session *s, msec until);
unsigned session_on_timer(struct session *s, msec now);
msec     session_deadline(const struct session *s); /* NEVER if no timer runs */

/* Answered and not yet hung up. */
bool session_is_up(const struct session *s);

#endif
