/* SPDX-License-Identifier: BSD-2-Clause */
#include "net/name_cache.h"

#include "base/accounts.h"
#include "base/list.h"
#include "base/table.h"

#include <pthread.h>
#include <stdlib.h>

/* One answer, in one block: the records and their texts, then the name, follow it. */
struct entry {
    struct table_link in_table;
    struct link       age; /* the least recently used first */
    msec              learnt, expires;
    struct dns_answer answer;
    struct slice      name;
    size_t            size;
    enum record_type  type;
    struct record     records[];
};

struct shard {
    pthread_mutex_t lock;
    struct table    table;
    struct link     ages;
    size_t          bytes;
};

struct name_cache {
    struct hash_key key;
    struct budget  *budget;
    size_t          shard_entries, shard_bytes;
    size_t          open; /* shards that have been made */
    struct shard    shards[NAME_CACHE_SHARDS];
};

static uint64_t hash_of(const struct name_cache *c, struct slice name, enum record_type type)
{
    return siphash_nocase(&c->key, name) + (uint64_t)type;
}

/* The bits that no table of a shard needs for its buckets. */
static struct shard *shard_of(struct name_cache *c, uint64_t hash)
{
    return &c->shards[hash >> 32 & (NAME_CACHE_SHARDS - 1)];
}

static void account(const struct name_cache *c, int64_t bytes)
{
    if (c->budget != NULL)
        budget_move(c->budget, ACCOUNT_NAMES, bytes);
}

/* ---- one shard, under its lock ---- */

static void drop(struct name_cache *c, struct shard *s, struct entry *e)
{
    table_remove(&s->table, &e->in_table);
    list_unlink(&e->age);
    s->bytes -= e->size;
    account(c, -(int64_t)e->size);
    free(e);
}

static struct entry *find(struct shard *s, uint64_t hash, struct slice name, enum record_type type)
{
    for (struct table_link *l = table_first(&s->table, hash); l != NULL; l = table_next(l)) {
        struct entry *e = CONTAINER_OF(l, struct entry, in_table);

        if (e->type == type && slice_eq_nocase(e->name, name))
            return e;
    }
    return NULL;
}

static void insert(struct name_cache *c, struct shard *s, struct entry *e, uint64_t hash)
{
    while (!list_empty(&s->ages) && (s->table.count >= c->shard_entries || s->bytes + e->size > c->shard_bytes))
        drop(c, s, CONTAINER_OF(s->ages.next, struct entry, age));
    table_insert(&s->table, &e->in_table, hash);
    list_append(&s->ages, &e->age);
    s->bytes += e->size;
    account(c, (int64_t)e->size);
}

/* What is left of an answer that was learnt so many seconds ago. */
static void grow_old(struct dns_answer *a, struct record *records, uint32_t seconds)
{
    a->ttl -= seconds < a->ttl ? seconds : a->ttl;
    for (size_t i = 0; i < a->count; i++)
        records[i].ttl -= seconds < records[i].ttl ? seconds : records[i].ttl;
}

static bool copy_out(const struct entry *e, msec now, struct arena *arena, struct dns_answer *out)
{
    void *memory = arena_alloc(arena, dns_answer_size(&e->answer) + 1); /* none is none, not a failure */

    if (memory == NULL)
        return false;
    *out = dns_answer_copy(&e->answer, memory);
    grow_old(out, memory, (uint32_t)((now - e->learnt) / 1000));
    return true;
}

/* ---- the whole ---- */

static struct entry *make_entry(struct slice name, enum record_type type, msec now, const struct dns_answer *answer)
{
    size_t        records = dns_answer_size(answer);
    size_t        size    = sizeof(struct entry) + records + name.len;
    struct entry *e       = malloc(size);
    char         *text;

    if (e == NULL)
        return NULL;
    text = (char *)e->records + records;
    memcpy(text, name.ptr, name.len);
    e->answer  = dns_answer_copy(answer, e->records);
    e->name    = (struct slice){ text, name.len };
    e->type    = type;
    e->size    = size + 2 * sizeof(struct table_link *); /* with its part of the table */
    e->learnt  = now;
    e->expires = now + (msec)answer->ttl * 1000;
    return e;
}

static bool open_shard(struct shard *s)
{
    if (table_init(&s->table, 16) != 0)
        return false;
    if (pthread_mutex_init(&s->lock, NULL) != 0) {
        table_fini(&s->table);
        return false;
    }
    list_init(&s->ages);
    return true;
}

struct name_cache *name_cache_new(size_t entries, const struct random *random, struct budget *budget)
{
    struct name_cache *c = calloc(1, sizeof *c);

    if (c == NULL)
        return NULL;
    if (entries == 0)
        entries = NAME_CACHE_ENTRIES;
    c->budget        = budget;
    c->shard_entries = entries / NAME_CACHE_SHARDS > 0 ? entries / NAME_CACHE_SHARDS : 1;
    c->shard_bytes   = c->shard_entries * NAME_CACHE_ENTRY_BYTES;
    random_fill(random, &c->key, sizeof c->key);
    while (c->open < NAME_CACHE_SHARDS && open_shard(&c->shards[c->open]))
        c->open++;
    if (c->open == NAME_CACHE_SHARDS)
        return c;
    name_cache_free(c);
    return NULL;
}

void name_cache_free(struct name_cache *c)
{
    if (c == NULL)
        return;
    name_cache_forget(c);
    for (size_t i = 0; i < c->open; i++) {
        table_fini(&c->shards[i].table);
        pthread_mutex_destroy(&c->shards[i].lock);
    }
    free(c);
}

bool name_cache_get(struct name_cache *c, struct slice name, enum record_type type, msec now, struct arena *arena,
                    struct dns_answer *out)
{
    uint64_t      hash  = hash_of(c, name, type);
    struct shard *s     = shard_of(c, hash);
    bool          found = false;
    struct entry *e;

    pthread_mutex_lock(&s->lock);
    e = find(s, hash, name, type);
    if (e != NULL && e->expires <= now) {
        drop(c, s, e);
    } else if (e != NULL) {
        list_unlink(&e->age);
        list_append(&s->ages, &e->age);
        found = copy_out(e, now > e->learnt ? now : e->learnt, arena, out);
    }
    pthread_mutex_unlock(&s->lock);
    return found;
}

void name_cache_put(struct name_cache *c, struct slice name, enum record_type type, msec now,
                    const struct dns_answer *answer)
{
    uint64_t      hash = hash_of(c, name, type);
    struct shard *s    = shard_of(c, hash);
    struct entry *e, *before;

    if (answer->ttl == 0)
        return;
    e = make_entry(name, type, now, answer);
    if (e == NULL || e->size > c->shard_bytes) {
        free(e);
        return;
    }
    pthread_mutex_lock(&s->lock);
    before = find(s, hash, name, type);
    if (before != NULL)
        drop(c, s, before);
    insert(c, s, e, hash);
    pthread_mutex_unlock(&s->lock);
}

void name_cache_forget(struct name_cache *c)
{
    for (size_t i = 0; i < c->open; i++) {
        struct shard *s = &c->shards[i];

        pthread_mutex_lock(&s->lock);
        while (!list_empty(&s->ages))
            drop(c, s, CONTAINER_OF(s->ages.next, struct entry, age));
        pthread_mutex_unlock(&s->lock);
    }
}

static size_t sum(struct name_cache *c, size_t (*of)(const struct shard *s))
{
    size_t total = 0;

    for (size_t i = 0; i < c->open; i++) {
        pthread_mutex_lock(&c->shards[i].lock);
        total += of(&c->shards[i]);
        pthread_mutex_unlock(&c->shards[i].lock);
    }
    return total;
}

static size_t count_of(const struct shard *s)
{
    return s->table.count;
}

static size_t bytes_of(const struct shard *s)
{
    return s->bytes;
}

size_t name_cache_count(struct name_cache *c)
{
    return sum(c, count_of);
}

size_t name_cache_bytes(struct name_cache *c)
{
    return sum(c, bytes_of);
}
