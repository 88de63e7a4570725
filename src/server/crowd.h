/* SPDX-License-Identifier: BSD-2-Clause */
/* crowd.h - something small about each of very many, in memory that never grows: whoever
 * comes when there is no room takes the place of one about whom least is known.
 *
 *     hash --> shard (a lock) --> set of 8 entries: found, free, over, or the weakest
 *
 * Strangers choose whom an entry is about, so the hash is keyed (siphash), and an entry is known
 * by it alone.  Who asks locks the shard, uses the entry and unlocks; nothing else is done
 * meanwhile.  Pages that nobody writes to cost nothing.  Any thread. */

#ifndef SERVER_CROWD_H
#define SERVER_CROWD_H

#include "base/msec.h"
#include "base/slice.h"

#include <stdint.h>

struct crowd;

/* How each begins. */
struct crowd_entry {
    uint64_t hash; /* 0: free */
};

struct crowd_kind {
    size_t size; /* of an entry */
    /* Is there nothing left to know by `now`?  And of two that are not over: who makes room first? */
    bool (*is_over)(const struct crowd_entry *e, msec now, const void *arg);
    bool (*is_weaker)(const struct crowd_entry *e, const struct crowd_entry *than);
};

/* About so many entries, in multiples of 512.  Borrows both, and `arg` for is_over.  NULL without memory. */
struct crowd *crowd_new(const struct crowd_kind *kind, const void *arg, size_t entries);
void          crowd_free(struct crowd *c);
size_t        crowd_size(const struct crowd *c); /* bytes */

/* The shard of `hash`. */
void crowd_lock(struct crowd *c, uint64_t hash);
void crowd_unlock(struct crowd *c, uint64_t hash);

/* Between the two.  NULL: not known, or over. */
void *crowd_find(struct crowd *c, uint64_t hash, msec now);
/* As found, or a new one of zeros but for its hash, which is not 0. */
void *crowd_take(struct crowd *c, uint64_t hash, msec now);

/* Each that is not over, a shard being locked at a time. */
void crowd_each(struct crowd *c, msec now, void (*fn)(void *arg, const struct crowd_entry *e), void *arg);

#endif
