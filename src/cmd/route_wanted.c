/* SPDX-License-Identifier: BSD-2-Clause */
#include "cmd/route_wanted.h"

#include "cmd/json_out.h"
#include "sip/message.h"

#include <string.h>

static bool same_uri(struct slice a, struct slice b)
{
    struct uri one, other;

    return uri_parse(a, &one) && uri_parse(b, &other) ? uri_eq(&one, &other) : slice_eq(a, b);
}

/* The first value of "<sip:gw;lr>, <sip:...>". */
static bool is_next_hop(struct slice by, const char *route)
{
    struct scan      s = scan_from(slice_from(route));
    struct name_addr hop;

    return name_addr_scan(&s, &hop) && same_uri(by, hop.uri.text);
}

static bool is_target(const struct wanted_target *w, const json_t *target)
{
    return json_integer_value(json_object_get(target, "group")) == (json_int_t)w->group &&
           same_uri(w->uri, slice_from(json_text_of(target, "uri"))) &&
           (w->by.len == 0 || is_next_hop(w->by, json_text_of(target, "route")));
}

/* Each that is wanted is another one of those that are there. */
static bool are_targets(const struct wanted *w, const json_t *targets)
{
    size_t   count = json_array_size(targets);
    uint64_t taken = 0;

    if (count < w->count || (count > w->count && !w->open) || count > 64)
        return false;
    for (unsigned i = 0; i < w->count; i++) {
        size_t k = 0;

        while (k < count && ((taken >> k & 1) != 0 || !is_target(&w->targets[i], json_array_get(targets, k))))
            k++;
        if (k == count)
            return false;
        taken |= UINT64_C(1) << k;
    }
    return true;
}

/* A status alone is content with any Contacts. */
static bool is_answer(const struct wanted *w, const json_t *e)
{
    const json_t *contacts = json_object_get(e, "contacts");

    if (json_integer_value(json_object_get(e, "status")) != (json_int_t)w->status)
        return false;
    if (w->count == 0)
        return true;
    if (json_array_size(contacts) != w->count)
        return false;
    for (unsigned i = 0; i < w->count; i++)
        if (!same_uri(w->targets[i].uri, slice_from(json_string_value(json_array_get(contacts, i)))))
            return false;
    return true;
}

static bool has_outcome(const json_t *e, const char *outcome)
{
    return strcmp(json_text_of(e, "outcome"), outcome) == 0;
}

bool route_is_wanted(const struct wanted *w, const json_t *explanation)
{
    switch (w->kind) {
    case WANTED_ANSWER:
        return has_outcome(explanation, "answer") && is_answer(w, explanation);
    case WANTED_REGISTER:
        return has_outcome(explanation, "register");
    case WANTED_ROUTE:
        return has_outcome(explanation, "forward") &&
               slice_eq_nocase(w->name, slice_from(json_text_of(explanation, "route")));
    case WANTED_TARGETS:
        break;
    }
    return has_outcome(explanation, "forward") && are_targets(w, json_object_get(explanation, "targets"));
}

static void write_targets(struct buf *b, const json_t *targets)
{
    json_int_t last = 0;
    json_t    *target;
    size_t     i;

    json_array_foreach(targets, i, target)
    {
        json_int_t       group = json_integer_value(json_object_get(target, "group"));
        struct scan      s     = scan_from(slice_from(json_text_of(target, "route")));
        struct name_addr hop;

        buf_put(b, i == 0 ? SLICE("") : group != last ? SLICE(" then ") : SLICE(", "));
        buf_put(b, slice_from(json_text_of(target, "uri")));
        if (name_addr_scan(&s, &hop)) {
            buf_put(b, SLICE(" by "));
            buf_put(b, hop.uri.text);
        }
        last = group;
    }
}

void route_write_outcome(struct buf *b, const json_t *explanation)
{
    json_t *contact;
    size_t  i;

    if (has_outcome(explanation, "register")) {
        buf_put(b, SLICE("register"));
    } else if (has_outcome(explanation, "forward")) {
        write_targets(b, json_object_get(explanation, "targets"));
    } else {
        buf_put_number(b, (uint64_t)json_integer_value(json_object_get(explanation, "status")));
        json_array_foreach(json_object_get(explanation, "contacts"), i, contact)
        {
            buf_put_byte(b, ' ');
            buf_put(b, slice_from(json_string_value(contact)));
        }
    }
}
