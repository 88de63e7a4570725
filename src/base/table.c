/* SPDX-License-Identifier: BSD-2-Clause */
#include "base/table.h"

#include "base/error.h"

#include <stdint.h>
#include <stdlib.h>

/* Growth doubles at one entry a bucket; moving two buckets with each insertion
 * empties the old array before the next doubling is due. */
enum { SMALLEST = 16, MOVES = 2 };

static struct table_link **buckets_new(size_t count)
{
    return calloc(count, sizeof(struct table_link *));
}

int table_init(struct table *t, size_t expected)
{
    size_t count = SMALLEST;

    while (count < expected && count <= SIZE_MAX / 4)
        count *= 2;
    *t         = (struct table){ .bucket_count = count };
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
static struct table_link **chain_of(const struct table *t, uint64_t hash)
{
    if (t->old != NULL) {
        size_t index = (size_t)hash & (t->old_count - 1);

        if (index >= t->moved)
            return &t->old[index];
    }
    return &t->buckets[(size_t)hash & (t->bucket_count - 1)];
}

static void put(const struct table *t, struct table_link *entry)
{
    struct table_link **chain = chain_of(t, entry->hash);

    entry->next = *chain;
    *chain      = entry;
}

static void move_some(struct table *t)
{
    for (size_t i = 0; i < MOVES && t->old != NULL; i++) {
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
    struct table_link **at = chain_of(t, entry->hash);

    while (*at != NULL && *at != entry)
        at = &(*at)->next;
    if (*at == NULL)
        return;
    *at         = entry->next;
    entry->next = NULL;
    t->count--;
}

static struct table_link *with_hash(struct table_link *entry, uint64_t hash)
{
    while (entry != NULL && entry->hash != hash)
        entry = entry->next;
    return entry;
}

struct table_link *table_first(const struct table *t, uint64_t hash)
{
    return with_hash(*chain_of(t, hash), hash);
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
