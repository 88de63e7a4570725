/* SPDX-License-Identifier: BSD-2-Clause */
/* ahead.h - where users are is fetched from memory before it is wanted.
 *
 *     a batch is parsed:      | REGISTER | INVITE | REGISTER | ...
 *     each one's hash:        slot       slot     slot             asked for, all at once
 *                             block      block    block            by what has come, all at once
 *     then they are acted on
 *
 * With a million users neither the slot of one nor his block is in any cache, and each is waited for, as what says
 * where the second is stands in the first.  So here a batch waits twice, where each of its requests would.  (A REGISTER
 * that refreshes one of a million: 17 % of the time that it takes once it is parsed.) */

#ifndef SERVER_AHEAD_H
#define SERVER_AHEAD_H

#include "server/internal.h"

/* So few AORs are in the caches anyway: of 10,000 a REGISTER gains a tenth, of 1,000 nothing. */
enum { AHEAD_FROM = 4096 };

/* Look ahead from now on. */
void ahead_start(struct server *s);

/* What is done for a batch. */
void ahead_look(struct server *s, struct message *const *messages, unsigned count);

/* location_hash of `key`, which may be known already if it is whom `request` is about. */
uint64_t ahead_hash(const struct server *s, const struct message *request, struct slice key);

#endif
