/* SPDX-License-Identifier: BSD-2-Clause */
/* table.h - a hash table of objects that carry their own links.
 *
 * Chained, grows by doubling a little at each insertion (no pause grows with
 * the table), shrinks as slowly where its user asks it to, never allocates per entry.
 * To look for what is not there mostly touches no entry.  The table owns nothing: its user
 * hashes (with siphash and a secret key), compares and frees. */

#ifndef BASE_TABLE_H
#define BASE_TABLE_H

#include "base/siphash.h"

struct table_link {
    struct table_link *next;
    uint64_t           hash;
};

struct table {
    struct table_link **buckets;
    size_t              bucket_count; /* a power of two */
    struct table_link **old;          /* the half-moved array of another size, or NULL */
    size_t              old_count, moved;
    size_t              count;
    size_t              least; /* buckets there are always */
};

/* Returns 0 or -ERR_NO_MEMORY. */
int  table_init(struct table *t, size_t expected);
void table_fini(struct table *t);

/* Cannot fail: if memory for growth is short the chains get longer. */
void table_insert(struct table *t, struct table_link *entry, uint64_t hash);
void table_remove(struct table *t, struct table_link *entry);

/* A step towards the size that its entries need now; to be asked for after each removal where there may have been many
 * more.  Not within table_each. */
void table_trim(struct table *t);

/* Walk the entries with this hash: compare, then go on with table_next. */
struct table_link *table_first(const struct table *t, uint64_t hash);
struct table_link *table_next(const struct table_link *entry);

/* Nothing but time: what a search for this hash begins with is on its way from memory, if it is begun a little later.
 */
void table_prefetch(const struct table *t, uint64_t hash);

/* Walk all entries, in no order; `fn` may remove the entry it is given. */
void table_each(struct table *t, void (*fn)(struct table_link *entry, void *arg), void *arg);

#endif
