/* SPDX-License-Identifier: BSD-2-Clause */
#include "stack/rest_of_response.h"

enum mark {
    MARK_NONE,
    MARK_TOP_VIA,  /* up to the end of the first value */
    MARK_NEXT_VIA, /* the next of the other lines      */
    MARK_FROM,
    MARK_TO,
    MARK_TO_BEGIN, /* up to the end of its value; it has no tag */
    MARK_CALL_ID,
    MARK_CSEQ,
    MARK_END, /* no more marks, whatever it looks like */
};

enum { FIELDS_MAX = 64 }; /* each may leave three parts where it is joined: they are fewer than GATHER_PARTS then */

/* Which header a mark is of. */
static const uint8_t ids[MARK_END] = {
    [MARK_TOP_VIA] = HEADER_VIA, [MARK_NEXT_VIA] = HEADER_VIA,    [MARK_FROM] = HEADER_FROM, [MARK_TO] = HEADER_TO,
    [MARK_TO_BEGIN] = HEADER_TO, [MARK_CALL_ID] = HEADER_CALL_ID, [MARK_CSEQ] = HEADER_CSEQ,
};

/* Which mark may stand for a line whose name, in full or short, begins with this letter; a C may begin CSeq, too. */
enum { LETTER = 31 }; /* what is left of its byte, whatever its case */
static const uint8_t marks[LETTER + 1] = {
    ['v' & LETTER] = MARK_TOP_VIA, ['f' & LETTER] = MARK_FROM,    ['t' & LETTER] = MARK_TO,
    ['c' & LETTER] = MARK_CALL_ID, ['i' & LETTER] = MARK_CALL_ID,
};

/* The line of `request` that it stands for; NULL: it has no such line, or the mark is none. */
static inline const struct header *line_of(const struct message *request, enum mark mark, const struct header *next_via)
{
    if (mark == MARK_NEXT_VIA)
        return next_via;
    return mark > MARK_NONE && mark < MARK_END ? message_header(request, (enum header_id)ids[mark]) : NULL;
}

/* How much of it. */
static inline size_t part_of(const struct message *request, enum mark mark, const struct header *h)
{
    if (mark == MARK_TOP_VIA)
        return (size_t)(request->via.text.ptr + request->via.text.len - h->line.ptr);
    if (mark == MARK_TO_BEGIN)
        return (size_t)(h->value.ptr + h->value.len - h->line.ptr);
    return h->line.len;
}

static const struct header *second_via(const struct message *request)
{
    return message_next(request, message_header(request, HEADER_VIA));
}

/* A line begins with a token, or continues the one before. */
static bool looks_like_a_mark(char c)
{
    return (unsigned char)c < ' ' && c != '\t';
}

static const char *behind_line(const char *at, const char *end)
{
    const char *lf = memchr(at, '\n', (size_t)(end - at));

    return lf != NULL ? lf + 1 : end;
}

/* ---- cutting ---- */

static inline unsigned bit(enum mark mark)
{
    return 1u << mark;
}

/* A bit for each mark that may come: each line of the request stands in for one only. */
static inline unsigned marks_of(const struct message *request, const struct header *next_via)
{
    return bit(MARK_TOP_VIA) | bit(MARK_FROM) | bit(request->to_tag.len > 0 ? MARK_TO : MARK_TO_BEGIN) |
           bit(MARK_CALL_ID) | bit(MARK_CSEQ) | (next_via != NULL ? bit(MARK_NEXT_VIA) : 0);
}

/* What the line at `at` may be. */
static inline enum mark mark_for(const char *at, unsigned left)
{
    enum mark mark = (enum mark)marks[at[0] & LETTER];

    if (mark == MARK_CALL_ID && (at[1] & LETTER) == ('s' & LETTER))
        return MARK_CSEQ;
    if (mark == MARK_TO && (left & bit(MARK_TO_BEGIN)) != 0)
        return MARK_TO_BEGIN;
    return mark == MARK_TOP_VIA && (left & bit(MARK_TOP_VIA)) == 0 ? MARK_NEXT_VIA : mark;
}

static inline char *put(char *out, const char *from, const char *to)
{
    if (from == to)
        return out;
    memcpy(out, from, (size_t)(to - from));
    return out + (to - from);
}

/* So many bytes at `at` that the mark stands for; 0: they are not what the request says. */
static inline size_t match(const char *at, const char *end, const struct message *request, enum mark mark,
                           const struct header *next_via)
{
    const struct header *h   = line_of(request, mark, next_via);
    size_t               len = part_of(request, mark, h);

    return len <= (size_t)(end - at) && memcmp(at, h->line.ptr, len) == 0 ? len : 0;
}

size_t rest_cut(char *out, struct slice response, const struct message *request)
{
    const char          *from = response.ptr, *end = from + response.len, *at = behind_line(from, end);
    const struct header *next_via = second_via(request);
    unsigned             left     = marks_of(request, next_via);
    char                *start    = out;

    if (!request->all_crlf || request->header_count > FIELDS_MAX || response.len == 0 || looks_like_a_mark(*from))
        return 0;
    while (left != 0 && end - at > 1 && *at != '\r' && *at != '\n') {
        enum mark mark = mark_for(at, left);
        size_t    len  = (left & bit(mark)) != 0 ? match(at, end, request, mark, next_via) : 0;

        if (looks_like_a_mark(*at))
            return 0;
        if (len > 0) {
            out    = put(out, from, at);
            *out++ = (char)mark;
            from = at = at + len;
            if (mark == MARK_NEXT_VIA)
                next_via = message_next(request, next_via);
            if (mark != MARK_NEXT_VIA || next_via == NULL)
                left &= ~bit(mark);
        }
        if (len == 0 || at[-1] != '\n')
            at = behind_line(at, end);
    }
    if (from == response.ptr || at[-1] != '\n') /* a mark stands where a line begins */
        return 0;
    out    = put(out, from, at);
    *out++ = MARK_END;
    out    = put(out, at, end);
    return (size_t)(out - start);
}

/* ---- joining ---- */

static bool leaves_a_rest(enum mark mark)
{
    return mark == MARK_TOP_VIA || mark == MARK_TO_BEGIN;
}

/* Is it well-formed what `request` has for this mark, with `behind` behind it?  To: RFC 3261 8.2.6.2, one tag; top Via:
 * RFC 3581 4, `rport` without a value, and 18.2.1, `received` once. */
static bool fits(const struct message *request, enum mark mark, struct slice behind)
{
    struct slice via = request->via.text, rport = SLICE(";rport");

    if (mark == MARK_TO || mark == MARK_TO_BEGIN)
        return (request->to_tag.len > 0) == (mark == MARK_TO);
    if (mark != MARK_TOP_VIA || behind.len == 0)
        return true;
    if (*behind.ptr == '=')
        return via.len > rport.len &&
               slice_eq_nocase((struct slice){ via.ptr + via.len - rport.len, rport.len }, rport);
    return *behind.ptr != ';' || request->via.received.len == 0;
}

bool rest_join(struct gather *g, struct slice rest, const struct message *request)
{
    const char          *at = rest.ptr, *end = at + rest.len, *next;
    const struct header *next_via = second_via(request), *h;
    enum mark            mark;

    while (at < end && *at != MARK_END) {
        mark = looks_like_a_mark(*at) ? (enum mark)at[0] : MARK_NONE;
        at += mark != MARK_NONE;
        h = line_of(request, mark, next_via);
        if (!fits(request, mark, slice_between(at, end)))
            return false;
        if (h != NULL && leaves_a_rest(mark))
            gather_put(g, (struct slice){ h->line.ptr, part_of(request, mark, h) });
        else if (h != NULL)
            gather_line(g, h);
        if (mark == MARK_NEXT_VIA && h != NULL)
            next_via = message_next(request, h);
        if (mark != MARK_NONE && !leaves_a_rest(mark))
            continue;
        next = behind_line(at, end);
        gather_put(g, slice_between(at, next));
        at = next;
    }
    if (at < end)
        gather_put(g, slice_between(at + 1, end));
    return true;
}
