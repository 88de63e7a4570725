/* SPDX-License-Identifier: BSD-2-Clause */
/* What a REGISTER changes (RFC 3261 10.3 steps 6 and 7), under the lock of its AOR:
 *
 *     decide --> the new list of bindings --> location_prepare   RAM's next state, unseen
 *                                        --> the 200, ended now
 *                                        --> store_write         a number
 *                                        --> location_publish    seen by all workers
 *
 * Each step may refuse, and then nothing has changed. */
#include "server/registrar_list.h"

#include "base/error.h"
#include "server/ahead.h"
#include "server/gruu.h"

#include <stdlib.h>

enum {
    CONTACT_MAX = 1024, /* bytes of a Contact, parameters included: ten of them fit into the 200 */
    CALL_ID_MAX = 512,
};

/* One REGISTER being carried out. */
struct work {
    struct server            *server;
    const struct registering *r;
    struct location_guard     guard;
    struct registrar_list     list;
    struct gather             answer;
};

/* What comes of it, said when the lock has been given back. */
struct outcome {
    unsigned           status; /* 200: the answer is to be sent, or waits */
    struct slice       reason;
    struct store_wait *wait; /* or NULL: at once */
    uint64_t           seq;
};

/* ---- deciding ---- */

/* RFC 5627 5.1, as far as it takes to know our names and GRUUs. */
static void refuse_circles(const struct work *w, struct binding_verdict *verdict)
{
    for (unsigned i = 0; i < verdict->count && verdict->status == 200; i++) {
        const struct binding_change *c   = &verdict->changes[i];
        const struct reason         *why = NULL;

        if (c->instance.len > 0 && c->expires > 0)
            why = gruu_refusal(w->server, &c->contact.uri, w->r->key, w->guard.hash);
        if (why != NULL) {
            verdict->status = 403;
            verdict->why    = *why;
            verdict->count  = 0;
        }
    }
}

static void decide(struct work *w, struct binding_verdict *verdict)
{
    struct binding_request request = { w->r->request, w->r->terms.outbound, world_now(w->server->world) };
    struct binding_now     now[LIMIT_LIST];

    for (size_t i = 0; i < w->list.existing; i++) {
        const struct binding *b = &w->list.items[i].b;

        now[i] = (struct binding_now){ b->contact, b->params,     b->call_id,  b->cseq,
                                       b->q,       b->expires_at, b->instance, b->reg_id };
    }
    binding_decide(now, w->list.existing, &request, &w->r->rules->limits, verdict);
    refuse_circles(w, verdict);
}

/* What one request may make us keep for hours has a bound. */
static bool is_of_size(const struct message *request, const struct binding_verdict *verdict)
{
    bool fits = request->call_id.len <= CALL_ID_MAX;

    for (unsigned i = 0; i < verdict->count && verdict->changes[0].kind != BINDING_REMOVE_ALL; i++)
        fits = fits && verdict->changes[i].contact.text.len <= CONTACT_MAX;
    return fits;
}

/* ---- carrying it out ---- */

static struct outcome refuse(unsigned status, struct slice reason)
{
    return (struct outcome){ .status = status, .reason = reason };
}

static struct outcome full(struct server *s, struct slice reason)
{
    counter_add(&s->world->counters.requests_turned_away, 1);
    return refuse(503, reason);
}

/* RAM is the store's promise now. */
static void publish(struct work *w, uint64_t seq)
{
    const struct registrar_list *l = &w->list;

    if (l->rebuilt)
        location_publish(&w->guard);
    for (unsigned i = 0; i < l->existing && !l->rebuilt; i++) {
        const struct binding *b = &l->items[i].b;

        if (l->items[i].refreshed)
            location_refresh(&w->guard, i, b->expires_at, b->cseq, b->lease_until);
    }
    if (seq != 0)
        location_note_change(&w->guard, seq);
    registrar_list_tell(l); /* what it was before lives until the unlock */
}

/* Nothing to write: but what is acknowledged here may be another's, that is not on the
 * disk yet. */
static struct outcome confirm(struct work *w)
{
    struct server *s   = w->server;
    struct outcome out = { .status = 200, .seq = location_last_change(&w->guard) };

    if (registrar_is_pending(s, out.seq)) {
        out.wait = registrar_wait_new(s, w->r->txn, &w->answer);
        if (out.wait == NULL)
            return full(s, SLICE(""));
    }
    publish(w, 0);
    return out;
}

static struct outcome write_down(struct work *w)
{
    struct server *s   = w->server;
    struct outcome out = { .status = 200, .wait = registrar_wait_new(s, w->r->txn, &w->answer) };
    int            error;

    if (out.wait == NULL)
        return full(s, SLICE(""));
    error = store_write(s->store, w->list.changes, w->list.change_count, &out.seq);
    if (error != 0) {
        free(out.wait);
        counter_add(&s->world->counters.store_failures, 1);
        return error == -ERR_LIMIT ? refuse(503, SLICE("Registrations wait for the disk"))
                                   : refuse(500, SLICE("Registration could not be stored"));
    }
    publish(w, out.seq);
    return out;
}

static bool adds(const struct binding_verdict *verdict)
{
    for (unsigned i = 0; i < verdict->count; i++)
        if (verdict->changes[i].kind == BINDING_ADD)
            return true;
    return false;
}

static struct outcome carry_out(struct work *w, const struct binding_verdict *verdict)
{
    struct server *s     = w->server;
    int            error = 0;

    if (!is_of_size(w->r->request, verdict))
        return refuse(413, SLICE(""));
    if (adds(verdict) && world_memory_level(s->world) != BUDGET_NORMAL) /* see stack/admission.c */
        return full(s, SLICE("Too many registrations"));
    for (unsigned i = 0; i < verdict->count; i++)
        registrar_list_apply(&w->list, &verdict->changes[i]);
    if (!buf_ok(&w->list.params))
        return refuse(413, SLICE(""));
    registrar_list_finish(&w->list);
    if (w->list.rebuilt)
        error = location_prepare(&w->guard, w->list.values, w->list.value_count, false);
    if (error != 0)
        return full(s, error == -ERR_LIMIT ? SLICE("Too many registrations") : SLICE(""));
    if (!registrar_end_ok(s, w->r, w->list.values, w->list.value_count, &w->answer))
        return refuse(513, SLICE(""));
    return w->list.change_count > 0 ? write_down(w) : confirm(w);
}

/* ---- and saying so ---- */

/* A phone that registered by a stream is reached by it alone, so it is not closed as
 * idle before the registration ends. */
static void keep_connection(const struct work *w, const struct binding_verdict *verdict)
{
    struct server     *s       = w->server;
    const struct flow *flow    = &w->r->request->flow;
    uint32_t           longest = 0;

    if (verdict->count == 0 || w->r->terms.path.len > 0 || !transport_is_reliable(flow->transport))
        return;
    for (unsigned i = 0; i < verdict->count; i++)
        if (verdict->changes[i].expires > longest)
            longest = verdict->changes[i].expires;
    stack_keep_connection(s->stack, flow, w->guard.hash, world_now(s->world) + (msec)longest * SECOND);
    if (registrar_tells_flow_timer(s, w->r))
        stack_expect_signs(s->stack, flow, longest > 0 ? s->config->flow_timer : 0);
}

static void tell(struct work *w, const struct outcome *out)
{
    static const struct reason much   = { "more is to be kept of it than is kept", "RFC 3261 21.4.11" };
    static const struct reason longer = { "the 200 would be too long", "RFC 3261 21.5.7" };
    struct server             *s      = w->server;
    object_id                  txn    = w->r->txn;

    if (out->status == 413 || out->status == 513)
        answer(s, txn, out->status, out->status == 413 ? &much : &longer);
    else if (out->status != 200)
        answer_retry_later(s, txn, out->status, out->reason);
    else if (out->wait != NULL)
        registrar_wait(s, out->wait, out->seq);
    else
        stack_respond(s->stack, txn, 200, &w->answer);
}

void registrar_update(struct server *s, const struct registering *r)
{
    struct binding_verdict verdict;
    struct outcome         out = { .status = 0 };
    struct work            w; /* large: only what is used is set */

    w.server = s;
    w.r      = r;
    registrar_begin_ok(s, r, &w.answer);
    location_lock_hashed(s->shared->location, r->key, ahead_hash(s, r->request, r->key), &w.guard);
    registrar_list_init(&w.list, s, r, w.guard.aor);
    decide(&w, &verdict);
    if (verdict.status == 200)
        out = carry_out(&w, &verdict);
    location_unlock(&w.guard);
    if (verdict.status != 200) {
        registrar_answer_verdict(s, r->txn, &verdict);
        return;
    }
    if (out.status == 200)
        keep_connection(&w, &verdict);
    tell(&w, &out);
}
