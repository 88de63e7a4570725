/* SPDX-License-Identifier: BSD-2-Clause */
/* rcu_table.h - a hash table that is read without waiting while one writer at a time
 * changes it.
 *
 *     slots:  | e1 | -- | x | e2 | e3 | -- | ...   -- empty, x removed
 *               ^ home of e1        a search ends at the first empty slot
 *
 * An open array of pointers; four bits of the hash beside each spare most looks at
 * entries that are not meant.  It grows, or gets rid of removed slots, by moving some
 * slots at each change into a new array: no pause grows with the table.  Meanwhile
 * readers look first into the new array, then into the old one, from which nothing
 * disappears by moving.
 *
 * The table owns its arrays, not the entries.  Writers hold a lock of the user's;
 * readers are in a section of `rcu`, as are writers.  What is taken out may still be
 * seen: the user retires it. */

#ifndef BASE_RCU_TABLE_H
#define BASE_RCU_TABLE_H

#include "base/rcu.h"

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

/* A member of each entry, at an address that is a multiple of 16. */
struct rcu_entry {
    uint64_t hash; /* constant while it is in the table */
};

struct rcu_slots; /* private */

struct rcu_table {
    struct rcu                 *rcu;
    _Atomic(struct rcu_slots *) slots;
    size_t                      count; /* the writer's */
};

/* With room for `expected` entries, and not many more.  Returns 0 or -ERR_NO_MEMORY.  Borrows `rcu`. */
int rcu_table_init(struct rcu_table *t, struct rcu *rcu, size_t expected);
/* When nobody reads any more: `fn` is given each entry, to free it. */
void rcu_table_fini(struct rcu_table *t, void (*fn)(struct rcu_entry *entry, void *arg), void *arg);

/* Walk the entries with this hash: compare, then go on with rcu_table_next.  An entry
 * that is there all the while is given at least once. */
struct rcu_probe {
    const struct rcu_slots *slots, *old;
    uint64_t                hash;
    size_t                  at;
};
struct rcu_entry *rcu_table_first(const struct rcu_table *t, uint64_t hash, struct rcu_probe *p);
struct rcu_entry *rcu_table_next(struct rcu_probe *p);

/* Memory fetches what a search for this hash begins with, and its note, while the caller does something else. */
void rcu_table_prefetch(const struct rcu_table *t, uint64_t hash);
/* When that has come: the first so many bytes of the entry that the search finds, most probably.  In a section. */
void rcu_table_prefetch_entry(const struct rcu_table *t, uint64_t hash, size_t bytes);

/* Returns 0, or -ERR_NO_MEMORY when the table is nearly full and cannot grow.  After
 * rcu_table_make_room, which returns the same, the next insertion cannot fail. */
int rcu_table_make_room(struct rcu_table *t);
int rcu_table_insert(struct rcu_table *t, struct rcu_entry *entry, uint64_t hash);
/* Put `by` in the place of `entry`, whose hash it gets: cannot fail. */
void rcu_table_replace(struct rcu_table *t, struct rcu_entry *entry, struct rcu_entry *by);
void rcu_table_remove(struct rcu_table *t, struct rcu_entry *entry);

/* A number for each entry, in the table's own memory and for the writer alone, so that who looks
 * for a few among many need not touch them all.  0 at first; replacing keeps it.  A byte for each slot. */
void rcu_table_note(struct rcu_table *t, const struct rcu_entry *entry, uint8_t note);
/* Give `fn` each entry once whose distance, that of its note, is below `below`; it returns the note from
 * then on and changes nothing else.  distance[0] is UINT8_MAX.  Returns the least distance
 * of those that were not given, UINT8_MAX if there are none.  Takes a nanosecond for each slot. */
typedef uint8_t rcu_visit_fn(struct rcu_entry *entry, void *arg);
unsigned rcu_table_visit(struct rcu_table *t, const uint8_t distance[256], unsigned below, rcu_visit_fn *fn, void *arg);

/* Call fn for entries in the order of a part of their hash, beginning at `cursor` (0
 * first), until `want` have been given, and some more.  Returns where to go on, 0 at
 * the end.  An entry that is there from the first call to the last is given once,
 * whatever else changes and grows between the calls. */
uint64_t rcu_table_scan(const struct rcu_table *t, uint64_t cursor, size_t want,
                        void (*fn)(struct rcu_entry *entry, void *arg), void *arg);

#endif
