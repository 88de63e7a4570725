/* SPDX-License-Identifier: BSD-2-Clause */
/* nonces.h - the nonces of one server, for all its workers (RFC 7616 3.3, 5.4).
 *
 *     nonce = end, number, MAC(realm, end, number)      30 characters of six bits each
 *     slots[number % slots] = number / slots | highest nonce count | which of those below
 *
 * A nonce proves itself by its MAC, so nothing is kept for a challenge that is never
 * answered, and no flood of challenges makes those stale that are in use.  What is kept is
 * which nonce counts of each have been used, in a fixed array: a count that has been used
 * is a replay, whichever worker it is tried on; and a later nonce of the same slot that is
 * used takes it, which makes the earlier one stale.  No lock: using one is one
 * compare-and-swap.
 *
 * Datagrams overtake each other, and a phone does not wait for the answer to one request
 * before it sends another: so a count may come late, by NONCE_WINDOW at most. */

#ifndef SERVER_NONCES_H
#define SERVER_NONCES_H

#include "base/msec.h"
#include "base/random.h"
#include "base/siphash.h"

struct nonces;

enum {
    NONCE_SLOTS     = 1 << 18, /* 2 MiB when all have been used */
    NONCE_END       = 7,
    NONCE_NUMBER    = 7,
    NONCE_MAC       = 16, /* 96 bits of SipHash-2-4's 128 */
    NONCE_TEXT      = NONCE_END + NONCE_NUMBER + NONCE_MAC,
    NONCE_WINDOW    = 16,
    NONCE_COUNT_MAX = 0xffffff, /* a higher count wants a new nonce */
};

/* As a count: that of credentials without one (RFC 2069).  The nonce is good for them
 * alone. */
#define NONCE_ONCE UINT32_MAX

struct nonce { /* what one says */
    msec     ends_at;
    uint64_t number;
};

/* `slots` is a power of two.  NULL without memory. */
struct nonces *nonces_new(const struct random *random, uint32_t slots);
void           nonces_free(struct nonces *n);

/* What the nonces of one realm have in common: their MAC, as far as it is known. */
struct nonce_realm {
    struct siphash begun;
};
struct nonce_realm nonces_realm(const struct nonces *n, struct slice realm);

/* Make one; `ends_at` by the clock that all workers have. */
void nonces_make(struct nonces *n, struct nonce_realm realm, msec ends_at, char text[NONCE_TEXT]);

/* Is it one of ours, be it old or new? */
bool nonces_read(struct nonce_realm realm, struct slice text, struct nonce *out);

/* Use it with this count: false if the count has been used or is too far behind, or
 * the slot is a later nonce's by now. */
bool nonces_use(struct nonces *n, const struct nonce *nonce, uint32_t count);

#endif
