/* SPDX-License-Identifier: BSD-2-Clause */
#include "dialog/elsewhere.h"

#include "sip/name_addr.h"

static bool is_as_secure(const struct elsewhere *t, const struct uri *uri)
{
    struct uri first;

    return uri->scheme == URI_SIPS || t->count == 0 || !uri_parse(t->list[0], &first) || first.scheme != URI_SIPS;
}

static bool is_new(const struct elsewhere *t, const struct uri *uri)
{
    if ((uri->scheme != URI_SIP && uri->scheme != URI_SIPS) || !is_as_secure(t, uri))
        return false;
    for (unsigned i = 0; i < t->count; i++) {
        struct uri known;

        if (uri_parse(t->list[i], &known) && uri_eq(&known, uri))
            return false;
    }
    return t->count < ELSEWHERE_MAX;
}

/* A Request-URI has no headers. */
static struct slice without_headers(const struct uri *uri)
{
    return uri->headers.len > 0 ? slice_between(uri->text.ptr, uri->headers.ptr) : uri->text;
}

void elsewhere_add(struct elsewhere *t, struct arena *arena, const struct uri *uri)
{
    struct slice copy = arena_copy(arena, without_headers(uri));

    if (copy.len > 0)
        t->list[t->count++] = copy;
}

void elsewhere_follow(struct elsewhere *t, struct arena *arena, const struct message *response)
{
    for (unsigned below = 1001, best; below > 0; below = best) {
        struct header_values v = message_values(response, HEADER_CONTACT);
        struct name_addr     contact;
        unsigned             q;

        best = 0;
        while (values_next_name_addr(&v, &contact))
            if (contact_q(&contact, &q) && q < below && q > best)
                best = q;
        v = message_values(response, HEADER_CONTACT);
        while (values_next_name_addr(&v, &contact))
            if (contact_q(&contact, &q) && q == best && best > 0 && is_new(t, &contact.uri))
                elsewhere_add(t, arena, &contact.uri);
    }
}

void elsewhere_begin(struct elsewhere *t, struct slice first)
{
    *t = (struct elsewhere){ .list[0] = first, .count = 1 };
}

void elsewhere_restart(struct elsewhere *t)
{
    t->next = 0;
    if (t->count > 1)
        t->count = 1;
}

bool elsewhere_next(struct elsewhere *t, struct slice *target)
{
    if (t->next == t->count)
        return false;
    *target = t->list[t->next++];
    return true;
}
