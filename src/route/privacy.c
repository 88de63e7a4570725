/* SPDX-License-Identifier: BSD-2-Clause */
#include "route/privacy.h"

static const struct {
    struct slice name;
    unsigned     value;
} known[] = {
    { SLICE_INIT("none"), PRIVACY_NONE },     { SLICE_INIT("id"), PRIVACY_ID },
    { SLICE_INIT("header"), PRIVACY_HEADER }, { SLICE_INIT("session"), PRIVACY_SESSION },
    { SLICE_INIT("user"), PRIVACY_USER },     { SLICE_INIT("critical"), PRIVACY_CRITICAL },
};

enum { KNOWN = sizeof known / sizeof known[0], IN_REACH = PRIVACY_NONE | PRIVACY_ID | PRIVACY_CRITICAL };

static unsigned value_of(struct slice token)
{
    for (size_t i = 0; i < KNOWN; i++)
        if (slice_eq_nocase(token, known[i].name))
            return known[i].value;
    return PRIVACY_OTHER;
}

/* RFC 3323 4.2 puts semicolons between them; commas are common, too. */
static unsigned read_line(struct slice value)
{
    struct scan  s      = scan_from(value);
    unsigned     values = 0;
    struct slice token;

    do {
        scan_lws(&s);
        if (!scan_token(&s, &token))
            return values | PRIVACY_OTHER;
        values |= value_of(token);
        scan_lws(&s);
    } while (scan_byte(&s, ';') || scan_byte(&s, ','));
    return scan_at_end(&s) ? values : values | PRIVACY_OTHER;
}

unsigned privacy_read(const struct message *m)
{
    unsigned values = 0;

    for (const struct header *h = message_header(m, HEADER_PRIVACY); h != NULL; h = message_next(m, h))
        values |= read_line(h->value);
    return values;
}

/* "anonymous" of any host: so phones of before RFC 3323 wrote it.  A dot at the end makes a name absolute. */
static bool is_anonymous(const struct uri *from)
{
    return slice_eq_nocase(from->user, SLICE("anonymous")) || slice_eq_nocase(from->host, SLICE("anonymous.invalid")) ||
           slice_eq_nocase(from->host, SLICE("anonymous.invalid."));
}

bool privacy_is_meant(const struct message *m)
{
    return message_header(m, HEADER_PRIVACY) == NULL && is_anonymous(&m->from.uri);
}

bool privacy_allows(const struct message *m)
{
    unsigned values = privacy_read(m);

    return values == PRIVACY_NONE || (values == 0 && !privacy_is_meant(m));
}

bool privacy_is_in_reach(unsigned values)
{
    return (values & ~(unsigned)IN_REACH) == 0;
}

bool privacy_must_fail(unsigned values, struct buf *phrase)
{
    const char *between = ": ";

    if ((values & PRIVACY_CRITICAL) == 0 || privacy_is_in_reach(values))
        return false;
    buf_put(phrase, SLICE("Privacy cannot be provided"));
    for (size_t i = 0; i < KNOWN; i++) {
        if ((values & known[i].value & ~(unsigned)IN_REACH) == 0)
            continue;
        buf_put(phrase, slice_from(between));
        buf_put(phrase, known[i].name);
        between = ", ";
    }
    return true;
}
