/* SPDX-License-Identifier: BSD-2-Clause */
#include "base/error.h"
#include "console/admin_private.h"
#include "console/text_json.h"
#include "server/binding_admin.h"
#include "server/shared.h"

#include <inttypes.h>
#include <stdlib.h>

enum { LIST_AORS = 100, LIST_ROUNDS = 32, THOUSANDTHS = 1000, SECOND = 1000 };

static bool has_server(const struct admin *a, struct control_call *call)
{
    if (a->server != NULL)
        return true;
    control_fail(call, -ERR_UNSUPPORTED, "no server is there to know bindings");
    return false;
}

/* The change was not begun. */
static void refuse(struct admin_change *c, int error, struct slice aor, struct slice contact)
{
    struct control_call *call = admin_change_drop(c);

    if (error == -ERR_SYNTAX)
        control_fail(call, error, "want the URIs of an address and of a contact such as sip:alice@example.com");
    else if (error == -ERR_NOT_FOUND && contact.len > 0)
        control_fail(call, error, "'%.*s' has no such contact, or is of no domain of this server", SLICE_ARG(aor));
    else if (error == -ERR_NOT_FOUND)
        control_fail(call, error, "'%.*s' has no contact, or is of no domain of this server", SLICE_ARG(aor));
    else if (error == -ERR_LIMIT)
        control_fail(call, error,
                     "there are too many contacts (max_contacts, max_bindings), or changes that wait for the disk");
    else
        control_fail(call, error, "%s; nothing was changed", error_text(error));
}

void admin_binding_add(void *user, struct control_call *call, const json_t *params)
{
    struct admin        *a       = user;
    const json_t        *expires = json_object_get(params, "expires"), *q = json_object_get(params, "q");
    struct binding_order order = {
        .aor     = admin_text(params, "aor"),
        .contact = admin_text(params, "contact"),
        .expires = expires != NULL ? (uint32_t)json_integer_value(expires) : BINDING_FOR_EVER,
        .q       = q != NULL ? (unsigned)(json_number_value(q) * THOUSANDTHS + 0.5) : THOUSANDTHS,
    };
    struct admin_change *c;
    int                  error;

    if (!has_server(a, call))
        return;
    c = admin_change_new(a, call,
                         json_pack("{s:s%,s:s%,s:o}", "aor", order.aor.ptr, order.aor.len, "contact", order.contact.ptr,
                                   order.contact.len, "expires",
                                   expires != NULL ? json_integer(order.expires) : json_null()));
    if (c == NULL)
        return;
    error = binding_admin_add(a->server, &order, admin_change_done, c);
    if (error != 0)
        refuse(c, error, order.aor, SLICE(""));
}

void admin_binding_remove(void *user, struct control_call *call, const json_t *params)
{
    struct admin        *a       = user;
    struct slice         aor     = admin_text(params, "aor");
    struct slice         contact = admin_text(params, "contact");
    struct admin_change *c;
    int                  error;

    if (!has_server(a, call))
        return;
    /* An empty contact is a mistake of the one who asks, not the wish to remove all. */
    if (contact.len == 0 && json_object_get(params, "contact") != NULL) {
        control_fail(call, -ERR_SYNTAX, "the contact is empty");
        return;
    }
    c = admin_change_new(a, call, json_pack("{s:s%}", "aor", aor.ptr, aor.len));
    if (c == NULL)
        return;
    error = binding_admin_remove(a->server, aor, contact, admin_change_done, c);
    if (error != 0)
        refuse(c, error, aor, contact);
}

/* ---- the list ---- */

struct listing {
    json_t      *bindings;
    struct slice domain; /* empty: all */
    msec         now;
    bool         failed;
};

json_t *admin_expires_to_json(uint64_t seconds)
{
    return seconds > BINDING_FOR_EVER / 2 ? json_null() : json_integer((json_int_t)seconds);
}

static json_t *binding_to_json(struct slice key, const struct binding *b, msec now)
{
    char       text[ADDRESS_TEXT];
    struct buf from = BUF_ON(text);

    if (b->flow.transport != TRANSPORT_NONE)
        address_write(&from, &b->flow.remote);
    return json_pack("{s:o,s:o,s:o,s:f,s:o,s:o,s:o,s:o,s:i,s:b,s:o}", "aor", text_to_json(key), "contact",
                     text_to_json(b->contact), "expires", admin_expires_to_json((b->expires_at - now) / SECOND), "q",
                     (double)b->q / THOUSANDTHS, "user_agent", text_to_json(b->user_agent), "call_id",
                     text_to_json(b->call_id), "source", from.len > 0 ? text_to_json(buf_slice(&from)) : json_null(),
                     "instance", text_to_json(b->instance), "reg_id", (int)b->reg_id, "outbound", b->outbound, "path",
                     text_to_json(b->path));
}

/* "sip:alice@example.test:5070" */
static bool is_of_domain(struct slice key, struct slice domain)
{
    const char *at = memrchr(key.ptr, '@', key.len);
    size_t      after;

    if (domain.len == 0)
        return true;
    if (at == NULL)
        return false;
    after = key.len - (size_t)(at + 1 - key.ptr);
    return after >= domain.len && slice_eq_nocase((struct slice){ at + 1, domain.len }, domain) &&
           (after == domain.len || at[1 + domain.len] == ':');
}

static void add_aor(void *arg, const struct aor *a)
{
    struct listing *l = arg;
    struct binding  b;

    for (unsigned i = 0; is_of_domain(aor_key(a), l->domain) && i < aor_count(a); i++) {
        aor_binding(a, i, &b);
        if (b.expires_at > l->now && json_array_append_new(l->bindings, binding_to_json(aor_key(a), &b, l->now)) != 0)
            l->failed = true;
    }
}

/* Takes l->bindings. */
static void reply_list(struct control_call *call, struct listing *l, uint64_t cursor)
{
    char text[32];

    snprintf(text, sizeof text, "%" PRIu64, cursor);
    if (!l->failed) {
        control_reply(call, json_pack("{s:o,s:o}", "bindings", l->bindings, "cursor",
                                      cursor != 0 ? json_string(text) : json_null()));
        return;
    }
    json_decref(l->bindings);
    control_reply(call, NULL);
}

static void list_one(struct admin *a, struct control_call *call, struct listing *l, struct slice aor)
{
    struct location_guard g;
    char                  memory[BINDING_KEY_MAX];
    struct slice          key = binding_admin_key(a->server, aor, memory);

    if (key.len == 0) {
        json_decref(l->bindings);
        control_fail(call, -ERR_NOT_FOUND, "'%.*s' is no address of a domain of this server", SLICE_ARG(aor));
        return;
    }
    location_lock(server_location(a->server), key, &g);
    if (g.aor != NULL)
        add_aor(l, g.aor);
    location_unlock(&g);
    reply_list(call, l, 0);
}

/* A page; a domain with few users among many may take several rounds, which have a bound. */
static void list_all(struct admin *a, struct control_call *call, struct listing *l, uint64_t cursor, size_t want)
{
    unsigned rounds = 0;

    do
        cursor = location_list(server_location(a->server), cursor, want, add_aor, l);
    while (cursor != 0 && json_array_size(l->bindings) < want && ++rounds < LIST_ROUNDS);
    reply_list(call, l, cursor);
}

void admin_binding_list(void *user, struct control_call *call, const json_t *params)
{
    struct admin  *a   = user;
    struct slice   aor = admin_text(params, "aor"), text = admin_text(params, "cursor");
    const json_t  *limit  = json_object_get(params, "limit");
    struct scan    s      = scan_from(text);
    uint64_t       cursor = 0;
    struct listing l;

    if (!has_server(a, call))
        return;
    if (text.len > 0 && !(scan_number64(&s, UINT64_MAX, &cursor) && scan_at_end(&s))) {
        control_fail(call, -ERR_SYNTAX, "a cursor is what the last answer had");
        return;
    }
    l        = (struct listing){ json_array(), admin_text(params, "domain"), world_now(a->world), false };
    l.failed = l.bindings == NULL;
    if (aor.len > 0)
        list_one(a, call, &l, aor);
    else
        list_all(a, call, &l, cursor, limit != NULL ? (size_t)json_integer_value(limit) : LIST_AORS);
}
