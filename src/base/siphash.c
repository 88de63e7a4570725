/* SPDX-License-Identifier: BSD-2-Clause */
#include "base/siphash.h"

#include "base/mix.h"
#include "base/word.h"

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

/* One round or two, written out: a loop of two is kept as one by the compiler, at 18 instructions a round instead
 * of 14. */
static inline void absorb(struct siphash *s, uint64_t word, int rounds)
{
    s->v3 ^= word;
    sip_round(s);
    if (rounds > 1)
        sip_round(s);
    s->v0 ^= word;
}

/* One to seven bytes, without a loop and without reading beside them. */
static inline uint64_t load_few(const char *bytes, size_t len)
{
    const unsigned char *b = (const unsigned char *)bytes;
    uint32_t             first, last;

    if (len >= 4) {
        memcpy(&first, bytes, sizeof first);
        memcpy(&last, bytes + len - sizeof last, sizeof last);
        return le32toh(first) | (uint64_t)le32toh(last) << 8 * (len - sizeof last);
    }
    return b[0] | (uint64_t)b[len / 2] << 8 * (len / 2) | (uint64_t)b[len - 1] << 8 * (len - 1);
}

/* The last `left` of `len` bytes, behind the whole eights. */
static inline uint64_t load_rest(const char *bytes, size_t left, size_t len)
{
    if (left == 0)
        return 0;
    return len >= 8 ? word_load(bytes + left - 8) >> (64 - 8 * left) : load_few(bytes, left);
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

/* Three rounds or four. */
static inline uint64_t end(struct siphash *s, int rounds)
{
    s->v2 ^= 0xff;
    sip_round(s);
    sip_round(s);
    sip_round(s);
    if (rounds > 3)
        sip_round(s);
    return s->v0 ^ s->v1 ^ s->v2 ^ s->v3;
}

/* All of `text`; the last word holds what is left and `top`.  Inlined always, so that the four numbers stay in
 * registers: 280 instructions for a Call-ID instead of 360. */
static inline __attribute__((always_inline)) void absorb_text(struct siphash *s, struct slice text, uint64_t top,
                                                              bool fold, int rounds)
{
    size_t   len = text.len;
    uint64_t word;

    for (; text.len >= 8; text.ptr += 8, text.len -= 8) {
        word = word_load(text.ptr);
        absorb(s, fold ? word_lower_letters(word) : word, rounds);
    }
    word = load_rest(text.ptr, text.len, len);
    absorb(s, (fold ? word_lower_letters(word) : word) | top, rounds);
}

/* SipHash-c-d, for one text; inlined always, so that nothing is asked at each word. */
static inline __attribute__((always_inline)) uint64_t hash(const struct hash_key *key, struct slice text, bool fold,
                                                           int c, int d)
{
    struct siphash s = begin(key);

    absorb_text(&s, text, (uint64_t)text.len << 56, fold, c);
    return end(&s, d);
}

uint64_t siphash(const struct hash_key *key, struct slice text)
{
    return hash(key, text, false, 2, 4);
}

uint64_t siphash_nocase(const struct hash_key *key, struct slice text)
{
    return hash(key, text, true, 2, 4);
}

void siphash_init(struct siphash *h, const struct hash_key *key)
{
    *h = begin(key);
}

/* The length goes first: where a text ends is known before it begins. */
void siphash_add(struct siphash *h, struct slice text)
{
    absorb(h, text.len, 2);
    for (; text.len >= 8; text.ptr += 8, text.len -= 8)
        absorb(h, word_load(text.ptr), 2);
    if (text.len > 0)
        absorb(h, load_few(text.ptr, text.len), 2);
}

uint64_t siphash_result(struct siphash *h)
{
    return end(h, 4);
}

void siphash128_init(struct siphash *h, const struct hash_key *key)
{
    *h = begin(key);
    h->v1 ^= 0xee;
}

static inline uint64_t half(struct siphash *s)
{
    for (int i = 0; i < 4; i++)
        sip_round(s);
    return s->v0 ^ s->v1 ^ s->v2 ^ s->v3;
}

/* A nonce takes 210 instructions, where its 14 bytes were added as a text 320. */
void siphash128_result(const struct siphash *begun, const uint64_t last[2], uint64_t out[2])
{
    struct siphash s = *begun;

    absorb(&s, last[0], 2);
    absorb(&s, last[1], 2);
    s.v2 ^= 0xee;
    out[0] = half(&s);
    s.v1 ^= 0xdd;
    out[1] = half(&s);
}

uint64_t siphash13(const struct hash_key *key, struct slice text)
{
    return hash(key, text, false, 1, 3);
}

uint64_t siphash13_nocase(const struct hash_key *key, struct slice text)
{
    return hash(key, text, true, 1, 3);
}

/* The texts become one number first: word for word a branch of usual length took 270 instructions, so 60. */
uint64_t siphash13_key(const struct hash_key *key, struct slice exact, struct slice folded, uint64_t number)
{
    uint64_t sum = mix(0, exact.len ^ (uint64_t)folded.len << 32, number, key);

    sum = mix_text(sum, exact, key);
    sum = mix_text_nocase(sum, folded, key);
    return siphash13_words(key, &sum, 1);
}

uint64_t siphash13_words(const struct hash_key *key, const uint64_t *words, size_t count)
{
    struct siphash s = begin(key);

    for (size_t i = 0; i < count; i++)
        absorb(&s, words[i], 1);
    return end(&s, 3);
}
