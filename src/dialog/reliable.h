/* SPDX-License-Identifier: BSD-2-Clause */
/* reliable.h - provisional responses that arrive (RFC 3262).
 *
 *     callee   reliable_send     183, RSeq 17 ------------>
 *              T1, 2*T1, 4*T1 .. the same bytes again
 *                                <------------ PRACK, RAck 17 1 INVITE
 *              on_prack: 200 --->              only now may RSeq 18 follow
 *
 * The callee sends one at a time: that its first may not be overtaken is a rule (3), that no other is
 * makes order certain.  The caller takes them in order and passes over what was heard already.
 *
 * Each is of one INVITE, the caller's of one dialog that it made.  Nothing is sent here: calls return a
 * set of enum reliable_action. */

#ifndef DIALOG_RELIABLE_H
#define DIALOG_RELIABLE_H

#include "base/msec.h"
#include "sip/rack.h"

enum reliable_action {
    RELIABLE_SEND       = 1 << 0, /* the response, first or again: the same bytes             */
    RELIABLE_REPLY_200  = 1 << 1, /* to the PRACK                                             */
    RELIABLE_REPLY_481  = 1 << 2, /* it acknowledges nothing that waits                       */
    RELIABLE_TELL_ACKED = 1 << 3, /* what had to wait may follow                              */
    RELIABLE_TELL_LOST  = 1 << 4, /* no PRACK in 64*T1: refuse the INVITE with a 5xx          */
};

struct reliable_sender {
    uint32_t rseq;      /* of the last one sent; before the first: one less           */
    bool     begun;     /* one was sent: peers know its number                        */
    bool     unacked;   /* the last one waits for its PRACK                           */
    bool     described; /* and had a session description                              */
    bool     closed;    /* a final response was sent                                  */
    msec     t1, gap;
    msec     resend_at, end_at; /* NEVER: nothing is repeated                          */
};

/* For one INVITE; `random` chooses the first number, from 1 to 2^31-1. */
void reliable_begin(struct reliable_sender *s, msec t1, uint32_t random);

/* RELIABLE_SEND with s->rseq; 0 while another waits for its PRACK, or after reliable_close. */
unsigned reliable_send(struct reliable_sender *s, bool described, msec now);
/* A PRACK came in the dialog; `cseq` is that of the INVITE. */
unsigned reliable_on_prack(struct reliable_sender *s, const struct rack *rack, uint32_t cseq);
unsigned reliable_on_timer(struct reliable_sender *s, msec now);
msec     reliable_deadline(const struct reliable_sender *s); /* NEVER if no timer runs */

/* RFC 3262 3: a 2xx waits for the PRACK of a response with a description. */
bool reliable_delays_2xx(const struct reliable_sender *s);
/* A final response goes out: nothing is repeated or begun, but a PRACK that comes is answered. */
void reliable_close(struct reliable_sender *s);

struct reliable_receiver {
    bool     begun;
    uint32_t rseq; /* of the last one taken in order */
};

enum reliable_order {
    RELIABLE_NEXT,         /* acknowledge it by PRACK and listen                             */
    RELIABLE_REPEATED,     /* heard already: the PRACK's transaction sees to its arrival     */
    RELIABLE_OUT_OF_ORDER, /* one before it is missing, or it is no number: it was not heard */
};

/* A reliable response came in the dialog; start with all 0 for each INVITE. */
enum reliable_order reliable_receive(struct reliable_receiver *r, uint32_t rseq);

#endif
