/* SPDX-License-Identifier: BSD-2-Clause */
/* word.h - eight bytes of text as one number, the first byte lowest on any machine. */

#ifndef BASE_WORD_H
#define BASE_WORD_H

#include <stdbool.h>
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

/* May `count` bytes from `at` on be looked at, if those up to `readable` may?  That may be NULL: none. */
static inline int word_sees(const char *at, const char *readable, size_t count)
{
    return (intptr_t)((uintptr_t)readable - (uintptr_t)at) >= (intptr_t)count;
}

/* 0 to 8 bytes, those behind them zero; two loads that may overlap. */
static inline uint64_t word_short(const char *at, size_t count)
{
    uint32_t low, high;

    if (count >= 8)
        return word_load(at);
    if (count < 4) {
        const unsigned char *u = (const unsigned char *)at;

        if (count == 0)
            return 0;
        return u[0] | (uint64_t)u[count / 2] << count / 2 * 8 | (uint64_t)u[count - 1] << (count - 1) * 8;
    }
    memcpy(&low, at, sizeof low);
    memcpy(&high, at + count - 4, sizeof high);
#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
    low  = __builtin_bswap32(low);
    high = __builtin_bswap32(high);
#endif
    return low | (uint64_t)high << (count - 4) * 8;
}

/* The first eight bytes of a literal, those behind it zero: a constant. */
#define WORD(literal) word_load(literal "\0\0\0\0\0\0\0")

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

/* How many bytes from the first on are decimal digits, of 0 to 8: no carry leaves a byte that is one. */
static inline unsigned word_digits(uint64_t word)
{
    uint64_t other = word ^ 0x3030303030303030u;

    other = ((other + 0x7676767676767676u) | other) & 0x8080808080808080u;
    return other == 0 ? 8 : (unsigned)__builtin_ctzll(other) / 8;
}

/* The number that the first `digits` bytes, 1 to 8, stand for: neighbours are added up, then pairs, then fours. */
static inline uint32_t word_number(uint64_t word, unsigned digits)
{
    word = (word << (64 - 8 * digits) & 0x0f0f0f0f0f0f0f0fu) * 2561 >> 8;
    word = (word & 0x00ff00ff00ff00ffu) * 6553601 >> 16;
    return (uint32_t)((word & 0x0000ffff0000ffffu) * 42949672960001u >> 32);
}

#define WORD_OF(byte) (0x0101010101010101u * (uint64_t)(byte))

/* Eight hexadecimal digits of either case, and the number they stand for; false if one is none.  Digit by digit an id
 * took 400 of a call's instructions more. */
static inline bool word_hex(uint64_t word, uint32_t *number)
{
    uint64_t value  = (word & WORD_OF(0x0f)) + 9 * (word >> 6 & WORD_OF(1));
    uint64_t letter = (value + WORD_OF(6)) >> 4 & WORD_OF(1);
    uint64_t again  = value + WORD_OF('0') + ('a' - '0' - 10) * letter; /* how they are written, if they are any */

    if (word_lower(word) != again || (value & WORD_OF(0xf0)) != 0)
        return false;
    value   = __builtin_bswap64(value);
    value   = (value | value >> 4) & 0x00ff00ff00ff00ffu;
    value   = (value | value >> 8) & 0x0000ffff0000ffffu;
    *number = (uint32_t)(value | value >> 16);
    return true;
}

/* ASCII capitals, and nothing else, in lower case: adding carries into bit 7 of a byte that is >= 'A', and of one that
 * is > 'Z'; bit 5 makes the difference lower. */
static inline uint64_t word_lower_letters(uint64_t word)
{
    uint64_t low7    = word & WORD_OF(0x7f);
    uint64_t from_a  = low7 + WORD_OF(0x80 - 'A');
    uint64_t above_z = low7 + WORD_OF(0x7f - 'Z');
    uint64_t capital = (from_a ^ above_z) & ~word & WORD_OF(0x80);

    return word | capital >> 2;
}

/* The reverse of word_load. */
static inline void word_store(char *to, uint64_t word)
{
#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
    word = __builtin_bswap64(word);
#endif
    memcpy(to, &word, sizeof word);
}

#endif
