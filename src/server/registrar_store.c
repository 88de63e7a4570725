/* SPDX-License-Identifier: BSD-2-Clause */
/* The registrar and its store: what waits for a commit, what a change looks like,
 * what a restart brings back. */
#include "server/registrar.h"

#include "base/error.h"
#include "server/flow_text.h"

#include <stdlib.h>

/* ---- waiting for the store ---- */

/* In order of seq; what comes late mostly belongs at the end. */
static void keep_in_order(struct server *s, struct store_wait *w)
{
    struct link *before = s->waits.prev;

    while (before != &s->waits && CONTAINER_OF(before, struct store_wait, link)->seq > w->seq)
        before = before->prev;
    list_append(before->next, &w->link);
}

/* A wait outlives its transaction when the disk hangs, so waits have their own bound. */
void registrar_wait(struct server *s, object_id txn, uint64_t seq)
{
    struct store_wait *w = s->wait_count < s->config->max_server_transactions ? malloc(sizeof *w) : NULL;

    if (w == NULL) {
        counter_add(&s->world->counters.requests_turned_away, 1);
        answer_retry_later(s, txn, 503, SLICE(""));
        return;
    }
    *w = (struct store_wait){ .seq = seq, .txn = txn };
    counter_add(&s->world->counters.registers_waiting, 1);
    gauge_set(&s->world->counters.registers_pending, ++s->wait_count);
    keep_in_order(s, w);
}

void registrar_report(struct server *s, uint64_t seq, int error)
{
    struct link *l;

    if (error == 0 && seq > s->committed)
        s->committed = seq;
    while ((l = s->waits.next) != &s->waits) {
        struct store_wait *w = CONTAINER_OF(l, struct store_wait, link);

        if (w->seq > seq)
            break;
        list_unlink(l);
        gauge_set(&s->world->counters.registers_pending, --s->wait_count);
        if (error == 0) {
            registrar_answer_ok(s, w->txn);
        } else {
            counter_add(&s->world->counters.store_failures, 1);
            answer_retry_later(s, w->txn, 500, SLICE("Registration could not be stored"));
        }
        free(w);
    }
}

/* ---- changes ---- */

uint64_t registrar_wall_at(struct server *s, msec monotonic)
{
    return world_wall(s->world) + (monotonic - world_now(s->world));
}

struct store_change registrar_put_change(struct server *s, const struct binding *b, struct buf *flow)
{
    flow->len = 0;
    flow_write(flow, &b->flow);
    return (struct store_change){ .kind    = STORE_PUT_BINDING,
                                  .binding = {
                                      .row         = b->row,
                                      .aor         = aor_key(b->aor),
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
                                  } };
}

struct store_change registrar_delete_change(uint64_t row)
{
    return (struct store_change){ .kind = STORE_DELETE_BINDING, .binding = { .row = row } };
}

/* What has been removed is not in RAM to be asked, so removals leave their number in
 * a fixed table; two AORs that share an entry only wait for each other. */
static uint64_t *removal_of(struct server *s, struct slice key)
{
    return &s->removals[siphash(&s->shared->loop_key, key) % REMOVALS];
}

void registrar_note_removal(struct server *s, struct slice key, uint64_t seq)
{
    *removal_of(s, key) = seq;
}

uint64_t registrar_pending(struct server *s, struct slice key)
{
    const struct aor *a    = location_find(s->shared->location, key);
    uint64_t          last = *removal_of(s, key);

    for (const struct binding *b = a != NULL ? aor_first(a) : NULL; b != NULL; b = aor_next(a, b))
        if (b->stored_by > last)
            last = b->stored_by;
    return last > s->committed ? last : 0;
}

/* ---- time and restart ---- */

void registrar_expired(void *server, const struct binding *b)
{
    struct server      *s = server;
    struct store_change c = registrar_delete_change(b->row);
    uint64_t            seq;

    registrar_log_expired(s, b);
    /* If the store is full the row stays: its lease ends by itself. */
    if (store_write(s->store, &c, 1, &seq) != 0)
        counter_add(&s->world->counters.store_failures, 1);
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
    };

    if (stored->lease_until <= now)
        return 0;
    flow_parse(stored->flow, &values.flow);
    values.expires_at = world_now(world) + (stored->lease_until - now);
    return location_put(s->location, stored->aor, &values, NULL) != NULL ? 0 : -ERR_NO_MEMORY;
}
