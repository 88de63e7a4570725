/* SPDX-License-Identifier: BSD-2-Clause */
/* A step of a TLS handshake costs a hundred times what a message does.  A turn works on
 * so many of them; who comes later stands in line for the next turns, and in between all
 * others have theirs: a flood of handshakes makes handshakes slow, and nothing else. */
#include "net/channel_private.h"

#include "base/error.h"

static void on_turn(struct timer *t, msec now);

static void count_step(struct channels *all)
{
    if (all->spent++ == 0)
        world_timer(all->world, &all->turn, on_turn, world_now(all->world));
}

static void work(struct channel *c)
{
    struct queue early = c->early; /* which outlives the channel */

    c->early = (struct queue){ 0 };
    count_step(c->all);
    if (c->state == CHANNEL_OPENING)
        (void)channel_take(c, queue_bytes(&early));
    queue_fini(&early);
}

static void on_turn(struct timer *t, msec now)
{
    struct channels *all = CONTAINER_OF(t, struct channels, turn);

    (void)now;
    all->spent = 0;
    while (!list_empty(&all->line) && all->spent < CHANNEL_STEPS)
        work(CONTAINER_OF(list_shift(&all->line), struct channel, waiting));
}

bool line_pass(struct channel *c, struct slice bytes)
{
    struct channels *all = c->all;
    char            *at;

    if (!link_in_list(&c->waiting) && all->spent < CHANNEL_STEPS) {
        count_step(all);
        return true;
    }
    at = queue_room(&c->early, bytes.len, CHANNEL_EARLY);
    if (at == NULL) {
        channel_fail(c, -ERR_LIMIT);
        return false;
    }
    memcpy(at, bytes.ptr, bytes.len);
    queue_added(&c->early, bytes.len);
    if (!link_in_list(&c->waiting))
        list_append(&all->line, &c->waiting);
    return false;
}

void line_leave(struct channel *c)
{
    list_unlink(&c->waiting);
}

void line_init(struct channels *all)
{
    list_init(&all->line);
}

void line_fini(struct channels *all)
{
    world_timer_stop(all->world, &all->turn);
}
