/* SPDX-License-Identifier: BSD-2-Clause */
/* What a REGISTER changes (RFC 3261 10.3 steps 6 and 7): route/binding decides, RAM
 * changes at once, the store is told. */
#include "server/registrar.h"

#include "base/error.h"
#include "route/binding.h"

enum {
    LEASE_MAX    = 600 * SECOND,
    BINDINGS_MAX = LIMIT_LIST,
    CONTACT_MAX  = 1024, /* bytes of a Contact, parameters included: ten of them fit into the 200 */
    CALL_ID_MAX  = 512,
    USER_AGENT   = 256, /* cut to this */
};

/* One REGISTER being carried out: what the store must hear, and the highest
 * change of ours that it has not confirmed yet. */
struct work {
    struct server        *server;
    const struct message *request;
    struct slice          key;
    struct binding       *existing[BINDINGS_MAX];
    size_t                existing_count;
    struct store_change   changes[2 * BINDINGS_MAX];
    char                  flow_texts[BINDINGS_MAX][FLOW_TEXT];
    struct binding       *written[BINDINGS_MAX]; /* whose put is in `changes` */
    size_t                change_count, written_count;
    bool                  removes, out_of_memory;
};

static void note_put(struct work *w, struct binding *b, uint32_t expires)
{
    struct buf flow = buf_on(w->flow_texts[w->written_count], FLOW_TEXT);
    msec       more = (msec)expires * SECOND;

    b->lease_until                = registrar_wall_at(w->server, b->expires_at) + (more < LEASE_MAX ? more : LEASE_MAX);
    w->changes[w->change_count++] = registrar_put_change(w->server, b, &flow);
    w->written[w->written_count++] = b;
}

static struct slice user_agent_of(const struct message *m)
{
    const struct header *h = message_header(m, HEADER_USER_AGENT);

    if (h == NULL)
        return SLICE("");
    return (struct slice){ h->value.ptr, h->value.len < USER_AGENT ? h->value.len : USER_AGENT };
}

/* Is `contact` the sender's own?  A literal address that is neither where the
 * request came from, nor where its Via says it is, nor a private one seen from
 * outside, is another host's (RFC 3261 10.2.1 lets one register it). */
static bool is_own(const struct message *request, const struct uri *contact)
{
    const struct address *source = &request->flow.remote;
    struct address        host;

    return !address_parse_ip(contact->host, &host) || address_eq_ip(&host, source) ||
           slice_eq_nocase(contact->host, request->via.host) ||
           (address_is_private(&host) && !address_is_private(source));
}

/* The way back to it; none to somebody else, whose URI is resolved. */
static struct flow flow_back(const struct message *request, const struct uri *contact)
{
    return is_own(request, contact) ? request->flow : (struct flow){ .transport = TRANSPORT_NONE };
}

static void put_binding(struct work *w, const struct binding_change *change, struct binding *replaces)
{
    struct server *s = w->server;
    char           params[1024];
    struct buf     b      = BUF_ON(params);
    struct binding values = {
        .contact    = change->contact.uri.text,
        .call_id    = w->request->call_id,
        .cseq       = w->request->cseq.number,
        .q          = change->q,
        .expires_at = world_now(s->world) + (msec)change->expires * SECOND,
        .user_agent = user_agent_of(w->request),
        .flow       = flow_back(w->request, &change->contact.uri),
        .row        = replaces != NULL ? replaces->row : 0,
    };
    struct binding *made;

    binding_write_params(&b, &change->contact);
    values.params = buf_ok(&b) ? buf_slice(&b) : SLICE("");
    made          = location_put(s->shared->location, w->key, &values, replaces);
    if (made == NULL)
        w->out_of_memory = true;
    else
        note_put(w, made, change->expires);
}

static bool came_another_way(const struct binding *b, const struct message *request, const struct uri *contact)
{
    struct flow flow = flow_back(request, contact);

    return b->flow.transport != flow.transport || b->flow.connection != flow.connection ||
           !address_eq(&b->flow.remote, &flow.remote);
}

static bool outlives_lease(struct server *s, const struct binding *b, const struct binding_change *change)
{
    return registrar_wall_at(s, world_now(s->world) + (msec)change->expires * SECOND) > b->lease_until;
}

/* A refresh within the row's lease is RAM's business alone: after a restart the
 * binding is served up to its lease, so nothing acknowledged is lost. */
static void refresh_binding(struct work *w, const struct binding_change *change, struct binding *b)
{
    struct server *s          = w->server;
    msec           expires_at = world_now(s->world) + (msec)change->expires * SECOND;

    if (came_another_way(b, w->request, &change->contact.uri)) {
        put_binding(w, change, b);
        return;
    }
    location_refresh(s->shared->location, b, expires_at, w->request->cseq.number);
    if (outlives_lease(s, b, change))
        note_put(w, b, change->expires);
}

static void remove_binding(struct work *w, struct binding *b)
{
    w->changes[w->change_count++] = registrar_delete_change(b->row);
    w->removes                    = true;
    location_remove(w->server->shared->location, b);
}

static void apply(struct work *w, const struct binding_change *change)
{
    switch (change->kind) {
    case BINDING_ADD:
        put_binding(w, change, NULL);
        break;
    case BINDING_REFRESH:
        refresh_binding(w, change, w->existing[change->index]);
        break;
    case BINDING_REPLACE:
        put_binding(w, change, w->existing[change->index]);
        break;
    case BINDING_REMOVE:
        remove_binding(w, w->existing[change->index]);
        break;
    case BINDING_REMOVE_ALL:
        for (size_t i = 0; i < w->existing_count; i++)
            remove_binding(w, w->existing[i]);
        break;
    }
}

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
    stack_keep_connection(s->stack, &w->request->flow, world_now(s->world) + (msec)longest * SECOND);
}

static void commit(struct work *w, object_id txn)
{
    struct server *s   = w->server;
    uint64_t       seq = 0;
    int            error;

    if (w->change_count > 0) {
        error = store_write(s->store, w->changes, w->change_count, &seq);
        if (error != 0) {
            for (size_t i = 0; i < w->written_count; i++)
                w->written[i]->lease_until = 0; /* the next refresh writes it */
            counter_add(&s->world->counters.store_failures, 1);
            answer_retry_later(s, txn, error == -ERR_LIMIT ? 503 : 500, SLICE("Registration could not be stored"));
            return;
        }
        for (size_t i = 0; i < w->written_count; i++)
            w->written[i]->stored_by = seq;
        if (w->removes)
            registrar_note_removal(s, w->key, seq);
    } else {
        seq = registrar_pending(s, w->key);
    }
    if (w->out_of_memory)
        answer_retry_later(s, txn, 503, SLICE(""));
    else if (seq != 0 && seq > s->committed)
        registrar_wait(s, txn, seq);
    else
        registrar_answer_ok(s, txn);
}

static void collect(struct work *w, struct binding_now now[BINDINGS_MAX])
{
    const struct aor *a = location_find(w->server->shared->location, w->key);
    struct binding   *b = a != NULL ? aor_first(a) : NULL;

    for (; b != NULL && w->existing_count < BINDINGS_MAX; b = aor_next(a, b)) {
        now[w->existing_count] =
            (struct binding_now){ b->contact, b->params, b->call_id, b->cseq, b->q, b->expires_at };
        w->existing[w->existing_count++] = b;
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
    binding_decide(now, w->existing_count, w->request, &limits, world_now(w->server->world), verdict);
    if (verdict->status == 200 && names_a_binding_twice(verdict)) {
        verdict->status = 400;
        verdict->why    = REASON("Two Contacts equal one binding", "RFC 3261 19.1.4");
    }
}

/* How many changes the store would have to take. */
static size_t writes_of(const struct work *w, const struct binding_change *change)
{
    const struct binding *b;

    switch (change->kind) {
    case BINDING_ADD:
    case BINDING_REPLACE:
    case BINDING_REMOVE:
        return 1;
    case BINDING_REFRESH:
        b = w->existing[change->index];
        return came_another_way(b, w->request, &change->contact.uri) || outlives_lease(w->server, b, change);
    case BINDING_REMOVE_ALL:
        return w->existing_count;
    }
    return 0;
}

/* What one request may make us keep for hours has a bound: false if it has been
 * answered 513. */
static bool is_of_size(const struct work *w, object_id txn, const struct binding_verdict *verdict)
{
    static const struct reason too_large = { "Contact or Call-ID is too large", "limit" };
    bool                       fits      = w->request->call_id.len <= CALL_ID_MAX;

    for (unsigned i = 0; i < verdict->count && verdict->changes[0].kind != BINDING_REMOVE_ALL; i++)
        fits = fits && verdict->changes[i].contact.text.len <= CONTACT_MAX;
    if (!fits)
        answer(w->server, txn, 513, &too_large);
    return fits;
}

/* Room in the store and in RAM for all of it, or it is not begun: false if a 503
 * has been given. */
static bool has_room(struct work *w, object_id txn, const struct binding_verdict *verdict)
{
    struct server *s      = w->server;
    size_t         writes = 0, added = 0;

    for (unsigned i = 0; i < verdict->count; i++) {
        writes += writes_of(w, &verdict->changes[i]);
        added += verdict->changes[i].kind == BINDING_ADD;
    }
    if (writes > 0 && !store_has_room(s->store, writes)) {
        counter_add(&s->world->counters.store_failures, 1);
        answer_retry_later(s, txn, 503, SLICE("Registrations wait for the disk"));
        return false;
    }
    if (added > 0 && !location_has_room(s->shared->location, added)) {
        counter_add(&s->world->counters.requests_turned_away, 1);
        answer_retry_later(s, txn, 503, SLICE("Too many registrations"));
        return false;
    }
    return true;
}

void registrar_update(struct server *s, object_id txn, struct message *request, struct slice key)
{
    struct binding_verdict verdict;
    struct work            w; /* large: only what is used is set */

    w.server         = s;
    w.request        = request;
    w.key            = key;
    w.existing_count = w.change_count = w.written_count = 0;
    w.removes = w.out_of_memory = false;
    decide(&w, &verdict);
    if (verdict.status != 200) {
        registrar_answer_verdict(s, txn, &verdict);
        return;
    }
    if (!is_of_size(&w, txn, &verdict) || !has_room(&w, txn, &verdict))
        return;
    for (unsigned i = 0; i < verdict.count; i++) {
        registrar_log_change(s, request, key, &verdict.changes[i]);
        apply(&w, &verdict.changes[i]);
    }
    keep_connection(&w, &verdict);
    commit(&w, txn);
}
