/* SPDX-License-Identifier: BSD-2-Clause */
/* buf.h - text built left to right in memory of a fixed size.
 *
 * A put that does not fit writes nothing and sets `overflow`, which stays set:
 * build everything, then check once with buf_ok(). */

#ifndef BASE_BUF_H
#define BASE_BUF_H

#include "base/slice.h"

#include <stdint.h>

struct buf {
    char  *ptr;
    size_t len;
    size_t cap;
    bool   overflow;
};

/* Borrows `memory` of `cap` bytes. */
static inline struct buf buf_on(char *memory, size_t cap)
{
    return (struct buf){ .ptr = memory, .cap = cap };
}
#define BUF_ON(array) buf_on((array), sizeof(array))

/* May `len` bytes more be written at ptr + len?  Once something was missing nothing follows it:
 * a text never has a hole. */
static inline bool buf_room(struct buf *b, size_t len)
{
    if (b->overflow || len > b->cap - b->len)
        b->overflow = true;
    return !b->overflow;
}

/* Here, not in buf.c: most texts are literals, whose copy is then a store or two. */
static inline void buf_put(struct buf *b, struct slice text)
{
    if (!buf_room(b, text.len) || text.len == 0)
        return;
    memcpy(b->ptr + b->len, text.ptr, text.len);
    b->len += text.len;
}

static inline void buf_put_byte(struct buf *b, char byte)
{
    if (buf_room(b, 1))
        b->ptr[b->len++] = byte;
}

void buf_put_number(struct buf *b, uint64_t number);
void buf_put_hex(struct buf *b, const void *bytes, size_t len); /* lower case */
void buf_put_hex64(struct buf *b, uint64_t number);             /* 16 digits, the highest first */

/* printf into the rest, which must have a byte to spare for a NUL; never for the
 * hot path. */
void buf_printf(struct buf *b, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* `text` as a quoted-string: quotes around, '"' and '\' escaped. */
void buf_put_quoted(struct buf *b, struct slice text);
/* The reverse for what scan_quoted found: escapes resolved. */
void buf_put_unquoted(struct buf *b, struct slice inner);

bool buf_ok(const struct buf *b);
/* What has been written so far; lives as long as the memory. */
struct slice buf_slice(const struct buf *b);
/* Ends the text with a NUL that is not counted; "" after an overflow. */
const char *buf_cstr(struct buf *b);

#endif
