/* SPDX-License-Identifier: BSD-2-Clause */
#include "console/drain.h"

static void on_timer(struct timer *t, msec now)
{
    struct drain *d = CONTAINER_OF(t, struct drain, timer);

    if (d->given_up || d->events->waiting(d->arg) == 0) {
        d->events->done(d->arg);
    } else if (now >= d->end_at) {
        d->given_up = true;
        d->events->give_up(d->arg);
        world_timer(d->world, t, on_timer, now + DRAIN_LEAVE);
    } else {
        world_timer(d->world, t, on_timer, now + DRAIN_LOOK < d->end_at ? now + DRAIN_LOOK : d->end_at);
    }
}

void drain_begin(struct drain *d, struct world *w, msec patience, const struct drain_events *events, void *arg)
{
    msec now = world_now(w);

    if (d->began && now - d->began_at < DRAIN_TOGETHER)
        return;
    if (d->began) {
        d->end_at = now;
    } else {
        *d        = (struct drain){ .world = w, .events = events, .arg = arg, .began_at = now, .began = true };
        d->end_at = now + patience;
    }
    if (!d->given_up)
        world_timer(w, &d->timer, on_timer, now);
}

void drain_stop(struct drain *d)
{
    if (d->began)
        world_timer_stop(d->world, &d->timer);
}
