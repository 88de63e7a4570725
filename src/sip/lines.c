/* SPDX-License-Identifier: BSD-2-Clause */
#include "sip/lines.h"

void fault_set(struct parse_fault *fault, size_t offset, unsigned status, const char *expected)
{
    if (fault->expected != NULL)
        return;
    fault->offset   = offset;
    fault->status   = status;
    fault->expected = expected;
}

/* The first byte below SP or the end.  Eight at a time: subtracting 0x20 from a
 * byte sets its high bit if it was below 0x20.  A borrow may spill into the bytes
 * above a true hit, but not below it, and the lowest is the one that counts; on
 * a big-endian machine that is the wrong end, so there the bytes are walked. */
static const char *next_control(const char *at, const char *end)
{
    const uint64_t high = 0x8080808080808080u, space = 0x2020202020202020u;
    uint64_t       word;

    for (; end - at >= 8; at += 8) {
        memcpy(&word, at, 8);
        word = (word - space) & ~word & high;
        if (word == 0)
            continue;
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
        return at + __builtin_ctzll(word) / 8;
#else
        break;
#endif
    }
    while (at < end && (unsigned char)*at >= ' ')
        at++;
    return at;
}

/* Where the line that contains `at` ends, before its CRLF or LF; `next` is the
 * byte after that.  Both are `end` for a line that is not ended. */
static const char *line_end(const char *at, const char *end, const char **next, struct parse_fault *fault,
                            const char *start)
{
    for (;; at++) {
        at = next_control(at, end);
        if (at == end || *at == '\n')
            break;
        if (*at != '\r')
            continue;
        if (end - at >= 2 && at[1] == '\n') {
            *next = at + 2;
            return at;
        }
        fault_set(fault, (size_t)(at - start), 400, "LF after CR");
    }
    *next = at == end ? end : at + 1;
    return at;
}

static bool is_blank(char c)
{
    return c == ' ' || c == '\t';
}

/* header-name HCOLON: a token, then the colon, perhaps after SP or HTAB. */
static bool read_name(struct line *line, struct slice text, uint32_t limit)
{
    const char *start = text.ptr + line->start, *end = text.ptr + limit;
    const char *colon = memchr(start, ':', (size_t)(end - start)), *stop = colon;

    if (colon == NULL)
        return false;
    while (stop > start && is_blank(stop[-1]))
        stop--;
    line->id = header_parse(slice_between(start, stop));
    if (line->id == HEADER_OTHER) {
        const char *at = start;

        while (at < stop && is_token_byte(*at))
            at++;
        if (at != stop || at == start)
            return false;
    }
    line->name_end    = (uint32_t)(stop - text.ptr);
    line->value_start = (uint32_t)(colon + 1 - text.ptr);
    return true;
}

static bool is_lws(char c)
{
    return (byte_class[(unsigned char)c] & BYTE_LWS) != 0;
}

static void trim_value(struct line *line, const char *text)
{
    while (line->value_end > line->value_start && is_lws(text[line->value_end - 1]))
        line->value_end--;
    while (line->value_start < line->value_end && is_lws(text[line->value_start]))
        line->value_start++;
}

/* One field with its continuation lines, from `at`; returns the byte after. */
static const char *read_field(struct lines *l, struct slice text, const char *at, struct parse_fault *fault)
{
    const char *end = text.ptr + text.len, *next, *stop = line_end(at, end, &next, fault, text.ptr);
    uint32_t    first_end = (uint32_t)(stop - text.ptr);
    struct line spare, *line = l->count < LIMIT_HEADERS ? &l->line[l->count] : &spare;

    while (next < end && is_blank(*next))
        stop = line_end(next, end, &next, fault, text.ptr);
    line->start     = (uint32_t)(at - text.ptr);
    line->end       = (uint32_t)(next - text.ptr);
    line->value_end = (uint32_t)(stop - text.ptr);
    if (!read_name(line, text, first_end)) {
        fault_set(fault, line->start, 400, "a header field name and a colon");
    } else if (line == &spare) {
        fault_set(fault, line->start, 513, "fewer header fields");
    } else {
        trim_value(line, text.ptr);
        l->count++;
    }
    return next;
}

bool lines_index(struct lines *l, struct slice text, struct parse_fault *fault)
{
    const char *end = text.ptr + text.len, *next, *stop = line_end(text.ptr, end, &next, fault, text.ptr);

    l->count     = 0;
    l->start_end = (uint32_t)(stop - text.ptr);
    for (const char *at = next; at < end; at = next) {
        if (*at == '\n' || (*at == '\r' && end - at >= 2 && at[1] == '\n')) {
            l->body = (uint32_t)(at - text.ptr) + (*at == '\n' ? 1 : 2);
            return fault->expected == NULL;
        }
        next = read_field(l, text, at, fault);
    }
    l->body = (uint32_t)text.len;
    fault_set(fault, text.len, 400, "an empty line after the header fields");
    return false;
}
