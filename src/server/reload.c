/* SPDX-License-Identifier: BSD-2-Clause */
#include "server/reload.h"

#include "base/error.h"
#include "server/agreement.h"
#include "server/internal.h"

#include <stdio.h>

enum { LOOK_AGAIN = 1 }; /* ms */

/* What all workers are asked to do next, and have done. */
enum { NOTHING, OPEN, TAKE, GIVE_UP };

/* ---- in each worker's thread, between two messages ---- */

static void do_step(void *arg)
{
    struct reload_part  *p    = arg;
    const struct reload *r    = p->all;
    struct server       *s    = p->server;
    int                  done = r->step;

    if (s == NULL) /* forgotten, see reload_forget */
        return;
    switch (r->step) {
    case OPEN: {
        int error = listening_open(s, &r->plan, p->problem, sizeof p->problem);

        done = error != 0 ? error : OPEN;
        break;
    }
    case TAKE:
        server_take(s, r->snapshot);
        listening_take(s, &r->plan);
        agreement_offer(s);
        break;
    case GIVE_UP:
        listening_drop(s, &r->plan);
        break;
    }
    atomic_store_explicit(&p->step, done, memory_order_release);
}

/* ---- on the first one's ---- */

/* A worker whose queue is full is asked again. */
static void ask(struct reload *r)
{
    for (unsigned i = 0; i < r->count; i++) {
        struct reload_part *p = &r->parts[i];
        struct world       *w = p->server->world;

        p->posted = p->posted || w->ops->post(w, do_step, p) == 0;
    }
}

static void on_timer(struct timer *timer, msec now);

static void begin_step(struct reload *r, int step)
{
    r->step = step;
    for (unsigned i = 0; i < r->count; i++) {
        atomic_store_explicit(&r->parts[i].step, NOTHING, memory_order_relaxed);
        r->parts[i].posted = false;
    }
    ask(r);
    world_timer(r->world, &r->timer, on_timer, world_now(r->world) + LOOK_AGAIN);
}

static bool all_have(struct reload *r)
{
    for (unsigned i = 0; i < r->count; i++) {
        int step = atomic_load_explicit(&r->parts[i].step, memory_order_acquire);

        if (step == NOTHING)
            return false;
        if (step < 0 && r->error == 0) {
            r->error = step;
            memcpy(r->problem, r->parts[i].problem, sizeof r->problem);
        }
    }
    return true;
}

static void end(struct reload *r)
{
    snapshot_drop(r->snapshot);
    r->snapshot = NULL;
    r->step     = NOTHING;
    r->events->done(r->arg, r->error, r->problem);
}

static int prepare_shared(struct reload *r)
{
    int error = shared_make_attempts(r->shared, r->world, r->snapshot->config);

    if (error != 0)
        snprintf(r->problem, sizeof r->problem, "%s", error_text(error));
    return error;
}

/* The rules that all share are those of the moment when they are asked. */
static void take_shared(struct reload *r)
{
    struct shared *s = r->shared;

    shared_change_attempts(s, r->snapshot->config);
    location_set_limit(s->location, r->snapshot->config->max_bindings);
    snapshot_drop(s->snapshot);
    s->snapshot = snapshot_hold(r->snapshot);
    listening_begin(&s->listening, &r->plan);
}

static void next_step(struct reload *r)
{
    switch (r->step) {
    case OPEN:
        if (r->error == 0)
            r->error = prepare_shared(r);
        if (r->error == 0)
            r->error = r->events->ready(r->arg, r->problem, sizeof r->problem);
        if (r->error == 0)
            take_shared(r);
        begin_step(r, r->error == 0 ? TAKE : GIVE_UP);
        break;
    case GIVE_UP:
        listening_give_up(&r->shared->listening, &r->plan);
        end(r);
        break;
    case TAKE:
        end(r);
        break;
    }
}

static void on_timer(struct timer *timer, msec now)
{
    struct reload *r = CONTAINER_OF(timer, struct reload, timer);

    ask(r);
    if (all_have(r))
        next_step(r);
    else
        world_timer(r->world, timer, on_timer, now + LOOK_AGAIN);
}

void reload_begin(struct reload *r, struct server *const *servers, unsigned count, const struct snapshot *snapshot,
                  const struct listening_plan *plan, const struct reload_events *events, void *arg)
{
    r->snapshot   = snapshot_hold(snapshot);
    r->plan       = *plan;
    r->shared     = servers[0]->shared;
    r->world      = servers[0]->world;
    r->events     = events;
    r->arg        = arg;
    r->error      = 0;
    r->problem[0] = '\0';
    r->count      = count;
    for (unsigned i = 0; i < count; i++) {
        r->parts[i].all    = r;
        r->parts[i].server = servers[i];
    }
    begin_step(r, OPEN);
}

void reload_forget(struct reload *r)
{
    if (!reload_is_under_way(r))
        return;
    world_timer_stop(r->world, &r->timer);
    for (unsigned i = 0; i < r->count; i++)
        r->parts[i].server = NULL;
    snapshot_drop(r->snapshot);
    r->snapshot = NULL;
}
