/* SPDX-License-Identifier: BSD-2-Clause */
/* table.h - a hash table of objects that carry their own links.
 *
 * Chained, grows by doubling a little at each insertion (no pause grows with
 * the table), never allocates per entry.  The table owns nothing: its user
 * hashes (with siphash and a secret key), compares and frees.  Where there may be
 * a million entries that hardly anybody looks at again: base/hash_index.h. */

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
    struct table_link **old;          /* the half-moved smaller array, or NULL */
    size_t              old_count, moved;
    size_t              count;
};

/* Returns 0 or -ERR_NO_MEMORY. */
int  table_init(struct table *t, size_t expected);
void table_fini(struct table *t);

/* Cannot fail: if memory for growth is short the chains get longer. */
void table_insert(struct table *t, struct table_link *entry, uint64_t hash);
void table_remove(struct table *t, struct table_link *entry);

/* Walk the entries with this hash: compare, then go on with table_next. */
struct table_link *table_first(const struct table *t, uint64_t hash);
struct table_link *table_next(const struct table_link *entry);

/* Walk all entries, in no order; `fn` may remove the entry it is given. */
void table_each(struct table *t, void (*fn)(struct table_link *entry, void *arg), void *arg);

#endif
