/* SPDX-License-Identifier: BSD-2-Clause */
/* The registrar and its store: what waits for a commit, what a change looks like,
 * what a restart brings back. */
#include "server/registrar.h"

#include "base/error.h"
#include "server/ban_list.h"
#include "server/flow_text.h"
#include "sip/instance.h"

#include <stdlib.h>

enum { LEASE_MAX = 600 * SECOND };

/* ---- waiting for the store ---- */

/* In order of seq; what comes late mostly belongs at the end. */
static void keep_in_order(struct server *s, struct store_wait *w)
{
    struct link *before = s->waits.prev;

    while (before != &s->waits && CONTAINER_OF(before, struct store_wait, link)->seq > w->seq)
        before = before->prev;
    list_append(before->next, &w->link);
}

static size_t bytes_of(const struct store_wait *w)
{
    return sizeof *w + w->size;
}

/* A wait outlives its transaction when the disk hangs, so waits have their own bound. */
static bool may_wait(const struct server *s)
{
    return s->wait_count < s->wait_limit;
}

struct store_wait *registrar_wait_new(struct server *s, object_id txn, const struct gather *answer)
{
    struct store_wait *w = may_wait(s) ? malloc(sizeof *w + answer->total) : NULL;
    struct buf         b;

    if (w == NULL)
        return NULL;
    *w = (struct store_wait){ .txn = txn, .size = answer->total };
    b  = buf_on(w->answer, answer->total);
    gather_flatten(answer, &b);
    return w;
}

struct store_wait *registrar_wait_for(struct server *s, void (*done)(void *arg, int error), void *arg)
{
    struct store_wait *w = may_wait(s) ? calloc(1, sizeof *w) : NULL;

    if (w == NULL)
        return NULL;
    w->done = done;
    w->arg  = arg;
    return w;
}

void registrar_wait(struct server *s, struct store_wait *w, uint64_t seq)
{
    w->seq = seq;
    world_take(s->world, ACCOUNT_REGISTERS_PENDING, bytes_of(w));
    counter_add(&s->world->counters.registers_waiting, w->done == NULL);
    gauge_set(&s->world->counters.registers_pending, ++s->wait_count);
    keep_in_order(s, w);
}

static void end_wait(struct server *s, struct store_wait *w, int error)
{
    struct gather g;

    list_unlink(&w->link);
    world_give(s->world, ACCOUNT_REGISTERS_PENDING, bytes_of(w));
    gauge_set(&s->world->counters.registers_pending, --s->wait_count);
    if (w->done != NULL) {
        w->done(w->arg, error);
    } else if (error == 0) {
        gather_init(&g);
        gather_put(&g, (struct slice){ w->answer, w->size });
        stack_respond(s->stack, w->txn, 200, &g);
    } else {
        counter_add(&s->world->counters.store_failures, 1);
        answer_retry_later(s, w->txn, 500, SLICE("Registration could not be stored"));
    }
    free(w);
}

void registrar_report(struct server *s, uint64_t seq, int error)
{
    if (error == 0 && seq > s->committed)
        s->committed = seq;
    while (!list_empty(&s->waits)) {
        struct store_wait *w = CONTAINER_OF(s->waits.next, struct store_wait, link);

        if (w->seq > seq)
            break;
        end_wait(s, w, error);
    }
}

/* Transactions are no more; the others are told. */
void registrar_stop(struct server *s)
{
    struct link *l;

    world_timer_stop(s->world, &s->expiry_tick);
    while ((l = list_shift(&s->waits)) != NULL) {
        struct store_wait *w = CONTAINER_OF(l, struct store_wait, link);

        if (w->done != NULL)
            w->done(w->arg, -ERR_CLOSED);
        world_give(s->world, ACCOUNT_REGISTERS_PENDING, bytes_of(w));
        free(w);
    }
}

/* The worker's own reports say it without asking the store. */
bool registrar_is_pending(struct server *s, uint64_t seq)
{
    return seq > s->committed && store_await(s->store, seq);
}

/* ---- changes ---- */

/* Whole seconds, as aor.h keeps them; a span has one at least. */
uint64_t registrar_lease(struct server *s, msec expires_at, msec span)
{
    uint64_t until = registrar_wall_at(s, expires_at) + (span < LEASE_MAX ? span : LEASE_MAX);

    return until - until % SECOND;
}

uint64_t registrar_wall_at(struct server *s, msec monotonic)
{
    return world_wall(s->world) + (monotonic - world_now(s->world));
}

struct store_change registrar_put_change(struct server *s, struct slice key, const struct binding *b, struct buf *flow)
{
    flow->len = 0;
    flow_write(flow, &b->flow);
    return (struct store_change){ .kind    = STORE_PUT_BINDING,
                                  .binding = {
                                      .row         = b->row,
                                      .aor         = key,
                                      .contact     = b->contact,
                                      .params      = b->params,
                                      .call_id     = b->call_id,
                                      .user_agent  = b->user_agent,
                                      .path        = b->path,
                                      .flow        = buf_slice(flow),
                                      .cseq        = b->cseq,
                                      .q           = b->q,
                                      .expires_at  = registrar_wall_at(s, b->expires_at),
                                      .lease_until = b->lease_until,
                                      .outbound    = b->outbound,
                                      .gruu        = b->gruu,
                                  } };
}

struct store_change registrar_delete_change(uint64_t row)
{
    return (struct store_change){ .kind = STORE_DELETE_BINDING, .binding = { .row = row } };
}

/* ---- time and restart ---- */

static void on_expired(void *server, const struct aor *a, const struct binding *b)
{
    struct server      *s = server;
    struct store_change c = registrar_delete_change(b->row);
    uint64_t            seq;

    registrar_tell(s, NULL, aor_key(a), b, BINDING_EXPIRED);
    /* If the store is full the row stays: its lease ends by itself. */
    if (store_write(s->store, &c, 1, &seq) != 0)
        counter_add(&s->world->counters.store_failures, 1);
}

static void on_tick(struct timer *t, msec now)
{
    struct server *s    = CONTAINER_OF(t, struct server, expiry_tick);
    bool           more = location_expire(s->shared->location, s->worker, s->workers, now, on_expired, s);

    ban_list_tick(s);
    binding_events_poke(s->shared->events, s->worker);
    world_timer(s->world, t, on_tick, now + (more ? 1 : SECOND));
}

void registrar_start(struct server *s)
{
    world_timer(s->world, &s->expiry_tick, on_tick, world_now(s->world) + SECOND);
}

/* Who holds more bindings than any one is allowed keeps the first. */
static int add_loaded(struct location *l, struct slice key, const struct binding *b)
{
    struct location_guard g;
    struct binding        all[LIMIT_LIST];
    unsigned              count;
    int                   error;

    location_lock(l, key, &g);
    count = g.aor != NULL ? aor_count(g.aor) : 0;
    for (unsigned i = 0; i < count; i++)
        aor_binding(g.aor, i, &all[i]);
    error = count < LIMIT_LIST ? 0 : -ERR_LIMIT;
    if (error == 0) {
        all[count] = *b;
        error      = location_prepare(&g, all, count + 1, true);
    }
    if (error == 0)
        location_publish(&g);
    location_unlock(&g);
    return error == -ERR_LIMIT ? 0 : error;
}

/* Its parameters say which instance it is; reg-id only counts where RFC 5626 is in use.
 * A row of before there were GRUUs has none: any number is new to it. */
static void read_instance(struct binding *b)
{
    b->instance = instance_of(b->params);
    if (b->outbound)
        (void)reg_id_of(b->params, &b->reg_id);
    if (b->instance.len > 0 && b->gruu == 0)
        b->gruu = b->row % (UINT64_C(1) << AOR_GRUU_BITS);
}

int registrar_loaded(struct shared *s, struct world *world, const struct stored_binding *stored)
{
    uint64_t       now    = world_wall(world);
    struct binding values = {
        .row         = stored->row,
        .contact     = stored->contact,
        .params      = stored->params,
        .call_id     = stored->call_id,
        .user_agent  = stored->user_agent,
        .path        = stored->path,
        .cseq        = stored->cseq,
        .q           = stored->q,
        .lease_until = stored->lease_until,
        .outbound    = stored->outbound,
        .gruu        = stored->gruu,
    };

    if (stored->lease_until <= now)
        return 0;
    flow_parse(stored->flow, &values.flow);
    read_instance(&values);
    if (!aor_can_hold(stored->aor, &values))
        return -ERR_CORRUPT;
    values.expires_at = world_now(world) + (stored->lease_until - now);
    return add_loaded(s->location, stored->aor, &values);
}
