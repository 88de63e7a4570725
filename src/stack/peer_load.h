/* SPDX-License-Identifier: BSD-2-Clause */
/* peer_load.h - about how many requests of each peer are being answered, in memory that never
 * grows and without looking anybody up.
 *
 *     row 0   | | |2| | | |7| |     a peer has a cell in each row, by two halves of one hash;
 *     row 1   |7| | | |1| | | |     its load is the lesser of the two
 *
 * It is never less than what there is.  Who shares one cell with a busy peer is not taken for
 * busy; for that he would have to share both, and nobody can choose to: the hash is keyed.  A
 * peer is an IPv4 address or an IPv6 /64.  Of one worker, which alone changes it; any thread may read. */

#ifndef STACK_PEER_LOAD_H
#define STACK_PEER_LOAD_H

#include "base/address.h"
#include "base/siphash.h"

#include <stdatomic.h>

enum { PEER_CELLS = 16384 };

/* Where the load of one peer is. */
struct peer_cells {
    uint16_t first, second;
};

struct peer_load {
    _Atomic uint32_t rows[2][PEER_CELLS];
};

/* Zeros; free() it.  NULL without memory. */
struct peer_load *peer_load_new(void);

struct peer_cells peer_cells_of(const struct hash_key *key, const struct address *peer);

void     peer_load_add(struct peer_load *l, struct peer_cells at);
void     peer_load_take(struct peer_load *l, struct peer_cells at); /* one that was added */
uint32_t peer_load_of(const struct peer_load *l, struct peer_cells at);

#endif
