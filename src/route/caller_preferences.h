/* SPDX-License-Identifier: BSD-2-Clause */
/* caller_preferences.h - what the caller asks of us and of the phone it reaches (RFC 3841).
 *
 *     Request-Disposition: no-fork                     how the request is to be handled (9.1)
 *     Accept-Contact: *;video;require                  who is to get it, rather or only  (7.2)
 *     Reject-Contact: *;actor="msg-taker"              and who is not
 *     none of these two: the method and event package  what 7.2.2 calls implicit
 *
 * Applied to the phones of a user of ours, never elsewhere.  A phone's own q comes first; what the
 * caller wishes orders only those of equal q, and drops some. */

#ifndef ROUTE_CALLER_PREFERENCES_H
#define ROUTE_CALLER_PREFERENCES_H

#include "route/target_set.h"
#include "sip/message.h"

enum { PREFERENCES = 20 }; /* more values are refused: RFC 3841 11 */

enum disposition {
    DISPOSITION_PROXY      = 1 << 0,
    DISPOSITION_REDIRECT   = 1 << 1,
    DISPOSITION_CANCEL     = 1 << 2,
    DISPOSITION_NO_CANCEL  = 1 << 3,
    DISPOSITION_FORK       = 1 << 4,
    DISPOSITION_NO_FORK    = 1 << 5,
    DISPOSITION_RECURSE    = 1 << 6,
    DISPOSITION_NO_RECURSE = 1 << 7,
    DISPOSITION_PARALLEL   = 1 << 8,
    DISPOSITION_SEQUENTIAL = 1 << 9,
    DISPOSITION_QUEUE      = 1 << 10, /* nobody is queued here, so that */
    DISPOSITION_NO_QUEUE   = 1 << 11, /* neither of these changes anything */
};

/* One value of Accept-Contact or Reject-Contact. */
struct preference {
    struct slice params;
    bool         reject, require, explicit;
};

struct preferences {
    const struct message *request;
    unsigned              disposition;  /* DISPOSITION_ bits; never two of one type          */
    bool                  has_explicit; /* there is one of the two headers: nothing is implicit */
    unsigned              count;
    struct preference     list[PREFERENCES]; /* in the order of the request; `count` of them */
};

/* Take them out of a request.  Borrows it.  What cannot be read is not there: a proxy looks at headers only
 * to be of use (RFC 3261 16.3 item 1).  False if there are more than PREFERENCES: 403.  Costs next to
 * nothing without these headers. */
bool preferences_read(const struct message *request, struct preferences *out);

/* Request-Disposition alone, for who has no phones to choose from. */
unsigned disposition_read(const struct message *request);

/* Drop and order the targets: by q, and of equal q by what the caller prefers (`fit`).  No target may be left,
 * if explicit preferences were not met: 480.  `no-fork` leaves the best.  The targets' params are what
 * the phones have said; who has said nothing is not judged (7.2.3).
 *
 * Two things are read a little otherwise than they are written (decision 0047).  A phone that has given
 * nothing but its +sip.instance has said which it is, not what it can: implicit preferences do not judge it.  And these
 * drop and order phones, but an INVITE does not ring at one after the other because of them. */
void preferences_apply(const struct preferences *p, struct target_set *set);

/* In which groups, if by `usual` when the caller has not said. */
enum target_order preferences_order(const struct preferences *p, enum target_order usual);

/* Give the targets of a set that was applied to values of q that tell its order, for the Contacts of a 3xx (7.2.4).
 * Where only q made the order, it stays what the phones have said. */
void preferences_number(struct target_set *set);

#endif
