/* SPDX-License-Identifier: BSD-2-Clause */
#include "net/memory.h"
#include "support/world_fake_private.h"

#include <stdlib.h>

static const uint64_t wall_start = 1767225600000; /* 2026-01-01 00:00:00 UTC */

struct fake_world *fake_of(struct world *w)
{
    return CONTAINER_OF(w, struct fake_world, world);
}

/* ---- posts ---- */

static int fake_post(struct world *w, void (*fn)(void *arg), void *arg)
{
    struct fake_world *f = fake_of(w);
    struct post       *p = alloc_new(sizeof *p);

    p->fn  = fn;
    p->arg = arg;
    pthread_mutex_lock(&f->post_lock);
    list_append(&f->posts, &p->link);
    pthread_mutex_unlock(&f->post_lock);
    return 0;
}

static size_t post_count(struct fake_world *w)
{
    size_t count;

    pthread_mutex_lock(&w->post_lock);
    count = list_length(&w->posts);
    pthread_mutex_unlock(&w->post_lock);
    return count;
}

static void run_posts(struct fake_world *w, size_t count)
{
    for (; count > 0; count--) {
        struct post *p;

        pthread_mutex_lock(&w->post_lock);
        p = CONTAINER_OF(list_shift(&w->posts), struct post, link);
        pthread_mutex_unlock(&w->post_lock);
        p->fn(p->arg);
        free(p);
    }
}

/* ---- worlds ---- */

static uint64_t fake_wall_msec(struct world *w)
{
    struct network *n = fake_of(w)->network;

    return (uint64_t)((int64_t)(wall_start + n->now) + n->wall_offset);
}

static int fake_source(struct world *world, const struct address *remote, struct address *local)
{
    const struct host *h = fake_of(world)->host;

    *local      = host_has(h, remote) ? *remote : host_address(h, (enum family)remote->family);
    local->port = 0;
    return local->family == FAMILY_NONE ? -ERR_UNREACHABLE : 0;
}

static const struct world_ops fake_ops = {
    .wall_msec      = fake_wall_msec,
    .udp_open       = fake_udp_open,
    .udp_local      = fake_udp_local,
    .udp_send       = fake_udp_send,
    .udp_close      = fake_udp_close,
    .udp_steer      = fake_udp_steer,
    .source         = fake_source,
    .listen         = fake_listen,
    .listener_local = fake_listener_local,
    .listener_close = fake_listener_close,
    .connect        = fake_connect,
    .stream_local   = fake_stream_local,
    .stream_remote  = fake_stream_remote,
    .stream_send    = fake_stream_send,
    .stream_room    = fake_stream_room,
    .stream_close   = fake_stream_close,
    .resolve        = fake_resolve,
    .resolve_cancel = fake_resolve_cancel,
    .post           = fake_post,
};

struct world *world_fake_new(struct host *h)
{
    struct network    *n = h->network;
    struct fake_world *w = alloc_new(sizeof *w);

    random_seed(&w->generator, n->seed ^ (++n->world_count * 0x9e3779b97f4a7c15u));
    w->network      = n;
    w->host         = h;
    w->process      = w;
    w->world.ops    = &fake_ops;
    w->world.now    = n->now;
    w->world.random = (struct random){ random_seeded_fill, &w->generator };
    w->world.log    = &w->log;
    wheel_init(&w->world.wheel, n->now);
    pool_init(&w->world.pool, POOL_KEEP);
    list_init(&w->inbox);
    list_init(&w->batch);
    list_init(&w->outgoing);
    list_init(&w->udps);
    list_init(&w->listeners);
    list_init(&w->streams);
    list_init(&w->queries);
    list_init(&w->posts);
    pthread_mutex_init(&w->post_lock, NULL);
    list_append(&n->worlds, &w->link);
    return &w->world;
}

void world_fake_account(struct world *w, struct budget *b)
{
    struct fake_world *f = fake_of(w);

    budget_share_init(&f->memory, b);
    w->memory = &f->memory;
}

void world_fake_join(struct world *w, struct world *first)
{
    fake_of(w)->process = fake_of(first)->process;
}

void world_fake_free(struct world *world)
{
    struct fake_world *w;
    struct link       *post;

    if (world == NULL)
        return;
    w = fake_of(world);
    fake_udp_fini(w);
    fake_stream_fini(w);
    fake_names_fini(w);
    memory_end_turn(world);
    events_free(&w->inbox);
    events_free(&w->batch);
    events_free(&w->outgoing);
    while ((post = list_shift(&w->posts)) != NULL)
        free(CONTAINER_OF(post, struct post, link));
    pthread_mutex_destroy(&w->post_lock);
    list_unlink(&w->link);
    pool_fini(&w->world.pool);
    free(w);
}

struct world_usage world_fake_usage(const struct world *world)
{
    struct fake_world *w = CONTAINER_OF(world, struct fake_world, world);

    return (struct world_usage){
        .udps      = list_length(&w->udps),
        .listeners = list_length(&w->listeners),
        .streams   = list_length(&w->streams),
        .queries   = list_length(&w->queries),
        .timers    = w->world.wheel.running,
        .posts     = post_count(w),
    };
}

size_t world_usage_total(const struct world_usage *u)
{
    return u->udps + u->listeners + u->streams + u->queries + u->timers + u->posts;
}

/* ---- turns ---- */

void world_fake_turn(struct fake_world *w)
{
    struct network *n            = w->network;
    size_t          posts        = post_count(w);
    bool            timers_first = random_below(&n->random, 2) == 0;

    w->world.now = n->now;
    slow_read(w);
    if (timers_first)
        wheel_advance(&w->world.wheel, n->now);
    while (!list_empty(&w->batch)) {
        struct event *e = CONTAINER_OF(list_shift(&w->batch), struct event, link);

        e->deliver(w, e);
        event_free(e);
    }
    if (!timers_first)
        wheel_advance(&w->world.wheel, n->now);
    run_posts(w, posts);
    slow_end(w);
    fake_udp_flush(w);
    memory_end_turn(&w->world);
}

msec world_fake_due(struct fake_world *w)
{
    bool waits = !list_empty(&w->inbox) || !list_empty(&w->outgoing) || post_count(w) > 0;
    msec at    = waits ? w->network->now : wheel_deadline(&w->world.wheel);

    return at < w->free_at ? w->free_at : at;
}

bool world_fake_is_ready(struct fake_world *w)
{
    return world_fake_due(w) <= w->network->now;
}
