/* SPDX-License-Identifier: BSD-2-Clause */
#include "stack/directory.h"

#include "base/error.h"
#include "base/table.h"

#include <pthread.h>
#include <stdlib.h>

struct entry {
    struct table_link link;
    struct flow       flow;
};

struct directory {
    struct hash_key key;
    struct budget  *budget; /* NULL: nobody accounts */
    pthread_mutex_t mutex;
    struct table    table;
};

struct directory *directory_new(const struct hash_key *key)
{
    struct directory *d = calloc(1, sizeof *d);

    if (d == NULL)
        return NULL;
    d->key = *key;
    if (table_init(&d->table, 64) != 0) {
        free(d);
        return NULL;
    }
    pthread_mutex_init(&d->mutex, NULL);
    return d;
}

void directory_account(struct directory *d, struct budget *b)
{
    d->budget = b;
}

static void account(struct directory *d, int entries)
{
    if (d->budget != NULL)
        budget_move(d->budget, ACCOUNT_DIRECTORY,
                    entries * (int64_t)(sizeof(struct entry) + 2 * sizeof(struct table_link *)));
}

static void drop(struct table_link *link, void *directory)
{
    struct directory *d = directory;

    table_remove(&d->table, link);
    account(d, -1);
    free(CONTAINER_OF(link, struct entry, link));
}

void directory_free(struct directory *d)
{
    if (d == NULL)
        return;
    table_each(&d->table, drop, d);
    table_fini(&d->table);
    pthread_mutex_destroy(&d->mutex);
    free(d);
}

static uint64_t hash_of(const struct directory *d, enum transport transport, const struct address *a)
{
    return flow_remote_hash(&d->key, transport, a);
}

int directory_add(struct directory *d, const struct flow *flow)
{
    struct entry *e = calloc(1, sizeof *e);

    if (e == NULL)
        return -ERR_NO_MEMORY;
    e->flow = *flow;
    account(d, 1);
    pthread_mutex_lock(&d->mutex);
    table_insert(&d->table, &e->link, hash_of(d, flow->transport, &flow->remote));
    pthread_mutex_unlock(&d->mutex);
    return 0;
}

void directory_remove(struct directory *d, const struct flow *flow)
{
    struct table_link *l;

    pthread_mutex_lock(&d->mutex);
    l = table_first(&d->table, hash_of(d, flow->transport, &flow->remote));
    while (l != NULL && CONTAINER_OF(l, struct entry, link)->flow.connection != flow->connection)
        l = table_next(l);
    if (l != NULL)
        drop(l, d);
    pthread_mutex_unlock(&d->mutex);
}

bool directory_find(struct directory *d, enum transport transport, const struct address *remote, struct flow *flow)
{
    struct table_link *l;
    bool               found = false;

    pthread_mutex_lock(&d->mutex);
    for (l = table_first(&d->table, hash_of(d, transport, remote)); l != NULL && !found; l = table_next(l)) {
        const struct entry *e = CONTAINER_OF(l, struct entry, link);

        found = e->flow.transport == transport && address_eq(&e->flow.remote, remote);
        if (found)
            *flow = e->flow;
    }
    pthread_mutex_unlock(&d->mutex);
    return found;
}
