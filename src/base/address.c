/* SPDX-License-Identifier: BSD-2-Clause */
#include "base/address.h"

#include <arpa/inet.h>

static const uint8_t mapped_prefix[12] = { [10] = 0xff, [11] = 0xff };

/* More than 9 if it is none. */
static inline unsigned digit_at(const char *at)
{
    return (unsigned)(unsigned char)*at - '0';
}

/* Four numbers below 256 without leading zeros, which would be octal to some.  Nearly every host is
 * asked whether it is one, and most are. */
static bool parse_4(struct slice text, uint8_t *ip)
{
    const char *at = text.ptr, *end = at + text.len;

    for (int i = 0; i < 4; i++) {
        unsigned number = at < end ? digit_at(at) : 10, digit;

        if (number > 9)
            return false;
        for (at++; at < end && (digit = digit_at(at)) <= 9; at++)
            if (number == 0 || (number = 10 * number + digit) > UINT8_MAX)
                return false;
        ip[i] = (uint8_t)number;
        if (i < 3 && (at == end || *at++ != '.'))
            return false;
    }
    return at == end;
}

/* inet_pton wants a C string; no address is longer than the room here. */
static bool parse_6(struct slice text, struct address *out)
{
    char       memory[INET6_ADDRSTRLEN];
    struct buf b = BUF_ON(memory);

    buf_put(&b, text);
    if (memchr(text.ptr, '\0', text.len) != NULL || inet_pton(AF_INET6, buf_cstr(&b), out->ip) != 1)
        return false;
    out->family = FAMILY_6;
    if (memcmp(out->ip, mapped_prefix, sizeof mapped_prefix) == 0) {
        memmove(out->ip, out->ip + 12, 4);
        memset(out->ip + 4, 0, 12);
        out->family = FAMILY_4;
    }
    return true;
}

/* Its first group, or the "::" that stands for it: what tells it from most names at once. */
static bool may_be_6(struct slice text)
{
    size_t at = 0;

    while (at < text.len && at < 4 && hex_value(text.ptr[at]) >= 0)
        at++;
    return at < text.len && text.ptr[at] == ':';
}

/* Most names do; addresses end in a digit of some kind, a colon or a bracket. */
static bool ends_like_a_name(struct slice text)
{
    return (unsigned char)((text.ptr[text.len - 1] | 0x20) - 'g') <= 'z' - 'g';
}

bool address_parse_ip(struct slice text, struct address *out)
{
    *out = (struct address){ 0 };
    if (text.len == 0 || ends_like_a_name(text))
        return false;
    if (text.ptr[0] == '[') {
        if (text.len < 2 || text.ptr[text.len - 1] != ']')
            return false;
        return parse_6(slice_between(text.ptr + 1, text.ptr + text.len - 1), out);
    }
    if (parse_4(text, out->ip)) {
        out->family = FAMILY_4;
        return true;
    }
    return may_be_6(text) && parse_6(text, out);
}

bool address_parse(struct slice text, struct address *out)
{
    struct scan  s = scan_from(text);
    struct slice host;
    uint32_t     port;

    if (address_parse_ip(text, out))
        return true;
    if (!(scan_host(&s, &host) && scan_byte(&s, ':') && scan_number(&s, UINT16_MAX, &port) && scan_at_end(&s)))
        return false;
    if (!address_parse_ip(host, out))
        return false;
    out->port = (uint16_t)port;
    return true;
}

struct address address_v4(uint8_t a, uint8_t b, uint8_t c, uint8_t d, uint16_t port)
{
    return (struct address){ .ip = { a, b, c, d }, .port = port, .family = FAMILY_4 };
}

bool address_is_any(const struct address *a)
{
    static const uint8_t zero[16];

    return a->family != FAMILY_NONE && memcmp(a->ip, zero, sizeof zero) == 0;
}

bool address_is_loopback(const struct address *a)
{
    static const uint8_t one[16] = { [15] = 1 };

    if (a->family == FAMILY_4)
        return a->ip[0] == 127;
    return a->family == FAMILY_6 && memcmp(a->ip, one, sizeof one) == 0;
}

bool address_is_private(const struct address *a)
{
    static const struct {
        uint8_t family, first, mask, second;
    } ranges[] = {
        { FAMILY_4, 10, 0, 0 },      { FAMILY_4, 172, 0xf0, 16 },    { FAMILY_4, 192, 0xff, 168 },
        { FAMILY_4, 100, 0xc0, 64 }, { FAMILY_4, 169, 0xff, 254 },   { FAMILY_6, 0xfc, 0, 0 },
        { FAMILY_6, 0xfd, 0, 0 },    { FAMILY_6, 0xfe, 0xc0, 0x80 },
    };

    for (size_t i = 0; i < sizeof ranges / sizeof *ranges; i++)
        if (a->family == ranges[i].family && a->ip[0] == ranges[i].first &&
            (a->ip[1] & ranges[i].mask) == ranges[i].second)
            return true;
    return false;
}

static unsigned group(const struct address *a, unsigned i)
{
    return (unsigned)a->ip[(size_t)2 * i] << 8 | a->ip[(size_t)2 * i + 1];
}

/* The longest run of two zero groups or more, the first of equals (RFC 5952 4.2). */
static void longest_zeros(const struct address *a, unsigned *start, unsigned *length)
{
    *start  = 8;
    *length = 1;
    for (unsigned i = 0; i < 8; i++) {
        unsigned run = 0;

        while (i + run < 8 && group(a, i + run) == 0)
            run++;
        if (run > *length) {
            *start  = i;
            *length = run;
        }
        i += run;
    }
}

/* Without leading zeros, in lower case (RFC 5952 4.1, 4.3). */
static void put_group(struct buf *b, unsigned value)
{
    bool started = false;

    for (int shift = 12; shift >= 0; shift -= 4) {
        unsigned digit = value >> shift & 15;

        started = started || digit != 0 || shift == 0;
        if (started)
            buf_put_byte(b, "0123456789abcdef"[digit]);
    }
}

static __attribute__((noinline)) void write_6(struct buf *b, const struct address *a)
{
    unsigned start, length;

    longest_zeros(a, &start, &length);
    buf_put_byte(b, '[');
    for (unsigned i = 0; i < 8; i++) {
        if (i == start) {
            buf_put(b, SLICE("::"));
            i += length - 1;
            continue;
        }
        if (i > 0 && !(start < 8 && i == start + length))
            buf_put_byte(b, ':');
        put_group(b, group(a, i));
    }
    buf_put_byte(b, ']');
}

/* What an octet is written as, and a dot. */
#define TEN(tens)                                                                                                      \
    tens "0.", tens "1.", tens "2.", tens "3.", tens "4.", tens "5.", tens "6.", tens "7.", tens "8.", tens "9."
#define HUNDRED(hundreds)                                                                                              \
    TEN(hundreds "0"), TEN(hundreds "1"), TEN(hundreds "2"), TEN(hundreds "3"), TEN(hundreds "4"), TEN(hundreds "5"),  \
        TEN(hundreds "6"), TEN(hundreds "7"), TEN(hundreds "8"), TEN(hundreds "9")
enum { OCTET = sizeof "255." - 1 };
static const char octets[UINT8_MAX + 1][OCTET] = {
    TEN(""),  TEN("1"), TEN("2"),     TEN("3"),  TEN("4"),  TEN("5"),  TEN("6"),  TEN("7"),
    TEN("8"), TEN("9"), HUNDRED("1"), TEN("20"), TEN("21"), TEN("22"), TEN("23"), TEN("24"),
    "250.",   "251.",   "252.",       "253.",    "254.",    "255.",
};

static char *put_octet(char *at, unsigned value)
{
    memcpy(at, octets[value], OCTET);
    return at + 2 + (value >= 10) + (value >= 100);
}

static void write_4(struct buf *b, const struct address *a)
{
    char   text[4 * OCTET];
    bool   fits  = !b->overflow && b->cap - b->len >= sizeof text;
    char  *start = fits ? b->ptr + b->len : text, *at = start;
    size_t len;

    for (unsigned i = 0; i < 4; i++)
        at = put_octet(at, a->ip[i]);
    len = (size_t)(at - 1 - start);
    if (fits)
        b->len += len; /* what is behind it is still free */
    else
        buf_put(b, (struct slice){ text, len });
}

void address_write_ip(struct buf *b, const struct address *a)
{
    switch ((enum family)a->family) {
    case FAMILY_4:
        write_4(b, a);
        break;
    case FAMILY_6:
        write_6(b, a);
        break;
    case FAMILY_NONE:
        buf_put(b, SLICE("none"));
        break;
    }
}

void address_write(struct buf *b, const struct address *a)
{
    address_write_ip(b, a);
    buf_put_byte(b, ':');
    buf_put_number(b, a->port);
}
