/* SPDX-License-Identifier: BSD-2-Clause */
#include "base/table.h"

#include "base/error.h"

#include <stdint.h>
#include <stdlib.h>

/* Behind the buckets of an array stands a byte for each: which eighths of the hashes there may be in it.  Where that
 * says no, nothing is looked at.  Most that is looked for in a table of what has been is not there, and nobody has
 * touched its entries for seconds; with a hundred thousand sleeping transactions it is a twelfth of a call's user code.
 */
struct spot {
    struct table_link **chain;
    uint8_t            *eighths;
};

/* Growth doubles at one entry a bucket; moving two buckets with each insertion
 * empties the old array before the next doubling is due.  It is halved where there
 * are eight buckets to an entry, nearly all of them empty and side by side; moving
 * 32 with each removal or insertion empties the old array before a quarter as many have gone, or come. */
enum { SMALLEST = 16, MOVES = 2, MOVES_DOWN = 32, SPARSE = 8 };

static struct table_link **buckets_new(size_t count)
{
    return calloc(count, sizeof(struct table_link *) + sizeof(uint8_t));
}

static struct spot spot_at(struct table_link **buckets, size_t count, size_t index)
{
    return (struct spot){ &buckets[index], (uint8_t *)&buckets[count] + index };
}

/* Of bits that choose no bucket. */
static uint8_t eighth_of(uint64_t hash)
{
    return (uint8_t)(1U << (hash >> 40 & 7));
}

int table_init(struct table *t, size_t expected)
{
    size_t count = SMALLEST;

    while (count < expected && count <= SIZE_MAX / 4)
        count *= 2;
    *t         = (struct table){ .bucket_count = count, .least = count };
    t->buckets = buckets_new(count);
    return t->buckets == NULL ? -ERR_NO_MEMORY : 0;
}

void table_fini(struct table *t)
{
    free(t->buckets);
    free(t->old);
    *t = (struct table){ 0 };
}

/* All entries with one hash are in one chain: the old one until it is moved. */
static struct spot spot_of(const struct table *t, uint64_t hash)
{
    if (t->old != NULL) {
        size_t index = (size_t)hash & (t->old_count - 1);

        if (index >= t->moved)
            return spot_at(t->old, t->old_count, index);
    }
    return spot_at(t->buckets, t->bucket_count, (size_t)hash & (t->bucket_count - 1));
}

static void put(const struct table *t, struct table_link *entry)
{
    struct spot spot = spot_of(t, entry->hash);

    entry->next = *spot.chain;
    *spot.chain = entry;
    *spot.eighths |= eighth_of(entry->hash);
}

/* The hashes of those that the next change moves, and the first ones of those behind: without, growing takes as long as
 * looking for nothing did.  Inlined: gcc 12 leaves out the call of a function that does nothing else. */
static inline __attribute__((always_inline)) void prefetch_some(const struct table *t, size_t moves)
{
    for (size_t i = 0; i < 2 * moves && t->moved + i < t->old_count; i++) {
        const struct table_link *entry = t->old[t->moved + i];

        __builtin_prefetch(i < moves && entry != NULL ? entry->next : entry);
    }
}

static void move_some(struct table *t)
{
    size_t moves = t->old_count > t->bucket_count ? MOVES_DOWN : MOVES;

    for (size_t i = 0; i < moves && t->old != NULL; i++) {
        struct table_link *entry = t->old[t->moved++];

        while (entry != NULL) {
            struct table_link *next = entry->next;

            put(t, entry);
            entry = next;
        }
        if (t->moved == t->old_count) {
            free(t->old);
            t->old = NULL;
        }
    }
    if (t->old != NULL)
        prefetch_some(t, moves);
}

/* Without memory it stays as it is. */
static void start_move(struct table *t, size_t bucket_count)
{
    struct table_link **buckets = buckets_new(bucket_count);

    if (buckets == NULL)
        return;
    t->old          = t->buckets;
    t->old_count    = t->bucket_count;
    t->moved        = 0;
    t->buckets      = buckets;
    t->bucket_count = bucket_count;
}

void table_insert(struct table *t, struct table_link *entry, uint64_t hash)
{
    if (t->old == NULL && t->count >= t->bucket_count && t->bucket_count <= SIZE_MAX / 4)
        start_move(t, 2 * t->bucket_count);
    move_some(t);
    entry->hash = hash;
    put(t, entry);
    t->count++;
}

void table_remove(struct table *t, struct table_link *entry)
{
    struct spot         spot = spot_of(t, entry->hash);
    struct table_link **at   = spot.chain;

    while (*at != NULL && *at != entry)
        at = &(*at)->next;
    if (*at == NULL)
        return;
    *at         = entry->next;
    entry->next = NULL;
    t->count--;
    if (*spot.chain == NULL)
        *spot.eighths = 0;
}

void table_trim(struct table *t)
{
    if (t->old == NULL && t->bucket_count > t->least && t->count < t->bucket_count / SPARSE)
        start_move(t, t->bucket_count / 2);
    move_some(t);
}

static struct table_link *with_hash(struct table_link *entry, uint64_t hash)
{
    while (entry != NULL && entry->hash != hash)
        entry = entry->next;
    return entry;
}

struct table_link *table_first(const struct table *t, uint64_t hash)
{
    struct spot spot = spot_of(t, hash);

    return (*spot.eighths & eighth_of(hash)) != 0 ? with_hash(*spot.chain, hash) : NULL;
}

/* Where gcc 12 sees all files together it takes a function that only fetches for one that does nothing, and leaves out
 * its call; the empty statement keeps it. */
void table_prefetch(const struct table *t, uint64_t hash)
{
    struct spot spot = spot_of(t, hash);

    __builtin_prefetch(spot.eighths);
    __builtin_prefetch(spot.chain);
    __asm__ volatile("");
}

struct table_link *table_next(const struct table_link *entry)
{
    return with_hash(entry->next, entry->hash);
}

static void each_in(struct table_link **from, struct table_link **to, void (*fn)(struct table_link *, void *),
                    void *arg)
{
    for (; from != to; from++) {
        struct table_link *next;

        for (struct table_link *entry = *from; entry != NULL; entry = next) {
            next = entry->next;
            fn(entry, arg);
        }
    }
}

void table_each(struct table *t, void (*fn)(struct table_link *entry, void *arg), void *arg)
{
    if (t->old != NULL)
        each_in(t->old + t->moved, t->old + t->old_count, fn, arg);
    if (t->buckets != NULL)
        each_in(t->buckets, t->buckets + t->bucket_count, fn, arg);
}
