/* SPDX-License-Identifier: BSD-2-Clause */
/* mix.h - texts and numbers become one number under a key, sixteen bytes at a time: a product, folded (fold.h).
 *
 * Every bit is spread, but nothing is proved: who shows such a number, or looks for strangers' texts by it, hashes it
 * once more (siphash.h), which tells nobody of the key.  The length of a text goes among the numbers before it. */

#ifndef BASE_MIX_H
#define BASE_MIX_H

#include "base/fold.h"
#include "base/siphash.h"

static inline uint64_t mix(uint64_t sum, uint64_t one, uint64_t other, const struct hash_key *key)
{
    return fold(sum ^ one ^ key->k0, other ^ key->k1);
}

uint64_t mix_text(uint64_t sum, struct slice text, const struct hash_key *key);
/* The same with ASCII letters folded to lower case. */
uint64_t mix_text_nocase(uint64_t sum, struct slice text, const struct hash_key *key);

#endif
