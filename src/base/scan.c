/* SPDX-License-Identifier: BSD-2-Clause */
#include "base/scan.h"

#include "base/run.h"

enum {
    IN_TOKEN = BYTE_TOKEN,
    IN_WORD  = BYTE_ALNUM | BYTE_TOKEN | BYTE_HOST,
    IN_HEX   = BYTE_ALNUM | BYTE_TOKEN | BYTE_HOST | BYTE_IPV6,
};

/* RFC 3261 25.1.  '_' is in no host name by the book, but in many by practice. */
const unsigned char byte_class[256] = {
    ['0' ... '9'] = BYTE_DIGIT | IN_HEX,
    ['a' ... 'f'] = IN_HEX,
    ['A' ... 'F'] = IN_HEX,
    ['g' ... 'z'] = IN_WORD,
    ['G' ... 'Z'] = IN_WORD,
    ['-']         = BYTE_TOKEN | BYTE_HOST,
    ['_']         = BYTE_TOKEN | BYTE_HOST,
    ['.']         = BYTE_TOKEN | BYTE_HOST | BYTE_IPV6,
    [':']         = BYTE_IPV6,
    ['!']         = IN_TOKEN,
    ['%']         = IN_TOKEN,
    ['*']         = IN_TOKEN,
    ['+']         = IN_TOKEN,
    ['`']         = IN_TOKEN,
    ['\'']        = IN_TOKEN,
    ['~']         = IN_TOKEN,
    [' ']         = BYTE_LWS,
    ['\t']        = BYTE_LWS,
    ['\r']        = BYTE_LWS,
    ['\n']        = BYTE_LWS,
};

int hex_value(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    c = ascii_lower(c);
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static size_t left(const struct scan *s)
{
    return (size_t)(s->end - s->at);
}

bool scan_word(struct scan *s, struct slice word)
{
    if (left(s) < word.len)
        return false;
    for (size_t i = 0; i < word.len; i++)
        if (ascii_lower(s->at[i]) != ascii_lower(word.ptr[i]))
            return false;
    s->at += word.len;
    return true;
}

bool scan_exact(struct scan *s, struct slice text)
{
    if (left(s) < text.len || (text.len > 0 && memcmp(s->at, text.ptr, text.len) != 0))
        return false;
    s->at += text.len;
    return true;
}

static bool scan_class(struct scan *s, unsigned char wanted, struct slice *run)
{
    const char *start = s->at;
    const char *at    = start;

    while (at != s->end && (byte_class[(unsigned char)*at] & wanted) != 0)
        at++;
    if (at == start)
        return false;
    s->at = at;
    *run  = slice_between(start, at);
    return true;
}

/* Most are of nothing but what a host may have. */
bool scan_token(struct scan *s, struct slice *token)
{
    const char *start = s->at, *at = run_end_in(start, s->end, s->readable, RUN_HOST);

    while (at != s->end && is_token_byte(*at))
        at++;
    if (at == start)
        return false;
    *token = slice_between(start, at);
    s->at  = at;
    return true;
}

static bool is_one_of(char c, const char *stops)
{
    for (; *stops != '\0'; stops++)
        if (*stops == c)
            return true;
    return false;
}

bool scan_until(struct scan *s, const char *stops, struct slice *run)
{
    const char *start = s->at;
    const char *at    = start;

    while (at != s->end && !is_one_of(*at, stops))
        at++;
    if (at == start)
        return false;
    s->at = at;
    *run  = slice_between(start, at);
    return true;
}

bool scan_is_control(char c)
{
    return ((unsigned char)c < ' ' && c != '\t' && c != '\r' && c != '\n') || c == 0x7f;
}

bool scan_is_one_line(struct slice text)
{
    for (size_t i = 0; i < text.len; i++)
        if (scan_is_control(text.ptr[i]) || text.ptr[i] == '\r' || text.ptr[i] == '\n')
            return false;
    return true;
}

/* qdtext has no control; CR and LF are those of a fold.  quoted-pair excludes both. */
bool scan_quoted(struct scan *s, struct slice *inner)
{
    const char *at = s->at;

    if (at == s->end || *at != '"')
        return false;
    for (at++; (at = run_end_in(at, s->end, s->readable, RUN_QUOTED)) != s->end && *at != '"'; at++) {
        if (scan_is_control(*at))
            return false;
        if (*at == '\\' && (++at == s->end || *at == '\r' || *at == '\n'))
            return false;
    }
    if (at == s->end)
        return false;
    *inner = slice_between(s->at + 1, at);
    s->at  = at + 1;
    return true;
}

bool scan_host(struct scan *s, struct slice *host)
{
    const char  *start = s->at, *at = run_end_in(start, s->end, s->readable, RUN_HOST);
    struct slice digits;

    if (at != start) {
        *host = slice_between(start, at);
        s->at = at;
        return true;
    }
    if (!scan_byte(s, '['))
        return false;
    if (!scan_class(s, BYTE_IPV6, &digits) || !scan_byte(s, ']')) {
        s->at = start;
        return false;
    }
    *host = slice_between(start, s->at);
    return true;
}

/* Nineteen digits always fit into 64 bits. */
enum { SAFE_DIGITS = 19 };

static bool add_digits(const char *at, const char *end, uint64_t *sum)
{
    for (*sum = 0; at != end; at++)
        if (__builtin_mul_overflow(*sum, 10, sum) || __builtin_add_overflow(*sum, (uint64_t)(*at - '0'), sum))
            return false;
    return true;
}

static bool scan_long_number(struct scan *s, uint64_t max, uint64_t *value)
{
    const char *at  = s->at;
    uint64_t    sum = 0;

    for (; at != s->end && (unsigned char)(*at - '0') < 10; at++)
        sum = sum * 10 + (unsigned char)(*at - '0');
    if ((at - s->at > SAFE_DIGITS && !add_digits(s->at, at, &sum)) || sum > max)
        return false;
    s->at  = at;
    *value = sum;
    return true;
}

const char *scan_seven_padded(const char *at, const char *end, uint32_t max, uint32_t *value)
{
    uint64_t word   = word_load(at);
    size_t   digits = word_digits(word), left = (size_t)(end - at);

    if (digits > left)
        digits = left;
    if (digits - 1 >= 7)
        return NULL;
    *value = word_number(word, (unsigned)digits);
    return *value <= max ? at + digits : NULL;
}

/* Up to seven digits are read together. */
bool scan_number64(struct scan *s, uint64_t max, uint64_t *value)
{
    uint64_t word   = word_sees(s->at, s->readable, 8) ? word_load(s->at) : word_short(s->at, left(s));
    unsigned digits = word_digits(word);

    if (digits > left(s))
        digits = (unsigned)left(s);
    if (digits == 8)
        return scan_long_number(s, max, value);
    if (digits == 0 || word_number(word, digits) > max)
        return false;
    *value = word_number(word, digits);
    s->at += digits;
    return true;
}

bool scan_number(struct scan *s, uint32_t max, uint32_t *value)
{
    uint64_t wide;

    if (!scan_number64(s, max, &wide))
        return false;
    *value = (uint32_t)wide;
    return true;
}
