/* SPDX-License-Identifier: BSD-2-Clause */
/* word.h - eight bytes of text as one number, the first byte lowest on any machine. */

#ifndef BASE_WORD_H
#define BASE_WORD_H

#include <stdint.h>
#include <string.h>

static inline uint64_t word_load(const char *at)
{
    uint64_t word;

    memcpy(&word, at, sizeof word);
#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
    word = __builtin_bswap64(word);
#endif
    return word;
}

/* Fewer than eight: those behind are zero. */
static inline uint64_t word_load_few(const char *at, size_t count)
{
    uint64_t word = 0;

    for (size_t i = 0; i < count; i++)
        word |= (uint64_t)(unsigned char)at[i] << 8 * i;
    return word;
}

/* The first `count` bytes, of 1 to 8. */
static inline uint64_t word_first(uint64_t word, size_t count)
{
    return word & UINT64_MAX >> (64 - 8 * count);
}

/* Letters in lower case.  Of other bytes @ [ \ ] ^ _ become ` { | } ~ DEL: whoever
 * compares has only letters, digits and '-' on the other side. */
static inline uint64_t word_lower(uint64_t word)
{
    return word | (word & 0x4040404040404040u) >> 1;
}

#endif
