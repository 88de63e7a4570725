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
    l->copy = text.ptr;
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
    l->copy = bytes;
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

static struct slice trim(const char *at, const char *end)
{
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

/* The field from `at` to `stop`, behind whose name is `value`. */
static void set_field(const struct lines *l, struct header *h, const char *at, const char *value, const char *stop,
                      const char *next)
{
    h->value     = trim(value, stop);
    h->name.ptr  = l->copy + (at - l->ends.text);
    h->value.ptr = l->copy + (h->value.ptr - l->ends.text);
    h->line      = (struct slice){ h->name.ptr, (size_t)(next - at) };
}

/* The field at l->at; false if it is none. */
static bool read_any_field(struct lines *l, struct header *h, struct parse_fault *fault)
{
    const char *text = l->ends.text, *text_end = text + l->ends.size, *at = text + l->at;
    const char *stop = text + *l->next++, *value = read_any_name(h, at, stop), *next;

    stop  = read_folds(l, stop, text_end);
    next  = stop + (stop < text_end);
    l->at = (uint32_t)(next - text);
    if (value == NULL) {
        complain(l, fault, at, next, 400, "a header field name and a colon");
        return false;
    }
    set_field(l, h, at, value, stop, next);
    return true;
}

/* One field, or none, for which there is no room. */
static void read_surplus(struct lines *l, struct parse_fault *fault)
{
    const char   *start = l->ends.text + l->at;
    struct header none;

    if (read_any_field(l, &none, fault))
        complain(l, fault, start, l->ends.text + l->at, 513, "fewer header fields");
}

/* The first of each kind, and the next one of each: from the last to the first, so that nothing is to be asked.
 * Not 0 if a SINGLE one is there again. */
static inline uint8_t link_field(struct header *h, enum header_id id, uint8_t single, unsigned number, uint8_t *first)
{
    uint8_t next = first[id];

    first[id] = (uint8_t)number;
    h->id     = id;
    h->next   = next;
    return next & single;
}

static inline uint8_t link_any(struct header *h, unsigned number, uint8_t *first)
{
    return link_field(h, h->id, header_single[h->id], number, first);
}

/* Whatever there is: lines that are continued, no fields at all, too many, no end. */
static __attribute__((noinline)) unsigned read_any_fields(struct lines *l, struct header *headers, uint8_t *first,
                                                          struct parse_fault *fault)
{
    unsigned count = 0;

    memset(first, 0, HEADER_COUNT);
    l->repeated = 0;
    while (l->next < l->last || more_ends(l))
        if (count == l->most)
            read_surplus(l, fault);
        else if (read_any_field(l, &headers[count], fault))
            count++;
    for (unsigned i = count; i > 0; i--)
        l->repeated |= link_any(&headers[i - 1], i, first);
    return count;
}

#ifdef __x86_64__
/* A field as nearly all are: a name that we know, of fewer than sixteen bytes, ':' SP, a value with no
 * more blanks around it, and CRLF at `stop` - 1.  What is not so is left to the whole grammar: NULL.  Sixteen bytes may
 * be read from `at` on. */
static inline const struct header_slot *read_usual_field(struct header *h, const char *at, const char *stop,
                                                         const char *copy)
{
    unsigned                  colons = (unsigned)_mm_movemask_epi8(run_is(run_load(at), ':'));
    const struct header_slot *s;
    const char               *value;
    size_t                    len;

    if (colons == 0)
        return NULL;
    len   = (size_t)__builtin_ctz(colons);
    value = at + len + 1; /* no name has a line end in it, so this is not behind `stop` */
    s     = header_find(at, len);
    if (s == NULL || *value != ' ' || (unsigned char)value[1] <= ' ' || stop[-1] != '\r' ||
        (unsigned char)stop[-2] <= ' ')
        return NULL;
    h->name  = (struct slice){ copy, len };
    h->value = (struct slice){ copy + len + 2, (size_t)(stop - value) - 2 };
    h->line  = (struct slice){ copy, (size_t)(stop + 1 - at) };
    return s;
}
#else
static inline const struct header_slot *read_usual_field(struct header *h, const char *at, const char *stop,
                                                         const char *copy)
{
    (void)h;
    (void)at;
    (void)stop;
    (void)copy;
    return NULL;
}
#endif

/* The field number `number`, of one line, and linked; false if it is none, or continues the line before. */
static __attribute__((noinline)) bool read_line(struct lines *l, struct header *headers, size_t number, uint8_t *first)
{
    const char    *text = l->ends.text, *at = text + l->next[(ptrdiff_t)number - 2] + 1;
    const char    *stop  = text + l->next[number - 1];
    struct header *h     = &headers[number - 1];
    const char    *value = read_any_name(h, at, stop);

    if (value == NULL)
        return false;
    set_field(l, h, at, value, stop, stop + 1);
    l->repeated |= link_any(h, (unsigned)number, first);
    if (stop == at || stop[-1] != '\r')
        l->all_crlf = false;
    return true;
}

/* Where all line ends are known and each line is a field, from the last to the first, so that a field is linked as it
 * is read; else false, and what was read is of no use. */
static inline bool read_lines(struct lines *l, struct header *headers, uint8_t *first)
{
    const char     *text = l->ends.text, *copy = l->copy;
    const uint32_t *ends     = l->next;
    size_t          count    = (size_t)(l->last - ends);
    uint32_t        readable = l->ends.size < 16 ? 0 : l->ends.size - 15; /* before it sixteen bytes may be read */
    uint8_t         repeated = 0;

    if (!l->ends.empty_line || count > l->most)
        return false;
    for (; count > 0 && ends[(ptrdiff_t)count - 2] + 1 >= readable; count--)
        if (!read_line(l, headers, count, first))
            return false;
    for (uint32_t next = ends[(ptrdiff_t)count - 1] + 1, start; count > 0; count--, next = start) {
        struct header            *h = &headers[count - 1];
        const struct header_slot *s;

        start = ends[(ptrdiff_t)count - 2] + 1;
        s     = read_usual_field(h, text + start, text + next - 1, copy + start);
        if (s != NULL)
            repeated |= link_field(h, s->id, s->single, (unsigned)count, first);
        else if (!read_line(l, headers, count, first))
            return false;
    }
    l->repeated |= repeated;
    return true;
}

unsigned lines_read(struct lines *l, struct header *headers, uint8_t *first, struct parse_fault *fault)
{
    unsigned count = (unsigned)(l->last - l->next);

    l->all_crlf = true;
    l->repeated = 0;
    if (!read_lines(l, headers, first)) {
        l->all_crlf = false;
        count       = read_any_fields(l, headers, first, fault);
    }
    l->body = l->ends.empty_line ? *l->last + 1 : l->ends.size;
    note_bare_cr(l, fault, l->body);
    if (!l->ends.empty_line)
        fault_set(fault, l->ends.size, 400, "an empty line after the header fields");
    return count;
}
