/* SPDX-License-Identifier: BSD-2-Clause */
/* stateless.h - what goes on without a transaction: the branch that finds its way back (RFC 3261 16.11).
 *
 *     branch   z9hG4bK MARK "-s" LISTENER HASH       16 hex digits, 1, 16
 *
 * The same for a request, its repetitions, its CANCEL and the ACK to a refusal, since all are made from nothing but
 * what these share: the mark of loop_mark_write (which finds loops) without the To tag, and the Via of who sent it.
 *
 * The hash, under a key that a restart keeps, is over that Via and the listener: a response is passed on only if we
 * have sent such a request, and only to where that came from.  A stateless proxy that believes any Via sends
 * whatever anybody likes to anybody. */

#ifndef ROUTE_STATELESS_H
#define ROUTE_STATELESS_H

#include "sip/message.h"

enum { STATELESS_BRANCH = 35 }; /* without the cookie */

/* Could this one be passed on so?  By UDP, with a Via of RFC 3261, and asking for nothing of us. */
bool stateless_fits(const struct message *request);

/* The branch without its cookie, STATELESS_BRANCH bytes. */
void stateless_branch_write(struct buf *b, const struct message *request, const struct hash_key *key);

/* Whose request a response is to. */
struct stateless_way {
    unsigned       listener; /* that it came to */
    struct address to;       /* from here       */
};

/* False: its branch is none of ours, or does not belong to the Via below it. */
bool stateless_branch_read(const struct message *response, const struct hash_key *key, struct stateless_way *way);

#endif
