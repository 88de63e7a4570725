/* SPDX-License-Identifier: BSD-2-Clause */
/* random.h - random bytes from whoever was told to provide them: the kernel in
 * a program, a seeded generator in a scenario. */

#ifndef BASE_RANDOM_H
#define BASE_RANDOM_H

#include "base/buf.h"

#include <stdint.h>

struct random {
    void (*fill)(void *arg, void *bytes, size_t len);
    void *arg;
};

void     random_fill(const struct random *r, void *bytes, size_t len);
uint64_t random_u64(const struct random *r);
/* 0 .. below-1, without bias.  `below` > 0. */
uint32_t random_below(const struct random *r, uint32_t below);
/* `len` characters of [a-z2-7]: 5 bits each. */
void random_token(const struct random *r, struct buf *b, size_t len);

/* Those of one number, of its lowest 60 bits, the lowest five first. */
enum { RANDOM_LETTERS = 12 };
void random_letters(uint64_t bits, char letters[RANDOM_LETTERS]);

/* xoshiro256**, for scenarios and tests: the same seed, the same bytes. */
struct random_seeded {
    uint64_t state[4];
};
void random_seed(struct random_seeded *s, uint64_t seed);
void random_seeded_fill(void *seeded, void *bytes, size_t len);

#endif
