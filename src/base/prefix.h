/* SPDX-License-Identifier: BSD-2-Clause */
/* prefix.h - a range of addresses that share their first bits: "192.0.2.0/24",
 * "2001:db8::/32", or a single address. */

#ifndef BASE_PREFIX_H
#define BASE_PREFIX_H

#include "base/address.h"

struct prefix {
    struct address address; /* its first one: port and scope 0, every bit behind `bits` 0 */
    unsigned       bits;    /* 0 to 32 or 128 */
};

/* All of `text`; without "/BITS" one address.  What stands behind the bits is taken for 0. */
bool prefix_parse(struct slice text, struct prefix *out);
/* So many bits of this address; more than it has are all of them. */
struct prefix prefix_of(const struct address *a, unsigned bits);
/* What one host has at least: an IPv4 address, or the 64 bits of IPv6 of which it may choose the
 * rest itself. */
struct prefix prefix_of_host(const struct address *a);

bool prefix_has(const struct prefix *n, const struct address *a);
/* Is all of `inner` in it? */
bool prefix_covers(const struct prefix *n, const struct prefix *inner);
/* For sorting: by family, then by the first address; of those that begin together the larger
 * one first.  0: they are the same. */
int prefix_compare(const struct prefix *a, const struct prefix *b);

enum { PREFIX_TEXT = ADDRESS_TEXT + 4 };

/* As prefix_parse reads it; IPv6 without brackets. */
void prefix_write(struct buf *b, const struct prefix *n);

#endif
