/* SPDX-License-Identifier: BSD-2-Clause */
/* nonces.h - the nonces of one server, for all its workers (RFC 7616 3.3, 5.4).
 *
 *     nonce = time, slot, MAC(time, slot, realm)
 *     slots[slot] = time | last nonce count
 *
 * A nonce proves itself by its MAC, so nothing is kept for a challenge that is never
 * answered.  What is kept is the last nonce count of each, in a fixed array: a count
 * that does not rise is a replay, whichever worker it is tried on; and the nonce that
 * is made when all slots have been given takes the oldest one's, which makes that
 * stale.  No lock: using one is one compare-and-swap. */

#ifndef SERVER_NONCES_H
#define SERVER_NONCES_H

#include "base/hash.h"
#include "base/msec.h"
#include "base/random.h"

struct nonces;

enum { NONCE_SLOTS = 1 << 16, NONCE_TEXT = 12 + 4 + 32 };

/* NULL without memory. */
struct nonces *nonces_new(const struct random *random);
void           nonces_free(struct nonces *n);

/* Make one.  The hasher is the caller's thread's own; `now` the clock that all workers
 * have. */
void nonces_make(struct nonces *n, struct hasher *h, struct slice realm, msec now, char text[NONCE_TEXT]);

/* Is it one of ours?  Then of when, and of which slot. */
bool nonces_read(const struct nonces *n, struct hasher *h, struct slice realm, struct slice nonce, msec *made_at,
                 uint32_t *slot);

/* Use it with this count: false if the count has been used, or the slot is another
 * nonce's by now. */
bool nonces_use(struct nonces *n, uint32_t slot, msec made_at, uint32_t count);

#endif
