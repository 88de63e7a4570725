/* SPDX-License-Identifier: BSD-2-Clause */
/* scan.h - a cursor over a slice.
 *
 * Every scan_* function that finds what it wants moves the cursor past it and
 * returns true; otherwise it leaves the cursor where it was and returns false.
 * That one rule lets a grammar production read as a chain of &&. */

#ifndef BASE_SCAN_H
#define BASE_SCAN_H

#include "base/slice.h"
#include "base/word.h"

struct scan {
    const char *at;
    const char *end;
    const char *readable; /* bytes up to here may be looked at, though they are not part; NULL: none behind `end` */
};

enum { BYTE_DIGIT = 1, BYTE_ALNUM = 2, BYTE_TOKEN = 4, BYTE_HOST = 8, BYTE_IPV6 = 16, BYTE_LWS = 32 };

extern const unsigned char byte_class[256];

/* The smallest ones are inline: reading a message calls them hundreds of times. */

/* An absent slice has no address to do sums with. */
static inline struct scan scan_from(struct slice text)
{
    if (text.ptr == NULL)
        text = SLICE("");
    return (struct scan){ text.ptr, text.ptr + text.len, text.ptr + text.len };
}

/* What is part of a longer text, which ends at `readable`: so it is looked at faster. */
static inline struct scan scan_within(struct slice text, const char *readable)
{
    return (struct scan){ text.ptr, text.ptr + text.len, readable };
}

static inline bool scan_at_end(const struct scan *s)
{
    return s->at == s->end;
}

/* What is left, without moving. */
static inline struct slice scan_rest(const struct scan *s)
{
    return slice_between(s->at, s->end);
}

/* The literal: scan_word ignores ASCII case, scan_exact does not. */
bool scan_word(struct scan *s, struct slice word);
bool scan_exact(struct scan *s, struct slice text);

/* One byte. */
static inline bool scan_byte(struct scan *s, char byte)
{
    if (scan_at_end(s) || *s->at != byte)
        return false;
    s->at++;
    return true;
}

/* Zero or more of SP, HTAB, CR, LF.  Always true, so it can sit in a chain.
 * (A message's lines are unfolded by position, so CR and LF here are a fold.) */
static inline bool scan_lws(struct scan *s)
{
    while (!scan_at_end(s) && (unsigned char)*s->at <= ' ' && (byte_class[(unsigned char)*s->at] & BYTE_LWS) != 0)
        s->at++;
    return true;
}

/* One or more RFC 3261 25.1 token characters. */
bool scan_token(struct scan *s, struct slice *token);

/* One or more bytes up to, not including, any byte of the C string `stops`,
 * or the end. */
bool scan_until(struct scan *s, const char *stops, struct slice *run);

/* A byte that stands in no text: a control, but for blanks and line ends. */
bool scan_is_control(char c);
/* Has it neither controls nor line ends?  What is not may not become part of a header. */
bool scan_is_one_line(struct slice text);

/* A quoted-string (RFC 3261 25.1).  `inner` is what stands between the quotes,
 * backslash escapes kept: buf_put_unquoted in buf.h resolves them. */
bool scan_quoted(struct scan *s, struct slice *inner);

/* A host: name, IPv4 address, or IPv6 address in brackets (brackets kept). */
bool scan_host(struct scan *s, struct slice *host);

/* Decimal digits whose value is at most `max`.  Leading zeros are allowed. */
bool scan_number(struct scan *s, uint32_t max, uint32_t *value);
bool scan_number64(struct scan *s, uint64_t max, uint64_t *value);

/* May as many bytes as are looked at in one go (RUN_PAD) be looked at behind its end?  So it is in a message, which
 * keeps them: there whatever is usual is read without asking how many are left. */
static inline bool scan_is_padded(const struct scan *s)
{
    return word_sees(s->end, s->readable, 16) != 0;
}

/* A number of up to seven digits by pointers, where it is padded: behind them, or NULL. */
const char *scan_seven_padded(const char *at, const char *end, uint32_t max, uint32_t *value);

/* How many of the four bytes there are digits, from the first on, and the number they stand for. */
static inline unsigned scan_four(const char *at, uint32_t *value)
{
    uint32_t word   = (uint32_t)word_load(at) ^ 0x30303030u;
    uint32_t other  = ((word + 0x76767676u) | word) & 0x80808080u;
    unsigned digits = other == 0 ? 4 : (unsigned)__builtin_ctz(other) / 8;

    if (digits == 0)
        return 0;
    word   = (word << (32 - 8 * digits)) * 2561 >> 8 & 0x00ff00ffu;
    *value = word * 6553601 >> 16;
    return digits;
}

/* scan_seven_padded; up to four digits, as nearly all have, are read in place: half the instructions, half the code. */
static inline const char *scan_number_padded(const char *at, const char *end, uint32_t max, uint32_t *value)
{
    unsigned digits = scan_four(at, value);

    if (digits == 0)
        return NULL;
    if ((ptrdiff_t)digits > end - at || (digits == 4 && (unsigned char)(at[4] - '0') <= 9))
        return scan_seven_padded(at, end, max, value);
    return *value <= max ? at + digits : NULL;
}

/* The same for a port, of up to five digits; not 0x10000 or more. */
static inline const char *scan_port_padded(const char *at, const char *end, uint16_t *port)
{
    uint32_t      value;
    unsigned      digits = scan_four(at, &value);
    unsigned char fifth;

    if (digits == 0)
        return NULL;
    at += digits;
    fifth = (unsigned char)(*at - '0');
    if (digits == 4 && fifth <= 9) {
        value = 10 * value + fifth;
        at++;
        if (value > UINT16_MAX || (unsigned char)(*at - '0') <= 9)
            return NULL;
    }
    *port = (uint16_t)value;
    return at <= end ? at : NULL;
}

/* Single bytes by class, for the few places that walk by hand. */
static inline bool is_token_byte(char c)
{
    return (byte_class[(unsigned char)c] & BYTE_TOKEN) != 0;
}

static inline bool is_alnum_byte(char c)
{
    return (byte_class[(unsigned char)c] & BYTE_ALNUM) != 0;
}

static inline bool is_digit_byte(char c)
{
    return (byte_class[(unsigned char)c] & BYTE_DIGIT) != 0;
}

/* 0..15, or -1. */
int hex_value(char c);

#endif
