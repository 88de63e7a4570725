/* SPDX-License-Identifier: BSD-2-Clause */
#include "stack/lives_on.h"

#include "base/error.h"
#include "base/list.h"
#include "base/table.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>

struct entry {
    struct table_link by_call;
    struct link       by_age; /* the next to end comes first */
    msec              until;
    uint32_t          cell;
    size_t            len;
    char              call_id[];
};

struct lives_on {
    struct hash_key key;
    struct budget  *budget; /* NULL: nobody accounts */
    atomic_size_t   count;
    pthread_mutex_t mutex; /* the rest */
    struct table    table;
    struct link     ages;
};

struct lives_on *lives_on_new(const struct hash_key *key)
{
    struct lives_on *l = calloc(1, sizeof *l);

    if (l == NULL)
        return NULL;
    l->key = *key;
    list_init(&l->ages);
    if (table_init(&l->table, 16) != 0) {
        free(l);
        return NULL;
    }
    pthread_mutex_init(&l->mutex, NULL);
    return l;
}

void lives_on_account(struct lives_on *l, struct budget *b)
{
    l->budget = b;
}

static int64_t size_of(const struct entry *e)
{
    return (int64_t)(sizeof *e + e->len + 2 * sizeof(struct table_link *));
}

static void account(struct lives_on *l, int64_t bytes)
{
    if (l->budget != NULL)
        budget_move(l->budget, ACCOUNT_DIRECTORY, bytes);
}

static void drop(struct lives_on *l, struct entry *e)
{
    account(l, -size_of(e));
    table_remove(&l->table, &e->by_call);
    list_unlink(&e->by_age);
    free(e);
    atomic_fetch_sub(&l->count, 1);
}

void lives_on_free(struct lives_on *l)
{
    if (l == NULL)
        return;
    while (!list_empty(&l->ages))
        drop(l, CONTAINER_OF(l->ages.next, struct entry, by_age));
    table_fini(&l->table);
    pthread_mutex_destroy(&l->mutex);
    free(l);
}

static struct entry *find(struct lives_on *l, struct slice call_id)
{
    struct table_link *link = table_first(&l->table, siphash13(&l->key, call_id));

    for (; link != NULL; link = table_next(link)) {
        struct entry *e = CONTAINER_OF(link, struct entry, by_call);

        if (slice_eq((struct slice){ e->call_id, e->len }, call_id))
            return e;
    }
    return NULL;
}

bool lives_on_find(struct lives_on *l, struct slice call_id, uint32_t *cell)
{
    const struct entry *e;

    if (lives_on_count(l) == 0)
        return false;
    pthread_mutex_lock(&l->mutex);
    e = find(l, call_id);
    if (e != NULL)
        *cell = e->cell;
    pthread_mutex_unlock(&l->mutex);
    return e != NULL;
}

static void extend(struct lives_on *l, struct entry *e, msec now)
{
    list_unlink(&e->by_age);
    list_append(&l->ages, &e->by_age);
    e->until = now + LIVES_ON;
}

static int add(struct lives_on *l, struct slice call_id, uint32_t cell, msec now)
{
    struct entry *e;

    if (lives_on_count(l) >= LIVES_ON_LIMIT || call_id.len > LIVES_ON_CALL_ID)
        return -ERR_LIMIT;
    e = calloc(1, sizeof *e + call_id.len);
    if (e == NULL)
        return -ERR_NO_MEMORY;
    e->cell = cell;
    e->len  = call_id.len;
    memcpy(e->call_id, call_id.ptr, call_id.len);
    account(l, size_of(e));
    table_insert(&l->table, &e->by_call, siphash13(&l->key, call_id));
    extend(l, e, now);
    atomic_fetch_add(&l->count, 1);
    return 0;
}

int lives_on_put(struct lives_on *l, struct slice call_id, uint32_t cell, msec now)
{
    struct entry *e;
    int           error = 0;

    pthread_mutex_lock(&l->mutex);
    while (!list_empty(&l->ages) && (e = CONTAINER_OF(l->ages.next, struct entry, by_age))->until <= now)
        drop(l, e);
    e = find(l, call_id);
    if (e == NULL) {
        error = add(l, call_id, cell, now);
    } else {
        e->cell = cell;
        extend(l, e, now);
    }
    pthread_mutex_unlock(&l->mutex);
    return error;
}

void lives_on_touch(struct lives_on *l, struct slice call_id, msec now)
{
    struct entry *e;

    if (lives_on_count(l) == 0)
        return;
    pthread_mutex_lock(&l->mutex);
    e = find(l, call_id);
    if (e != NULL)
        extend(l, e, now);
    pthread_mutex_unlock(&l->mutex);
}

size_t lives_on_count(const struct lives_on *l)
{
    return atomic_load_explicit(&l->count, memory_order_acquire);
}
