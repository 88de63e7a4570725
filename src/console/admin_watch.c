/* SPDX-License-Identifier: BSD-2-Clause */
/* Changes of bindings, for those who ask again and again. */
#include "base/error.h"
#include "base/log_record.h"
#include "console/admin_private.h"
#include "console/text_json.h"
#include "server/binding_admin.h"
#include "server/binding_journal.h"

enum {
    WATCH_EVENTS = 1000,
    WATCH_PIECE  = 50, /* read at once: workers that have something to tell wait meanwhile */
    TIME_TEXT    = 40,
};

/* What has been read of the journal. */
struct watching {
    json_t      *events;
    struct slice aor;  /* only of this; empty: of all */
    size_t       seen; /* of all                      */
    bool         failed;
};

static json_t *event_to_json(const struct binding_notice *n)
{
    char       text[TIME_TEXT];
    struct buf time = BUF_ON(text);

    log_time_write(&time, n->at);
    return json_pack("{s:I,s:o,s:s,s:o,s:o,s:o,s:o,s:I}", "number", (json_int_t)n->number, "time",
                     text_to_json(buf_slice(&time)), "event", binding_event_name(n->event), "aor", text_to_json(n->aor),
                     "contact", text_to_json(n->contact), "expires", admin_expires_to_json(n->expires), "instance",
                     text_to_json(n->instance), "reg_id", (json_int_t)n->reg_id);
}

static void put_event(void *arg, const struct binding_notice *n)
{
    struct watching *w = arg;

    w->seen++;
    if (w->aor.len > 0 && !slice_eq(w->aor, n->aor))
        return;
    if (json_array_append_new(w->events, event_to_json(n)) != 0)
        w->failed = true;
}

static struct binding_page read_journal(struct binding_journal *journal, uint64_t since, struct watching *w)
{
    struct binding_page all = { .next = since }, piece;
    size_t              seen;

    do {
        seen  = w->seen;
        piece = binding_journal_read(journal, all.next, WATCH_PIECE, put_event, w);
        all   = (struct binding_page){ piece.next, all.missed + piece.missed };
    } while (w->seen - seen == WATCH_PIECE && w->seen < WATCH_EVENTS);
    return all;
}

/* False: the call has failed. */
static bool take_aor(struct admin *a, struct control_call *call, const json_t *params, char memory[BINDING_KEY_MAX],
                     struct slice *key)
{
    struct slice aor = admin_text(params, "aor");

    *key = SLICE("");
    if (aor.len == 0)
        return true;
    *key = binding_admin_key(a->server, aor, memory);
    if (key->len == 0)
        control_fail(call, -ERR_NOT_FOUND, "'%.*s' is no address of a domain of this server", SLICE_ARG(aor));
    return key->len > 0;
}

void admin_binding_watch(void *user, struct control_call *call, const json_t *params)
{
    struct admin           *a       = user;
    const json_t           *since   = json_object_get(params, "since");
    struct binding_journal *journal = a->server != NULL ? server_binding_journal(a->server) : NULL;
    char                    memory[BINDING_KEY_MAX];
    struct watching         w = { .events = NULL };
    struct binding_page     page;

    if (journal == NULL) {
        control_fail(call, -ERR_UNSUPPORTED, "no server is there to know bindings");
        return;
    }
    if (!take_aor(a, call, params, memory, &w.aor))
        return;
    if (json_is_true(json_object_get(params, "refreshed")))
        binding_journal_want_refreshes(journal, world_wall(a->world));
    w.events = json_array();
    page     = (struct binding_page){ .next = binding_journal_last(journal) };
    if (since != NULL && w.events != NULL)
        page = read_journal(journal, (uint64_t)json_integer_value(since), &w);
    if (w.failed) {
        json_decref(w.events);
        w.events = NULL;
    }
    control_reply(call, w.events == NULL ? NULL
                                         : json_pack("{s:o,s:I,s:I}", "events", w.events, "next", (json_int_t)page.next,
                                                     "missed", (json_int_t)page.missed));
}
