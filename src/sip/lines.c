/* SPDX-License-Identifier: BSD-2-Clause */
#include "sip/lines.h"

#include "base/word.h"
#include "sip/words.h"

void fault_set(struct parse_fault *fault, size_t offset, unsigned status, const char *expected)
{
    if (fault->expected != NULL)
        return;
    fault->offset   = offset;
    fault->status   = status;
    fault->expected = expected;
}

/* The LF of the line that comes next, or the end of the text. */
static uint32_t next_end(struct lines *l)
{
    if (l->next == l->ends.count) {
        line_ends_more(&l->ends);
        l->next = 0;
    }
    return l->ends.at[l->next++];
}

/* Without the CR of its line end. */
static uint32_t line_stop(const struct lines *l, uint32_t end)
{
    return end > 0 && end < l->ends.size && l->ends.text[end - 1] == '\r' ? end - 1 : end;
}

void lines_start(struct lines *l, struct slice text)
{
    uint32_t end;

    line_ends_start(&l->ends, text);
    l->most = l->ends.finished && l->ends.count <= LIMIT_HEADERS ? l->ends.count : LIMIT_HEADERS;
    l->next = l->count = 0;
    end                = next_end(l);
    l->start_end       = line_stop(l, end);
    l->at              = end < l->ends.size ? end + 1 : end;
    l->body            = l->ends.size;
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

/* The ':' before `line_end`, or NULL.  Eight bytes at a time while the text has
 * them: of a word that has a zero byte, subtracting one from each marks that byte, and
 * none before it. */
static const char *find_colon(const char *at, const char *line_end, const char *text_end)
{
    const uint64_t ones = 0x0101010101010101u;

    for (; at < line_end && text_end - at >= 8; at += 8) {
        uint64_t x = word_load(at) ^ ones * ':';

        x = (x - ones) & ~x & ones << 7;
        if (x == 0)
            continue;
        at += __builtin_ctzll(x) / 8;
        return at < line_end ? at : NULL;
    }
    while (at < line_end && *at != ':')
        at++;
    return at < line_end ? at : NULL;
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
static const char *read_name(struct header *h, const char *at, const char *line_end, const char *text_end)
{
    const char *colon = find_colon(at, line_end, text_end), *stop = colon;

    if (colon == NULL)
        return NULL;
    while (stop > at && is_blank(stop[-1]))
        stop--;
    h->name = slice_between(at, stop);
    h->id   = header_lookup(h->name, (size_t)(text_end - at));
    return h->id != HEADER_OTHER || is_token(h->name) ? colon + 1 : NULL;
}

static struct slice trim(const char *at, const char *end)
{
    while (end > at && is_lws(end[-1]))
        end--;
    while (at < end && is_lws(*at))
        at++;
    return slice_between(at, end);
}

/* The lines of one field: `end` is the line end of the last. */
static uint32_t skip_folds(struct lines *l, uint32_t end)
{
    while (end + 1 < l->ends.size && is_blank(l->ends.text[end + 1]))
        end = next_end(l);
    return end;
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

static bool is_empty_line(const char *at, const char *end)
{
    return at < end && (*at == '\n' || (*at == '\r' && end - at >= 2 && at[1] == '\n'));
}

/* One field from l->at, which then is behind it; false if it is none. */
static bool read_field(struct lines *l, struct header *h, struct parse_fault *fault)
{
    const char *text = l->ends.text, *end = text + l->ends.size;
    uint32_t    start = l->at, first = next_end(l), last = skip_folds(l, first);
    const char *value = read_name(h, text + start, text + line_stop(l, first), end);

    l->at = last < l->ends.size ? last + 1 : last;
    if (value == NULL) {
        complain(l, fault, start, 400, "a header field name and a colon");
        return false;
    }
    if (l->count == LIMIT_HEADERS) {
        complain(l, fault, start, 513, "fewer header fields");
        return false;
    }
    h->value = trim(value, text + line_stop(l, last));
    h->line  = slice_between(text + start, text + l->at);
    l->count++;
    return true;
}

bool lines_next(struct lines *l, struct header *h, struct parse_fault *fault)
{
    const char *text = l->ends.text, *end = text + l->ends.size;

    while (l->at < l->ends.size && !is_empty_line(text + l->at, end))
        if (read_field(l, h, fault))
            return true;
    if (l->at < l->ends.size)
        l->body = l->at + (text[l->at] == '\n' ? 1 : 2);
    note_bare_cr(l, fault, l->body);
    if (l->at == l->ends.size)
        fault_set(fault, l->at, 400, "an empty line after the header fields");
    return false;
}
