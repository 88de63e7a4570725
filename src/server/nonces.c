/* SPDX-License-Identifier: BSD-2-Clause */
#include "server/nonces.h"

#include "base/buf.h"
#include "base/scan.h"

#include <stdatomic.h>
#include <stdlib.h>

enum {
    MAC_BYTES = 16,
    TIME_HEX  = 12,
    STAMP_HEX = TIME_HEX + 4, /* the slot */
};

/* A slot holds the time of its nonce (low 32 bits of the milliseconds) above the
 * last nonce count that was accepted with it. */
struct nonces {
    uint8_t          key[32];
    _Atomic uint32_t next_slot;
    _Atomic uint64_t slots[NONCE_SLOTS];
};

struct nonces *nonces_new(const struct random *random)
{
    struct nonces *n = calloc(1, sizeof *n);

    if (n != NULL)
        random_fill(random, n->key, sizeof n->key);
    return n;
}

void nonces_free(struct nonces *n)
{
    if (n == NULL)
        return;
    memset(n->key, 0, sizeof n->key);
    free(n);
}

static void write_mac(const struct nonces *n, struct hasher *h, struct slice realm, struct slice stamp, struct buf *b)
{
    struct slice parts[] = { stamp, realm };
    uint8_t      mac[32];

    hasher_mac(h, n->key, parts, 2, mac);
    buf_put_hex(b, mac, MAC_BYTES);
}

void nonces_make(struct nonces *n, struct hasher *h, struct slice realm, msec now, char text[NONCE_TEXT])
{
    struct buf b    = buf_on(text, NONCE_TEXT);
    uint32_t   slot = atomic_fetch_add_explicit(&n->next_slot, 1, memory_order_relaxed) % NONCE_SLOTS;
    char       stamp[STAMP_HEX + 1];
    struct buf s = BUF_ON(stamp);

    atomic_store_explicit(&n->slots[slot], (uint64_t)(uint32_t)now << 32, memory_order_relaxed);
    buf_printf(&s, "%012llx%04x", (unsigned long long)(now & 0xffffffffffff), slot);
    buf_put(&b, buf_slice(&s));
    write_mac(n, h, realm, buf_slice(&s), &b);
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

bool nonces_read(const struct nonces *n, struct hasher *h, struct slice realm, struct slice nonce, msec *made_at,
                 uint32_t *slot)
{
    char       mac[2 * MAC_BYTES];
    struct buf b = BUF_ON(mac);
    uint64_t   at, index;

    if (nonce.len != NONCE_TEXT)
        return false;
    write_mac(n, h, realm, (struct slice){ nonce.ptr, STAMP_HEX }, &b);
    if (!secret_eq(mac, nonce.ptr + STAMP_HEX, sizeof mac))
        return false;
    if (!read_hex((struct slice){ nonce.ptr, TIME_HEX }, &at) ||
        !read_hex((struct slice){ nonce.ptr + TIME_HEX, STAMP_HEX - TIME_HEX }, &index))
        return false;
    *made_at = at;
    *slot    = (uint32_t)index;
    return true;
}

/* Nothing else is read or written because of it, so the order is the slot's own. */
bool nonces_use(struct nonces *n, uint32_t slot, msec made_at, uint32_t count)
{
    uint64_t seen = atomic_load_explicit(&n->slots[slot], memory_order_relaxed);

    do {
        if ((uint32_t)(seen >> 32) != (uint32_t)made_at || count <= (uint32_t)seen)
            return false;
    } while (!atomic_compare_exchange_weak_explicit(&n->slots[slot], &seen, (seen & 0xffffffff00000000) | count,
                                                    memory_order_relaxed, memory_order_relaxed));
    return true;
}
