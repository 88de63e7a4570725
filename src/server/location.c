/* SPDX-License-Identifier: BSD-2-Clause */
#include "server/location_shard.h"

#include "base/error.h"
#include "base/limits.h"

#include <assert.h>
#include <stdlib.h>

/* What a change takes the place of, until no reader sees it. */
struct retirement {
    struct rcu_node        node;
    struct blocks         *memory; /* of aor */
    struct aor            *aor;
    struct binding_common *gone;
};

/* ---- life ---- */

struct location *location_new(struct rcu *rcu, const struct random *random, size_t limit, msec now)
{
    struct location *l      = calloc(1, sizeof *l);
    bool             failed = false;

    if (l == NULL)
        return NULL;
    l->rcu   = rcu;
    l->limit = limit;
    blocks_init(&l->memory, BLOCKS_EXACT);
    random_fill(random, &l->hash_key, sizeof l->hash_key);
    for (unsigned i = 0; i < LOCATION_SHARDS; i++) {
        struct shard *s = &l->shards[i];

        s->swept       = location_period(now);
        s->commons.key = l->hash_key;
        atomic_init(&s->due, NEVER);
        pthread_mutex_init(&s->lock, NULL); /* glibc's default kind cannot fail */
        failed = rcu_table_init(&s->aors, rcu, 0) != 0 || failed;
    }
    if (failed) {
        location_free(l);
        return NULL;
    }
    return l;
}

void location_set_limit(struct location *l, size_t limit)
{
    atomic_store_explicit(&l->limit, limit, memory_order_relaxed);
}

size_t location_limit(const struct location *l)
{
    return atomic_load_explicit(&l->limit, memory_order_relaxed);
}

void location_account(struct location *l, struct budget *b)
{
    l->budget = b;
}

static void account(struct location *l, int64_t bytes)
{
    if (l->budget != NULL && bytes != 0)
        budget_move(l->budget, ACCOUNT_LOCATION, bytes);
}

/* An entry of a shard whose location is going. */
struct goner {
    struct location *location;
    struct shard    *shard;
};

static void free_entry(struct rcu_entry *entry, void *arg)
{
    const struct goner *g = arg;

    aor_free(&g->location->memory, aor_of_entry(entry), &g->shard->commons);
}

static void free_retired(struct rcu_node *node)
{
    struct retirement *r = CONTAINER_OF(node, struct retirement, node);

    binding_common_free(r->gone);
    aor_give(r->memory, r->aor);
    free(r);
}

void location_free(struct location *l)
{
    if (l == NULL)
        return;
    rcu_barrier(l->rcu); /* what was retired goes back into `memory` */
    for (unsigned i = 0; i < LOCATION_SHARDS; i++) {
        rcu_table_fini(&l->shards[i].aors, free_entry, &(struct goner){ l, &l->shards[i] });
        pthread_mutex_destroy(&l->shards[i].lock);
    }
    blocks_fini(&l->memory);
    account(l, -(int64_t)atomic_load(&l->bytes));
    free(l);
}

/* Without memory they grow as ever. */
void location_expect(struct location *l, size_t aors)
{
    for (unsigned i = 0; i < LOCATION_SHARDS; i++) {
        struct shard    *s = &l->shards[i];
        struct rcu_table wide;

        if (s->aors.count > 0 || rcu_table_init(&wide, l->rcu, aors / LOCATION_SHARDS) != 0)
            continue;
        rcu_table_fini(&s->aors, free_entry, &(struct goner){ l, s });
        s->aors = wide;
    }
}

struct hash_key location_hash_key(const struct location *l)
{
    return l->hash_key;
}

void location_set_hash_key(struct location *l, struct hash_key key)
{
    assert(location_aors(l) == 0);
    l->hash_key = key;
}

uint64_t location_hash(const struct location *l, struct slice key)
{
    return siphash(&l->hash_key, key);
}

/* ---- reading ---- */

/* The low bits choose the shard, the high ones the place in its table. */
static unsigned shard_index(uint64_t hash)
{
    return (unsigned)hash % LOCATION_SHARDS;
}

static struct aor *find(const struct shard *s, struct slice key, uint64_t hash)
{
    struct rcu_probe p;

    for (struct rcu_entry *e = rcu_table_first(&s->aors, hash, &p); e != NULL; e = rcu_table_next(&p))
        if (slice_eq(aor_key(aor_of_entry(e)), key))
            return aor_of_entry(e);
    return NULL;
}

const struct aor *location_find_hashed(const struct location *l, struct slice key, uint64_t hash)
{
    return find(&l->shards[shard_index(hash)], key, hash);
}

const struct aor *location_find(const struct location *l, struct slice key)
{
    return location_find_hashed(l, key, location_hash(l, key));
}

void location_prefetch_slot(const struct location *l, uint64_t hash)
{
    rcu_table_prefetch(&l->shards[shard_index(hash)].aors, hash);
}

/* Few blocks are longer than AOR_USUAL. */
void location_prefetch_aor(const struct location *l, uint64_t hash)
{
    rcu_table_prefetch_entry(&l->shards[shard_index(hash)].aors, hash, AOR_USUAL);
}

void location_prefetch(const struct location *l, struct slice key)
{
    uint64_t hash = location_hash(l, key);

    rcu_enter(l->rcu);
    location_prefetch_slot(l, hash);
    rcu_leave(l->rcu);
}

static bool has_epoch(const struct aor *a, uint64_t epoch, msec now)
{
    struct binding b;

    for (unsigned i = 0; i < aor_count(a); i++) {
        aor_binding(a, i, &b);
        if (b.gruu == epoch && b.gruu != 0 && b.expires_at > now)
            return true;
    }
    return false;
}

const struct aor *location_find_gruu(const struct location *l, uint64_t hash, uint64_t epoch, msec now)
{
    struct rcu_probe p;

    for (struct rcu_entry *e = rcu_table_first(&l->shards[shard_index(hash)].aors, hash, &p); e != NULL;
         e                   = rcu_table_next(&p))
        if (has_epoch(aor_of_entry(e), epoch, now))
            return aor_of_entry(e);
    return NULL;
}

const struct aor *location_find_flow(const struct location *l, uint64_t hash, const struct flow *flow)
{
    struct rcu_probe p;

    for (struct rcu_entry *e = rcu_table_first(&l->shards[shard_index(hash)].aors, hash, &p); e != NULL;
         e                   = rcu_table_next(&p))
        if (aor_has_flow(aor_of_entry(e), flow))
            return aor_of_entry(e);
    return NULL;
}

size_t location_count(const struct location *l)
{
    return atomic_load_explicit(&l->count, memory_order_relaxed);
}

size_t location_aors(const struct location *l)
{
    return atomic_load_explicit(&l->aor_count, memory_order_relaxed);
}

struct listing {
    void (*fn)(void *arg, const struct aor *a);
    void  *arg;
    size_t given;
};

static void list_one(struct rcu_entry *entry, void *arg)
{
    struct listing *l = arg;

    l->given++;
    l->fn(l->arg, aor_of_entry(entry));
}

/* A cursor is that of the shard's table, whose low bits are free, and the shard. */
uint64_t location_list(const struct location *l, uint64_t cursor, size_t want,
                       void (*fn)(void *arg, const struct aor *a), void *arg)
{
    struct listing listing = { fn, arg, 0 };
    unsigned       shard   = shard_index(cursor);

    rcu_enter(l->rcu);
    cursor -= shard;
    while (shard < LOCATION_SHARDS && listing.given < want) {
        cursor = rcu_table_scan(&l->shards[shard].aors, cursor, want - listing.given, list_one, &listing);
        shard += cursor == 0;
    }
    rcu_leave(l->rcu);
    return shard < LOCATION_SHARDS ? cursor | shard : 0;
}

/* ---- changing ---- */

void location_lock_hashed(struct location *l, struct slice key, uint64_t hash, struct location_guard *g)
{
    *g = (struct location_guard){ .location = l, .shard = &l->shards[shard_index(hash)], .key = key, .hash = hash };
    rcu_enter(l->rcu);
    pthread_mutex_lock(&g->shard->lock);
    g->aor = find(g->shard, key, hash);
}

void location_lock(struct location *l, struct slice key, struct location_guard *g)
{
    location_lock_hashed(l, key, location_hash(l, key), g);
}

static size_t count_of(const struct aor *a)
{
    return a != NULL ? a->count : 0;
}

static bool take_room(struct location_guard *g, size_t more, bool promised)
{
    struct location *l = g->location;

    g->promised = more;
    if (atomic_fetch_add(&l->count, more) + more <= l->limit || promised)
        return true;
    atomic_fetch_sub(&l->count, more);
    g->promised = 0;
    return false;
}

static void drop_prepared(struct location_guard *g)
{
    atomic_fetch_sub(&g->location->count, g->promised);
    aor_free(&g->location->memory, g->made, &g->shard->commons);
    free(g->retirement);
    g->promised   = 0;
    g->made       = NULL;
    g->retirement = NULL;
    g->prepared   = false;
}

void location_unlock(struct location_guard *g)
{
    if (g->prepared)
        drop_prepared(g);
    pthread_mutex_unlock(&g->shard->lock);
    rcu_leave(g->location->rcu);
}

static void note_rows(struct location *l, const struct binding *values, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        uint64_t last = atomic_load(&l->last_row);

        while (values[i].row > last && !atomic_compare_exchange_weak(&l->last_row, &last, values[i].row))
            ;
    }
}

/* All that publishing wants of memory. */
static bool make(struct location_guard *g, const struct binding *values, size_t count)
{
    if (g->aor != NULL && (g->retirement = malloc(sizeof *g->retirement)) == NULL)
        return false;
    if (count == 0)
        return true;
    g->made = aor_new(&g->location->memory, &g->shard->commons, g->key, values, count);
    return g->made != NULL && (g->aor != NULL || rcu_table_make_room(&g->shard->aors) == 0);
}

int location_prepare(struct location_guard *g, const struct binding *values, size_t count, bool promised)
{
    size_t before = count_of(g->aor);

    if (g->prepared)
        drop_prepared(g);
    g->commons_before = g->shard->commons.bytes;
    if (count > LIMIT_LIST)
        return -ERR_LIMIT;
    if (count > before && !take_room(g, count - before, promised))
        return -ERR_LIMIT;
    g->prepared = true;
    if (!make(g, values, count)) {
        drop_prepared(g);
        return -ERR_NO_MEMORY;
    }
    note_rows(g->location, values, count);
    return 0;
}

static void retire(struct location_guard *g, struct aor *a)
{
    struct retirement *r = g->retirement;

    r->memory     = &g->location->memory;
    r->aor        = a;
    r->gone       = aor_release(a, &g->shard->commons);
    g->retirement = NULL;
    rcu_retire(g->location->rcu, &r->node, free_retired);
}

static uint64_t *change_of(const struct location_guard *g)
{
    return &g->shard->changes[g->hash / LOCATION_SHARDS % LOCATION_CHANGES];
}

static void take_out(struct location_guard *g)
{
    rcu_table_remove(&g->shard->aors, &g->aor->entry);
    atomic_fetch_sub(&g->location->aor_count, 1);
}

/* Into the table, in the place of the old one, or out of it. */
static void exchange(struct location_guard *g)
{
    struct rcu_table *t = &g->shard->aors;

    if (g->made == NULL && g->aor == NULL)
        return;
    if (g->made == NULL) {
        take_out(g);
    } else if (g->aor == NULL) {
        rcu_table_insert(t, &g->made->entry, g->hash); /* there is room */
        atomic_fetch_add(&g->location->aor_count, 1);
    } else {
        rcu_table_replace(t, &g->aor->entry, &g->made->entry);
    }
}

/* What has been replaced is given back although readers may look at it for some
 * milliseconds more. */
static void account_change(struct location_guard *g, size_t commons_before)
{
    int64_t bytes = (int64_t)aor_size(g->made) - (int64_t)aor_size(g->aor) + (int64_t)g->shard->commons.bytes -
                    (int64_t)commons_before;

    atomic_fetch_add(&g->location->bytes, (size_t)bytes);
    account(g->location, bytes);
}

void location_publish(struct location_guard *g)
{
    size_t before = count_of(g->aor), after = count_of(g->made);

    exchange(g);
    if (g->aor != NULL)
        retire(g, g->aor);
    account_change(g, g->commons_before);
    if (after < before)
        atomic_fetch_sub(&g->location->count, before - after);
    g->aor = g->made;
    if (g->aor != NULL)
        location_note_end(g->shard, g->aor, aor_first_expiry(g->aor));
    g->made     = NULL;
    g->promised = 0;
    g->prepared = false;
}

/* The note may be early, so that mostly it need not be moved. */
void location_refresh(struct location_guard *g, unsigned index, msec expires_at, uint32_t cseq, uint64_t lease_until)
{
    bool earlier = expires_at < aor_expires_at(g->aor, index);

    aor_refresh(g->aor, index, expires_at, cseq, lease_until);
    if (earlier)
        location_note_end(g->shard, g->aor, aor_first_expiry(g->aor));
}

void location_note_change(struct location_guard *g, uint64_t seq)
{
    uint64_t *last = change_of(g);

    if (seq > *last)
        *last = seq;
}

uint64_t location_last_change(const struct location_guard *g)
{
    return *change_of(g);
}

uint64_t location_next_row(struct location *l)
{
    return atomic_fetch_add(&l->last_row, 1) + 1;
}
