/* SPDX-License-Identifier: BSD-2-Clause */
#include "base/siphash.h"

#include <endian.h>

static inline uint64_t rotate(uint64_t x, unsigned bits)
{
    return x << bits | x >> (64 - bits);
}

static inline void sip_round(struct siphash *s)
{
    s->v0 += s->v1;
    s->v2 += s->v3;
    s->v1 = rotate(s->v1, 13) ^ s->v0;
    s->v3 = rotate(s->v3, 16) ^ s->v2;
    s->v0 = rotate(s->v0, 32);
    s->v2 += s->v1;
    s->v0 += s->v3;
    s->v1 = rotate(s->v1, 17) ^ s->v2;
    s->v3 = rotate(s->v3, 21) ^ s->v0;
    s->v2 = rotate(s->v2, 32);
}

static inline void absorb(struct siphash *s, uint64_t word)
{
    s->v3 ^= word;
    sip_round(s);
    sip_round(s);
    s->v0 ^= word;
}

#define EACH_BYTE(b) (0x0101010101010101u * (uint64_t)(b))

/* ASCII capitals of eight bytes at once: adding carries into bit 7 of a byte
 * that is >= 'A', and of one that is > 'Z'; bit 5 makes the difference lower. */
static inline uint64_t lower8(uint64_t word)
{
    uint64_t low7    = word & EACH_BYTE(0x7f);
    uint64_t from_a  = low7 + EACH_BYTE(0x80 - 'A');
    uint64_t above_z = low7 + EACH_BYTE(0x7f - 'Z');
    uint64_t capital = (from_a ^ above_z) & ~word & EACH_BYTE(0x80);

    return word | capital >> 2;
}

static inline uint64_t load(const char *bytes, size_t len)
{
    uint64_t word = 0;

    if (len > 0)
        memcpy(&word, bytes, len);
    return le64toh(word);
}

static inline struct siphash begin(const struct hash_key *key)
{
    return (struct siphash){
        key->k0 ^ 0x736f6d6570736575u,
        key->k1 ^ 0x646f72616e646f6du,
        key->k0 ^ 0x6c7967656e657261u,
        key->k1 ^ 0x7465646279746573u,
    };
}

static inline uint64_t end(struct siphash *s)
{
    s->v2 ^= 0xff;
    for (int i = 0; i < 4; i++)
        sip_round(s);
    return s->v0 ^ s->v1 ^ s->v2 ^ s->v3;
}

static inline uint64_t hash(const struct hash_key *key, struct slice text, bool fold)
{
    struct siphash s      = begin(key);
    uint64_t       length = (uint64_t)text.len << 56;
    uint64_t       word;

    for (; text.len >= 8; text.ptr += 8, text.len -= 8) {
        word = load(text.ptr, 8);
        absorb(&s, fold ? lower8(word) : word);
    }
    word = load(text.ptr, text.len);
    absorb(&s, (fold ? lower8(word) : word) | length);
    return end(&s);
}

uint64_t siphash(const struct hash_key *key, struct slice text)
{
    return hash(key, text, false);
}

uint64_t siphash_nocase(const struct hash_key *key, struct slice text)
{
    return hash(key, text, true);
}

void siphash_init(struct siphash *h, const struct hash_key *key)
{
    *h = begin(key);
}

/* The length goes first: where a text ends is known before it begins. */
void siphash_add(struct siphash *h, struct slice text)
{
    absorb(h, text.len);
    for (; text.len >= 8; text.ptr += 8, text.len -= 8)
        absorb(h, load(text.ptr, 8));
    if (text.len > 0)
        absorb(h, load(text.ptr, text.len));
}

uint64_t siphash_result(struct siphash *h)
{
    return end(h);
}
