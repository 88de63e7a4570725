/* SPDX-License-Identifier: BSD-2-Clause */
#include "server/location.h"

#include <stdlib.h>

enum { EXPECTED_AORS = 4096 };

struct aor {
    struct table_link link;
    struct location  *location;
    struct link       bindings;
    unsigned          count;
    size_t            key_len;
    char              key[];
};

struct location {
    struct world        *world;
    struct hash_key      hash_key;
    struct table         aors;
    size_t               count, limit;
    uint64_t             last_row;
    location_expired_fn *on_expired;
    void                *owner;
};

struct location *location_new(struct world *w, size_t limit)
{
    struct location *l = calloc(1, sizeof *l);

    if (l == NULL)
        return NULL;
    *l = (struct location){ .world = w, .limit = limit };
    random_fill(&w->random, &l->hash_key, sizeof l->hash_key);
    if (table_init(&l->aors, EXPECTED_AORS) != 0) {
        free(l);
        return NULL;
    }
    return l;
}

void location_on_expired(struct location *l, location_expired_fn *fn, void *owner)
{
    l->on_expired = fn;
    l->owner      = owner;
}

static void free_aor(struct table_link *entry, void *arg)
{
    struct location *l = arg;
    struct aor      *a = CONTAINER_OF(entry, struct aor, link);
    struct link     *link;

    while ((link = list_shift(&a->bindings)) != NULL) {
        struct binding *b = CONTAINER_OF(link, struct binding, link);

        world_timer_stop(l->world, &b->expiry);
        free(b);
    }
    table_remove(&l->aors, entry);
    free(a);
}

void location_free(struct location *l)
{
    if (l == NULL)
        return;
    table_each(&l->aors, free_aor, l);
    table_fini(&l->aors);
    free(l);
}

struct aor *location_find(const struct location *l, struct slice key)
{
    struct table_link *entry = table_first(&l->aors, siphash(&l->hash_key, key));

    for (; entry != NULL; entry = table_next(entry)) {
        struct aor *a = CONTAINER_OF(entry, struct aor, link);

        if (slice_eq(aor_key(a), key))
            return a;
    }
    return NULL;
}

struct slice aor_key(const struct aor *a)
{
    return (struct slice){ a->key, a->key_len };
}

unsigned aor_count(const struct aor *a)
{
    return a->count;
}

static struct binding *at(const struct aor *a, const struct link *link)
{
    return link == &a->bindings ? NULL : CONTAINER_OF(link, struct binding, link);
}

struct binding *aor_first(const struct aor *a)
{
    return at(a, a->bindings.next);
}

struct binding *aor_next(const struct aor *a, const struct binding *b)
{
    return at(a, b->link.next);
}

static struct aor *aor_new(struct location *l, struct slice key)
{
    struct aor *a = calloc(1, sizeof *a + key.len);

    if (a == NULL)
        return NULL;
    a->location = l;
    a->key_len  = key.len;
    memcpy(a->key, key.ptr, key.len);
    list_init(&a->bindings);
    table_insert(&l->aors, &a->link, siphash(&l->hash_key, key));
    return a;
}

static void aor_drop_if_empty(struct location *l, struct aor *a)
{
    if (a->count > 0)
        return;
    table_remove(&l->aors, &a->link);
    free(a);
}

static void keep(char **at_memory, struct slice *text)
{
    if (text->len > 0)
        memcpy(*at_memory, text->ptr, text->len);
    text->ptr = *at_memory;
    *at_memory += text->len;
}

static struct binding *copy_of(const struct binding *values)
{
    size_t size =
        values->contact.len + values->params.len + values->call_id.len + values->user_agent.len + values->path.len;
    struct binding *b = malloc(sizeof *b + size);
    char           *memory;

    if (b == NULL)
        return NULL;
    memcpy(b, values, sizeof *b);
    memset(&b->link, 0, sizeof b->link);
    memset(&b->expiry, 0, sizeof b->expiry);
    memory = b->memory;
    keep(&memory, &b->contact);
    keep(&memory, &b->params);
    keep(&memory, &b->call_id);
    keep(&memory, &b->user_agent);
    keep(&memory, &b->path);
    return b;
}

static void on_expiry(struct timer *timer, msec now)
{
    struct binding  *b = CONTAINER_OF(timer, struct binding, expiry);
    struct location *l = b->aor->location;

    (void)now;
    if (l->on_expired != NULL)
        l->on_expired(l->owner, b);
    location_remove(l, b);
}

uint64_t location_next_row(struct location *l)
{
    return ++l->last_row;
}

bool location_has_room(const struct location *l, size_t count)
{
    return l->count < l->limit && count <= l->limit - l->count;
}

struct binding *location_put(struct location *l, struct slice key, const struct binding *values,
                             struct binding *replaces)
{
    struct aor     *a = replaces != NULL ? replaces->aor : location_find(l, key);
    struct binding *b;

    if (replaces == NULL && values->row == 0 && !location_has_room(l, 1))
        return NULL;
    b = copy_of(values);
    if (b == NULL)
        return NULL;
    if (a == NULL)
        a = aor_new(l, key);
    if (a == NULL) {
        free(b);
        return NULL;
    }
    if (replaces != NULL)
        b->row = replaces->row;
    else if (b->row == 0)
        b->row = location_next_row(l);
    if (b->row > l->last_row)
        l->last_row = b->row;
    b->aor = a;
    list_append(&a->bindings, &b->link);
    a->count++;
    l->count++;
    if (replaces != NULL)
        location_remove(l, replaces);
    world_timer(l->world, &b->expiry, on_expiry, b->expires_at);
    return b;
}

void location_refresh(struct location *l, struct binding *b, msec expires_at, uint32_t cseq)
{
    b->expires_at = expires_at;
    b->cseq       = cseq;
    world_timer(l->world, &b->expiry, on_expiry, expires_at);
}

void location_remove(struct location *l, struct binding *b)
{
    struct aor *a = b->aor;

    world_timer_stop(l->world, &b->expiry);
    list_unlink(&b->link);
    free(b);
    a->count--;
    l->count--;
    aor_drop_if_empty(l, a);
}

size_t location_count(const struct location *l)
{
    return l->count;
}

struct each {
    void (*fn)(void *arg, const struct binding *b);
    void *arg;
};

static void each_aor(struct table_link *entry, void *arg)
{
    const struct aor  *a    = CONTAINER_OF(entry, struct aor, link);
    const struct each *each = arg;

    for (const struct binding *b = aor_first(a); b != NULL; b = aor_next(a, b))
        each->fn(each->arg, b);
}

void location_each(struct location *l, void (*fn)(void *arg, const struct binding *b), void *arg)
{
    struct each each = { fn, arg };

    table_each(&l->aors, each_aor, &each);
}
