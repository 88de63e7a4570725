/* SPDX-License-Identifier: BSD-2-Clause */
#include "support/raw_message.h"

#include <stdlib.h>
#include <string.h>

/* Up to and with the next LF; empty if there is none. */
static struct slice take_line(struct slice *rest)
{
    const char  *end  = rest->len > 0 ? memchr(rest->ptr, '\n', rest->len) : NULL;
    struct slice line = SLICE("");

    if (end == NULL)
        return line;
    line  = slice_between(rest->ptr, end + 1);
    *rest = slice_between(end + 1, rest->ptr + rest->len);
    return line;
}

static bool is_empty(struct slice line)
{
    return slice_eq(line, SLICE("\r\n")) || slice_eq(line, SLICE("\n"));
}

static bool is_fold(struct slice line)
{
    return line.ptr[0] == ' ' || line.ptr[0] == '\t';
}

static struct slice name_of(struct slice line)
{
    const char *end = memchr(line.ptr, ':', line.len);

    if (end == NULL)
        return SLICE("");
    while (end > line.ptr && (end[-1] == ' ' || end[-1] == '\t'))
        end--;
    return slice_between(line.ptr, end);
}

static bool add(struct raw_message *m, struct slice line)
{
    struct raw_line *last = m->count > 0 ? &m->lines[m->count - 1] : NULL;

    if (is_fold(line)) {
        if (last != NULL)
            last->text.len += line.len;
        return last != NULL;
    }
    if (m->count == RAW_LINES || name_of(line).len == 0)
        return false;
    m->lines[m->count++] = (struct raw_line){ name_of(line), line };
    return true;
}

static void find_body(struct raw_message *m)
{
    m->body = m->behind;
    for (unsigned i = 0; i < m->count; i++) {
        struct slice name = m->lines[i].name;
        size_t       length;

        if (!slice_eq_nocase(name, SLICE("Content-Length")) && !slice_eq_nocase(name, SLICE("l")))
            continue;
        m->has_length = true;
        length        = strtoul((const char *)memchr(name.ptr, ':', m->lines[i].text.len) + 1, NULL, 10);
        if (length < m->body.len)
            m->body.len = length;
    }
}

bool raw_read(struct raw_message *m, struct slice text)
{
    struct slice line;

    m->text = text;
    while (text.len > 0 && (*text.ptr == '\r' || *text.ptr == '\n'))
        text = slice_between(text.ptr + 1, text.ptr + text.len);
    m->start      = take_line(&text);
    m->count      = 0;
    m->has_length = false;
    for (;;) {
        line = take_line(&text);
        if (line.len == 0 || is_empty(line))
            break;
        if (!add(m, line))
            return false;
    }
    m->behind = text;
    find_body(m);
    return m->start.len > 0 && line.len > 0;
}

void raw_put_line(struct buf *b, struct slice line)
{
    while (line.len > 0 && (line.ptr[line.len - 1] == '\n' || line.ptr[line.len - 1] == '\r'))
        line.len--;
    buf_put(b, line);
    buf_put(b, SLICE("\r\n"));
}
