/* SPDX-License-Identifier: BSD-2-Clause */
#include "stack/rested.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>

struct resting {
    struct target target; /* TRANSPORT_NONE: free */
    msec          until;
    msec          rest; /* how long this time */
};

struct rested {
    struct hash_key  key;
    pthread_mutex_t  mutex;
    _Atomic unsigned count; /* read without the mutex: mostly nobody rests */
    struct resting   sets[RESTED_SETS][RESTED_WAYS];
};

struct rested *rested_new(const struct hash_key *key)
{
    struct rested *r = calloc(1, sizeof *r);

    if (r == NULL)
        return NULL;
    r->key = *key;
    pthread_mutex_init(&r->mutex, NULL); /* glibc's default kind cannot fail */
    return r;
}

void rested_free(struct rested *r)
{
    if (r == NULL)
        return;
    pthread_mutex_destroy(&r->mutex);
    free(r);
}

unsigned rested_count(const struct rested *r)
{
    return atomic_load_explicit(&r->count, memory_order_relaxed);
}

static struct resting *set_of(struct rested *r, const struct target *t)
{
    return r->sets[flow_remote_hash(&r->key, t->transport, &t->address) % RESTED_SETS];
}

static struct resting *find(struct rested *r, const struct target *t)
{
    struct resting *set = set_of(r, t);

    for (unsigned i = 0; i < RESTED_WAYS; i++)
        if (set[i].target.transport == t->transport && address_eq(&set[i].target.address, &t->address))
            return &set[i];
    return NULL;
}

/* A free place, or that of the rest that ends first. */
static struct resting *find_place(struct rested *r, const struct target *t)
{
    struct resting *set = set_of(r, t), *best = set;

    for (unsigned i = 0; i < RESTED_WAYS; i++) {
        if (set[i].target.transport == TRANSPORT_NONE) {
            atomic_fetch_add_explicit(&r->count, 1, memory_order_relaxed);
            return &set[i];
        }
        if (set[i].until < best->until)
            best = &set[i];
    }
    return best;
}

/* When it has been back for as long as it may rest at most, all is forgiven. */
static bool is_forgiven(const struct resting *e, msec now)
{
    return now >= e->until + REST_MAX;
}

static msec clamp(msec rest)
{
    return rest > REST_MAX ? REST_MAX : rest;
}

static msec begin_rest(struct rested *r, struct resting *e, const struct target *target, msec rest, msec now)
{
    if (e == NULL)
        e = find_place(r, target);
    *e = (struct resting){ *target, now + clamp(rest), clamp(rest) };
    return e->rest;
}

msec rested_add(struct rested *r, const struct target *target, msec rest, msec now)
{
    struct resting *e;
    msec            given = 0;

    pthread_mutex_lock(&r->mutex);
    e = find(r, target);
    if (e == NULL || is_forgiven(e, now))
        given = begin_rest(r, e, target, rest, now);
    else if (now >= e->until)
        given = begin_rest(r, e, target, 2 * e->rest, now);
    pthread_mutex_unlock(&r->mutex);
    return given;
}

msec rested_add_for(struct rested *r, const struct target *target, msec rest, msec now)
{
    msec given;

    pthread_mutex_lock(&r->mutex);
    given = begin_rest(r, find(r, target), target, rest, now);
    pthread_mutex_unlock(&r->mutex);
    return given;
}

bool rested_clear(struct rested *r, const struct target *target)
{
    struct resting *e;

    if (rested_count(r) == 0)
        return false;
    pthread_mutex_lock(&r->mutex);
    e = find(r, target);
    if (e != NULL) {
        *e = (struct resting){ 0 };
        atomic_fetch_sub_explicit(&r->count, 1, memory_order_relaxed);
    }
    pthread_mutex_unlock(&r->mutex);
    return e != NULL;
}

void rested_order(struct rested *r, struct target *list, unsigned count, msec now)
{
    struct target rest[LOCATE_TARGETS];
    unsigned      awake = 0, resting = 0;

    if (rested_count(r) == 0)
        return;
    pthread_mutex_lock(&r->mutex);
    for (unsigned i = 0; i < count; i++) {
        const struct resting *e = find(r, &list[i]);

        if (e != NULL && now < e->until)
            rest[resting++] = list[i];
        else
            list[awake++] = list[i];
    }
    pthread_mutex_unlock(&r->mutex);
    memcpy(list + awake, rest, resting * sizeof *rest);
}
