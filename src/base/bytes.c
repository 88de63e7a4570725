/* SPDX-License-Identifier: BSD-2-Clause */
#include "base/bytes.h"

#include <stdint.h>
#include <stdlib.h>

enum { FIRST = 1024 };

void bytes_fini(struct bytes *b)
{
    free(b->ptr);
    *b = (struct bytes){ 0 };
}

bool bytes_reserve(struct bytes *b, size_t more)
{
    size_t cap = b->cap == 0 ? FIRST : b->cap;
    char  *ptr;

    if (b->failed || more > SIZE_MAX / 4 - b->len)
        b->failed = true;
    if (b->failed || more <= b->cap - b->len)
        return !b->failed;
    while (cap - b->len < more)
        cap *= 2;
    ptr = realloc(b->ptr, cap);
    if (ptr == NULL) {
        b->failed = true;
        return false;
    }
    b->ptr = ptr;
    b->cap = cap;
    return true;
}

void bytes_put(struct bytes *b, struct slice text)
{
    if (text.len == 0 || !bytes_reserve(b, text.len))
        return;
    memcpy(b->ptr + b->len, text.ptr, text.len);
    b->len += text.len;
}

void bytes_clear(struct bytes *b)
{
    b->len    = 0;
    b->failed = false;
}

struct slice bytes_slice(const struct bytes *b)
{
    return b->len == 0 ? SLICE("") : (struct slice){ b->ptr, b->len };
}
