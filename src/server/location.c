/* SPDX-License-Identifier: BSD-2-Clause */
#include "server/location.h"

#include "base/error.h"
#include "base/limits.h"

#include <assert.h>
#include <pthread.h>
#include <stdlib.h>

enum { REMOVALS = 32, AGAIN = 1000 /* ms */, EXPIRE_AT_ONCE = 64 };

/* What has been removed is not there to be asked, so removals leave their number in a
 * small table; two AORs that share an entry only wait for each other. */
struct shard {
    pthread_mutex_t  lock;
    struct rcu_table aors;
    struct wheel     wheel;
    _Atomic(msec)    due; /* no timer is due before; read without the lock */
    uint64_t         removals[REMOVALS];
};

struct location {
    struct rcu       *rcu;
    struct budget    *budget; /* NULL: nobody accounts */
    struct hash_key   hash_key;
    _Atomic(size_t)   limit;
    _Atomic(size_t)   count, aor_count;
    _Atomic(uint64_t) last_row;
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
    random_fill(random, &l->hash_key, sizeof l->hash_key);
    for (unsigned i = 0; i < LOCATION_SHARDS; i++) {
        struct shard *s = &l->shards[i];

        wheel_init(&s->wheel, now);
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

/* What has been replaced is given back although readers may look at it for some
 * milliseconds more. */
static void account(struct location *l, const struct aor *before, const struct aor *after)
{
    if (l->budget != NULL)
        budget_move(l->budget, ACCOUNT_LOCATION, (int64_t)aor_size(after) - (int64_t)aor_size(before));
}

static struct aor *aor_of_entry(struct rcu_entry *entry)
{
    return CONTAINER_OF(entry, struct aor, entry);
}

static void free_entry(struct rcu_entry *entry, void *arg)
{
    account(arg, aor_of_entry(entry), NULL);
    free(aor_of_entry(entry));
}

static void free_retired(struct rcu_node *node)
{
    free(CONTAINER_OF(node, struct aor, retired));
}

void location_free(struct location *l)
{
    if (l == NULL)
        return;
    for (unsigned i = 0; i < LOCATION_SHARDS; i++) {
        rcu_table_fini(&l->shards[i].aors, free_entry, l);
        pthread_mutex_destroy(&l->shards[i].lock);
    }
    free(l);
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
    free(g->made);
    g->promised = 0;
    g->made     = NULL;
    g->prepared = false;
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

int location_prepare(struct location_guard *g, const struct binding *values, size_t count, bool promised)
{
    size_t before = count_of(g->aor);

    if (g->prepared)
        drop_prepared(g);
    if (count > LIMIT_LIST)
        return -ERR_LIMIT;
    if (count > before && !take_room(g, count - before, promised))
        return -ERR_LIMIT;
    g->prepared = true;
    if (count == 0)
        return 0;
    g->made = aor_new(g->key, values, count);
    if (g->made == NULL || (g->aor == NULL && rcu_table_make_room(&g->shard->aors) != 0)) {
        drop_prepared(g);
        return -ERR_NO_MEMORY;
    }
    note_rows(g->location, values, count);
    return 0;
}

static void start_timer(struct shard *s, struct aor *a, msec at)
{
    timer_start(&s->wheel, &a->expiry, NULL, at);
    if (at < atomic_load_explicit(&s->due, memory_order_relaxed))
        atomic_store_explicit(&s->due, at, memory_order_relaxed);
}

static void retire(struct location_guard *g, struct aor *a)
{
    timer_stop(&g->shard->wheel, &a->expiry);
    rcu_retire(g->location->rcu, &a->retired, free_retired);
}

static uint64_t *removal_of(const struct location_guard *g)
{
    return &g->shard->removals[g->hash / LOCATION_SHARDS % REMOVALS];
}

/* It may go, because its last binding has ended, before its last change is on the disk. */
static void take_out(struct location_guard *g)
{
    uint64_t *removed = removal_of(g);

    if (g->aor->changed_by > *removed)
        *removed = g->aor->changed_by;
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
        g->made->changed_by = g->aor->changed_by;
        rcu_table_replace(t, &g->aor->entry, &g->made->entry);
    }
}

void location_publish(struct location_guard *g)
{
    size_t before = count_of(g->aor), after = count_of(g->made);

    exchange(g);
    account(g->location, g->aor, g->made);
    if (after < before)
        atomic_fetch_sub(&g->location->count, before - after);
    if (g->aor != NULL)
        retire(g, g->aor);
    g->aor = g->made;
    if (g->aor != NULL)
        start_timer(g->shard, g->aor, aor_first_expiry(g->aor));
    g->made     = NULL;
    g->promised = 0;
    g->prepared = false;
}

/* The timer may be early, so that mostly it need not be moved. */
void location_refresh(struct location_guard *g, unsigned index, msec expires_at, uint32_t cseq, uint64_t lease_until)
{
    aor_refresh(g->aor, index, expires_at, cseq, lease_until);
    if (expires_at < g->aor->expiry.at)
        start_timer(g->shard, g->aor, expires_at);
}

void location_note_change(struct location_guard *g, uint64_t seq)
{
    if (g->aor != NULL)
        g->aor->changed_by = seq;
    else
        *removal_of(g) = seq;
}

uint64_t location_last_change(const struct location_guard *g)
{
    uint64_t removed = *removal_of(g);
    uint64_t changed = g->aor != NULL ? g->aor->changed_by : 0;

    return changed > removed ? changed : removed;
}

uint64_t location_next_row(struct location *l)
{
    return atomic_fetch_add(&l->last_row, 1) + 1;
}

/* ---- time ---- */

struct expiry {
    struct location     *location;
    msec                 now;
    location_expired_fn *fn;
    void                *owner;
    struct binding       kept[LIMIT_LIST];
};

/* `a` without the bindings that have ended. */
static void thin_out(struct expiry *x, struct location_guard *g)
{
    struct aor *a    = g->aor;
    size_t      kept = 0;

    for (unsigned i = 0; i < a->count; i++)
        if (aor_expires_at(a, i) > x->now)
            aor_binding(a, i, &x->kept[kept++]);
    if (location_prepare(g, x->kept, kept, true) != 0) {
        start_timer(g->shard, a, x->now + AGAIN);
        return;
    }
    for (unsigned i = 0; i < a->count; i++) {
        struct binding b;

        aor_binding(a, i, &b);
        if (b.expires_at <= x->now)
            x->fn(x->owner, a, &b);
    }
    location_publish(g);
}

/* Its timer may have been early. */
static void on_due(struct expiry *x, struct shard *s, struct aor *a)
{
    struct location_guard g = {
        .location = x->location, .shard = s, .key = aor_key(a), .hash = a->entry.hash, .aor = a
    };
    msec first = aor_first_expiry(a);

    if (first > x->now)
        start_timer(s, a, first);
    else
        thin_out(x, &g);
}

/* So many at once, lest others wait for the lock.  Are there more? */
static bool expire_shard(struct expiry *x, struct shard *s)
{
    struct timer *t    = NULL;
    unsigned      left = EXPIRE_AT_ONCE;

    rcu_enter(x->location->rcu);
    pthread_mutex_lock(&s->lock);
    while (left > 0 && (t = wheel_take(&s->wheel, x->now)) != NULL) {
        on_due(x, s, CONTAINER_OF(t, struct aor, expiry));
        left--;
    }
    atomic_store_explicit(&s->due, wheel_deadline(&s->wheel), memory_order_relaxed);
    pthread_mutex_unlock(&s->lock);
    rcu_leave(x->location->rcu);
    return left == 0;
}

bool location_expire(struct location *l, unsigned worker, unsigned workers, msec now, location_expired_fn *fn,
                     void *owner)
{
    struct expiry x    = { .location = l, .now = now, .fn = fn, .owner = owner };
    bool          more = false;

    for (unsigned i = worker; i < LOCATION_SHARDS; i += workers)
        if (atomic_load_explicit(&l->shards[i].due, memory_order_relaxed) <= now)
            more = expire_shard(&x, &l->shards[i]) || more;
    return more;
}
