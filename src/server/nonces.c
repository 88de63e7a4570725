/* SPDX-License-Identifier: BSD-2-Clause */
#include "server/nonces.h"

#include "base/hash.h"
#include "base/word.h"

#include <stdatomic.h>
#include <stdlib.h>

enum {
    SIXES      = 8, /* characters at a time */
    STAMP_TEXT = NONCE_END + NONCE_NUMBER,
    STAMP_BITS = 42, /* the end in milliseconds: 139 years; the number at 100000 a second: 509 days */

    COUNT_SHIFT      = NONCE_WINDOW,
    GENERATION_SHIFT = COUNT_SHIFT + 24,
};

/* With a cnonce of 8 what is hashed for a response, with the 9 that MD5 adds, fills two blocks of it: HA1, nonce, nc,
 * cnonce, "auth", HA2, and five colons. */
_Static_assert(32 + NONCE_TEXT + 8 + 8 + 4 + 32 + 5 + 9 <= 2 * 64, "a character more costs two blocks");

#define STAMP_MASK      (UINT64_MAX >> (64 - STAMP_BITS))
#define GENERATION_MASK 0xffffff
#define WINDOW_MASK     0xffff

/* A slot holds from the top: the generation of the nonce that has it (24 bits), the highest count used (24), and a bit
 * for each of the 16 counts below that, the nearest lowest.  0: nobody has used it. */
struct nonces {
    struct hash_key  key;
    uint32_t         slot_count;
    _Atomic uint64_t next;
    _Atomic uint64_t slots[];
};

struct nonces *nonces_new(const struct random *random, uint32_t slots)
{
    struct nonces *n = calloc(1, sizeof *n + slots * sizeof n->slots[0]);

    if (n == NULL)
        return NULL;
    n->slot_count = slots;
    random_fill(random, &n->key, sizeof n->key);
    return n;
}

void nonces_free(struct nonces *n)
{
    if (n == NULL)
        return;
    explicit_bzero(&n->key, sizeof n->key);
    free(n);
}

/* 1 in each byte of these that is `least` or more, if none is above 127. */
static uint64_t from(uint64_t bytes, unsigned least)
{
    return (bytes + WORD_OF(0x80 - least)) >> 7 & WORD_OF(1);
}

/* The lowest 48 bits, the lowest six of them first, each six as one of "-.0-9A-Za-z": nothing that has to be quoted, or
 * that anybody takes for an end. */
static uint64_t to_text(uint64_t bits)
{
    bits = (bits & 0xffffff) | (bits & 0xffffff000000) << 8;
    bits = (bits & 0x00000fff00000fff) | (bits & 0x00fff00000fff000) << 4;
    bits = (bits & 0x003f003f003f003f) | (bits & 0x0fc00fc00fc00fc0) << 2;
    return bits + WORD_OF('-') + from(bits, 2) + 7 * from(bits, 12) + 6 * from(bits, 38);
}

/* The reverse; anything, if any byte is another one. */
static uint64_t from_text(uint64_t text)
{
    uint64_t bits = text - WORD_OF('-') - from(text, '0') - 7 * from(text, 'A') - 6 * from(text, 'a');

    bits = (bits & 0x003f003f003f003f) | (bits >> 2 & 0x0fc00fc00fc00fc0);
    bits = (bits & 0x00000fff00000fff) | (bits >> 4 & 0x00fff00000fff000);
    return (bits & 0xffffff) | (bits >> 8 & 0xffffff000000);
}

/* Of the stamp as it is written, so there is no other way to write it.  There are three to a registration that is asked
 * for a password, and a HMAC of each would be more work than the digests that they are for: 400 instructions instead of
 * 4000. */
static void write_mac(const struct nonce_realm *realm, const char stamp[STAMP_TEXT], char text[NONCE_MAC])
{
    const uint64_t words[2] = { word_load(stamp), word_load(stamp + STAMP_TEXT - sizeof(uint64_t)) };
    uint64_t       mac[2];

    siphash128_result(&realm->begun, words, mac);
    word_store(text, to_text(mac[0]));
    word_store(text + SIXES, to_text(mac[1]));
}

struct nonce_realm nonces_realm(const struct nonces *n, struct slice realm)
{
    struct nonce_realm r;

    siphash128_init(&r.begun, &n->key);
    siphash_add(&r.begun, realm);
    return r;
}

static uint64_t generation_of(const struct nonces *n, uint64_t number)
{
    return number / n->slot_count & GENERATION_MASK;
}

/* Was `one` made before `other`?  They begin anew when all have been. */
static bool is_older(const struct nonces *n, uint64_t one, uint64_t other)
{
    uint64_t mask = STAMP_MASK / n->slot_count & GENERATION_MASK;

    return ((one - other) & mask) > mask / 2;
}

/* From the left to the right: the eighth character of either is written over. */
void nonces_make(struct nonces *n, struct nonce_realm realm, msec ends_at, char text[NONCE_TEXT])
{
    uint64_t number = atomic_fetch_add_explicit(&n->next, 1, memory_order_relaxed);

    word_store(text, to_text(ends_at & STAMP_MASK));
    word_store(text + NONCE_END, to_text(number & STAMP_MASK));
    write_mac(&realm, text, text + STAMP_TEXT);
}

bool nonces_read(struct nonce_realm realm, struct slice text, struct nonce *out)
{
    char mac[NONCE_MAC];

    if (text.len != NONCE_TEXT)
        return false;
    out->ends_at = from_text(word_load(text.ptr)) & STAMP_MASK;
    out->number  = from_text(word_load(text.ptr + NONCE_END)) & STAMP_MASK;
    write_mac(&realm, text.ptr, mac);
    return secret_eq(mac, text.ptr + STAMP_TEXT, sizeof mac);
}

/* The bits below `highest` once `count`, above it, is the highest. */
static uint64_t moved_on(uint64_t window, uint64_t highest, uint64_t count)
{
    uint64_t by = count - highest;

    if (by > NONCE_WINDOW)
        return 0;
    return (window << by | 1ull << (by - 1)) & WINDOW_MASK;
}

/* What the slot holds after this use of it; false if there can be none. */
static bool next_state(uint64_t seen, uint32_t count, uint64_t *state)
{
    uint64_t highest = seen >> COUNT_SHIFT & NONCE_COUNT_MAX, window = seen & WINDOW_MASK, bit;

    if (count == NONCE_ONCE) {
        *state = (uint64_t)NONCE_COUNT_MAX << COUNT_SHIFT | WINDOW_MASK;
        return highest < NONCE_COUNT_MAX;
    }
    if (count == 0 || count > NONCE_COUNT_MAX || count == highest)
        return false;
    if (count > highest) {
        *state = (uint64_t)count << COUNT_SHIFT | moved_on(window, highest, count);
        return true;
    }
    if (highest - count > NONCE_WINDOW)
        return false;
    bit    = 1ull << (highest - count - 1);
    *state = highest << COUNT_SHIFT | window | bit;
    return (window & bit) == 0;
}

/* Nothing else is read or written because of it, so the order is the slot's own. */
bool nonces_use(struct nonces *n, const struct nonce *nonce, uint32_t count)
{
    _Atomic uint64_t *slot       = &n->slots[nonce->number % n->slot_count];
    uint64_t          generation = generation_of(n, nonce->number);
    uint64_t          seen       = atomic_load_explicit(slot, memory_order_relaxed), state;

    do {
        uint64_t owner = seen >> GENERATION_SHIFT;

        if ((seen != 0 && is_older(n, generation, owner)) || !next_state(owner == generation ? seen : 0, count, &state))
            return false;
        state |= generation << GENERATION_SHIFT;
    } while (!atomic_compare_exchange_weak_explicit(slot, &seen, state, memory_order_relaxed, memory_order_relaxed));
    return true;
}
