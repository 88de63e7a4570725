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

/* Which of the line ends found begin or end a field: not that of the empty line. */
static void take_ends(struct lines *l)
{
    const struct line_ends *e = &l->ends;

    l->next = e->at;
    l->last = e->at + e->count - e->empty_line;
}

static bool more_ends(struct lines *l)
{
    if (l->ends.finished)
        return false;
    line_ends_more(&l->ends);
    take_ends(l);
    return l->next < l->last;
}

void lines_start(struct lines *l, struct slice text)
{
    size_t   fields;
    uint32_t end;

    line_ends_start(&l->ends, text);
    take_ends(l);
    fields  = (size_t)(l->last - l->next);
    l->most = l->ends.finished && fields <= LIMIT_HEADERS ? (unsigned)fields : LIMIT_HEADERS;
    end     = *l->next++;
    l->at   = end + (end < l->ends.size);
    if (end > 0 && end < l->ends.size && text.ptr[end - 1] == '\r')
        end--;
    l->start_end = end;
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
static const char *read_any_name(struct header *h, const char *at, const char *line_end)
{
    const char *colon = run_find(at, line_end, ':'), *stop = colon;

    if (colon == NULL)
        return NULL;
    while (stop > at && is_blank(stop[-1]))
        stop--;
    h->name = slice_between(at, stop);
    h->id   = header_parse(h->name);
    return h->id != HEADER_OTHER || is_token(h->name) ? colon + 1 : NULL;
}

#ifdef __x86_64__
/* Most names have fewer than sixteen bytes: one look finds the colon, and what is behind it may be read. */
static inline const char *read_name(struct header *h, const char *at, const char *line_end, const char *text_end)
{
    unsigned colons = text_end - at < 16 ? 0 : (unsigned)_mm_movemask_epi8(run_is(run_load(at), ':'));
    size_t   len;

    if (colons == 0)
        return read_any_name(h, at, line_end);
    len     = (size_t)__builtin_ctz(colons);
    h->name = (struct slice){ at, len };
    h->id   = header_lookup(at, len);
    /* that the line does not end before needs no asking: no name has a line end in it */
    return h->id != HEADER_OTHER ? at + len + 1 : read_any_name(h, at, line_end);
}
#else
static inline const char *read_name(struct header *h, const char *at, const char *line_end, const char *text_end)
{
    (void)text_end;
    return read_any_name(h, at, line_end);
}
#endif

/* Most values have one SP before them and none behind, and their line ends with CRLF. */
static inline struct slice trim(const char *at, const char *end)
{
    if (end - at >= 3 && *at == ' ' && (unsigned char)at[1] > ' ') {
        end -= end[-1] == '\r';
        if ((unsigned char)end[-1] > ' ')
            return slice_between(at + 1, end);
    }
    while (end > at && is_lws(end[-1]))
        end--;
    while (at < end && is_lws(*at))
        at++;
    return slice_between(at, end);
}

static void note_bare_cr(const struct lines *l, struct parse_fault *fault, uint32_t end)
{
    if (l->ends.bare_cr < end)
        fault_set(fault, l->ends.bare_cr, 400, "LF after CR");
}

/* The field from `start` to `end` is wrong; a bare CR in it, or before, was wrong earlier. */
static void complain(const struct lines *l, struct parse_fault *fault, const char *start, const char *end,
                     unsigned status, const char *expected)
{
    note_bare_cr(l, fault, (uint32_t)(end - l->ends.text));
    fault_set(fault, (size_t)(start - l->ends.text), status, expected);
}

/* Where the last of the lines ends that continue the one which ends at `stop`. */
static const char *read_folds(struct lines *l, const char *stop, const char *text_end)
{
    while (stop + 1 < text_end && is_blank(stop[1]) && (l->next < l->last || more_ends(l)))
        stop = l->ends.text + *l->next++;
    return stop;
}

/* The fields of the lines whose ends are known, and what continues the last of them, until there is no more room. */
static struct header *read_fields(struct lines *l, struct header *h, const struct header *full,
                                  struct parse_fault *fault)
{
    const char     *text = l->ends.text, *text_end = text + l->ends.size, *at = text + l->at;
    const uint32_t *end = l->next;

    while (end < l->last && h < full) {
        const char *stop = text + *end++, *value = read_name(h, at, stop, text_end), *next;

        if (stop + 1 < text_end && is_blank(stop[1])) {
            l->next = end;
            stop    = read_folds(l, stop, text_end);
            end     = l->next;
        }
        next = stop + (stop < text_end);
        if (value != NULL) {
            h->value = trim(value, stop);
            h->line  = slice_between(at, next);
            h++;
        } else {
            complain(l, fault, at, next, 400, "a header field name and a colon");
        }
        at = next;
    }
    l->next = end;
    l->at   = (uint32_t)(at - text);
    return h;
}

/* One field, or none, for which there is no room. */
static void read_surplus(struct lines *l, struct parse_fault *fault)
{
    const char   *start = l->ends.text + l->at;
    struct header none;

    if (read_fields(l, &none, &none + 1, fault) != &none)
        complain(l, fault, start, l->ends.text + l->at, 513, "fewer header fields");
}

unsigned lines_read(struct lines *l, struct header *headers, struct parse_fault *fault)
{
    struct header *h = headers, *full = headers + l->most;

    while (l->next < l->last || more_ends(l))
        if (h < full)
            h = read_fields(l, h, full, fault);
        else
            read_surplus(l, fault);
    l->body = l->ends.empty_line ? *l->last + 1 : l->ends.size;
    note_bare_cr(l, fault, l->body);
    if (!l->ends.empty_line)
        fault_set(fault, l->ends.size, 400, "an empty line after the header fields");
    return (unsigned)(h - headers);
}
