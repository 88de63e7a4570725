/* SPDX-License-Identifier: BSD-2-Clause */
#include "support/world_fake_private.h"

#include <stdio.h>
#include <stdlib.h>

enum {
    START          = 1000,    /* so that "0 is never" cannot hide a bug */
    TURNS_PER_MSEC = 1000000, /* more is a loop that will never end     */
};

size_t list_length(const struct link *head)
{
    size_t count = 0;

    LIST_EACH (l, head)
        count++;
    return count;
}

/* ---- events ---- */

struct event *event_new(struct network *n, size_t size)
{
    struct event *e = alloc_new(sizeof *e + size + 1);

    e->packet.number    = ++n->packet_count;
    e->packet.bytes.ptr = e->bytes;
    e->packet.bytes.len = size;
    return e;
}

void event_free(struct event *e)
{
    list_unlink(&e->link);
    if (e->connection != NULL)
        connection_drop(e->connection);
    free(e);
}

static bool event_before(const struct event *a, const struct event *b)
{
    if (a->at != b->at)
        return a->at < b->at;
    return a->tie != b->tie ? a->tie < b->tie : a->number < b->number;
}

/* What arrives at the same time from two hosts comes in an order that the seed
 * picks anew for each instant; what one host sent keeps its order. */
static uint64_t event_tie(const struct network *n, msec at, const struct host *source)
{
    uint64_t x = n->seed ^ (at * 0x9e3779b97f4a7c15u) ^ (((uint64_t)source->index + 1) * 0xbf58476d1ce4e5b9u);

    x = (x ^ (x >> 31)) * 0x94d049bb133111ebu;
    return x ^ (x >> 29);
}

void event_schedule(struct network *n, struct event *e, msec at, const struct host *source, arrive_fn *arrive)
{
    struct link *before = n->events.prev;

    e->at     = at < n->now ? n->now : at;
    e->tie    = event_tie(n, e->at, source);
    e->number = ++n->event_count;
    e->arrive = arrive;
    while (before != &n->events && event_before(e, CONTAINER_OF(before, struct event, link)))
        before = before->prev;
    list_append(before->next, &e->link); /* that is: just behind `before` */
}

void event_to_inbox(struct fake_world *w, struct event *e, const void *handle, deliver_fn *deliver)
{
    list_unlink(&e->link);
    e->handle  = handle;
    e->deliver = deliver;
    list_append(&w->inbox, &e->link);
}

static void forget_in(struct link *events, const void *handle)
{
    LIST_EACH_SAFE (l, events) {
        struct event *e = CONTAINER_OF(l, struct event, link);

        if (e->handle == handle)
            event_free(e);
    }
}

void fake_forget(struct fake_world *w, const void *handle)
{
    forget_in(&w->inbox, handle);
    forget_in(&w->batch, handle);
    forget_in(&w->network->events, handle);
}

void events_free(struct link *events)
{
    while (!list_empty(events))
        event_free(CONTAINER_OF(events->next, struct event, link));
}

/* ---- turns ---- */

msec network_next(const struct network *n)
{
    msec next = NEVER;

    if (!list_empty(&n->events))
        next = CONTAINER_OF(n->events.next, struct event, link)->at;
    LIST_EACH (l, &n->worlds) {
        struct fake_world *w  = CONTAINER_OF(l, struct fake_world, link);
        msec               at = world_fake_due(w);

        next = at < next ? at : next;
    }
    return next < n->now ? n->now : next;
}

static void kernel_turn(struct network *n)
{
    while (!list_empty(&n->events)) {
        struct event *e = CONTAINER_OF(n->events.next, struct event, link);

        if (e->at > n->now)
            return;
        list_unlink(&e->link);
        e->arrive(n, e);
    }
}

static struct fake_world *pick_world(struct network *n)
{
    struct fake_world *picked = NULL;
    uint32_t           ready  = 0;

    LIST_EACH (l, &n->worlds) {
        struct fake_world *w = CONTAINER_OF(l, struct fake_world, link);

        if (world_fake_is_ready(w) && random_below(&n->random, ++ready) == 0)
            picked = w;
    }
    return picked;
}

bool network_turn(struct network *n, msec limit)
{
    msec               at = network_next(n);
    struct fake_world *w;

    if (at == NEVER || at > limit)
        return false;
    n->turns_at_now = at > n->now ? 0 : n->turns_at_now + 1;
    n->now          = at;
    if (n->turns_at_now > TURNS_PER_MSEC) {
        fprintf(stderr, "world_fake: time stands still at %llu ms: something answers itself for ever\n",
                (unsigned long long)n->now);
        abort();
    }
    kernel_turn(n);
    w = pick_world(n);
    if (w != NULL)
        world_fake_turn(w);
    return true;
}

void network_run_until(struct network *n, msec at)
{
    while (network_turn(n, at))
        ;
    if (at > n->now && at != NEVER)
        n->now = at;
    LIST_EACH (l, &n->worlds)
        CONTAINER_OF(l, struct fake_world, link)->world.now = n->now;
}

msec network_now(const struct network *n)
{
    return n->now;
}

void network_step_wall(struct network *n, int64_t delta)
{
    n->wall_offset += delta;
}

size_t network_in_flight(const struct network *n)
{
    size_t count = list_length(&n->events);

    LIST_EACH (l, &n->worlds) {
        const struct fake_world *w = CONTAINER_OF(l, struct fake_world, link);

        count += list_length(&w->inbox) + list_length(&w->outgoing);
    }
    return count;
}

/* ---- the network ---- */

struct network *network_new(uint64_t seed)
{
    struct network *n = alloc_new(sizeof *n);

    random_seed(&n->generator, seed);
    n->random       = (struct random){ random_seeded_fill, &n->generator };
    n->seed         = seed;
    n->now          = START;
    n->stream_queue = 256 * 1024;
    n->name_delay   = 2;
    list_init(&n->hosts);
    list_init(&n->worlds);
    list_init(&n->events);
    list_init(&n->connections);
    list_init(&n->faults);
    list_init(&n->names);
    return n;
}

void network_free(struct network *n)
{
    struct link *l;

    if (n == NULL)
        return;
    while (!list_empty(&n->worlds))
        world_fake_free(&CONTAINER_OF(n->worlds.next, struct fake_world, link)->world);
    events_free(&n->events);
    network_free_connections(n);
    network_free_names(n);
    while ((l = list_shift(&n->faults)) != NULL)
        free(CONTAINER_OF(l, struct fault_entry, link));
    while ((l = list_shift(&n->hosts)) != NULL)
        free(CONTAINER_OF(l, struct host, link));
    free(n);
}
