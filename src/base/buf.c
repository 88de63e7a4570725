/* SPDX-License-Identifier: BSD-2-Clause */
#include "base/buf.h"

#include "base/run.h"

#include <endian.h>
#include <stdarg.h>
#include <stdio.h>

enum { EIGHT_DIGITS = 100000000 };

/* A put of several parts that did not fit leaves nothing of itself behind. */
static void undo_if_cut(struct buf *b, size_t mark)
{
    if (b->overflow)
        b->len = mark;
}

/* The eight digits of what is less than 100,000,000, a byte each, the first of them lowest: halves, pairs and digits
 * are each divided all at once. */
static inline uint64_t eight_digits(uint32_t number)
{
    uint64_t x = number / 10000 | (uint64_t)(number % 10000) << 32, above;

    above = (x * 10486 >> 20) & 0x0000007f0000007fu;
    x     = above | (x - above * 100) << 16;
    above = (x * 103 >> 10) & 0x000f000f000f000fu;
    return above | (x - above * 10) << 8;
}

static void put_eight(struct buf *b, uint32_t number)
{
    char text[8];

    word_store(text, eight_digits(number) + WORD_OF('0'));
    buf_put(b, (struct slice){ text, sizeof text });
}

/* One to eight digits without a loop: 400 of a call's instructions less. */
static void put_short(struct buf *b, uint32_t number)
{
    uint64_t digits = eight_digits(number);
    unsigned zeros  = (unsigned)__builtin_ctzll(digits | UINT64_C(1) << 56) / 8;
    char     text[8];

    digits = (digits + WORD_OF('0')) >> 8 * zeros;
    if (b->cap - b->len >= sizeof text && !b->overflow) {
        word_store(b->ptr + b->len, digits); /* what is behind them is still free */
        b->len += sizeof text - zeros;
        return;
    }
    word_store(text, digits);
    buf_put(b, (struct slice){ text, sizeof text - zeros });
}

/* Max-Forwards and Max-Breadth: two for each request that goes on. */
static void put_two(struct buf *b, unsigned number)
{
    const char text[2] = { (char)('0' + number / 10), (char)('0' + number % 10) };

    if (number < 10)
        buf_put_byte(b, text[1]);
    else
        buf_put(b, (struct slice){ text, sizeof text });
}

static __attribute__((noinline)) void put_long(struct buf *b, uint64_t number)
{
    size_t mark = b->len;

    buf_put_number(b, number / EIGHT_DIGITS);
    put_eight(b, (uint32_t)(number % EIGHT_DIGITS));
    undo_if_cut(b, mark);
}

void buf_put_number(struct buf *b, uint64_t number)
{
    if (number < 100)
        put_two(b, (unsigned)number);
    else if (number < EIGHT_DIGITS)
        put_short(b, (uint32_t)number);
    else
        put_long(b, number);
}

#ifdef __x86_64__
/* Sixteen at once: 350 of a call's instructions less than by eights. */
static inline void put_hex64(char *to, uint64_t number)
{
    __m128i bytes = _mm_cvtsi64_si128((long long)htobe64(number)), nibble = _mm_set1_epi8(0x0f);
    __m128i digits = _mm_unpacklo_epi8(_mm_and_si128(_mm_srli_epi16(bytes, 4), nibble), _mm_and_si128(bytes, nibble));
    __m128i letter = _mm_and_si128(_mm_cmpgt_epi8(digits, _mm_set1_epi8(9)), _mm_set1_epi8('a' - '0' - 10));

    digits = _mm_add_epi8(digits, _mm_add_epi8(letter, _mm_set1_epi8('0')));
    _mm_storeu_si128((__m128i *)(void *)to, digits);
}
#else
/* Eight digits at once: a nibble to each byte, and what is above nine is a letter. */
static inline void put_hex32(char *to, uint32_t number)
{
    uint64_t x = number, letter;

    x      = (x | x << 16) & 0x0000ffff0000ffffu;
    x      = (x | x << 8) & 0x00ff00ff00ff00ffu;
    x      = (x | x << 4) & 0x0f0f0f0f0f0f0f0fu;
    letter = (x + WORD_OF(6)) >> 4 & WORD_OF(1);
    x      = htobe64(x + WORD_OF('0') + letter * ('a' - '0' - 10));
    memcpy(to, &x, sizeof x);
}

static inline void put_hex64(char *to, uint64_t number)
{
    put_hex32(to, (uint32_t)(number >> 32));
    put_hex32(to + 8, (uint32_t)number);
}
#endif

/* Eight bytes at a time, the last eight though some of them stand there already. */
static void put_long_hex(char *to, const unsigned char *bytes, size_t len)
{
    uint64_t eight;

    for (size_t i = 0; i < len; i += sizeof eight) {
        size_t at = i + sizeof eight <= len ? i : len - sizeof eight;

        memcpy(&eight, bytes + at, sizeof eight);
        put_hex64(to + 2 * at, be64toh(eight));
    }
}

/* Four at a time, nonces and digests took 1,000 of the instructions of a REGISTER with a password more. */
void buf_put_hex(struct buf *b, const void *bytes, size_t len)
{
    const unsigned char *at = bytes;

    if (len > SIZE_MAX / 2 || !buf_room(b, 2 * len)) {
        b->overflow = true;
        return;
    }
    if (len >= sizeof(uint64_t)) {
        put_long_hex(b->ptr + b->len, at, len);
        b->len += 2 * len;
        return;
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
    put_hex64(b->ptr + b->len, number);
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

    if (inner.len == 0 || memchr(inner.ptr, '\\', inner.len) == NULL) {
        buf_put(b, inner);
        return;
    }
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
