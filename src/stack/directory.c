/* SPDX-License-Identifier: BSD-2-Clause */
#include "stack/directory.h"

#include "base/error.h"
#include "base/table.h"

#include <pthread.h>
#include <stdlib.h>

struct entry {
    struct table_link link;
    struct flow       flow;
    struct address    address;
    bool              proof; /* leads nowhere: what its peer has proved */
    size_t            names_len;
    char              names[];
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

static void account(struct directory *d, const struct entry *e, int sign)
{
    if (d->budget != NULL)
        budget_move(d->budget, ACCOUNT_DIRECTORY,
                    sign * (int64_t)(sizeof *e + e->names_len + 2 * sizeof(struct table_link *)));
}

static void drop(struct table_link *link, void *directory)
{
    struct directory *d = directory;
    struct entry     *e = CONTAINER_OF(link, struct entry, link);

    table_remove(&d->table, link);
    account(d, e, -1);
    free(e);
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

static int add(struct directory *d, const struct flow *flow, const struct address *address, struct slice names,
               bool proof)
{
    struct entry *e = calloc(1, sizeof *e + names.len);

    if (e == NULL)
        return -ERR_NO_MEMORY;
    e->flow      = *flow;
    e->address   = *address;
    e->proof     = proof;
    e->names_len = names.len;
    if (names.len > 0)
        memcpy(e->names, names.ptr, names.len);
    account(d, e, 1);
    pthread_mutex_lock(&d->mutex);
    table_insert(&d->table, &e->link, hash_of(d, flow->transport, address));
    pthread_mutex_unlock(&d->mutex);
    return 0;
}

int directory_add(struct directory *d, const struct flow *flow, const struct address *address, struct slice names)
{
    return add(d, flow, address, names, false);
}

int directory_add_proof(struct directory *d, const struct flow *flow, struct slice names)
{
    return add(d, flow, &flow->remote, names, true);
}

void directory_remove(struct directory *d, const struct flow *flow, const struct address *address)
{
    struct table_link *l, *next;

    pthread_mutex_lock(&d->mutex);
    for (l = table_first(&d->table, hash_of(d, flow->transport, address)); l != NULL; l = next) {
        next = table_next(l);
        if (CONTAINER_OF(l, struct entry, link)->flow.connection == flow->connection)
            drop(l, d);
    }
    pthread_mutex_unlock(&d->mutex);
}

bool directory_names_hold(struct slice names, struct slice domain)
{
    const char *end = names.ptr + names.len;

    while (names.len > 0) {
        const char  *comma = memchr(names.ptr, ',', names.len);
        struct slice one   = slice_trim(slice_between(names.ptr, comma != NULL ? comma : end));

        if (domain.len > 0 && slice_eq_nocase(one, domain))
            return true;
        names = comma != NULL ? slice_between(comma + 1, end) : SLICE("");
    }
    return false;
}

/* Who has proved nothing is nobody, but by TCP, where nobody proves anything. */
static bool is_any(const struct entry *e)
{
    return e->names_len == 0 && e->flow.transport == TRANSPORT_TCP;
}

static bool leads_to(const struct entry *e, enum transport transport, const struct address *address,
                     struct slice domain)
{
    return !e->proof && e->flow.transport == transport && address_eq(&e->address, address) &&
           (is_any(e) || directory_names_hold((struct slice){ e->names, e->names_len }, domain));
}

bool directory_find(struct directory *d, enum transport transport, const struct address *address, struct slice domain,
                    struct flow *flow)
{
    struct table_link *l;
    bool               found = false;

    pthread_mutex_lock(&d->mutex);
    for (l = table_first(&d->table, hash_of(d, transport, address)); l != NULL && !found; l = table_next(l)) {
        const struct entry *e = CONTAINER_OF(l, struct entry, link);

        found = leads_to(e, transport, address, domain);
        if (found)
            *flow = e->flow;
    }
    pthread_mutex_unlock(&d->mutex);
    return found;
}

bool directory_proves(struct directory *d, const struct flow *flow, struct slice domain)
{
    struct table_link *l;
    bool               proves = false;

    pthread_mutex_lock(&d->mutex);
    l = table_first(&d->table, hash_of(d, flow->transport, &flow->remote));
    for (; l != NULL && !proves; l = table_next(l)) {
        const struct entry *e = CONTAINER_OF(l, struct entry, link);

        proves = e->proof && e->flow.connection == flow->connection &&
                 directory_names_hold((struct slice){ e->names, e->names_len }, domain);
    }
    pthread_mutex_unlock(&d->mutex);
    return proves;
}
