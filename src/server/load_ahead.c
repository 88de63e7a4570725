/* SPDX-License-Identifier: BSD-2-Clause */
#include "server/load_ahead.h"

enum { TEXTS = 7 };

static void texts_of(struct stored_binding *b, struct slice *texts[TEXTS])
{
    struct slice *all[TEXTS] = { &b->aor, &b->contact, &b->params, &b->call_id, &b->user_agent, &b->path, &b->flow };

    memcpy(texts, all, sizeof all);
}

static size_t length_of(const struct stored_binding *b)
{
    return b->aor.len + b->contact.len + b->params.len + b->call_id.len + b->user_agent.len + b->path.len + b->flow.len;
}

/* There is room for its texts. */
static void copy(struct load_ahead *a, struct stored_binding *b)
{
    struct slice *texts[TEXTS];

    texts_of(b, texts);
    for (int i = 0; i < TEXTS; i++) {
        char *at = a->text + a->used;

        if (texts[i]->len > 0)
            memcpy(at, texts[i]->ptr, texts[i]->len);
        texts[i]->ptr = at;
        a->used += texts[i]->len;
    }
}

void load_ahead_put(struct load_ahead *a, const struct stored_binding *b)
{
    size_t length = length_of(b);

    if (a->count == LOAD_AHEAD || a->used + length > LOAD_AHEAD_TEXT)
        load_ahead_end(a);
    if (length > LOAD_AHEAD_TEXT) {
        a->take(a->arg, b);
        return;
    }
    location_prefetch(a->location, b->aor);
    a->waiting[a->count] = *b;
    copy(a, &a->waiting[a->count++]);
}

void load_ahead_end(struct load_ahead *a)
{
    for (size_t i = 0; i < a->count; i++)
        a->take(a->arg, &a->waiting[i]);
    a->count = 0;
    a->used  = 0;
}
