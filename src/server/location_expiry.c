/* SPDX-License-Identifier: BSD-2-Clause */
/* location_expiry.c - bindings whose time is up leave the location. */
#include "server/location_shard.h"

#include "base/limits.h"

enum {
    AGAIN          = 1000, /* ms */
    EXPIRE_AT_ONCE = 64,
    PERIODS        = 255
};

/* ---- when ---- */

/* Which is the same or earlier, but not so early that it has been swept. */
static uint64_t period_of(const struct shard *s, msec at)
{
    uint64_t period = location_period(at);

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

void location_note_end(struct shard *s, const struct aor *a, msec at)
{
    rcu_table_note(&s->aors, &a->entry, note_of(s, at));
    ends_at(s, at);
}

/* ---- what has ended ---- */

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
    uint64_t      period = location_period(x->now), from = s->swept;
    unsigned periods = period < from + PERIODS ? (unsigned)(period > from ? period - from : 0) + 1 : PERIODS, nearest;
    uint8_t  distance[256];

    distances_from(from, distance);
    s->swept = period > from ? period : from;
    nearest  = rcu_table_visit(&s->aors, distance, periods, look_at, x);
    if (nearest < UINT8_MAX && (from + nearest) << LOCATION_PERIOD_BITS < x->next)
        x->next = (from + nearest) << LOCATION_PERIOD_BITS;
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
