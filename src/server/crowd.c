/* SPDX-License-Identifier: BSD-2-Clause */
#include "server/crowd.h"

#include <pthread.h>
#include <stdlib.h>

enum { WAYS = 8, SHARDS = 64 };

struct shard {
    pthread_mutex_t lock;
    char           *entries;
};

struct crowd {
    struct crowd_kind kind;
    const void       *arg;
    size_t            sets; /* of each shard */
    char             *memory;
    struct shard      shards[SHARDS];
};

struct crowd *crowd_new(const struct crowd_kind *kind, const void *arg, size_t entries)
{
    struct crowd *c    = calloc(1, sizeof *c);
    size_t        sets = entries / SHARDS / WAYS;

    if (c == NULL)
        return NULL;
    c->kind   = *kind;
    c->arg    = arg;
    c->sets   = sets > 0 ? sets : 1;
    c->memory = calloc(SHARDS * c->sets * WAYS, kind->size);
    if (c->memory == NULL) {
        free(c);
        return NULL;
    }
    for (unsigned i = 0; i < SHARDS; i++) {
        pthread_mutex_init(&c->shards[i].lock, NULL); /* glibc's default kind cannot fail */
        c->shards[i].entries = c->memory + i * c->sets * WAYS * kind->size;
    }
    return c;
}

void crowd_free(struct crowd *c)
{
    if (c == NULL)
        return;
    for (unsigned i = 0; i < SHARDS; i++)
        pthread_mutex_destroy(&c->shards[i].lock);
    free(c->memory);
    free(c);
}

size_t crowd_size(const struct crowd *c)
{
    return sizeof *c + SHARDS * c->sets * WAYS * c->kind.size;
}

static struct shard *shard_of(struct crowd *c, uint64_t hash)
{
    return &c->shards[hash >> 32 & (SHARDS - 1)];
}

void crowd_lock(struct crowd *c, uint64_t hash)
{
    pthread_mutex_lock(&shard_of(c, hash)->lock);
}

void crowd_unlock(struct crowd *c, uint64_t hash)
{
    pthread_mutex_unlock(&shard_of(c, hash)->lock);
}

/* The `way`th of the set where the hash belongs. */
static struct crowd_entry *entry_of(struct crowd *c, uint64_t hash, unsigned way)
{
    return (struct crowd_entry *)(void *)(shard_of(c, hash)->entries + (hash % c->sets * WAYS + way) * c->kind.size);
}

static bool is_over(const struct crowd *c, const struct crowd_entry *e, msec now)
{
    return e->hash == 0 || c->kind.is_over(e, now, c->arg);
}

void *crowd_find(struct crowd *c, uint64_t hash, msec now)
{
    for (unsigned i = 0; i < WAYS; i++) {
        struct crowd_entry *e = entry_of(c, hash, i);

        if (e->hash == hash)
            return is_over(c, e, now) ? NULL : e;
    }
    return NULL;
}

/* Its own first, that it is not there twice when it was over. */
static struct crowd_entry *place_for(struct crowd *c, uint64_t hash, msec now)
{
    struct crowd_entry *weakest = NULL;

    for (unsigned i = 0; i < WAYS; i++) {
        struct crowd_entry *e = entry_of(c, hash, i);

        if (e->hash == hash)
            return e;
        if (is_over(c, e, now))
            e->hash = 0;
        if (weakest == NULL || (weakest->hash != 0 && (e->hash == 0 || c->kind.is_weaker(e, weakest))))
            weakest = e;
    }
    return weakest;
}

void *crowd_take(struct crowd *c, uint64_t hash, msec now)
{
    struct crowd_entry *e = crowd_find(c, hash, now);

    if (e != NULL)
        return e;
    e = place_for(c, hash, now);
    memset(e, 0, c->kind.size);
    e->hash = hash;
    return e;
}

void crowd_each(struct crowd *c, msec now, void (*fn)(void *arg, const struct crowd_entry *e), void *arg)
{
    for (unsigned i = 0; i < SHARDS; i++) {
        const char *entry = c->shards[i].entries;

        pthread_mutex_lock(&c->shards[i].lock);
        for (size_t k = 0; k < c->sets * WAYS; k++, entry += c->kind.size)
            if (!is_over(c, (const struct crowd_entry *)(const void *)entry, now))
                fn(arg, (const struct crowd_entry *)(const void *)entry);
        pthread_mutex_unlock(&c->shards[i].lock);
    }
}
