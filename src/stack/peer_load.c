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

void peer_load_add(struct peer_load *l, struct peer_cells at)
{
    l->rows[0][at.first]++;
    l->rows[1][at.second]++;
}

void peer_load_take(struct peer_load *l, struct peer_cells at)
{
    l->rows[0][at.first]--;
    l->rows[1][at.second]--;
}

uint32_t peer_load_of(const struct peer_load *l, struct peer_cells at)
{
    uint32_t first = l->rows[0][at.first], second = l->rows[1][at.second];

    return first < second ? first : second;
}
