/* SPDX-License-Identifier: BSD-2-Clause */
/* siphash.h - SipHash: a keyed hash of short strings.  What strangers send is only ever
 * hashed with a key they do not know.
 *
 *   siphash...     SipHash-2-4: what proves something to others, or is kept
 *   siphash13...   SipHash-1-3: what finds something in a table of this process, and is not
 *                  shown to anybody but as the mark of a loop, which proves nothing; half the work */

#ifndef BASE_SIPHASH_H
#define BASE_SIPHASH_H

#include "base/slice.h"

#include <stdint.h>

struct hash_key {
    uint64_t k0, k1;
};

uint64_t siphash(const struct hash_key *key, struct slice text);

/* The same with ASCII letters folded to lower case. */
uint64_t siphash_nocase(const struct hash_key *key, struct slice text);

/* One hash of several texts: moving a byte from one to the next, or an empty one
 * more, is another hash.  That of one text differs from siphash(). */
struct siphash {
    uint64_t v0, v1, v2, v3;
};
void     siphash_init(struct siphash *h, const struct hash_key *key);
void     siphash_add(struct siphash *h, struct slice text);
uint64_t siphash_result(struct siphash *h); /* once, at the end */

/* The same of 128 bits, SipHash's own form of it, for what must not be guessed: of all that begins alike, and two
 * numbers more.  What has begun stays as it is. */
void siphash128_init(struct siphash *h, const struct hash_key *key);
void siphash128_result(const struct siphash *begun, const uint64_t last[2], uint64_t out[2]);

/* ---- for tables ---- */

uint64_t siphash13(const struct hash_key *key, struct slice text);
uint64_t siphash13_nocase(const struct hash_key *key, struct slice text);
/* One hash of what makes a key together: a text as it is, one in whatever case, a number; of all that by mix.h. */
uint64_t siphash13_key(const struct hash_key *key, struct slice exact, struct slice folded, uint64_t number);
/* Of a key that is numbers already, always as many in one table: an address. */
uint64_t siphash13_words(const struct hash_key *key, const uint64_t *words, size_t count);

#endif
