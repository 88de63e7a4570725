/* SPDX-License-Identifier: BSD-2-Clause */
#include "support/post_world.h"

#include "base/error.h"

#include <pthread.h>
#include <stdlib.h>
#include <time.h>

enum { QUEUE = 1024, PATIENCE = 10 };

struct posted {
    void (*fn)(void *arg);
    void *arg;
};

struct post_world {
    struct world         world;
    struct random_seeded seeded;
    struct log           log;
    uint64_t             wall;
    pthread_mutex_t      mutex;
    pthread_cond_t       wake;
    struct posted        queue[QUEUE];
    size_t               first, count;
    unsigned             refuse;
};

static uint64_t wall_msec(struct world *w)
{
    return CONTAINER_OF(w, struct post_world, world)->wall;
}

static int post(struct world *w, void (*fn)(void *arg), void *arg)
{
    struct post_world *p     = CONTAINER_OF(w, struct post_world, world);
    int                error = 0;

    pthread_mutex_lock(&p->mutex);
    if (p->refuse > 0) {
        p->refuse--;
        error = -ERR_LIMIT;
    } else if (p->count == QUEUE) {
        error = -ERR_LIMIT;
    } else {
        p->queue[(p->first + p->count++) % QUEUE] = (struct posted){ fn, arg };
        pthread_cond_signal(&p->wake);
    }
    pthread_mutex_unlock(&p->mutex);
    return error;
}

static const struct world_ops ops = { .wall_msec = wall_msec, .post = post };

struct post_world *post_world_new(void)
{
    struct post_world *p = calloc(1, sizeof *p);

    if (p == NULL)
        abort();
    random_seed(&p->seeded, 1);
    wheel_init(&p->world.wheel, 0);
    p->world.ops    = &ops;
    p->world.random = (struct random){ random_seeded_fill, &p->seeded };
    p->world.log    = &p->log;
    p->wall         = 1700000000000;
    pthread_mutex_init(&p->mutex, NULL);
    pthread_cond_init(&p->wake, NULL);
    return p;
}

void post_world_free(struct post_world *p)
{
    post_world_drain(p);
    pthread_cond_destroy(&p->wake);
    pthread_mutex_destroy(&p->mutex);
    free(p);
}

struct world *post_world_of(struct post_world *p)
{
    return &p->world;
}

void post_world_set_wall(struct post_world *p, uint64_t wall)
{
    p->wall = wall;
}

void post_world_refuse(struct post_world *p, unsigned count)
{
    pthread_mutex_lock(&p->mutex);
    p->refuse = count;
    pthread_mutex_unlock(&p->mutex);
}

/* Waits for a post until `until`, if that is given; runs it without the lock. */
static bool run_one(struct post_world *p, const struct timespec *until)
{
    struct posted one;

    pthread_mutex_lock(&p->mutex);
    while (p->count == 0 && until != NULL && pthread_cond_timedwait(&p->wake, &p->mutex, until) == 0)
        ;
    if (p->count == 0) {
        pthread_mutex_unlock(&p->mutex);
        return false;
    }
    one      = p->queue[p->first];
    p->first = (p->first + 1) % QUEUE;
    p->count--;
    pthread_mutex_unlock(&p->mutex);
    one.fn(one.arg);
    return true;
}

bool post_world_run_until(struct post_world *p, const bool *flag)
{
    struct timespec until;

    clock_gettime(CLOCK_REALTIME, &until);
    until.tv_sec += PATIENCE;
    while (!*flag)
        if (!run_one(p, &until))
            return false;
    return true;
}

void post_world_drain(struct post_world *p)
{
    while (run_one(p, NULL))
        ;
}
