/* SPDX-License-Identifier: BSD-2-Clause */
/* refer.h - a call that we hand on (RFC 3515).  call_refer.c refers and hears what comes of it; call_refer_ask.c asks,
 * when what was said may not have found us.  As state.h: for the files of call/ alone. */

#ifndef CALL_REFER_H
#define CALL_REFER_H

#include "call/reference.h"
#include "dialog/subscription.h"
#include "dialog/transfer.h"

struct call_transfer {
    struct call        *call;
    struct transfer     machine;
    struct subscription watch;
    bool                watching;   /* `watch` has begun                                          */
    bool                loose_ends; /* of an earlier REFER in this dialog something may yet come   */
    char               *refer_to;
    object_id           other;      /* the call that is to be replaced, or joined; or 0           */
    bool                introduces; /* it is to be joined, and both calls go on             */
    object_id           txn;        /* the REFER                                                  */
    bool                moved;      /* this host has, since it was sent                           */
    object_id           asked;      /* the SUBSCRIBE behind a move                                */
    uint32_t            cseq;       /* of the REFER                                               */
    struct reason       reason;
    struct timer        timer;
};

/* Carry out what the machine asked for. */
void refer_perform(struct call *c, unsigned actions);
/* The subscription that the REFER implies has begun. */
void refer_watch(struct call *c);

#endif
