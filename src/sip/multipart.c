/* SPDX-License-Identifier: BSD-2-Clause */
#include "sip/multipart.h"

#include "sip/params.h"

#include <string.h>

enum { BOUNDARY_MAX = 70 };

/* ---- values of headers ---- */

static bool scan_type(struct scan *s, struct slice *major, struct slice *minor)
{
    return scan_lws(s) && scan_token(s, major) && scan_lws(s) && scan_byte(s, '/') && scan_lws(s) &&
           scan_token(s, minor) && scan_lws(s) && (scan_at_end(s) || *s->at == ';');
}

bool content_type_is(struct slice value, struct slice type)
{
    struct scan  s = scan_from(value), wanted = scan_from(type);
    struct slice major, minor, wanted_major, wanted_minor;

    return scan_type(&s, &major, &minor) && scan_type(&wanted, &wanted_major, &wanted_minor) &&
           slice_eq_nocase(major, wanted_major) && slice_eq_nocase(minor, wanted_minor);
}

struct slice content_disposition_of(struct slice type)
{
    return content_type_is(type, SLICE("application/sdp")) ? SLICE("session") : SLICE("render");
}

void content_read_disposition(struct slice value, struct body_part *part)
{
    struct scan  s = scan_from(value);
    struct slice disposition, handling;

    if (!scan_lws(&s) || !scan_token(&s, &disposition))
        return;
    part->disposition = disposition;
    part->optional =
        params_find(scan_rest(&s), SLICE("handling"), &handling) && slice_eq_nocase(handling, SLICE("optional"));
}

bool content_is_plain(struct slice transfer_encoding)
{
    return slice_eq_nocase(transfer_encoding, SLICE("7bit")) || slice_eq_nocase(transfer_encoding, SLICE("8bit")) ||
           slice_eq_nocase(transfer_encoding, SLICE("binary"));
}

static bool is_boundary(struct slice b)
{
    for (size_t i = 0; i < b.len; i++)
        if (!is_alnum_byte(b.ptr[i]) && memchr("'()+_,-./:=? ", b.ptr[i], 13) == NULL)
            return false;
    return b.len > 0 && b.len <= BOUNDARY_MAX && b.ptr[b.len - 1] != ' ';
}

bool multipart_kind(struct slice type, struct slice *kind, struct slice *boundary)
{
    struct scan  s = scan_from(type);
    struct slice major;

    return scan_type(&s, &major, kind) && slice_eq_nocase(major, SLICE("multipart")) &&
           params_find(scan_rest(&s), SLICE("boundary"), boundary) && is_boundary(*boundary);
}

static struct slice without_brackets(struct slice id)
{
    if (id.len >= 2 && id.ptr[0] == '<' && id.ptr[id.len - 1] == '>')
        return slice_between(id.ptr + 1, id.ptr + id.len - 1);
    return id;
}

struct slice multipart_root(struct slice type)
{
    struct scan  s = scan_from(type);
    struct slice major, minor, start = SLICE("");

    if (scan_type(&s, &major, &minor))
        (void)params_find(scan_rest(&s), SLICE("start"), &start);
    return without_brackets(start);
}

/* ---- lines ---- */

/* Behind the line that begins at `at`. */
static const char *next_line(const char *at, const char *end)
{
    const char *lf = at == end ? NULL : memchr(at, '\n', (size_t)(end - at));

    return lf == NULL ? end : lf + 1;
}

/* Without its line end. */
static struct slice line_at(const char *at, const char *next)
{
    if (next > at && next[-1] == '\n')
        next--;
    if (next > at && next[-1] == '\r')
        next--;
    return slice_between(at, next);
}

static bool is_blank(struct slice text)
{
    for (size_t i = 0; i < text.len; i++)
        if (text.ptr[i] != ' ' && text.ptr[i] != '\t')
            return false;
    return true;
}

/* "--boundary", blanks that somebody on the way has added, and, at the last one, "--" before them. */
static bool is_delimiter(const struct multipart *m, struct slice line, bool *last)
{
    struct slice rest;

    if (line.len < m->boundary.len + 2 || memcmp(line.ptr, "--", 2) != 0 ||
        memcmp(line.ptr + 2, m->boundary.ptr, m->boundary.len) != 0)
        return false;
    rest  = slice_between(line.ptr + 2 + m->boundary.len, line.ptr + line.len);
    *last = rest.len >= 2 && memcmp(rest.ptr, "--", 2) == 0;
    if (*last)
        rest = slice_between(rest.ptr + 2, rest.ptr + rest.len);
    return is_blank(rest);
}

/* The next delimiter at or behind `at`: what stands before it is *before. */
static bool find_delimiter(const struct multipart *m, const char *at, struct slice *before, const char **behind,
                           bool *last)
{
    for (const char *line = at, *next; line < m->end; line = next) {
        next = next_line(line, m->end);
        if (!is_delimiter(m, line_at(line, next), last))
            continue;
        *before = line_at(at, line);
        *behind = next;
        return true;
    }
    return false;
}

/* ---- headers of a part ---- */

enum part_header { PART_TYPE, PART_DISPOSITION, PART_ID, PART_ENCODING, PART_TRANSFER, PART_HEADERS };

static const struct slice header_names[PART_HEADERS] = {
    [PART_TYPE]        = SLICE_INIT("Content-Type"),
    [PART_DISPOSITION] = SLICE_INIT("Content-Disposition"),
    [PART_ID]          = SLICE_INIT("Content-ID"),
    [PART_ENCODING]    = SLICE_INIT("Content-Encoding"),
    [PART_TRANSFER]    = SLICE_INIT("Content-Transfer-Encoding"),
};

/* Each may be there once: of two, another reader could take the other one. */
static bool keep_header(struct slice line, struct slice *values)
{
    struct scan  s = scan_from(line);
    struct slice name;

    if (!scan_token(&s, &name) || !scan_lws(&s) || !scan_byte(&s, ':'))
        return false;
    for (unsigned i = 0; i < PART_HEADERS; i++) {
        if (!slice_eq_nocase(name, header_names[i]))
            continue;
        if (values[i].ptr != NULL)
            return false;
        values[i] = slice_trim(scan_rest(&s));
    }
    return true;
}

/* All up to the empty line; a line that begins with a blank goes on with the one before. */
static bool read_headers(const char **at, const char *end, struct slice *values)
{
    while (*at < end) {
        const char *line = *at, *next = next_line(line, end);

        *at = next;
        if (line_at(line, next).len == 0)
            return true;
        while (next < end && (*next == ' ' || *next == '\t'))
            next = next_line(next, end);
        *at = next;
        if (!keep_header(line_at(line, next), values))
            return false;
    }
    return true;
}

static bool read_part(struct slice text, struct body_part *part)
{
    struct slice values[PART_HEADERS] = { { NULL, 0 } };
    const char  *at = text.ptr, *end = text.ptr + text.len;

    if (!read_headers(&at, end, values))
        return false;
    *part             = (struct body_part){ .type = values[PART_TYPE], .content = slice_between(at, end) };
    part->type        = part->type.len > 0 ? part->type : SLICE("text/plain");
    part->disposition = content_disposition_of(part->type);
    part->id          = without_brackets(values[PART_ID]);
    part->encoded     = (values[PART_ENCODING].len > 0 && !slice_eq_nocase(values[PART_ENCODING], SLICE("identity"))) ||
                    (values[PART_TRANSFER].len > 0 && !content_is_plain(values[PART_TRANSFER]));
    content_read_disposition(values[PART_DISPOSITION], part);
    return true;
}

/* ---- the walk ---- */

struct multipart multipart_begin(struct slice boundary, struct slice content)
{
    struct multipart m = { .boundary = boundary, .end = content.ptr + content.len };
    struct slice     preamble;
    bool             last = false;

    m.broken = content.len == 0 || !find_delimiter(&m, content.ptr, &preamble, &m.at, &last) || last;
    if (m.broken)
        m.at = NULL;
    return m;
}

bool multipart_next(struct multipart *m, struct body_part *part)
{
    struct slice text;
    const char  *behind;
    bool         last;

    if (m->at == NULL)
        return false;
    m->broken = !find_delimiter(m, m->at, &text, &behind, &last) || !read_part(text, part);
    m->at     = m->broken || last ? NULL : behind;
    return !m->broken;
}
