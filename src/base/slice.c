/* SPDX-License-Identifier: BSD-2-Clause */
#include "base/slice.h"

#include "base/word.h"

static inline bool same(uint64_t a, uint64_t b)
{
    return a == b || word_lower_letters(a) == word_lower_letters(b);
}

/* Eight bytes at a time, the last eight may begin within those before: letter by letter it was 2.5 % of a REGISTER with
 * a password. */
bool slice_eq_nocase(struct slice a, struct slice b)
{
    const char *x = a.ptr, *y = b.ptr;
    size_t      left = a.len;

    if (a.len != b.len)
        return false;
    if (left < 8)
        return same(word_short(x, left), word_short(y, left));
    for (; left > 8; x += 8, y += 8, left -= 8)
        if (!same(word_load(x), word_load(y)))
            return false;
    return same(word_load(x + left - 8), word_load(y + left - 8));
}
