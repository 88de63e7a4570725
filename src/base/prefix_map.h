/* SPDX-License-Identifier: BSD-2-Clause */
/* prefix_map.h - which of many networks an address is in: a table that is made once and
 * then only read, by as many threads as like.
 *
 *     10.0.0.0/8 |==========================================|
 *     10.1.0.0/16        |===========|
 *     10.1.0.7                 |
 *     boundaries |       |     ||    |                      |
 *                0       1     2 1   0                      none
 *
 * Networks are either within each other or apart, so all addresses fall into spans between
 * boundaries, each of which belongs to the smallest network around it.  To find one is a
 * binary search, however many sizes of networks there are. */

#ifndef BASE_PREFIX_MAP_H
#define BASE_PREFIX_MAP_H

#include "base/prefix.h"

struct prefix_map;

enum { PREFIX_NONE = -1, PREFIX_MAP_MAX = 1 << 24 };

/* Of `count` prefixes, at most PREFIX_MAP_MAX, in the order of prefix_compare and none of them
 * twice.  Copies.  NULL without memory. */
struct prefix_map *prefix_map_new(const struct prefix *prefixes, size_t count);
void               prefix_map_free(struct prefix_map *m);
/* Of a map of so many prefixes, in bytes; at most. */
size_t prefix_map_size(size_t count);

/* The place of the smallest of them that the address is in, or PREFIX_NONE. */
int prefix_map_find(const struct prefix_map *m, const struct address *a);

#endif
