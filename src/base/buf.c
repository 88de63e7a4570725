/* SPDX-License-Identifier: BSD-2-Clause */
#include "base/buf.h"

#include <endian.h>
#include <stdarg.h>
#include <stdio.h>

void buf_put_number(struct buf *b, uint64_t number)
{
    char     digits[20];
    char    *at = digits + sizeof digits;
    uint32_t small;

    for (; number > UINT32_MAX; number /= 10)
        *--at = (char)('0' + number % 10);
    small = (uint32_t)number;
    do {
        *--at = (char)('0' + small % 10);
        small /= 10;
    } while (small != 0);
    buf_put(b, slice_between(at, digits + sizeof digits));
}

#define EACH_BYTE(b) (0x0101010101010101u * (uint64_t)(b))

/* Eight digits at once: a nibble to each byte, and what is above nine is a letter. */
static inline void put_hex32(char *to, uint32_t number)
{
    uint64_t x = number, letter;

    x      = (x | x << 16) & 0x0000ffff0000ffffu;
    x      = (x | x << 8) & 0x00ff00ff00ff00ffu;
    x      = (x | x << 4) & 0x0f0f0f0f0f0f0f0fu;
    letter = (x + EACH_BYTE(6)) >> 4 & EACH_BYTE(1);
    x      = htobe64(x + EACH_BYTE('0') + letter * ('a' - '0' - 10));
    memcpy(to, &x, sizeof x);
}

void buf_put_hex(struct buf *b, const void *bytes, size_t len)
{
    const unsigned char *at = bytes;
    uint32_t             four;

    if (len > SIZE_MAX / 2 || !buf_room(b, 2 * len)) {
        b->overflow = true;
        return;
    }
    for (; len >= 4; len -= 4, at += 4, b->len += 8) {
        memcpy(&four, at, sizeof four);
        put_hex32(b->ptr + b->len, be32toh(four));
    }
    for (; len > 0; len--, at++) {
        b->ptr[b->len++] = "0123456789abcdef"[*at >> 4];
        b->ptr[b->len++] = "0123456789abcdef"[*at & 15];
    }
}

void buf_put_hex64(struct buf *b, uint64_t number)
{
    if (!buf_room(b, 16))
        return;
    put_hex32(b->ptr + b->len, (uint32_t)(number >> 32));
    put_hex32(b->ptr + b->len + 8, (uint32_t)number);
    b->len += 16;
}

void buf_printf(struct buf *b, const char *format, ...)
{
    va_list args;
    size_t  room = b->cap - b->len;
    int     len;

    if (!buf_room(b, 0))
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
    if (!buf_room(b, 1))
        return "";
    b->ptr[b->len] = '\0';
    return b->ptr;
}
