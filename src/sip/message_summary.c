/* SPDX-License-Identifier: BSD-2-Clause */
#include "sip/message_summary.h"

#include "sip/params.h"

static const struct slice class_names[MESSAGE_CLASSES] = {
    [MESSAGE_VOICE] = SLICE_INIT("voice-message"), [MESSAGE_FAX] = SLICE_INIT("fax-message"),
    [MESSAGE_PAGER] = SLICE_INIT("pager-message"), [MESSAGE_MULTIMEDIA] = SLICE_INIT("multimedia-message"),
    [MESSAGE_TEXT] = SLICE_INIT("text-message"),   [MESSAGE_NONE] = SLICE_INIT("none"),
};

struct slice message_class_name(enum message_class c)
{
    return c < MESSAGE_CLASSES ? class_names[c] : SLICE("");
}

/* One line without its end, and past it; false at the end. */
static bool next_line(struct scan *s, struct slice *line)
{
    if (scan_at_end(s))
        return false;
    if (!scan_until(s, "\r\n", line))
        *line = SLICE("");
    scan_byte(s, '\r');
    scan_byte(s, '\n');
    return true;
}

/* "Name: value" */
static bool read_field(struct slice line, struct slice *name, struct slice *value)
{
    struct scan s = scan_from(line);

    if (!scan_lws(&s) || !scan_token(&s, name) || !scan_lws(&s) || !scan_byte(&s, ':'))
        return false;
    *value = slice_trim(scan_rest(&s));
    return true;
}

/* "2/8"; more than 2^32-1 is as good as that. */
static bool read_pair(struct scan *s, uint32_t *left, uint32_t *right)
{
    struct slice a, b;

    return scan_lws(s) && scan_token(s, &a) && delta_seconds_parse(a, left) && scan_lws(s) && scan_byte(s, '/') &&
           scan_lws(s) && scan_token(s, &b) && delta_seconds_parse(b, right) && scan_lws(s);
}

static bool read_counts(struct slice value, struct message_counts *out)
{
    struct message_counts c = { .known = true };
    struct scan           s = scan_from(value);

    if (!read_pair(&s, &c.new, &c.old))
        return false;
    if (scan_byte(&s, '(') && !(read_pair(&s, &c.new_urgent, &c.old_urgent) && scan_byte(&s, ')') && scan_lws(&s)))
        return false;
    if (!scan_at_end(&s))
        return false;
    *out = c;
    return true;
}

static void take_field(struct slice name, struct slice value, struct message_summary *out)
{
    if (slice_eq_nocase(name, SLICE("Message-Account")))
        out->account = value;
    for (unsigned c = 0; c < MESSAGE_CLASSES; c++)
        if (slice_eq_nocase(name, class_names[c]))
            read_counts(value, &out->of[c]);
}

bool message_summary_parse(struct slice body, struct message_summary *out)
{
    struct scan  s = scan_from(body);
    struct slice line, name, value;

    *out = (struct message_summary){ 0 };
    if (!next_line(&s, &line) || !read_field(line, &name, &value) || !slice_eq_nocase(name, SLICE("Messages-Waiting")))
        return false;
    out->waiting = slice_eq_nocase(value, SLICE("yes"));
    if (!out->waiting && !slice_eq_nocase(value, SLICE("no")))
        return false;
    while (next_line(&s, &line) && line.len > 0)
        if (read_field(line, &name, &value))
            take_field(name, value, out);
    return true;
}
