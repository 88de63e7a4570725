/* SPDX-License-Identifier: BSD-2-Clause */
/* offer.h - which message of a dialog may carry an offer, and which an answer (RFC 3261 13.2.1 and 14,
 * RFC 3262 5, RFC 3311 5, all of it in RFC 6337 2).
 *
 *        offer in             its answer in
 *     1  INVITE               2xx, or a reliable 1xx if that comes first
 *     2  2xx of the INVITE    ACK
 *     3  reliable 1xx         PRACK                    (the INVITE had none)
 *     4  PRACK                2xx of the PRACK         (the exchange of the INVITE is over)
 *     5  UPDATE               2xx of the UPDATE        (likewise)
 *
 * An unreliable 1xx may have a copy of the answer that is to come: a preview.
 *
 * What an offer says is sdp/offer_answer.h's business, whose state is asked for here: this file knows only
 * by which message it went, and how far the INVITE is.  One of them for each dialog. */

#ifndef DIALOG_OFFER_H
#define DIALOG_OFFER_H

#include "sdp/offer_answer.h"

enum offer_message {
    IN_INVITE, /* the first one or a re-INVITE */
    IN_PROVISIONAL,
    IN_RELIABLE,
    IN_2XX, /* of the INVITE */
    IN_ACK,
    IN_PRACK,
    IN_PRACK_2XX,
    IN_UPDATE,
    IN_UPDATE_2XX,
    OFFER_MESSAGES
};

/* What a description in a message is. */
enum offer_part {
    PART_NONE,    /* ours: it must have none.  Theirs: it means nothing, pass over it     */
    PART_OFFER,   /* ours: it may have one                                                */
    PART_ANSWER,  /* ours: it must have it                                                */
    PART_PREVIEW, /* a copy of the answer to come                                         */
    PART_GLARE,   /* theirs: an offer while ours is open: 491                             */
    PART_EARLY,   /* theirs: an offer while theirs is open: 500 with Retry-After          */
};

struct offer_rules {
    bool               ours;      /* we have sent the last INVITE of the dialog               */
    bool               described; /* and it had an offer                                      */
    bool               open;      /* it has no final response yet                             */
    bool               settled;   /* its exchange is over, by messages that arrive            */
    bool               unacked;   /* theirs: our reliable response with a description waits   */
    enum offer_message carrier;   /* what the offer that is open came in                      */
};

/* An INVITE begins, was refused (all is as before it), or has got its 2xx. */
void offer_on_invite(struct offer_rules *r, bool ours, bool described);
void offer_on_refusal(struct offer_rules *r);
void offer_on_2xx(struct offer_rules *r);
/* Our reliable response with a description was acknowledged. */
void offer_on_prack(struct offer_rules *r);

/* What a description in a message that we send would be; and what it is in one that came. */
enum offer_part offer_sends(const struct offer_rules *r, enum negotiation_state state, enum offer_message message);
enum offer_part offer_reads(const struct offer_rules *r, enum negotiation_state state, enum offer_message message);

/* It was sent, or taken: `part` as one of these said. */
void offer_note(struct offer_rules *r, bool sent, enum offer_message message, enum offer_part part);

#endif
