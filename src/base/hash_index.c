/* SPDX-License-Identifier: BSD-2-Clause */
#include "base/hash_index.h"

#include "base/error.h"

#include <stdlib.h>

/* It doubles when two thirds are full; moving so many slots with each addition empties the old array long before
 * either is full.  It is halved where an eighth is full; with so many moved at each removal the old one is empty before
 * a quarter as many have gone. */
enum { LEAST_BITS = 4, MOST_BITS = 31, MOVES = 8, MOVES_DOWN = 32, SPARSE = 8, CROWDED = 16, HASH_BITS = 32 };

static size_t size_of(const struct hash_slots *s)
{
    return (size_t)1 << s->bits;
}

static bool slots_new(struct hash_slots *s, unsigned bits)
{
    *s = (struct hash_slots){ .slot = calloc((size_t)1 << bits, sizeof s->slot[0]), .bits = bits };
    return s->slot != NULL;
}

static void slots_free(struct hash_slots *s)
{
    free(s->slot);
    *s = (struct hash_slots){ .slot = NULL };
}

int hash_index_init(struct hash_index *x, size_t expected)
{
    unsigned bits = LEAST_BITS;

    while (bits < MOST_BITS && ((size_t)1 << bits) / 3 * 2 < expected)
        bits++;
    *x = (struct hash_index){ .least = bits };
    return slots_new(&x->now, bits) ? 0 : -ERR_NO_MEMORY;
}

void hash_index_fini(struct hash_index *x)
{
    slots_free(&x->now);
    slots_free(&x->old);
    *x = (struct hash_index){ .count = 0 };
}

/* ---- one array ---- */

static size_t home_of(const struct hash_slots *s, uint32_t hash)
{
    return hash >> (HASH_BITS - s->bits);
}

static size_t after(const struct hash_slots *s, size_t at)
{
    return (at + 1) & (size_of(s) - 1);
}

/* How far behind `from`, all the way round. */
static size_t distance(const struct hash_slots *s, size_t from, size_t to)
{
    return (to - from) & (size_of(s) - 1);
}

static uint32_t hash_in(uint64_t slot)
{
    return (uint32_t)(slot >> HASH_BITS);
}

static void put(struct hash_slots *s, uint64_t slot)
{
    size_t at = home_of(s, hash_in(slot));

    while (s->slot[at] != 0)
        at = after(s, at);
    s->slot[at] = slot;
}

/* Those behind it that may stand further in front come there, so that no search ends too early. */
static void close_gap(struct hash_slots *s, size_t gap)
{
    for (size_t at = after(s, gap); s->slot[at] != 0; at = after(s, at)) {
        size_t home = home_of(s, hash_in(s->slot[at]));

        if (distance(s, home, at) < distance(s, gap, at))
            continue;
        s->slot[gap] = s->slot[at];
        gap          = at;
    }
    s->slot[gap] = 0;
}

/* ---- two arrays ---- */

/* `old` is emptied from an empty slot to an empty slot, so those whose homes are passed have all been moved. */
static bool is_in_old(const struct hash_index *x, uint32_t hash)
{
    return x->old.slot != NULL && distance(&x->old, x->from, home_of(&x->old, hash)) >= x->moved;
}

/* What is behind the last slot began in front of it: the way round ends at an empty one, too. */
static void move_some(struct hash_index *x)
{
    size_t   moves = x->old.bits > x->now.bits ? MOVES_DOWN : MOVES;
    uint64_t slot;

    if (x->old.slot == NULL)
        return;
    do {
        size_t at = (x->from + x->moved) & (size_of(&x->old) - 1);

        slot            = x->old.slot[at];
        x->old.slot[at] = 0;
        if (slot != 0)
            put(&x->now, slot);
        x->moved++;
        moves -= moves > 0;
    } while (slot != 0 || (moves > 0 && x->moved < size_of(&x->old)));
    if (x->moved >= size_of(&x->old))
        slots_free(&x->old);
}

/* Without memory it stays as it is. */
static void start_move(struct hash_index *x, unsigned bits)
{
    struct hash_slots wanted;

    if (!slots_new(&wanted, bits))
        return;
    x->old  = x->now;
    x->now  = wanted;
    x->from = x->moved = 0;
    while (x->old.slot[x->from] != 0)
        x->from++;
}

/* ---- changing ---- */

static uint64_t slot_of(uint64_t hash, uint32_t number)
{
    return hash >> HASH_BITS << HASH_BITS | ((uint64_t)number + 1);
}

/* Without memory for growth it fills until hardly any slot is empty, where every search ends. */
bool hash_index_add(struct hash_index *x, uint64_t hash, uint32_t number)
{
    size_t   size = size_of(&x->now);
    uint64_t slot = slot_of(hash, number);

    if (x->old.slot == NULL && x->count >= size / 3 * 2 && x->now.bits < MOST_BITS)
        start_move(x, x->now.bits + 1);
    if (x->old.slot == NULL && x->count >= size - size / CROWDED)
        return false;
    move_some(x);
    put(is_in_old(x, hash_in(slot)) ? &x->old : &x->now, slot);
    x->count++;
    return true;
}

void hash_index_remove(struct hash_index *x, uint64_t hash, uint32_t number)
{
    uint64_t           slot = slot_of(hash, number);
    struct hash_slots *s    = is_in_old(x, hash_in(slot)) ? &x->old : &x->now;
    size_t             at   = home_of(s, hash_in(slot));

    while (s->slot[at] != 0 && s->slot[at] != slot)
        at = after(s, at);
    if (s->slot[at] == 0)
        return;
    close_gap(s, at);
    x->count--;
    if (x->old.slot == NULL && x->now.bits > x->least && x->count < size_of(&x->now) / SPARSE)
        start_move(x, x->now.bits - 1);
    move_some(x);
}

/* ---- searching ---- */

struct hash_probe hash_index_probe(const struct hash_index *x, uint64_t hash)
{
    uint32_t                 bits = (uint32_t)(hash >> HASH_BITS);
    const struct hash_slots *s    = is_in_old(x, bits) ? &x->old : &x->now;

    return (struct hash_probe){ .slot = s->slot, .at = home_of(s, bits), .mask = size_of(s) - 1, .hash = bits };
}

bool hash_index_next(struct hash_probe *p, uint32_t *number)
{
    uint64_t slot;

    while ((slot = p->slot[p->at]) != 0) {
        p->at = (p->at + 1) & p->mask;
        if (hash_in(slot) == p->hash) {
            *number = (uint32_t)slot - 1;
            return true;
        }
    }
    return false;
}

/* Where gcc 12 sees all files together it takes a function that only fetches for one that does nothing, and leaves out
 * its call; the empty statement keeps it. */
void hash_index_prefetch(const struct hash_index *x, uint64_t hash)
{
    struct hash_probe p = hash_index_probe(x, hash);

    __builtin_prefetch(&p.slot[p.at]);
    __asm__ volatile("");
}
