/* SPDX-License-Identifier: BSD-2-Clause */
#include "net/world_uv.h"

#include "net/entropy.h"
#include "net/listener.h"
#include "net/loop.h"
#include "net/memory.h"
#include "net/post.h"
#include "net/resolver.h"
#include "net/sockaddr.h"
#include "net/stream.h"
#include "net/udp.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <time.h>

struct world_uv {
    struct world        world;
    struct loop        *loop;
    struct udp_hub     *udp;
    struct stream_hub   streams;
    struct resolver    *resolver;
    struct post_queue   posts;
    struct entropy      entropy;
    struct budget_share memory; /* world.memory, if it is accounted for */
    /* False while a turn is under way, which looks at the posts before it sleeps: so no post needs a wake, its own or
     * another thread's. */
    atomic_bool asleep;
};

static struct world_uv *real(struct world *w)
{
    return CONTAINER_OF(w, struct world_uv, world);
}

/* --- the table of net/world.h --- */

static uint64_t op_wall_msec(struct world *w)
{
    struct timespec t;

    (void)w;
    clock_gettime(CLOCK_REALTIME, &t);
    return (uint64_t)t.tv_sec * 1000 + (uint64_t)t.tv_nsec / 1000000;
}

static int op_udp_open(struct world *w, const struct address *local, const struct udp_events *events, void *owner,
                       struct udp **out)
{
    return udp_open(real(w)->udp, local, events, owner, out);
}

static int op_source(struct world *w, const struct address *remote, struct address *local)
{
    (void)w;
    return socket_source(remote, local);
}

static int op_listen(struct world *w, const struct address *local, accept_fn *on_accept, void *owner,
                     struct listener **out)
{
    return listener_open(&real(w)->streams, local, on_accept, owner, out);
}

static int op_connect(struct world *w, const struct address *remote, const struct stream_events *events, void *owner,
                      struct stream **out)
{
    return stream_connect(&real(w)->streams, remote, events, owner, out);
}

static int op_resolve(struct world *w, struct slice name, enum record_type type, resolve_fn *fn, void *owner,
                      struct query **out)
{
    return resolver_ask(real(w)->resolver, name, type, fn, owner, out);
}

static int op_post(struct world *w, void (*fn)(void *arg), void *arg)
{
    struct world_uv *r = real(w);
    bool             first;
    int              error = post_add(&r->posts, fn, arg, &first);

    if (error == 0 && first && atomic_load_explicit(&r->asleep, memory_order_relaxed))
        loop_wake(r->loop);
    return error;
}

static const struct world_ops ops = {
    .wall_msec      = op_wall_msec,
    .udp_open       = op_udp_open,
    .udp_local      = udp_local,
    .udp_send       = udp_send,
    .udp_close      = udp_close,
    .udp_steer      = udp_steer,
    .source         = op_source,
    .listen         = op_listen,
    .listener_local = listener_local,
    .listener_close = listener_close,
    .connect        = op_connect,
    .stream_local   = stream_local,
    .stream_remote  = stream_remote,
    .stream_send    = stream_send,
    .stream_room    = stream_room,
    .stream_close   = stream_close,
    .resolve        = op_resolve,
    .resolve_cancel = query_cancel,
    .post           = op_post,
};

/* --- the turn --- */

static void on_begin(void *arg, msec now)
{
    struct world_uv *r = arg;

    r->world.now = now;
    atomic_store_explicit(&r->asleep, false, memory_order_relaxed);
}

static void on_end(void *arg)
{
    struct world_uv *r = arg;

    wheel_advance(&r->world.wheel, r->world.now);
    post_run(&r->posts);
    resolver_deliver(r->resolver);
    udp_flush(r->udp);
    stream_flush(&r->streams);
    udp_look(r->udp);
    memory_end_turn(&r->world);
}

/* Before it sleeps.  Who posts and does not find us asleep has done so before post_waiting, which then finds the post:
 * both hold the queue's lock in between. */
static msec deadline(void *arg)
{
    struct world_uv *r = arg;

    atomic_store_explicit(&r->asleep, true, memory_order_relaxed);
    if (post_waiting(&r->posts) || resolver_waiting(r->resolver) || udp_waiting(r->udp) || stream_waiting(&r->streams))
        return 0;
    return wheel_deadline(&r->world.wheel);
}

/* --- life --- */

static bool start_parts(struct world_uv *r, const struct world_uv_options *options)
{
    struct loop_user        user = { on_begin, on_end, deadline, r };
    struct resolver_options dns  = {
         .servers     = options->dns_servers,
         .timeout     = options->dns_timeout,
         .query_limit = options->dns_queries,
         .cache       = options->names,
         .on_report   = options->on_dns,
         .owner       = options->dns_owner,
    };

    r->loop = loop_new(&user);
    if (r->loop == NULL || (options->exact && loop_be_exact(r->loop) != 0))
        return false;
    r->udp =
        udp_hub_new(r->loop, &r->world, options->udp_queue, options->descriptors, options->worker, options->grouping);
    if (r->udp == NULL || stream_hub_init(&r->streams, r->loop, &r->world, options->stream_queue, options->stream_stall,
                                          options->descriptors, options->worker) != 0)
        return false;
    r->resolver = resolver_new(r->loop, &r->world, &dns);
    return r->resolver != NULL;
}

static void free_parts(struct world_uv *r)
{
    resolver_free(r->resolver);
    if (r->streams.loop != NULL)
        stream_hub_fini(&r->streams);
    udp_hub_free(r->udp);
    loop_free(r->loop);
}

struct world *world_uv_new(struct log *log)
{
    return world_uv_new_with(log, &(struct world_uv_options){ .dns_servers = NULL });
}

struct world *world_uv_new_with(struct log *log, const struct world_uv_options *options)
{
    struct world_uv *r = calloc(1, sizeof *r);

    if (r == NULL)
        return NULL;
    if (!entropy_init(&r->entropy) || post_queue_init(&r->posts) != 0) {
        free(r);
        return NULL;
    }
    r->world.ops    = &ops;
    r->world.log    = log;
    r->world.now    = loop_clock();
    r->world.random = (struct random){ entropy_fill, &r->entropy };
    atomic_store_explicit(&r->asleep, true, memory_order_relaxed);
    wheel_init(&r->world.wheel, r->world.now);
    pool_init(&r->world.pool, POOL_KEEP);
    if (options->budget != NULL) {
        budget_share_init(&r->memory, options->budget);
        r->world.memory = &r->memory;
    }
    if (!start_parts(r, options)) {
        world_uv_free(&r->world);
        return NULL;
    }
    return &r->world;
}

void world_uv_free(struct world *w)
{
    struct world_uv *r;

    if (w == NULL)
        return;
    r = real(w);
    free_parts(r);
    memory_end_turn(w);
    post_queue_fini(&r->posts);
    pool_fini(&w->pool);
    free(r);
}

void world_uv_run(struct world *w)
{
    struct world_uv *r = real(w);

    w->now = loop_clock();
    loop_run(r->loop);
}

void world_uv_turn(struct world *w, msec longest)
{
    struct world_uv *r = real(w);

    w->now = loop_clock();
    loop_turn(r->loop, longest);
}

void world_uv_stop(struct world *w)
{
    loop_stop(real(w)->loop);
}

int world_uv_signal(struct world *w, int number, void (*fn)(void *arg), void *arg)
{
    return loop_signal(real(w)->loop, number, fn, arg);
}

struct uv_loop_s *world_uv_loop(struct world *w)
{
    return loop_uv(real(w)->loop);
}

void world_uv_begin_turn(struct world *w)
{
    loop_begin_turn(real(w)->loop);
}
