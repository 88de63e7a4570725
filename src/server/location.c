/* SPDX-License-Identifier: BSD-2-Clause */
#include "server/location.h"

#include "base/error.h"
#include "base/limits.h"

#include <assert.h>
#include <pthread.h>
#include <stdlib.h>

enum {
    CHANGES        = 512,
    AGAIN          = 1000, /* ms */
    EXPIRE_AT_ONCE = 64,
    PERIOD_BITS    = 14, /* 16 s */
    PERIODS        = 255
};

/* Each change leaves its number in a small table, where it is there to be asked also when its AOR
 * is not; two AORs that share an entry only wait for each other.
 *
 * An AOR's note in the table (rcu_table_note) is the period of time in which its first binding
 * ends, or an earlier one, modulo PERIODS, from 1 on.  So who looks for what has ended reads a byte
 * of each slot and touches only the AORs of the periods since `swept`; a timer in each would take 32
 * bytes of it. */
struct shard {
    pthread_mutex_t        lock;
    struct rcu_table       aors;
    struct binding_commons commons;
    uint64_t               swept; /* a period: nothing is noted for one before */
    _Atomic(msec)          due;   /* nothing ends before; read without the lock */
    uint64_t               changes[CHANGES];
};

/* What a change takes the place of, until no reader sees it. */
struct retirement {
    struct rcu_node        node;
    struct blocks         *memory; /* of aor */
    struct aor            *aor;
    struct binding_common *gone;
};

struct location {
    struct rcu       *rcu;
    struct budget    *budget; /* NULL: nobody accounts */
    struct hash_key   hash_key;
    _Atomic(size_t)   limit;
    _Atomic(size_t)   count, aor_count;
    _Atomic(size_t)   bytes; /* of the budget */
    _Atomic(uint64_t) last_row;
    struct blocks     memory; /* of the AORs */
    struct shard      shards[LOCATION_SHARDS];
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

        s->swept       = now >> PERIOD_BITS;
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

static struct aor *aor_of_entry(struct rcu_entry *entry)
{
    return CONTAINER_OF(entry, struct aor, entry);
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

const struct aor *location_find(const struct location *l, struct slice key)
{
    uint64_t hash = location_hash(l, key);

    return find(&l->shards[shard_index(hash)], key, hash);
}

void location_prefetch(const struct location *l, struct slice key)
{
    uint64_t hash = location_hash(l, key);

    rcu_enter(l->rcu);
    rcu_table_prefetch(&l->shards[shard_index(hash)].aors, hash);
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

void location_lock(struct location *l, struct slice key, struct location_guard *g)
{
    uint64_t hash = location_hash(l, key);

    *g = (struct location_guard){ .location = l, .shard = &l->shards[shard_index(hash)], .key = key, .hash = hash };
    rcu_enter(l->rcu);
    pthread_mutex_lock(&g->shard->lock);
    g->aor = find(g->shard, key, hash);
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

/* Which is the same or earlier, but not so early that it has been swept. */
static uint64_t period_of(const struct shard *s, msec at)
{
    uint64_t period = at >> PERIOD_BITS;

    if (period < s->swept)
        return s->swept;
    return period < s->swept + PERIODS - 1 ? period : s->swept + PERIODS - 2;
}

static uint8_t note_of(const struct shard *s, msec at)
{
    return (uint8_t)(period_of(s, at) % PERIODS + 1);
}

static void ends_at(struct shard *s, msec at)
{
    if (at < atomic_load_explicit(&s->due, memory_order_relaxed))
        atomic_store_explicit(&s->due, at, memory_order_relaxed);
}

static void note_end(struct shard *s, const struct aor *a, msec at)
{
    rcu_table_note(&s->aors, &a->entry, note_of(s, at));
    ends_at(s, at);
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
    return &g->shard->changes[g->hash / LOCATION_SHARDS % CHANGES];
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
        note_end(g->shard, g->aor, aor_first_expiry(g->aor));
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
        note_end(g->shard, g->aor, aor_first_expiry(g->aor));
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

/* ---- time ---- */

struct expiry {
    struct location     *location;
    struct shard        *shard;
    msec                 now, next; /* next: nothing of what was looked at, and stays, ends before */
    location_expired_fn *fn;
    void                *owner;
    struct aor          *due[EXPIRE_AT_ONCE];
    unsigned             due_count;
    bool                 more; /* than fit */
    struct binding       kept[LIMIT_LIST];
};

/* `a` without the bindings that have ended; false without memory. */
static bool thin_out(struct expiry *x, struct location_guard *g)
{
    struct aor *a    = g->aor;
    size_t      kept = 0;

    for (unsigned i = 0; i < a->count; i++)
        if (aor_expires_at(a, i) > x->now)
            aor_binding(a, i, &x->kept[kept++]);
    if (location_prepare(g, x->kept, kept, true) != 0)
        return false;
    for (unsigned i = 0; i < a->count; i++) {
        struct binding b;

        aor_binding(a, i, &b);
        if (b.expires_at <= x->now)
            x->fn(x->owner, a, &b);
    }
    location_publish(g);
    return true;
}

static bool end_one(struct expiry *x, struct aor *a)
{
    struct location_guard g = {
        .location = x->location, .shard = x->shard, .key = aor_key(a), .hash = a->entry.hash, .aor = a
    };

    return thin_out(x, &g);
}

/* Its note may have been early.  What has ended is seen again, lest it stays for want of room. */
static uint8_t look_at(struct rcu_entry *entry, void *arg)
{
    struct expiry *x     = arg;
    msec           first = aor_first_expiry(aor_of_entry(entry));

    if (first > x->now) {
        x->next = first < x->next ? first : x->next;
    } else if (x->due_count < EXPIRE_AT_ONCE) {
        x->due[x->due_count++] = aor_of_entry(entry);
    } else {
        x->more = true;
    }
    return note_of(x->shard, first);
}

static void distances_from(uint64_t period, uint8_t distance[256])
{
    distance[0] = UINT8_MAX;
    for (unsigned i = 0; i < PERIODS; i++)
        distance[(period + i) % PERIODS + 1] = (uint8_t)i;
}

/* Collect what has ended, and see when the next does. */
static void look_around(struct expiry *x)
{
    struct shard *s      = x->shard;
    uint64_t      period = x->now >> PERIOD_BITS, from = s->swept;
    unsigned periods = period < from + PERIODS ? (unsigned)(period > from ? period - from : 0) + 1 : PERIODS, nearest;
    uint8_t  distance[256];

    distances_from(from, distance);
    s->swept = period > from ? period : from;
    nearest  = rcu_table_visit(&s->aors, distance, periods, look_at, x);
    if (nearest < UINT8_MAX && (from + nearest) << PERIOD_BITS < x->next)
        x->next = (from + nearest) << PERIOD_BITS;
}

/* So many at once, lest others wait for the lock.  Are there more? */
static bool expire_shard(struct expiry *x, struct shard *s)
{
    bool has_memory = true;

    x->shard     = s;
    x->next      = NEVER;
    x->due_count = 0;
    x->more      = false;
    rcu_enter(x->location->rcu);
    pthread_mutex_lock(&s->lock);
    look_around(x);
    atomic_store_explicit(&s->due, x->more ? x->now : x->next, memory_order_relaxed);
    for (unsigned i = 0; i < x->due_count && has_memory; i++)
        has_memory = end_one(x, x->due[i]);
    if (!has_memory)
        atomic_store_explicit(&s->due, x->now + AGAIN, memory_order_relaxed);
    pthread_mutex_unlock(&s->lock);
    rcu_leave(x->location->rcu);
    return x->more && has_memory;
}

bool location_expire(struct location *l, unsigned worker, unsigned workers, msec now, location_expired_fn *fn,
                     void *owner)
{
    struct expiry x; /* large: only what is used is set */
    bool          more = false;

    x.location = l;
    x.now      = now;
    x.fn       = fn;
    x.owner    = owner;
    for (unsigned i = worker; i < LOCATION_SHARDS; i += workers)
        if (atomic_load_explicit(&l->shards[i].due, memory_order_relaxed) <= now)
            more = expire_shard(&x, &l->shards[i]) || more;
    return more;
}
