/* SPDX-License-Identifier: BSD-2-Clause */
/* siphash.h - SipHash-2-4: a keyed hash of short strings.  What strangers send
 * is only ever hashed with a key they do not know. */

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

#endif
