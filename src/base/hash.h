/* SPDX-License-Identifier: BSD-2-Clause */
/* hash.h - cryptographic digests by OpenSSL, algorithm objects fetched once.
 *
 * A hasher belongs to one thread. */

#ifndef BASE_HASH_H
#define BASE_HASH_H

#include "base/slice.h"

#include <stdint.h>

struct hasher;

enum hash_algorithm { HASH_MD5, HASH_SHA256, HASH_SHA512_256 };
enum { HASH_MAX = 32 }; /* bytes of the longest result */

/* NULL without memory or if OpenSSL lacks an algorithm (MD5 under FIPS). */
struct hasher *hasher_new(void);
void           hasher_free(struct hasher *h);

size_t hash_size(enum hash_algorithm algorithm); /* 16, 32 or 32 */

/* Hashes the parts one after another into out[hash_size]. */
void hasher_digest(struct hasher *h, enum hash_algorithm algorithm, const struct slice *parts, size_t count,
                   uint8_t *out);
/* Two such, of texts that begin alike: the parts and then either end.  With MD5 what they share is hashed once. */
void hasher_digest_both(struct hasher *h, enum hash_algorithm algorithm, const struct slice *parts, size_t count,
                        const struct slice ends[2], uint8_t out[2][HASH_MAX]);
/* As hasher_digest, for what is hashed again and again and is no secret (the method and URI of a digest): the last few
 * such texts are remembered. */
void hasher_digest_often(struct hasher *h, enum hash_algorithm algorithm, const struct slice *parts, size_t count,
                         uint8_t *out);
/* The first 64 bits of that, as a number to find it by. */
uint64_t hasher_number(struct hasher *h, enum hash_algorithm algorithm, const struct slice *parts, size_t count);
/* HMAC-SHA256 under a 32-byte key. */
void hasher_mac(struct hasher *h, const uint8_t key[32], const struct slice *parts, size_t count, uint8_t out[32]);

/* Digests asked for so far, two for each MAC: whoever must not tell by its time what it was
 * about does the same number of them. */
uint64_t hasher_work(const struct hasher *h);

/* Constant time. */
bool secret_eq(const void *a, const void *b, size_t len);

#endif
