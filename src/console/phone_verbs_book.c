/* SPDX-License-Identifier: BSD-2-Clause */
/* phone_verbs_book.c - the commands about contacts and past calls. */

#include "base/error.h"
#include "console/phone_desk_state.h"

enum { HISTORY = 20 };

int verb_contacts(struct phone_desk *d, const struct phone_order *o, struct phone_answer *a)
{
    struct json_line           list = json_line_list(a->line, "contacts");
    const struct book_contact *c;

    (void)o;
    for (size_t i = 0; (c = phone_book_contact(d->book, i)) != NULL; i++) {
        struct json_line j = json_line_item(&list);

        json_line_text(&j, "name", slice_from(c->name));
        json_line_text(&j, "address", slice_from(c->address));
        json_line_end(&j);
    }
    json_line_list_end(&list);
    return 0;
}

int verb_contact(struct phone_desk *d, const struct phone_order *o, struct phone_answer *a)
{
    struct slice name  = phone_order_value(o, "name")->text;
    int          error = phone_book_set(d->book, name, phone_order_value(o, "address")->text);

    if (error == -ERR_NOT_FOUND)
        return desk_refuse(a, error, "there is no contact of this name");
    if (error == -ERR_SYNTAX)
        return desk_refuse(a, error, "name and address are one word each");
    if (error != 0)
        return desk_refuse(a, error, "%s", error_text(error));
    json_line_text(a->line, "name", name);
    return 0;
}

int verb_history(struct phone_desk *d, const struct phone_order *o, struct phone_answer *a)
{
    const struct phone_value *count = phone_order_value(o, "count");
    size_t                    most  = count->given ? (size_t)count->number : HISTORY;
    struct json_line          list  = json_line_list(a->line, "history");
    const struct book_call   *c;

    for (size_t i = 0; i < most && (c = phone_book_call(d->book, i)) != NULL; i++) {
        struct json_line j = json_line_item(&list);

        json_line_number(&j, "t", (int64_t)c->t);
        json_line_text(&j, "direction", c->outgoing ? SLICE("out") : SLICE("in"));
        json_line_text(&j, "peer", slice_from(c->peer));
        json_line_bool(&j, "answered", c->answered);
        json_line_text(&j, "cause", slice_from(c->cause));
        if (c->status != 0)
            json_line_number(&j, "status", c->status);
        json_line_number(&j, "duration_ms", (int64_t)c->duration);
        json_line_end(&j);
    }
    json_line_list_end(&list);
    return 0;
}
