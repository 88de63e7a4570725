/* SPDX-License-Identifier: BSD-2-Clause */
/* fork.h - a dialog of a call: what belongs to one branch alone.  As state.h: for the files of call/ alone. */

#ifndef CALL_FORK_H
#define CALL_FORK_H

#include "base/id.h"
#include "dialog/dialog.h"
#include "dialog/offer.h"
#include "dialog/reliable.h"
#include "dialog/update.h"
#include "sdp/offer_answer.h"

/* A PRACK of ours: what it acknowledges, and its description. */
struct prack {
    object_id txn;
    bool      open; /* it has no final response yet */
    uint32_t  rseq, cseq;
    char     *sdp;
};

/* Our provisional responses to their INVITE. */
struct provisional {
    unsigned status; /* of the last one                                            */
    unsigned next;   /* what is to be sent when that has been acknowledged, or 0   */
    bool     media;  /* and that is to open early media                            */
};

/* One dialog that our INVITE made, or the one theirs did. */
struct fork {
    struct dialog           *dialog;
    unsigned                 number;             /* among all of the call                  */
    unsigned                 status;             /* of its last provisional response       */
    bool                     dropped;            /* its user wants nothing of it           */
    struct negotiation      *negotiation;        /* what this branch answered, or NULL     */
    struct flow              flow;               /* by which it came                       */
    struct offer_rules       rules;              /* which message may carry an offer now   */
    struct reliable_receiver heard;              /* of the INVITE of ours under way        */
    struct prack             prack;              /* the last one                           */
    struct update            update;             /* those of ours                          */
    object_id                update_txn;         /* and the last of them, ...              */
    char                    *update_sdp;         /* ... with this                          */
    object_id                bye_txn;            /* our BYE                                */
    unsigned                 allows;             /* set of 1 << enum method: its last Allow */
    bool                     joins;              /* its phone knows Join (RFC 3911)         */
    bool                     hold, offered_hold; /* as agreed, as offered last             */
};

#endif
