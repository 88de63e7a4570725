/* SPDX-License-Identifier: BSD-2-Clause */
#include "server/nonces.h"

#include "base/buf.h"
#include "base/hash.h"
#include "base/scan.h"
#include "base/siphash.h"

#include <stdatomic.h>
#include <stdlib.h>

enum {
    MAC_BYTES  = 16,
    END_HEX    = 10, /* milliseconds: 34 years         */
    NUMBER_HEX = 10, /* at 100000 a second: 127 days   */
    STAMP_HEX  = END_HEX + NUMBER_HEX,

    COUNT_SHIFT      = NONCE_WINDOW,
    GENERATION_SHIFT = COUNT_SHIFT + 24,
};

#define STAMP_MASK      0xffffffffff
#define GENERATION_MASK 0xffffff
#define WINDOW_MASK     0xffff

/* A slot holds from the top: how often it had been given before (24 bits), the highest
 * count used (24), and a bit for each of the 16 counts below that, the nearest lowest. */
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
    memset(&n->key, 0, sizeof n->key);
    free(n);
}

/* There are three to a registration that is asked for a password, and a HMAC of each would be more work than the
 * digests that they are for: 400 instructions instead of 4000. */
static void write_mac(const struct nonces *n, struct slice realm, struct slice stamp, struct buf *b)
{
    struct siphash h;
    uint64_t       mac[MAC_BYTES / 8];

    siphash128_init(&h, &n->key);
    siphash_add(&h, stamp);
    siphash_add(&h, realm);
    siphash128_result(&h, mac);
    buf_put_hex(b, mac, sizeof mac);
}

static uint64_t generation_of(const struct nonces *n, uint64_t number)
{
    return number / n->slot_count & GENERATION_MASK;
}

/* The last `digits` of the sixteen that it has. */
static void put_hex_number(struct buf *b, uint64_t number, unsigned digits)
{
    char       text[16];
    struct buf all = BUF_ON(text);

    buf_put_hex64(&all, number);
    buf_put(b, (struct slice){ text + sizeof text - digits, digits });
}

void nonces_make(struct nonces *n, struct slice realm, msec ends_at, char text[NONCE_TEXT])
{
    struct buf b      = buf_on(text, NONCE_TEXT);
    uint64_t   number = atomic_fetch_add_explicit(&n->next, 1, memory_order_relaxed) & STAMP_MASK;

    atomic_store_explicit(&n->slots[number % n->slot_count], generation_of(n, number) << GENERATION_SHIFT,
                          memory_order_relaxed);
    put_hex_number(&b, ends_at & STAMP_MASK, END_HEX);
    put_hex_number(&b, number, NUMBER_HEX);
    write_mac(n, realm, buf_slice(&b), &b);
}

static bool read_hex(struct slice text, uint64_t *value)
{
    *value = 0;
    for (size_t i = 0; i < text.len; i++) {
        int digit = hex_value(text.ptr[i]);

        if (digit < 0)
            return false;
        *value = *value << 4 | (unsigned)digit;
    }
    return true;
}

bool nonces_read(const struct nonces *n, struct slice realm, struct slice text, struct nonce *out)
{
    char       mac[2 * MAC_BYTES];
    struct buf b = BUF_ON(mac);

    if (text.len != NONCE_TEXT)
        return false;
    write_mac(n, realm, (struct slice){ text.ptr, STAMP_HEX }, &b);
    return secret_eq(mac, text.ptr + STAMP_HEX, sizeof mac) &&
           read_hex((struct slice){ text.ptr, END_HEX }, &out->ends_at) &&
           read_hex((struct slice){ text.ptr + END_HEX, NUMBER_HEX }, &out->number);
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
        if (seen >> GENERATION_SHIFT != generation || !next_state(seen, count, &state))
            return false;
        state |= generation << GENERATION_SHIFT;
    } while (!atomic_compare_exchange_weak_explicit(slot, &seen, state, memory_order_relaxed, memory_order_relaxed));
    return true;
}
