/* SPDX-License-Identifier: BSD-2-Clause */
#include "server/binding_event.h"

#include "base/error.h"

#include <pthread.h>
#include <stdlib.h>

enum { SECOND = 1000 };

/* Of one home.  It outlives the rest while a post is under way. */
struct home {
    pthread_mutex_t        lock;
    struct binding_events *events; /* NULL: they are no more */
    struct world          *world;  /* NULL: nobody has joined, or not any more */
    struct link            queue;  /* struct binding_notice */
    size_t                 count;
    uint64_t               lost; /* since that was told last */
    bool                   posted;
};

struct seat {
    struct binding_subscriber subscriber;
    atomic_uint               wants;
};

struct binding_events {
    struct budget  *budget; /* NULL: nobody accounts */
    unsigned        worker_count, seat_count;
    pthread_mutex_t lock;   /* of who changes what is wanted */
    atomic_uint     wanted; /* by any of them */
    struct seat     seats[BINDING_SUBSCRIBERS_MAX];
    struct home    *homes[];
};

/* ---- notices ---- */

size_t binding_notice_size(const struct binding_notice *n)
{
    return sizeof *n + n->aor.len + n->contact.len + n->instance.len;
}

static struct slice put(char **at, struct slice text)
{
    struct slice copy = { *at, text.len };

    if (text.len > 0)
        memcpy(*at, text.ptr, text.len);
    *at += text.len;
    return copy;
}

static uint32_t seconds_left(const struct binding *b, msec now)
{
    return b->expires_at > now ? (uint32_t)((b->expires_at - now + SECOND - 1) / SECOND) : 0;
}

static struct binding_notice *notice_new(struct binding_events *e, struct world *world, struct slice key,
                                         const struct binding *b, enum binding_event event)
{
    bool                   gone = event != BINDING_REGISTERED && event != BINDING_REFRESHED;
    struct binding_notice *n    = malloc(sizeof *n + key.len + b->contact.len + b->instance.len);
    char                  *at;

    if (n == NULL)
        return NULL;
    at = n->text;
    *n = (struct binding_notice){
        .event   = event,
        .at      = world_wall(world),
        .expires = gone ? 0 : seconds_left(b, world_now(world)),
        .reg_id  = b->reg_id,
    };
    n->aor      = put(&at, key);
    n->contact  = put(&at, b->contact);
    n->instance = put(&at, b->instance);
    if (e->budget != NULL)
        budget_move(e->budget, ACCOUNT_BINDING_EVENTS, (int64_t)binding_notice_size(n));
    return n;
}

void binding_notice_free(struct binding_events *e, struct binding_notice *n)
{
    if (e->budget != NULL)
        budget_move(e->budget, ACCOUNT_BINDING_EVENTS, -(int64_t)binding_notice_size(n));
    free(n);
}

/* ---- life ---- */

static struct home *home_new(struct binding_events *e)
{
    struct home *h = calloc(1, sizeof *h);

    if (h == NULL)
        return NULL;
    h->events = e;
    list_init(&h->queue);
    pthread_mutex_init(&h->lock, NULL);
    return h;
}

static void home_free(struct home *h)
{
    pthread_mutex_destroy(&h->lock);
    free(h);
}

struct binding_events *binding_events_new(unsigned workers)
{
    struct binding_events *e = calloc(1, sizeof *e + workers * sizeof *e->homes);

    if (e == NULL)
        return NULL;
    pthread_mutex_init(&e->lock, NULL); /* glibc's default kind cannot fail */
    for (unsigned i = 0; i < workers; i++, e->worker_count++)
        if ((e->homes[i] = home_new(e)) == NULL) {
            binding_events_free(e);
            return NULL;
        }
    return e;
}

void binding_events_account(struct binding_events *e, struct budget *b)
{
    e->budget = b;
}

/* The post that is under way frees what is left. */
static void let_go(struct binding_events *e, struct home *h)
{
    struct link *l;
    bool         posted;

    pthread_mutex_lock(&h->lock);
    while ((l = list_shift(&h->queue)) != NULL)
        binding_notice_free(e, CONTAINER_OF(l, struct binding_notice, link));
    h->events = NULL;
    posted    = h->posted;
    pthread_mutex_unlock(&h->lock);
    if (!posted)
        home_free(h);
}

void binding_events_free(struct binding_events *e)
{
    if (e == NULL)
        return;
    for (unsigned i = 0; i < e->worker_count; i++)
        let_go(e, e->homes[i]);
    pthread_mutex_destroy(&e->lock);
    free(e);
}

/* ---- who wants to know ---- */

static void want(struct binding_events *e, struct seat *seat, unsigned wants)
{
    unsigned all = 0;

    pthread_mutex_lock(&e->lock);
    seat->wants = wants;
    for (unsigned i = 0; i < e->seat_count; i++)
        all |= e->seats[i].wants;
    e->wanted = all;
    pthread_mutex_unlock(&e->lock);
}

int binding_events_subscribe(struct binding_events *e, const struct binding_subscriber *s)
{
    if (e->seat_count == BINDING_SUBSCRIBERS_MAX)
        return -ERR_LIMIT;
    e->seats[e->seat_count].subscriber = *s;
    e->seat_count++;
    want(e, &e->seats[e->seat_count - 1], s->wants);
    return 0;
}

void binding_events_want(struct binding_events *e, const void *arg, unsigned wants)
{
    for (unsigned i = 0; i < e->seat_count; i++)
        if (e->seats[i].subscriber.arg == arg)
            want(e, &e->seats[i], wants);
}

void binding_events_join(struct binding_events *e, unsigned worker, struct world *world)
{
    e->homes[worker]->world = world;
}

void binding_events_leave(struct binding_events *e, unsigned worker)
{
    struct home *h = e->homes[worker];

    pthread_mutex_lock(&h->lock);
    h->world = NULL;
    pthread_mutex_unlock(&h->lock);
}

/* ---- telling ---- */

static void tell_lost(struct binding_events *e, uint64_t lost)
{
    for (unsigned i = 0; lost > 0 && i < e->seat_count; i++)
        e->seats[i].subscriber.on_lost(e->seats[i].subscriber.arg, lost);
}

static void tell_one(struct binding_events *e, struct binding_notice *n)
{
    bool taken = false;

    for (unsigned i = 0; i < e->seat_count && !taken; i++)
        if ((e->seats[i].wants & 1U << n->event) != 0)
            taken = e->seats[i].subscriber.on_event(e->seats[i].subscriber.arg, n);
    if (!taken)
        binding_notice_free(e, n);
}

/* In a turn of the home. */
static void on_post(void *arg)
{
    struct home           *h = arg;
    struct binding_events *e;
    struct link            queue, *l;
    uint64_t               lost;

    list_init(&queue);
    pthread_mutex_lock(&h->lock);
    e = h->events;
    list_move(&h->queue, &queue);
    lost      = h->lost;
    h->lost   = 0;
    h->count  = 0;
    h->posted = false;
    pthread_mutex_unlock(&h->lock);
    if (e == NULL) {
        home_free(h);
        return;
    }
    while ((l = list_shift(&queue)) != NULL)
        tell_one(e, CONTAINER_OF(l, struct binding_notice, link));
    tell_lost(e, lost); /* they did not fit behind those */
}

/* With the lock: see that on_post will come, if there is something to tell. */
static void post(struct home *h)
{
    if (h->posted || h->world == NULL || (h->count == 0 && h->lost == 0))
        return;
    h->posted = h->world->ops->post(h->world, on_post, h) == 0;
}

void binding_events_poke(struct binding_events *e, unsigned worker)
{
    struct home *h = e->homes[worker];

    pthread_mutex_lock(&h->lock);
    post(h);
    pthread_mutex_unlock(&h->lock);
}

static void count_event(struct counters *c, enum binding_event event)
{
    counter_add(&c->bindings_registered, event == BINDING_REGISTERED);
    counter_add(&c->bindings_refreshed, event == BINDING_REFRESHED);
    counter_add(&c->bindings_expired, event == BINDING_EXPIRED);
    counter_add(&c->bindings_unregistered, event == BINDING_UNREGISTERED);
    counter_add(&c->bindings_rejected, event == BINDING_REJECTED);
}

void binding_events_tell(struct binding_events *e, struct world *world, unsigned home, struct slice key,
                         const struct binding *b, enum binding_event event)
{
    struct home           *h = e->homes[home];
    struct binding_notice *n;
    bool                   fits;

    count_event(&world->counters, event);
    if ((atomic_load_explicit(&e->wanted, memory_order_relaxed) & 1U << event) == 0)
        return;
    n = notice_new(e, world, key, b, event);
    pthread_mutex_lock(&h->lock);
    fits = n != NULL && h->count < BINDING_EVENTS_QUEUED && h->lost == 0;
    if (fits) {
        list_append(&h->queue, &n->link);
        h->count++;
    } else {
        h->lost++;
    }
    post(h);
    pthread_mutex_unlock(&h->lock);
    if (!fits && n != NULL)
        binding_notice_free(e, n);
    counter_add(&world->counters.binding_events_lost, !fits);
}
