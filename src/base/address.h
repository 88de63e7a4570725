/* SPDX-License-Identifier: BSD-2-Clause */
/* address.h - an IP address and port in binary.
 *
 * Addresses are compared as binary, never as text.  An IPv4-mapped IPv6 address
 * becomes IPv4 when it enters (address_parse_ip, net/), so equal hosts are equal. */

#ifndef BASE_ADDRESS_H
#define BASE_ADDRESS_H

#include "base/buf.h"
#include "base/scan.h"

enum family { FAMILY_NONE, FAMILY_4, FAMILY_6 };

struct address {
    uint8_t  ip[16]; /* IPv4 in the first four bytes, the rest zero */
    uint32_t scope;  /* IPv6 link-local interface index, else 0     */
    uint16_t port;   /* host byte order                             */
    uint8_t  family; /* enum family                                 */
};

/* "192.0.2.1", "2001:db8::1" or "[2001:db8::1]", all of `text`; sets the port to 0. */
bool address_parse_ip(struct slice text, struct address *out);
/* The same followed by an optional ":port" (IPv6 in brackets then). */
bool address_parse(struct slice text, struct address *out);

struct address address_v4(uint8_t a, uint8_t b, uint8_t c, uint8_t d, uint16_t port);

/* The 16 bytes of the ip as two numbers: to be compared or hashed, in no order that means anything. */
static inline void address_words(const struct address *a, uint64_t words[2])
{
    memcpy(words, a->ip, sizeof a->ip);
}

/* ip and scope only */
static inline bool address_eq_ip(const struct address *a, const struct address *b)
{
    uint64_t x[2], y[2];

    address_words(a, x);
    address_words(b, y);
    return ((x[0] ^ y[0]) | (x[1] ^ y[1])) == 0 && a->family == b->family && a->scope == b->scope;
}

/* ip, scope and port */
static inline bool address_eq(const struct address *a, const struct address *b)
{
    return a->port == b->port && address_eq_ip(a, b);
}

bool address_is_any(const struct address *a); /* 0.0.0.0 or :: */
bool address_is_loopback(const struct address *a);
/* One that is not routed in the Internet, so that elsewhere it may be another
 * host's: RFC 1918, RFC 6598, RFC 4193, link-local. */
bool address_is_private(const struct address *a);

enum { ADDRESS_TEXT = 64 }; /* room for any of the two, with its NUL */

/* IPv6 in brackets, RFC 5952 form: fit for a URI or Via.  "none" for FAMILY_NONE. */
void address_write_ip(struct buf *b, const struct address *a);
/* ip ":" port */
void address_write(struct buf *b, const struct address *a);

#endif
