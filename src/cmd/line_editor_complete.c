/* SPDX-License-Identifier: BSD-2-Clause */
#include "cmd/line_editor_state.h"

void line_editor_offer(struct line_editor *e, struct slice word)
{
    if (e->offer_count < OFFERS)
        snprintf(e->offers[e->offer_count++], TEXT, "%.*s", SLICE_ARG(word));
}

static size_t common_length(const struct line_editor *e)
{
    size_t len = strlen(e->offers[0]);

    for (size_t i = 1; i < e->offer_count; i++)
        while (strncmp(e->offers[0], e->offers[i], len) != 0)
            len--;
    return len;
}

/* Those among which nothing could be chosen. */
static void print_offers(struct line_editor *e)
{
    char       memory[OFFERS * 64];
    struct buf b = BUF_ON(memory);

    for (size_t i = 0; i < e->offer_count; i++)
        buf_printf(&b, "%s%.60s", i == 0 ? "" : "  ", e->offers[i]);
    buf_put_byte(&b, '\n');
    e->offer_count = 0;
    if (buf_ok(&b))
        line_editor_print(e, buf_slice(&b));
}

void editor_complete(struct line_editor *e)
{
    const LineInfo *line = el_line(e->el);
    size_t          begun, len;

    e->offer_count = 0;
    begun          = e->events.on_tab(e->arg, slice_between(line->buffer, line->cursor));
    if (e->offer_count == 0) {
        editor_say(e, "\a");
        return;
    }
    len = common_length(e);
    if (len <= begun && e->offer_count > 1) {
        print_offers(e);
        return;
    }
    e->offers[0][len] = '\0';
    editor_type(e, e->offers[0] + begun);
    if (e->offer_count == 1)
        editor_type(e, " ");
}
