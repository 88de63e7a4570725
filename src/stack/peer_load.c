/* SPDX-License-Identifier: BSD-2-Clause */
#include "stack/peer_load.h"

#include <stdlib.h>

struct peer_load *peer_load_new(void)
{
    return calloc(1, sizeof(struct peer_load));
}

struct peer_cells peer_cells_of(const struct hash_key *key, const struct address *peer)
{
    uint64_t words[2], hash;

    address_words(peer, words);
    hash = siphash13_words(key, words, 1); /* the first eight bytes: all of IPv4, the network of IPv6 */
    return (struct peer_cells){ (uint16_t)(hash % PEER_CELLS), (uint16_t)((hash >> 32) % PEER_CELLS) };
}

/* Its only writer's: no locked instruction. */
static void change(_Atomic uint32_t *cell, uint32_t by)
{
    atomic_store_explicit(cell, atomic_load_explicit(cell, memory_order_relaxed) + by, memory_order_relaxed);
}

void peer_load_add(struct peer_load *l, struct peer_cells at)
{
    change(&l->rows[0][at.first], 1);
    change(&l->rows[1][at.second], 1);
}

void peer_load_take(struct peer_load *l, struct peer_cells at)
{
    change(&l->rows[0][at.first], UINT32_MAX);
    change(&l->rows[1][at.second], UINT32_MAX);
}

uint32_t peer_load_of(const struct peer_load *l, struct peer_cells at)
{
    uint32_t first  = atomic_load_explicit(&l->rows[0][at.first], memory_order_relaxed);
    uint32_t second = atomic_load_explicit(&l->rows[1][at.second], memory_order_relaxed);

    return first < second ? first : second;
}
