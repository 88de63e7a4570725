/* SPDX-License-Identifier: BSD-2-Clause */
#include "server/nonces.h"

#include "base/buf.h"
#include "base/hash.h"
#include "base/word.h"

#include <endian.h>
#include <stdatomic.h>
#include <stdlib.h>

enum {
    MAC_BYTES    = 16,
    END_BYTES    = 5, /* milliseconds: 34 years         */
    NUMBER_BYTES = 5, /* at 100000 a second: 127 days   */
    STAMP_BYTES  = END_BYTES + NUMBER_BYTES,
    NONCE_BYTES  = STAMP_BYTES + MAC_BYTES,

    COUNT_SHIFT      = NONCE_WINDOW,
    GENERATION_SHIFT = COUNT_SHIFT + 24,
};

#define STAMP_MASK      0xffffffffff
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

/* The highest byte first: `end` and the upper bytes of `number`, then the rest of that. */
static void put_stamp(uint8_t bytes[STAMP_BYTES], const struct nonce *nonce)
{
    uint64_t first = htobe64(nonce->ends_at << 24 | nonce->number >> 16);
    uint16_t last  = htobe16((uint16_t)nonce->number);

    memcpy(bytes, &first, sizeof first);
    memcpy(bytes + sizeof first, &last, sizeof last);
}

/* There are three to a registration that is asked for a password, and a HMAC of each would be more work than the
 * digests that they are for: 600 instructions instead of 4000. */
static void write_nonce(struct nonce_realm realm, const struct nonce *nonce, char text[NONCE_TEXT])
{
    struct buf b = buf_on(text, NONCE_TEXT);
    uint64_t   mac[MAC_BYTES / 8];
    uint8_t    bytes[NONCE_BYTES];

    put_stamp(bytes, nonce);
    siphash_add(&realm.begun, (struct slice){ (const char *)bytes, STAMP_BYTES });
    siphash128_result(&realm.begun, mac);
    memcpy(bytes + STAMP_BYTES, mac, sizeof mac);
    buf_put_hex(&b, bytes, sizeof bytes);
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

void nonces_make(struct nonces *n, struct nonce_realm realm, msec ends_at, char text[NONCE_TEXT])
{
    const struct nonce nonce = {
        .ends_at = ends_at & STAMP_MASK,
        .number  = atomic_fetch_add_explicit(&n->next, 1, memory_order_relaxed) & STAMP_MASK,
    };

    write_nonce(realm, &nonce, text);
}

/* Is it as it would be written? */
bool nonces_read(struct nonce_realm realm, struct slice text, struct nonce *out)
{
    char     wanted[NONCE_TEXT];
    uint32_t first, middle, last;

    if (text.len != NONCE_TEXT || !word_hex(word_load(text.ptr), &first) ||
        !word_hex(word_load(text.ptr + 8), &middle) || !word_hex(word_load(text.ptr + 12), &last))
        return false;
    out->ends_at = (uint64_t)first << 8 | middle >> 24;
    out->number  = ((uint64_t)middle << 16 | (last & 0xffff)) & STAMP_MASK;
    write_nonce(realm, out, wanted);
    return secret_eq(wanted, text.ptr, sizeof wanted);
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
