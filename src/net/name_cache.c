/* SPDX-License-Identifier: BSD-2-Clause */
#include "net/name_cache.h"

#include "base/error.h"

#include <assert.h>
#include <stdlib.h>

int name_cache_init(struct name_cache *c, const struct random *random)
{
    *c = (struct name_cache){ .count = 0 };
    list_init(&c->ages);
    random_fill(random, &c->key, sizeof c->key);
    return table_init(&c->table, 16);
}

static void free_entry(struct name_entry *e)
{
    e->cache->bytes -= e->size;
    arena_fini(&e->arena);
    free(e);
}

/* It will not be found again, and goes with its last holder. */
static void unlist(struct name_entry *e)
{
    if (!e->listed)
        return;
    table_remove(&e->cache->table, &e->in_table);
    list_unlink(&e->age);
    e->cache->count--;
    e->listed = false;
    if (e->holders == 0)
        free_entry(e);
}

void name_cache_fini(struct name_cache *c)
{
    while (!list_empty(&c->ages)) {
        struct name_entry *e = CONTAINER_OF(c->ages.next, struct name_entry, age);

        assert(e->holders == 0);
        unlist(e);
    }
    table_fini(&c->table);
}

static uint64_t hash_of(const struct name_cache *c, struct slice name, enum record_type type)
{
    return siphash_nocase(&c->key, name) + (uint64_t)type;
}

struct name_entry *name_cache_find(struct name_cache *c, struct slice name, enum record_type type, msec now)
{
    for (struct table_link *l = table_first(&c->table, hash_of(c, name, type)); l != NULL; l = table_next(l)) {
        struct name_entry *e = CONTAINER_OF(l, struct name_entry, in_table);

        if (e->type != type || !slice_eq_nocase(slice_from(e->name), name))
            continue;
        if (!e->asking && e->expires <= now) {
            unlist(e);
            return NULL;
        }
        list_unlink(&e->age);
        list_append(&c->ages, &e->age);
        name_entry_hold(e);
        return e;
    }
    return NULL;
}

static bool make_room(struct name_cache *c)
{
    if (c->count < CACHE_ENTRIES)
        return true;
    LIST_EACH (l, &c->ages) {
        struct name_entry *e = CONTAINER_OF(l, struct name_entry, age);

        if (e->holders > 0)
            continue;
        unlist(e);
        return true;
    }
    return false;
}

struct name_entry *name_cache_add(struct name_cache *c, struct slice name, enum record_type type, bool listed)
{
    struct name_entry *e;

    assert(name.len < CACHE_NAME);
    if (listed && !make_room(c))
        return NULL;
    e = calloc(1, sizeof *e);
    if (e == NULL)
        return NULL;
    e->cache   = c;
    e->holders = 1;
    e->asking  = true;
    e->type    = type;
    e->listed  = listed;
    memcpy(e->name, name.ptr, name.len);
    list_init(&e->waiters);
    arena_init(&e->arena, NULL, 0, DNS_ARENA);
    e->size = sizeof *e + 2 * sizeof(struct table_link *);
    c->bytes += e->size;
    if (listed) {
        table_insert(&c->table, &e->in_table, hash_of(c, name, type));
        list_append(&c->ages, &e->age);
        c->count++;
    }
    return e;
}

void name_entry_settle(struct name_entry *e, msec now)
{
    e->cache->bytes += e->arena.spent;
    e->size += e->arena.spent;
    e->asking  = false;
    e->expires = now + (msec)e->answer.ttl * 1000;
    if (e->answer.ttl == 0)
        unlist(e);
}

void name_entry_hold(struct name_entry *e)
{
    e->holders++;
}

void name_entry_drop(struct name_entry *e)
{
    assert(e->holders > 0);
    if (--e->holders == 0 && !e->listed)
        free_entry(e);
}
