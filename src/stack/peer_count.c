/* SPDX-License-Identifier: BSD-2-Clause */
#include "stack/peer_count.h"

#include "base/table.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

enum { NETWORK_6 = 8, EXPECTED = 64 };

struct entry {
    struct table_link link;
    struct address    host; /* without what does not count */
    uint32_t          count;
};

struct peer_count {
    struct hash_key key;
    struct budget  *budget; /* NULL: nobody accounts */
    pthread_mutex_t mutex;
    struct table    table;
};

struct peer_count *peer_count_new(const struct hash_key *key)
{
    struct peer_count *p = calloc(1, sizeof *p);

    if (p == NULL)
        return NULL;
    p->key = *key;
    if (table_init(&p->table, EXPECTED) != 0) {
        free(p);
        return NULL;
    }
    pthread_mutex_init(&p->mutex, NULL);
    return p;
}

void peer_count_account(struct peer_count *p, struct budget *b)
{
    p->budget = b;
}

static void account(struct peer_count *p, int sign)
{
    if (p->budget != NULL)
        budget_move(p->budget, ACCOUNT_DIRECTORY,
                    sign * (int64_t)(sizeof(struct entry) + 2 * sizeof(struct table_link *)));
}

static void drop(struct table_link *link, void *all)
{
    struct peer_count *p = all;

    table_remove(&p->table, link);
    account(p, -1);
    free(CONTAINER_OF(link, struct entry, link));
}

void peer_count_free(struct peer_count *p)
{
    if (p == NULL)
        return;
    table_each(&p->table, drop, p);
    table_fini(&p->table);
    pthread_mutex_destroy(&p->mutex);
    free(p);
}

static struct address host_of(const struct address *peer)
{
    struct address host = *peer;

    host.port = 0;
    if (host.family == FAMILY_6)
        memset(host.ip + NETWORK_6, 0, sizeof host.ip - NETWORK_6);
    return host;
}

static uint64_t hash_of(const struct peer_count *p, const struct address *host)
{
    return siphash13(&p->key, (struct slice){ (const char *)host->ip, sizeof host->ip });
}

static struct entry *find(struct peer_count *p, const struct address *host)
{
    struct table_link *l = table_first(&p->table, hash_of(p, host));

    while (l != NULL && !address_eq(&CONTAINER_OF(l, struct entry, link)->host, host))
        l = table_next(l);
    return l != NULL ? CONTAINER_OF(l, struct entry, link) : NULL;
}

static struct entry *add(struct peer_count *p, const struct address *host)
{
    struct entry *e = calloc(1, sizeof *e);

    if (e == NULL)
        return NULL;
    e->host = *host;
    table_insert(&p->table, &e->link, hash_of(p, host));
    account(p, 1);
    return e;
}

bool peer_count_enter(struct peer_count *p, const struct address *peer, uint32_t limit)
{
    struct address host = host_of(peer);
    struct entry  *e;
    bool           fits = false;

    pthread_mutex_lock(&p->mutex);
    e = find(p, &host);
    if (e == NULL)
        e = add(p, &host);
    if (e != NULL && e->count < limit) {
        e->count++;
        fits = true;
    }
    if (e != NULL && e->count == 0)
        drop(&e->link, p);
    pthread_mutex_unlock(&p->mutex);
    return fits;
}

void peer_count_leave(struct peer_count *p, const struct address *peer)
{
    struct address host = host_of(peer);
    struct entry  *e;

    pthread_mutex_lock(&p->mutex);
    e = find(p, &host);
    if (e != NULL && --e->count == 0)
        drop(&e->link, p);
    pthread_mutex_unlock(&p->mutex);
}

uint32_t peer_count_of(struct peer_count *p, const struct address *peer)
{
    struct address host = host_of(peer);
    struct entry  *e;
    uint32_t       count;

    pthread_mutex_lock(&p->mutex);
    e     = find(p, &host);
    count = e != NULL ? e->count : 0;
    pthread_mutex_unlock(&p->mutex);
    return count;
}
