/* SPDX-License-Identifier: BSD-2-Clause */
/* uri_eq: RFC 3261 19.1.4 for sip and sips, RFC 3966 4 for tel. */
#include "base/limits.h"
#include "sip/params.h"
#include "sip/uri.h"

struct pair {
    struct slice name, value;
};

struct pairs {
    unsigned    count;
    struct pair pair[LIMIT_LIST];
};

static bool pairs_add(struct pairs *p, struct slice name, struct slice value)
{
    if (p->count == LIMIT_LIST)
        return false;
    p->pair[p->count++] = (struct pair){ name, value };
    return true;
}

/* "?a=b&c" */
static bool read_headers(struct pairs *p, struct slice headers)
{
    struct scan  s = scan_from(headers);
    struct slice part;

    p->count = 0;
    scan_byte(&s, '?');
    while (scan_until(&s, "&", &part)) {
        struct scan  inner = scan_from(part);
        struct slice name  = SLICE("");

        scan_until(&inner, "=", &name);
        scan_byte(&inner, '=');
        if (!pairs_add(p, name, scan_rest(&inner)))
            return false;
        scan_byte(&s, '&');
    }
    return true;
}

static bool read_params(struct pairs *p, struct slice params)
{
    struct scan  s = scan_from(params);
    struct slice name, value;

    p->count = 0;
    while (params_next(&s, &name, &value))
        if (!pairs_add(p, name, value))
            return false;
    return true;
}

static bool pair_eq(const struct pair *a, const struct pair *b)
{
    return escaped_eq(a->name, b->name, true) && escaped_eq(a->value, b->value, true);
}

static unsigned count_equal(const struct pairs *p, const struct pair *wanted)
{
    unsigned count = 0;

    for (unsigned i = 0; i < p->count; i++)
        count += pair_eq(&p->pair[i], wanted);
    return count;
}

/* The same pairs, in any order. */
static bool pairs_eq(const struct pairs *a, const struct pairs *b)
{
    if (a->count != b->count)
        return false;
    for (unsigned i = 0; i < a->count; i++)
        if (count_equal(a, &a->pair[i]) != count_equal(b, &a->pair[i]))
            return false;
    return true;
}

/* A user, ttl, method, maddr or transport parameter that only one of them has
 * makes two URIs different, even with the default value. */
static bool must_be_in_both(struct slice name)
{
    static const struct slice names[] = { SLICE_INIT("user"), SLICE_INIT("ttl"), SLICE_INIT("method"),
                                          SLICE_INIT("maddr"), SLICE_INIT("transport") };

    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (escaped_eq(name, names[i], true))
            return true;
    return false;
}

/* What `a` says is not contradicted by `b`. */
static bool params_agree(const struct pairs *a, const struct pairs *b)
{
    for (unsigned i = 0; i < a->count; i++) {
        bool found = false, same = false;

        for (unsigned k = 0; k < b->count && !same; k++)
            if (escaped_eq(a->pair[i].name, b->pair[k].name, true)) {
                found = true;
                same  = escaped_eq(a->pair[i].value, b->pair[k].value, true);
            }
        if (!same && (found || must_be_in_both(a->pair[i].name)))
            return false;
    }
    return true;
}

static bool host_eq(struct slice a, struct slice b)
{
    struct address ip_a, ip_b;

    if (slice_eq_nocase(a, b))
        return true;
    return address_parse_ip(a, &ip_a) && address_parse_ip(b, &ip_b) && address_eq_ip(&ip_a, &ip_b);
}

static bool sip_eq(const struct uri *a, const struct uri *b)
{
    struct pairs pa, pb;

    if (a->has_user != b->has_user || a->port != b->port || (a->password.ptr == NULL) != (b->password.ptr == NULL))
        return false;
    if (!escaped_eq(a->user, b->user, false) || !escaped_eq(a->password, b->password, false) ||
        !host_eq(a->host, b->host))
        return false;
    if (!read_params(&pa, a->params) || !read_params(&pb, b->params) || !params_agree(&pa, &pb) ||
        !params_agree(&pb, &pa))
        return false;
    return read_headers(&pa, a->headers) && read_headers(&pb, b->headers) && pairs_eq(&pa, &pb);
}

static bool next_digit(struct scan *s, char *digit)
{
    while (!scan_at_end(s)) {
        *digit = ascii_lower(*s->at++);
        if (strchr("-.()", *digit) == NULL)
            return true;
    }
    return false;
}

static bool tel_eq(const struct uri *a, const struct uri *b)
{
    struct scan  sa = scan_from(a->user), sb = scan_from(b->user);
    struct pairs pa, pb;
    char         da = 0, db = 0;
    bool         more;

    do {
        more = next_digit(&sa, &da);
        if (more != next_digit(&sb, &db) || (more && da != db))
            return false;
    } while (more);
    return read_params(&pa, a->params) && read_params(&pb, b->params) && pairs_eq(&pa, &pb);
}

bool uri_eq(const struct uri *a, const struct uri *b)
{
    if (a->scheme != b->scheme)
        return false;
    switch (a->scheme) {
    case URI_SIP:
    case URI_SIPS:
        return sip_eq(a, b);
    case URI_TEL:
        return tel_eq(a, b);
    case URI_OTHER:
        break;
    }
    return slice_eq(a->text, b->text);
}
