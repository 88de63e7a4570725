/* SPDX-License-Identifier: BSD-2-Clause */
#include "base/json_line.h"

#include "base/utf8.h"

static void put_escaped(struct buf *b, unsigned char c)
{
    switch (c) {
    case '\n':
        buf_put(b, SLICE("\\n"));
        return;
    case '\r':
        buf_put(b, SLICE("\\r"));
        return;
    case '\t':
        buf_put(b, SLICE("\\t"));
        return;
    }
    buf_put(b, SLICE("\\u00"));
    buf_put_hex(b, &c, 1);
}

void json_line_put_string(struct buf *b, struct slice text)
{
    const unsigned char *s = (const unsigned char *)text.ptr;

    buf_put_byte(b, '"');
    for (size_t i = 0; i < text.len; i++) {
        size_t length;

        if (s[i] == '"' || s[i] == '\\') {
            buf_put_byte(b, '\\');
            buf_put_byte(b, text.ptr[i]);
        } else if (s[i] >= 0x20 && s[i] < 0x7f) {
            buf_put_byte(b, text.ptr[i]);
        } else if ((length = utf8_length(s + i, text.len - i)) > 0) {
            buf_put(b, (struct slice){ text.ptr + i, length });
            i += length - 1;
        } else {
            put_escaped(b, s[i]);
        }
    }
    buf_put_byte(b, '"');
}

static void put_key(struct json_line *j, const char *key)
{
    if (j->more)
        buf_put_byte(j->buf, ',');
    j->more = true;
    json_line_put_string(j->buf, slice_from(key));
    buf_put_byte(j->buf, ':');
}

struct json_line json_line_begin(struct buf *b)
{
    buf_put_byte(b, '{');
    return (struct json_line){ b, false };
}

void json_line_text(struct json_line *j, const char *key, struct slice value)
{
    put_key(j, key);
    json_line_put_string(j->buf, value);
}

void json_line_number(struct json_line *j, const char *key, int64_t value)
{
    put_key(j, key);
    buf_printf(j->buf, "%lld", (long long)value);
}

void json_line_real(struct json_line *j, const char *key, double value)
{
    put_key(j, key);
    buf_printf(j->buf, "%.3f", value);
}

void json_line_bool(struct json_line *j, const char *key, bool value)
{
    put_key(j, key);
    buf_put(j->buf, value ? SLICE("true") : SLICE("false"));
}

void json_line_null(struct json_line *j, const char *key)
{
    put_key(j, key);
    buf_put(j->buf, SLICE("null"));
}

struct json_line json_line_inner(struct json_line *j, const char *key)
{
    put_key(j, key);
    return json_line_begin(j->buf);
}

void json_line_end(struct json_line *j)
{
    buf_put_byte(j->buf, '}');
}

void json_line_raw(struct json_line *j, const char *key, struct slice value)
{
    put_key(j, key);
    buf_put(j->buf, value);
}

struct json_line json_line_list(struct json_line *j, const char *key)
{
    put_key(j, key);
    buf_put_byte(j->buf, '[');
    return (struct json_line){ j->buf, false };
}

struct json_line json_line_item(struct json_line *list)
{
    if (list->more)
        buf_put_byte(list->buf, ',');
    list->more = true;
    return json_line_begin(list->buf);
}

void json_line_entry(struct json_line *list, struct slice text)
{
    if (list->more)
        buf_put_byte(list->buf, ',');
    list->more = true;
    json_line_put_string(list->buf, text);
}

void json_line_list_end(struct json_line *list)
{
    buf_put_byte(list->buf, ']');
}
