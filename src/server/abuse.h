/* SPDX-License-Identifier: BSD-2-Clause */
/* abuse.h - a worker's side of what is too much: limits of new requests, before anything is made
 * of them, and who behaves like a scanner.
 *
 *     datagram --> banned? (stack/bans.h) --> parsed --> repetition? --> abuse_admits --> transaction
 *                                               |                             |
 *                                               |                             +-- 503 or 403 once a second,
 *                                               |                                 else silence
 *                                               +-- malformed --------------> abuse_note --+
 *                404, 403, a wrong password: what the server says of it --> abuse_note ----+--> many of them:
 *                                                                                               ban_list_earn
 *
 * Whoever is in key `allow` is asked for nothing of it; nor is a trunk, but for the limits that are
 * said to be those of trunks.  See docs/decisions/0050-*. */

#ifndef SERVER_ABUSE_H
#define SERVER_ABUSE_H

#include "server/internal.h"
#include "server/scanners.h"

/* May a new request be served?  If not, it is over: counted, and answered or not. */
bool abuse_admits(struct server *s, const struct message *request);

/* Of `max_peer_transactions`: who answers fewer of one source does not ask how many all workers do.  So all together
 * pass the limit by no more than an eighth of it, and one for each. */
uint32_t abuse_unasked(uint32_t limit, unsigned workers);

/* May a new request be served of who has proved to be this user of ours, by the limits of users; `txn` has been
 * answered then. */
bool abuse_user_admits(struct server *s, object_id txn, const struct message *request, struct slice user,
                       struct slice domain);

/* Who sent by this flow has done so, perhaps about this user. */
void abuse_note(struct server *s, const struct flow *flow, enum scan_kind kind, struct slice what);

/* It is answered with this status. */
void abuse_note_answer(struct server *s, const struct message *request, unsigned status);

#endif
