/* SPDX-License-Identifier: BSD-2-Clause */
#include "server/binding_admin.h"

#include "base/error.h"
#include "server/registrar.h"

#include <assert.h>
#include <stdlib.h>

static_assert((int)BINDING_KEY_MAX == (int)AOR_TEXT, "one size of keys");

/* What becomes of a binding, and its reason. */
struct told {
    struct binding     binding;
    enum binding_event event;
};

/* A change of one AOR's list: what it becomes and what the store and others are told. */
struct edit {
    struct server        *server;
    struct location_guard guard;
    struct binding        list[LIMIT_LIST + 1];
    size_t                count;
    struct store_change   changes[LIMIT_LIST + 1];
    size_t                change_count;
    struct told           told[LIMIT_LIST + 1];
    size_t                told_count;
    bool                  replaced; /* one that had not ended */
    char                  flow_text[FLOW_TEXT];
};

struct slice binding_admin_key(struct server *s, struct slice aor, char memory[BINDING_KEY_MAX])
{
    struct uri uri;

    if (!uri_parse(aor, &uri) || uri.user.len == 0)
        return SLICE("");
    return aor_of(s, &uri, memory);
}

/* The key and the lock, and the list as it is; 0 or why not. */
static int begin(struct edit *e, struct server *s, struct slice aor, char memory[AOR_TEXT])
{
    struct slice key = binding_admin_key(s, aor, memory);
    struct uri   uri;

    if (key.len == 0)
        return uri_parse(aor, &uri) && uri.user.len > 0 ? -ERR_NOT_FOUND : -ERR_SYNTAX;
    e->server = s;
    e->count = e->change_count = e->told_count = 0;
    e->replaced                                = false;
    location_lock(s->shared->location, key, &e->guard);
    while (e->guard.aor != NULL && e->count < aor_count(e->guard.aor)) {
        aor_binding(e->guard.aor, (unsigned)e->count, &e->list[e->count]);
        e->count++;
    }
    return 0;
}

static bool is_equal(const struct binding *b, const struct uri *contact)
{
    struct uri known;

    return uri_parse(b->contact, &known) && uri_eq(&known, contact);
}

static void note(struct edit *e, const struct binding *b, enum binding_event event)
{
    e->told[e->told_count++] = (struct told){ *b, event };
}

/* Out of the list, those of this contact (NULL: all), and those that have ended; how
 * many were meant.  With `row` one comes in their place: a phone's flow (RFC 5626) is none of them. */
static unsigned take_out(struct edit *e, const struct uri *contact, uint64_t *row)
{
    msec     now   = world_now(e->server->world);
    unsigned found = 0;
    size_t   kept  = 0;

    for (size_t i = 0; i < e->count; i++) {
        struct binding *b     = &e->list[i];
        bool            meant = contact == NULL || ((row == NULL || !b->outbound) && is_equal(b, contact));

        if (!meant && b->expires_at > now) {
            e->list[kept++] = *b;
        } else if (meant && row != NULL && *row == 0) {
            *row        = b->row; /* for the one that comes in its place */
            e->replaced = b->expires_at > now;
            found++;
        } else {
            e->changes[e->change_count++] = registrar_delete_change(b->row);
            note(e, b, b->expires_at > now ? BINDING_REJECTED : BINDING_EXPIRED);
            found += meant && b->expires_at > now;
        }
    }
    e->count = kept;
    return found;
}

/* All or nothing, and the wait for the commit. */
static int carry_out(struct edit *e, binding_done_fn *done, void *arg)
{
    struct server     *s = e->server;
    struct store_wait *w = registrar_wait_for(s, done, arg);
    uint64_t           seq;
    int                error = w != NULL ? 0 : -ERR_NO_MEMORY;

    if (error == 0)
        error = location_prepare(&e->guard, e->list, e->count, false);
    if (error == 0)
        error = store_write(s->store, e->changes, e->change_count, &seq);
    if (error != 0) {
        free(w);
        return error;
    }
    location_publish(&e->guard);
    location_note_change(&e->guard, seq);
    for (size_t i = 0; i < e->told_count; i++) /* what they were before lives until the unlock */
        registrar_tell(s, NULL, e->guard.key, &e->told[i].binding, e->told[i].event);
    registrar_wait(s, w, seq);
    return 0;
}

static int add(struct edit *e, const struct binding_order *o, const struct uri *contact)
{
    struct server  *s    = e->server;
    msec            more = (msec)o->expires * SECOND;
    struct buf      flow = BUF_ON(e->flow_text);
    uint64_t        row  = 0;
    struct binding *b;

    take_out(e, contact, &row);
    if (e->count >= registrar_rules(s, e->guard.key)->limits.max_contacts)
        return -ERR_LIMIT;
    b  = &e->list[e->count++];
    *b = (struct binding){
        .row        = row != 0 ? row : location_next_row(s->shared->location),
        .contact    = o->contact,
        .user_agent = SLICE("ahoy binding add"),
        .q          = o->q,
        .expires_at = world_now(s->world) + more,
    };
    b->lease_until                = registrar_wall_at(s, b->expires_at); /* nobody refreshes it */
    e->changes[e->change_count++] = registrar_put_change(s, e->guard.key, b, &flow);
    note(e, b, e->replaced ? BINDING_REFRESHED : BINDING_REGISTERED);
    return 0;
}

int binding_admin_add(struct server *s, const struct binding_order *order, binding_done_fn *done, void *arg)
{
    char        memory[AOR_TEXT];
    struct edit e;
    struct uri  contact;
    int         error;

    if (!uri_parse(order->contact, &contact) || order->expires == 0 || order->q > 1000)
        return -ERR_SYNTAX;
    error = begin(&e, s, order->aor, memory);
    if (error != 0)
        return error;
    error = add(&e, order, &contact);
    if (error == 0)
        error = carry_out(&e, done, arg);
    location_unlock(&e.guard);
    return error;
}

int binding_admin_remove(struct server *s, struct slice aor, struct slice contact, binding_done_fn *done, void *arg)
{
    char        memory[AOR_TEXT];
    struct edit e;
    struct uri  uri;
    int         error;

    if (contact.len > 0 && !uri_parse(contact, &uri))
        return -ERR_SYNTAX;
    error = begin(&e, s, aor, memory);
    if (error != 0)
        return error;
    if (take_out(&e, contact.len > 0 ? &uri : NULL, NULL) == 0)
        error = -ERR_NOT_FOUND;
    else
        error = carry_out(&e, done, arg);
    location_unlock(&e.guard);
    return error;
}
