/* SPDX-License-Identifier: BSD-2-Clause */
#include "base/buf.h"

#include <stdarg.h>
#include <stdio.h>

struct buf buf_on(char *memory, size_t cap)
{
    return (struct buf){ .ptr = memory, .cap = cap };
}

/* Once something is missing nothing follows it: a text never has a hole. */
static bool has_room(struct buf *b, size_t len)
{
    if (b->overflow || len > b->cap - b->len)
        b->overflow = true;
    return !b->overflow;
}

void buf_put(struct buf *b, struct slice text)
{
    if (!has_room(b, text.len) || text.len == 0)
        return;
    memcpy(b->ptr + b->len, text.ptr, text.len);
    b->len += text.len;
}

void buf_put_byte(struct buf *b, char byte)
{
    if (has_room(b, 1))
        b->ptr[b->len++] = byte;
}

void buf_put_number(struct buf *b, uint64_t number)
{
    char  digits[20];
    char *at = digits + sizeof digits;

    do {
        *--at = (char)('0' + number % 10);
        number /= 10;
    } while (number != 0);
    buf_put(b, slice_between(at, digits + sizeof digits));
}

void buf_put_hex(struct buf *b, const void *bytes, size_t len)
{
    const unsigned char *at = bytes;

    if (len > SIZE_MAX / 2 || !has_room(b, 2 * len)) {
        b->overflow = true;
        return;
    }
    for (size_t i = 0; i < len; i++) {
        b->ptr[b->len++] = "0123456789abcdef"[at[i] >> 4];
        b->ptr[b->len++] = "0123456789abcdef"[at[i] & 15];
    }
}

void buf_put_hex64(struct buf *b, uint64_t number)
{
    if (!has_room(b, 16))
        return;
    for (int shift = 60; shift >= 0; shift -= 4)
        b->ptr[b->len++] = "0123456789abcdef"[number >> shift & 15];
}

void buf_printf(struct buf *b, const char *format, ...)
{
    va_list args;
    size_t  room = b->cap - b->len;
    int     len;

    if (!has_room(b, 0))
        return;
    va_start(args, format);
    len = vsnprintf(b->ptr + b->len, room, format, args);
    va_end(args);
    if (len < 0 || (size_t)len >= room)
        b->overflow = true;
    else
        b->len += (size_t)len;
}

/* A put of several parts that did not fit leaves nothing of itself behind. */
static void undo_if_cut(struct buf *b, size_t mark)
{
    if (b->overflow)
        b->len = mark;
}

void buf_put_quoted(struct buf *b, struct slice text)
{
    size_t mark = b->len;

    buf_put_byte(b, '"');
    for (size_t i = 0; i < text.len; i++) {
        if (text.ptr[i] == '"' || text.ptr[i] == '\\')
            buf_put_byte(b, '\\');
        buf_put_byte(b, text.ptr[i]);
    }
    buf_put_byte(b, '"');
    undo_if_cut(b, mark);
}

void buf_put_unquoted(struct buf *b, struct slice inner)
{
    size_t mark = b->len;

    for (size_t i = 0; i < inner.len; i++) {
        if (inner.ptr[i] == '\\' && i + 1 < inner.len)
            i++;
        buf_put_byte(b, inner.ptr[i]);
    }
    undo_if_cut(b, mark);
}

bool buf_ok(const struct buf *b)
{
    return !b->overflow;
}

struct slice buf_slice(const struct buf *b)
{
    return (struct slice){ b->ptr, b->len };
}

const char *buf_cstr(struct buf *b)
{
    if (!has_room(b, 1))
        return "";
    b->ptr[b->len] = '\0';
    return b->ptr;
}
