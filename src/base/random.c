/* SPDX-License-Identifier: BSD-2-Clause */
#include "base/random.h"

#include <endian.h>

void random_fill(const struct random *r, void *bytes, size_t len)
{
    r->fill(r->arg, bytes, len);
}

uint64_t random_u64(const struct random *r)
{
    uint64_t value;

    random_fill(r, &value, sizeof value);
    return value;
}

/* Draw again what lies in the last, incomplete copy of 0..below-1. */
uint32_t random_below(const struct random *r, uint32_t below)
{
    uint64_t whole = UINT64_MAX - UINT64_MAX % below;
    uint64_t value;

    do
        value = random_u64(r);
    while (value >= whole);
    return (uint32_t)(value % below);
}

#define EACH_BYTE(b) (0x0101010101010101u * (uint64_t)(b))

/* Eight letters and digits of base 32 at once, of the low forty bits: five of them to each byte, and what is above 'z'
 * is a digit.  One after the other they cost 150 of a call's
 * instructions more. */
static inline void put_letters(char *to, uint64_t bits)
{
    uint64_t x = bits & 0xffffffffffu, digit;

    x     = (x & 0x00000000000fffffu) | (x & 0x000000fffff00000u) << 12;
    x     = (x & 0x000003ff000003ffu) | (x & 0x000ffc00000ffc00u) << 6;
    x     = (x & 0x001f001f001f001fu) | (x & 0x03e003e003e003e0u) << 3;
    digit = (x + EACH_BYTE(128 - 26)) >> 7 & EACH_BYTE(1);
    x     = htole64(x + EACH_BYTE('a') - digit * ('z' + 1 - '2'));
    memcpy(to, &x, sizeof x);
}

void random_letters(uint64_t bits, char letters[RANDOM_LETTERS])
{
    put_letters(letters, bits);
    put_letters(letters + RANDOM_LETTERS - 8, bits >> 5 * (RANDOM_LETTERS - 8)); /* some of them again */
}

static void put_part(struct buf *b, uint64_t bits, size_t len)
{
    char letters[RANDOM_LETTERS];

    random_letters(bits, letters);
    memcpy(b->ptr + b->len, letters, len);
}

void random_token(const struct random *r, struct buf *b, size_t len)
{
    while (len > 0 && buf_ok(b)) {
        uint64_t bits = random_u64(r);
        size_t   part = len < RANDOM_LETTERS ? len : RANDOM_LETTERS, room = b->cap - b->len;
        size_t   fits = part < room ? part : room;

        if (fits == 8)
            put_letters(b->ptr + b->len, bits);
        else
            put_part(b, bits, fits);
        b->len += fits;
        b->overflow = fits < part;
        len -= part;
    }
}

/* splitmix64: spreads any seed, even 0, over the whole state. */
void random_seed(struct random_seeded *s, uint64_t seed)
{
    for (int i = 0; i < 4; i++) {
        uint64_t z = seed += 0x9e3779b97f4a7c15u;

        z           = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
        z           = (z ^ z >> 27) * 0x94d049bb133111ebu;
        s->state[i] = z ^ z >> 31;
    }
}

static uint64_t rotate(uint64_t x, unsigned bits)
{
    return x << bits | x >> (64 - bits);
}

static uint64_t draw(uint64_t s[4])
{
    uint64_t result = rotate(s[1] * 5, 7) * 9;
    uint64_t t      = s[1] << 17;

    s[2] ^= s[0];
    s[3] ^= s[1];
    s[1] ^= s[2];
    s[0] ^= s[3];
    s[2] ^= t;
    s[3] = rotate(s[3], 45);
    return result;
}

void random_seeded_fill(void *seeded, void *bytes, size_t len)
{
    struct random_seeded *s  = seeded;
    char                 *at = bytes;

    while (len > 0) {
        uint64_t word = draw(s->state);
        size_t   part = len < sizeof word ? len : sizeof word;

        memcpy(at, &word, part);
        at += part;
        len -= part;
    }
}
