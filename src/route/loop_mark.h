/* SPDX-License-Identifier: BSD-2-Clause */
/* loop_mark.h - the mark by which a request that comes back is known (RFC 5393 4.2, RFC 3261 16.3 item 4).
 *
 *     branch=z9hG4bK 2f6c1e08a91b77d4 -...
 *                    what its routing depends on, hashed under a secret
 *
 * Request-URI, Route, From's URI (number rules and policy look at it), From and To tags, Call-ID, CSeq number,
 * Proxy-Require and a caller's preferences (RFC 3841) go in; the method does not, since CANCEL and ACK have the branch
 * of their INVITE.  A request with our mark in a Via went this way before and would go it again; with another mark it
 * is a spiral.  Nobody else makes the same mark, so sent-by need not be compared. */

#ifndef ROUTE_LOOP_MARK_H
#define ROUTE_LOOP_MARK_H

#include "base/buf.h"
#include "base/siphash.h"
#include "sip/message.h"

enum { LOOP_MARK = 16 };

/* 16 hex digits: `branch_mark` of struct outgoing. */
void loop_mark_write(struct buf *b, const struct message *request, const struct hash_key *key);

/* The same as if it had no To tag: that of an INVITE and of the ACK to its refusal are one. */
void loop_mark_write_first(struct buf *b, const struct message *request, const struct hash_key *key);

/* Is the request's own mark in one of its Vias?  A Via of others that we cannot read cannot be ours. */
bool loop_mark_is_in(const struct message *request, const struct hash_key *key);

#endif
