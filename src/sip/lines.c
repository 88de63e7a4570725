/* SPDX-License-Identifier: BSD-2-Clause */
#include "sip/lines.h"

#include "base/run.h"
#include "sip/words.h"

void fault_set(struct parse_fault *fault, size_t offset, unsigned status, const char *expected)
{
    if (fault->expected != NULL)
        return;
    fault->offset   = offset;
    fault->status   = status;
    fault->expected = expected;
}

/* More line ends, and which of them may be used. */
static void take_ends(struct lines *l)
{
    const struct line_ends *e = &l->ends;

    l->next = 0;
    l->last = e->finished && e->empty_line ? e->count - 1 : e->count;
}

/* Where the line from l->at ends: its LF, or the end of a text that has none.  There is
 * one, since the empty line is not reached yet. */
static inline uint32_t next_end(struct lines *l)
{
    uint32_t end = l->ends.at[l->next++];

    l->at = end < l->ends.size ? end + 1 : end;
    if (l->next == l->ends.count && !l->ends.finished) {
        line_ends_more(&l->ends);
        take_ends(l);
    }
    return end;
}

void lines_start(struct lines *l, struct slice text)
{
    uint32_t end;

    line_ends_start(&l->ends, text);
    take_ends(l);
    l->most  = l->ends.finished && l->last <= LIMIT_HEADERS ? l->last : LIMIT_HEADERS;
    l->count = 0;
    end      = next_end(l);
    if (end > 0 && end < l->ends.size && text.ptr[end - 1] == '\r')
        end--;
    l->start_end = end;
    l->body      = l->ends.size;
}

void lines_move(struct lines *l, const char *bytes)
{
    l->ends.text = bytes;
}

static bool is_blank(char c)
{
    return c == ' ' || c == '\t';
}

static bool is_lws(char c)
{
    return (byte_class[(unsigned char)c] & BYTE_LWS) != 0;
}

static bool is_token(struct slice text)
{
    for (size_t i = 0; i < text.len; i++)
        if (!is_token_byte(text.ptr[i]))
            return false;
    return text.len > 0;
}

/* header-name HCOLON: a token, then the colon, perhaps after SP or HTAB.  Returns
 * what is behind the colon, or NULL. */
static inline const char *read_name(struct header *h, const char *at, const char *line_end, const char *text_end)
{
    const char *colon = run_find(at, line_end, ':'), *stop = colon;

    if (colon == NULL)
        return NULL;
    while (stop > at && is_blank(stop[-1]))
        stop--;
    h->name = slice_between(at, stop);
    h->id   = header_lookup(h->name, (size_t)(text_end - at));
    return h->id != HEADER_OTHER || is_token(h->name) ? colon + 1 : NULL;
}

/* Most values have one SP before them and none behind. */
static inline struct slice trim(const char *at, const char *end)
{
    while (end > at && is_lws(end[-1]))
        end--;
    if (end - at >= 2 && *at == ' ' && (unsigned char)at[1] > ' ')
        return slice_between(at + 1, end);
    while (at < end && is_lws(*at))
        at++;
    return slice_between(at, end);
}

static void note_bare_cr(const struct lines *l, struct parse_fault *fault, uint32_t end)
{
    if (l->ends.bare_cr < end)
        fault_set(fault, l->ends.bare_cr, 400, "LF after CR");
}

/* The field from `start` to l->at is wrong; a bare CR in it, or before, was wrong earlier. */
static void complain(const struct lines *l, struct parse_fault *fault, uint32_t start, unsigned status,
                     const char *expected)
{
    note_bare_cr(l, fault, l->at);
    fault_set(fault, start, status, expected);
}

/* One field from l->at, which then is behind it; false if it is none. */
static inline bool read_field(struct lines *l, struct header *h, struct parse_fault *fault)
{
    const char *text = l->ends.text, *at = text + l->at, *stop = text + next_end(l), *value;

    value = read_name(h, at, stop, text + l->ends.size);
    while (l->next < l->last && is_blank(text[l->at])) /* it is continued */
        stop = text + next_end(l);
    if (value == NULL) {
        complain(l, fault, (uint32_t)(at - text), 400, "a header field name and a colon");
        return false;
    }
    if (l->count == LIMIT_HEADERS) {
        complain(l, fault, (uint32_t)(at - text), 513, "fewer header fields");
        return false;
    }
    h->value = trim(value, stop);
    h->line  = slice_between(at, text + l->at);
    l->count++;
    return true;
}

bool lines_next(struct lines *l, struct header *h, struct parse_fault *fault)
{
    while (l->next < l->last)
        if (read_field(l, h, fault))
            return true;
    if (l->ends.empty_line)
        l->body = l->ends.at[l->last] + 1;
    note_bare_cr(l, fault, l->body);
    if (!l->ends.empty_line)
        fault_set(fault, l->ends.size, 400, "an empty line after the header fields");
    return false;
}
