/* SPDX-License-Identifier: BSD-2-Clause */
/* What a REGISTER changes (RFC 3261 10.3 steps 6 and 7), under the lock of its AOR:
 *
 *     decide --> the new list of bindings --> location_prepare   RAM's next state, unseen
 *                                        --> the 200, built now
 *                                        --> store_write         a number
 *                                        --> location_publish    seen by all workers
 *
 * Each step may refuse, and then nothing has changed. */
#include "server/registrar.h"

#include "base/error.h"
#include "route/binding.h"
#include "server/way_back.h"

#include <stdlib.h>

enum {
    BINDINGS_MAX = LIMIT_LIST,
    CONTACT_MAX  = 1024, /* bytes of a Contact, parameters included: ten of them fit into the 200 */
    CALL_ID_MAX  = 512,
    USER_AGENT   = 256, /* cut to this */
    PARAMS_MAX   = 16 * 1024,
};

/* One binding of the list that is being made: those that are there, then the new. */
struct item {
    struct binding b;
    bool           gone, refreshed;
};

/* One REGISTER being carried out.  `refusal` is the status that ends it. */
struct work {
    struct server        *server;
    const struct message *request;
    object_id             txn;
    struct location_guard guard;
    struct item           items[2 * BINDINGS_MAX];
    size_t                count, existing;
    struct store_change   changes[2 * BINDINGS_MAX];
    char                  flow_texts[BINDINGS_MAX][FLOW_TEXT];
    size_t                change_count, flow_count;
    struct buf            params; /* texts of the new ones */
    char                  params_memory[PARAMS_MAX];
    bool                  rebuilt; /* not only refreshed */
    struct binding        list[2 * BINDINGS_MAX];
    size_t                list_count;
    struct gather         answer;
};

/* What comes of it, said when the lock has been given back. */
struct outcome {
    unsigned           status; /* 200: the answer is to be sent, or waits */
    struct slice       reason;
    struct store_wait *wait; /* or NULL: at once */
    uint64_t           seq;
};

/* ---- the list of bindings and what the store is told of it ---- */

static void note_put(struct work *w, struct binding *b, uint32_t expires)
{
    struct buf flow = buf_on(w->flow_texts[w->flow_count++], FLOW_TEXT);

    b->lease_until                = registrar_lease(w->server, b->expires_at, (msec)expires * SECOND);
    w->changes[w->change_count++] = registrar_put_change(w->server, w->guard.key, b, &flow);
}

static struct slice user_agent_of(const struct message *m)
{
    const struct header *h = message_header(m, HEADER_USER_AGENT);

    if (h == NULL)
        return SLICE("");
    return (struct slice){ h->value.ptr, h->value.len < USER_AGENT ? h->value.len : USER_AGENT };
}

static struct slice params_of(struct work *w, const struct name_addr *contact)
{
    size_t mark = w->params.len;

    binding_write_params(&w->params, contact);
    return (struct slice){ w->params_memory + mark, w->params.len - mark };
}

/* A new binding, at the end of the list; with the row of the one it replaces. */
static void put_binding(struct work *w, const struct binding_change *change, struct item *replaces)
{
    struct server *s  = w->server;
    struct item   *it = &w->items[w->count++];

    *it = (struct item){
        .b = { .contact    = change->contact.uri.text,
               .params     = params_of(w, &change->contact),
               .call_id    = w->request->call_id,
               .cseq       = w->request->cseq.number,
               .q          = change->q,
               .expires_at = world_now(s->world) + (msec)change->expires * SECOND,
               .user_agent = user_agent_of(w->request),
               .flow       = way_back_flow(w->request, &change->contact.uri),
               .row        = replaces != NULL ? replaces->b.row : location_next_row(s->shared->location) },
    };
    if (replaces != NULL)
        replaces->gone = true;
    w->rebuilt = true;
    note_put(w, &it->b, change->expires);
}

static bool came_another_way(const struct binding *b, const struct message *request, const struct uri *contact)
{
    struct flow flow = way_back_flow(request, contact);

    return b->flow.transport != flow.transport || b->flow.connection != flow.connection ||
           !address_eq(&b->flow.remote, &flow.remote);
}

/* A refresh within the row's lease is RAM's business alone: after a restart the
 * binding is served up to its lease, so nothing acknowledged is lost. */
static void refresh_binding(struct work *w, const struct binding_change *change, struct item *it)
{
    struct server *s = w->server;

    if (came_another_way(&it->b, w->request, &change->contact.uri)) {
        put_binding(w, change, it);
        return;
    }
    it->refreshed    = true;
    it->b.cseq       = w->request->cseq.number;
    it->b.expires_at = world_now(s->world) + (msec)change->expires * SECOND;
    if (registrar_wall_at(s, it->b.expires_at) > it->b.lease_until)
        note_put(w, &it->b, change->expires);
}

static void remove_binding(struct work *w, struct item *it)
{
    w->changes[w->change_count++] = registrar_delete_change(it->b.row);
    it->gone                      = true;
    w->rebuilt                    = true;
}

static void apply(struct work *w, const struct binding_change *change)
{
    switch (change->kind) {
    case BINDING_ADD:
        put_binding(w, change, NULL);
        break;
    case BINDING_REFRESH:
        refresh_binding(w, change, &w->items[change->index]);
        break;
    case BINDING_REPLACE:
        put_binding(w, change, &w->items[change->index]);
        break;
    case BINDING_REMOVE:
        remove_binding(w, &w->items[change->index]);
        break;
    case BINDING_REMOVE_ALL:
        for (size_t i = 0; i < w->existing; i++)
            remove_binding(w, &w->items[i]);
        break;
    }
}

/* The new list; what has ended leaves with the next change of any kind. */
static void make_list(struct work *w)
{
    msec now = world_now(w->server->world);

    w->list_count = 0;
    for (size_t i = 0; i < w->count; i++) {
        struct item *it = &w->items[i];

        if (w->rebuilt && !it->gone && it->b.expires_at <= now)
            remove_binding(w, it);
        if (!it->gone)
            w->list[w->list_count++] = it->b;
    }
}

/* ---- deciding ---- */

static void collect(struct work *w, struct binding_now now[BINDINGS_MAX])
{
    const struct aor *a = w->guard.aor;

    w->existing = w->count = a != NULL ? aor_count(a) : 0; /* LIMIT_LIST at most */
    for (unsigned i = 0; i < w->existing; i++) {
        struct binding *b = &w->items[i].b;

        w->items[i].gone = w->items[i].refreshed = false;
        aor_binding(a, i, b);
        now[i] = (struct binding_now){ b->contact, b->params, b->call_id, b->cseq, b->q, b->expires_at };
    }
}

/* URI equality is not transitive (19.1.4), so two contacts that differ can each
 * equal the same binding: which of them it becomes is not ours to guess. */
static bool names_a_binding_twice(const struct binding_verdict *v)
{
    uint64_t seen = 0;

    for (unsigned i = 0; i < v->count; i++) {
        uint64_t bit = (uint64_t)1 << v->changes[i].index;

        if (v->changes[i].kind == BINDING_ADD || v->changes[i].kind == BINDING_REMOVE_ALL)
            continue;
        if ((seen & bit) != 0)
            return true;
        seen |= bit;
    }
    return false;
}

static void decide(struct work *w, struct binding_verdict *verdict)
{
    const struct config  *c      = w->server->config;
    struct binding_limits limits = { (uint32_t)(c->min_expires / SECOND), (uint32_t)(c->default_expires / SECOND),
                                     (uint32_t)(c->max_expires / SECOND), c->max_contacts };
    struct binding_now    now[BINDINGS_MAX];

    collect(w, now);
    binding_decide(now, w->existing, w->request, &limits, world_now(w->server->world), verdict);
    if (verdict->status == 200 && names_a_binding_twice(verdict)) {
        verdict->status = 400;
        verdict->why    = REASON("Two Contacts equal one binding", "RFC 3261 19.1.4");
    }
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
    if (w->rebuilt)
        location_publish(&w->guard);
    for (unsigned i = 0; i < w->existing && !w->rebuilt; i++) {
        const struct binding *b = &w->items[i].b;

        if (w->items[i].refreshed)
            location_refresh(&w->guard, i, b->expires_at, b->cseq, b->lease_until);
    }
    if (seq != 0)
        location_note_change(&w->guard, seq);
}

/* Nothing to write: but what is acknowledged here may be another's, that is not on the
 * disk yet. */
static struct outcome confirm(struct work *w)
{
    struct server *s   = w->server;
    struct outcome out = { .status = 200, .seq = location_last_change(&w->guard) };

    if (registrar_is_pending(s, out.seq)) {
        out.wait = registrar_wait_new(s, w->txn, &w->answer);
        if (out.wait == NULL)
            return full(s, SLICE(""));
    }
    publish(w, 0);
    return out;
}

static struct outcome write_down(struct work *w)
{
    struct server *s   = w->server;
    struct outcome out = { .status = 200, .wait = registrar_wait_new(s, w->txn, &w->answer) };
    int            error;

    if (out.wait == NULL)
        return full(s, SLICE(""));
    error = store_write(s->store, w->changes, w->change_count, &out.seq);
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

    if (!is_of_size(w->request, verdict))
        return refuse(513, SLICE("Contact or Call-ID is too large"));
    if (adds(verdict) && world_memory_level(s->world) != BUDGET_NORMAL) /* see stack/admission.c */
        return full(s, SLICE("Too many registrations"));
    for (unsigned i = 0; i < verdict->count; i++)
        apply(w, &verdict->changes[i]);
    if (!buf_ok(&w->params))
        return refuse(513, SLICE("Contacts are too large"));
    make_list(w);
    if (w->rebuilt)
        error = location_prepare(&w->guard, w->list, w->list_count, false);
    if (error != 0)
        return full(s, error == -ERR_LIMIT ? SLICE("Too many registrations") : SLICE(""));
    if (!registrar_write_ok(s, w->txn, w->list, w->list_count, &w->answer))
        return refuse(513, SLICE(""));
    return w->change_count > 0 ? write_down(w) : confirm(w);
}

/* ---- and saying so ---- */

/* A phone that registered by a stream is reached by it alone, so it is not closed as
 * idle before the registration ends. */
static void keep_connection(const struct work *w, const struct binding_verdict *verdict)
{
    struct server *s       = w->server;
    uint32_t       longest = 0;

    if (verdict->count == 0 || !transport_is_reliable(w->request->flow.transport))
        return;
    for (unsigned i = 0; i < verdict->count; i++)
        if (verdict->changes[i].expires > longest)
            longest = verdict->changes[i].expires;
    stack_keep_connection(s->stack, &w->request->flow, w->guard.hash, world_now(s->world) + (msec)longest * SECOND);
}

static void tell(struct work *w, const struct outcome *out)
{
    struct server      *s         = w->server;
    const struct reason too_large = { "Contacts or Call-ID are too large", "limit" };

    if (out->status == 513)
        answer(s, w->txn, 513, &too_large);
    else if (out->status != 200)
        answer_retry_later(s, w->txn, out->status, out->reason);
    else if (out->wait != NULL)
        registrar_wait(s, out->wait, out->seq);
    else
        stack_respond(s->stack, w->txn, 200, &w->answer);
}

void registrar_update(struct server *s, object_id txn, struct message *request, struct slice key)
{
    struct binding_verdict verdict;
    struct outcome         out = { .status = 0 };
    struct work            w; /* large: only what is used is set */

    w.server       = s;
    w.request      = request;
    w.txn          = txn;
    w.change_count = w.flow_count = 0;
    w.params                      = BUF_ON(w.params_memory);
    w.rebuilt                     = false;
    location_lock(s->shared->location, key, &w.guard);
    decide(&w, &verdict);
    if (verdict.status == 200)
        out = carry_out(&w, &verdict);
    location_unlock(&w.guard);
    if (verdict.status != 200) {
        registrar_answer_verdict(s, txn, &verdict);
        return;
    }
    if (out.status == 200)
        keep_connection(&w, &verdict);
    for (unsigned i = 0; i < verdict.count && out.status == 200; i++)
        registrar_log_change(s, request, key, &verdict.changes[i]);
    tell(&w, &out);
}
