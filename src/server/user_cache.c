/* SPDX-License-Identifier: BSD-2-Clause */
#include "server/user_cache.h"

#include "base/siphash.h"

#include <assert.h>
#include <pthread.h>
#include <stdlib.h>

enum {
    EVICT_STEPS   = 16,    /* that the hand makes at most; then whoever is there goes */
    RELEASE_STEPS = 64,    /* pins given up under one lock */
    NOBODY_PART   = 4,     /* one nobody for so many users */
    NOBODY_TIME   = 60000, /* ms */
    NO_PLACE      = UINT32_MAX,
};

struct ring {
    struct cached **at;
    size_t          count, limit, hand;
};

struct user_cache {
    struct rcu      *rcu;
    struct budget   *budget; /* NULL: nobody accounts */
    struct hash_key  key;
    struct rcu_table table;

    pthread_mutex_t  lock; /* of those who change the table, and the rest */
    struct ring      found, nobody;
    struct link      pins;             /* struct cached, by seq; the changing thread's */
    uint64_t         fence, committed; /* learn nothing until change `fence` is committed */
    _Atomic uint64_t generation;
    _Atomic size_t   count;
};

/* ---- life ---- */

static bool ring_init(struct ring *r, size_t limit)
{
    r->limit = limit;
    r->at    = calloc(limit, sizeof *r->at);
    return r->at != NULL;
}

struct user_cache *user_cache_new(struct rcu *rcu, const struct random *random, size_t limit)
{
    struct user_cache *c = calloc(1, sizeof *c);

    if (c == NULL)
        return NULL;
    c->rcu = rcu;
    random_fill(random, &c->key, sizeof c->key);
    list_init(&c->pins);
    pthread_mutex_init(&c->lock, NULL);
    if (rcu_table_init(&c->table, rcu, 0) != 0 || !ring_init(&c->found, limit) ||
        !ring_init(&c->nobody, limit / NOBODY_PART + 1)) {
        user_cache_free(c);
        return NULL;
    }
    return c;
}

void user_cache_account(struct user_cache *c, struct budget *b)
{
    c->budget = b;
}

static void account(struct user_cache *c, int64_t bytes)
{
    if (c->budget != NULL)
        budget_move(c->budget, ACCOUNT_USERS, bytes);
}

static struct cached *cached_of(struct rcu_entry *entry)
{
    return CONTAINER_OF(entry, struct cached, entry);
}

static int64_t size_of(const struct cached *e)
{
    return (int64_t)(e->size + 3 * sizeof(void *)); /* with its part of table and ring */
}

static void free_entry(struct rcu_entry *entry, void *arg)
{
    account(arg, -size_of(cached_of(entry)));
    free(cached_of(entry));
}

static void free_retired(struct rcu_node *node)
{
    free(CONTAINER_OF(node, struct cached, retired));
}

void user_cache_free(struct user_cache *c)
{
    if (c == NULL)
        return;
    rcu_table_fini(&c->table, free_entry, c);
    pthread_mutex_destroy(&c->lock);
    free(c->found.at);
    free(c->nobody.at);
    free(c);
}

size_t user_cache_count(const struct user_cache *c)
{
    return atomic_load_explicit(&c->count, memory_order_relaxed);
}

/* ---- entries ---- */

enum { TEXTS = 4 + USER_HASHES };

static void texts_of(struct cached_facts *f, struct slice *texts[TEXTS])
{
    struct slice *all[TEXTS] = { &f->domain, &f->name,   &f->user_domain, &f->user_name,
                                 &f->ha1[0], &f->ha1[1], &f->ha1[2] };

    static_assert(USER_HASHES == 3, "each of them");
    memcpy(texts, all, sizeof all);
}

static size_t text_size(const struct cached_facts *facts)
{
    struct cached_facts f = *facts;
    struct slice       *texts[TEXTS];
    size_t              size = 0;

    texts_of(&f, texts);
    for (int i = 0; i < TEXTS; i++)
        size += texts[i]->len;
    return size;
}

/* Domains are compared without case, so they are kept in one. */
static char *put(char *at, struct slice *text, bool lower)
{
    for (size_t i = 0; i < text->len; i++)
        at[i] = lower ? ascii_lower(text->ptr[i]) : text->ptr[i];
    text->ptr = at;
    return at + text->len;
}

struct cached *user_cache_prepare(const struct cached_facts *facts, bool keep)
{
    size_t         size = sizeof(struct cached) + text_size(facts);
    struct cached *e    = malloc(size);
    struct slice  *texts[TEXTS];
    char          *at;

    if (e == NULL)
        return NULL;
    *e = (struct cached){ .facts = *facts, .keep = keep, .place = NO_PLACE, .size = size };
    at = (char *)(e + 1);
    texts_of(&e->facts, texts);
    for (int i = 0; i < TEXTS; i++)
        at = put(at, texts[i], i == 0 || i == 2);
    return e;
}

void user_cache_discard(struct cached *e)
{
    free(e);
}

/* ---- reading ---- */

/* The domain in whatever case.  False if either is too long to be ours. */
static bool hash_of(const struct user_cache *c, struct slice domain, struct slice name, uint64_t *hash)
{
    if (domain.len > USER_DOMAIN_MAX || name.len > USER_KEY_MAX)
        return false;
    *hash = siphash13_key(&c->key, name, domain, 0);
    return true;
}

static struct cached *lookup(const struct user_cache *c, struct slice domain, struct slice name, uint64_t hash)
{
    struct rcu_probe p;

    for (struct rcu_entry *e = rcu_table_first(&c->table, hash, &p); e != NULL; e = rcu_table_next(&p)) {
        struct cached *found = cached_of(e);

        if (slice_eq(found->facts.name, name) && slice_eq_nocase(found->facts.domain, domain))
            return found;
    }
    return NULL;
}

uint64_t user_cache_generation(const struct user_cache *c)
{
    return atomic_load_explicit(&c->generation, memory_order_acquire);
}

static bool is_known(const struct user_cache *c, const struct cached *e, msec now)
{
    if (e->facts.hashed && e->generation != user_cache_generation(c))
        return false;
    return e->facts.kind != CACHED_NOBODY || now < atomic_load_explicit(&e->until, memory_order_relaxed);
}

/* Written once only, so that readers do not fetch the line from each other. */
static void mark_used(struct cached *e)
{
    if (!atomic_load_explicit(&e->used, memory_order_relaxed))
        atomic_store_explicit(&e->used, true, memory_order_relaxed);
}

const struct cached *user_cache_find(const struct user_cache *c, struct slice domain, struct slice name, msec now)
{
    uint64_t       hash;
    struct cached *e = hash_of(c, domain, name, &hash) ? lookup(c, domain, name, hash) : NULL;

    if (e == NULL || !is_known(c, e, now))
        return NULL;
    mark_used(e);
    return e;
}

/* ---- rings; with the lock ---- */

static struct ring *ring_of(struct user_cache *c, const struct cached *e)
{
    return e->facts.kind == CACHED_NOBODY ? &c->nobody : &c->found;
}

static void leave_ring(struct user_cache *c, struct cached *e)
{
    struct ring *r = ring_of(c, e);

    if (e->place == NO_PLACE)
        return;
    assert(r->at[e->place] == e);
    r->at[e->place]        = r->at[--r->count];
    r->at[e->place]->place = e->place;
    e->place               = NO_PLACE;
}

static void let_go(struct user_cache *c, struct cached *e)
{
    leave_ring(c, e);
    list_unlink(&e->pin);
    account(c, -size_of(e));
    atomic_fetch_sub_explicit(&c->count, 1, memory_order_relaxed);
    rcu_retire(c->rcu, &e->retired, free_retired);
}

static void remove_entry(struct user_cache *c, struct cached *e)
{
    rcu_table_remove(&c->table, &e->entry);
    let_go(c, e);
}

/* Second chance: who was used since the last round stays for another one.  The place of
 * who goes, from which the hand moves on. */
static size_t evict_one(struct user_cache *c, struct ring *r)
{
    for (int step = 0;; step++) {
        size_t         place = r->hand % r->count;
        struct cached *e     = r->at[place];

        r->hand = place + 1;
        if (step < EVICT_STEPS && atomic_exchange_explicit(&e->used, false, memory_order_relaxed))
            continue;
        e->place = NO_PLACE;
        remove_entry(c, e);
        return place;
    }
}

/* While memory is scarce as many go as come. */
static void enter_ring(struct user_cache *c, struct cached *e)
{
    struct ring *r     = ring_of(c, e);
    bool         tight = c->budget != NULL && budget_level(c->budget) != BUDGET_NORMAL;
    size_t       place = r->count == r->limit || (tight && r->count > 0) ? evict_one(c, r) : r->count++;

    e->place     = (uint32_t)place;
    r->at[place] = e;
}

/* In the place of `old`, if there is one. */
static bool insert(struct user_cache *c, struct cached *e, struct cached *old)
{
    uint64_t hash;

    if (old == NULL &&
        (!hash_of(c, e->facts.domain, e->facts.name, &hash) || rcu_table_insert(&c->table, &e->entry, hash) != 0))
        return false;
    account(c, size_of(e));
    atomic_fetch_add_explicit(&c->count, 1, memory_order_relaxed);
    if (old != NULL) {
        rcu_table_replace(&c->table, &old->entry, &e->entry);
        let_go(c, old);
    }
    return true;
}

static struct cached *find_same(const struct user_cache *c, const struct cached *e)
{
    uint64_t hash;

    return hash_of(c, e->facts.domain, e->facts.name, &hash) ? lookup(c, e->facts.domain, e->facts.name, hash) : NULL;
}

/* ---- learning ---- */

/* With the lock; takes `e` if it is inserted. */
static enum learned learn(struct user_cache *c, struct cached *e, uint64_t generation, msec now, bool *taken)
{
    struct cached *old = find_same(c, e);

    if (old != NULL && (old->pinned != 0 || is_known(c, old, now)))
        return LEARNED;
    if (generation != user_cache_generation(c) || c->fence > c->committed)
        return LEARN_AGAIN;
    if (!insert(c, e, old))
        return LEARN_NO_MEMORY;
    *taken = true;
    enter_ring(c, e);
    return LEARNED;
}

enum learned user_cache_learn(struct user_cache *c, const struct cached_facts *facts, uint64_t generation, msec now)
{
    struct cached *e     = user_cache_prepare(facts, false);
    bool           taken = false;
    enum learned   result;

    if (e == NULL)
        return LEARN_NO_MEMORY;
    e->generation = generation;
    atomic_init(&e->until, now + NOBODY_TIME);
    rcu_enter(c->rcu);
    pthread_mutex_lock(&c->lock);
    result = learn(c, e, generation, now, &taken);
    pthread_mutex_unlock(&c->lock);
    rcu_leave(c->rcu);
    if (!taken)
        free(e);
    return result;
}

/* ---- changing ---- */

bool user_cache_pin(struct user_cache *c, struct cached *e, uint64_t seq)
{
    struct cached *old;
    bool           was_user;

    e->pinned = seq;
    atomic_init(&e->until, NEVER);
    rcu_enter(c->rcu);
    pthread_mutex_lock(&c->lock);
    old      = find_same(c, e);
    was_user = old != NULL && old->facts.kind == CACHED_USER;
    if (insert(c, e, old)) {
        list_append(&c->pins, &e->pin);
    } else {
        c->fence = seq;
        free(e);
    }
    pthread_mutex_unlock(&c->lock);
    rcu_leave(c->rcu);
    return was_user;
}

/* With the lock. */
static void release(struct user_cache *c, struct cached *e, msec now)
{
    list_unlink(&e->pin);
    e->pinned = 0;
    if (e->facts.kind == CACHED_NOBODY)
        atomic_store_explicit(&e->until, now + NOBODY_TIME, memory_order_relaxed);
    else if (!e->keep && !atomic_load_explicit(&e->used, memory_order_relaxed)) {
        remove_entry(c, e);
        return;
    }
    enter_ring(c, e);
}

static bool release_some(struct user_cache *c, uint64_t seq, msec now)
{
    for (int i = 0; i < RELEASE_STEPS && !list_empty(&c->pins); i++) {
        struct cached *e = CONTAINER_OF(c->pins.next, struct cached, pin);

        if (e->pinned > seq)
            return false;
        release(c, e, now);
    }
    return !list_empty(&c->pins);
}

void user_cache_committed(struct user_cache *c, uint64_t seq, msec now)
{
    bool more = !list_empty(&c->pins) || c->fence > c->committed;

    while (more) {
        rcu_enter(c->rcu);
        pthread_mutex_lock(&c->lock);
        more = release_some(c, seq, now);
        if (!more)
            c->committed = seq;
        atomic_fetch_add_explicit(&c->generation, 1, memory_order_release);
        pthread_mutex_unlock(&c->lock);
        rcu_leave(c->rcu);
    }
}

const struct cached *user_cache_pinned(struct user_cache *c, struct slice domain, struct slice name)
{
    uint64_t       hash;
    struct cached *e = NULL;

    rcu_enter(c->rcu);
    if (hash_of(c, domain, name, &hash))
        e = lookup(c, domain, name, hash);
    if (e != NULL && e->pinned == 0) /* set by this thread only */
        e = NULL;
    rcu_leave(c->rcu);
    return e;
}

void user_cache_each_pinned(const struct user_cache *c, void (*fn)(const struct cached *e, void *arg), void *arg)
{
    LIST_EACH (l, &c->pins)
        fn(CONTAINER_OF(l, struct cached, pin), arg);
}
