/* SPDX-License-Identifier: BSD-2-Clause */
/* hash_index.h - which numbers have this hash.
 *
 *   hash ──► home ─► │ hash, number │ hash, number │ empty │     eight bytes each, eight to a line of the caches
 *
 * What is looked for is searched from its home on until an empty slot, so to learn that there is nothing, to add it
 * then and to take it away much later touches one line mostly, and no object: whose number it is, its user knows.
 * 32 bits of a hash are kept, so what is found has to be compared.
 *
 * Homes are in the order of the hashes, whatever the size: growing and shrinking, a little at each change (no pause
 * grows with the index), reads one array and writes the other from their beginnings to their ends.  It takes 12 to 24
 * bytes an entry as it grows, half as much again while it doubles, and up to 64 where an eighth of the most is left.
 * No peer may choose the hashes (siphash with a secret key, base/siphash.h), and few entries may have the same one: all
 * that stands beside them would be walked with them, and moved at once. */

#ifndef BASE_HASH_INDEX_H
#define BASE_HASH_INDEX_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct hash_slots {
    uint64_t *slot; /* the hash's bits above the number and one; 0: empty */
    unsigned  bits; /* there are 2^bits of them                            */
};

struct hash_index {
    struct hash_slots now, old; /* old.slot: NULL, or what is being moved              */
    size_t            from;     /* of `old`: where moving began, and how many are done */
    size_t            moved;
    size_t            count;
    unsigned          least; /* bits there are always */
};

/* Room for so many without growing.  Returns 0 or -ERR_NO_MEMORY. */
int  hash_index_init(struct hash_index *x, size_t expected);
void hash_index_fini(struct hash_index *x);

/* False if it is full and there is no memory for more.  `number`: below UINT32_MAX; under one hash once. */
bool hash_index_add(struct hash_index *x, uint64_t hash, uint32_t number);
/* Nothing if it does not stand there. */
void hash_index_remove(struct hash_index *x, uint64_t hash, uint32_t number);

/* A search; until something is changed:
 *
 *     for (struct hash_probe p = hash_index_probe(&x, hash); hash_index_next(&p, &number);) */
struct hash_probe {
    const uint64_t *slot;
    size_t          at, mask;
    uint32_t        hash;
};
struct hash_probe hash_index_probe(const struct hash_index *x, uint64_t hash);
bool              hash_index_next(struct hash_probe *p, uint32_t *number);

/* Nothing but time: what a search or a change begins with is on its way from memory. */
void hash_index_prefetch(const struct hash_index *x, uint64_t hash);

#endif
