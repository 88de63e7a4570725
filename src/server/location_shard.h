/* SPDX-License-Identifier: BSD-2-Clause */
/* location_shard.h - what the files of the location share.  Not for anybody else.
 *
 *   location.c         who is where: reading, and changing under the lock of a shard
 *   location_expiry.c  what has ended, and in which shard something ends next */

#ifndef SERVER_LOCATION_SHARD_H
#define SERVER_LOCATION_SHARD_H

#include "server/location.h"

#include <pthread.h>

enum { LOCATION_CHANGES = 512, LOCATION_PERIOD_BITS = 14 /* of milliseconds: 16 s */ };

/* Each change leaves its number in a small table, where it is there to be asked also when its AOR
 * is not; two AORs that share an entry only wait for each other.
 *
 * An AOR's note in the table (rcu_table_note) is the period of time in which its first binding
 * ends, or an earlier one, modulo 255, from 1 on (location_expiry.c).  So who looks for what has ended reads a byte
 * of each slot and touches only the AORs of the periods since `swept`; a timer in each would take 32
 * bytes of it. */
struct shard {
    pthread_mutex_t        lock;
    struct rcu_table       aors;
    struct binding_commons commons;
    uint64_t               swept; /* a period: nothing is noted for one before */
    _Atomic(msec)          due;   /* nothing ends before; read without the lock */
    uint64_t               changes[LOCATION_CHANGES];
};

struct location {
    struct rcu       *rcu;
    struct budget    *budget; /* NULL: nobody accounts */
    struct hash_key   hash_key;
    _Atomic(size_t)   limit;
    _Atomic(size_t)   count, aor_count;
    _Atomic(size_t)   bytes; /* of the budget */
    _Atomic(uint64_t) last_row;
    struct blocks     memory; /* of the AORs */
    struct shard      shards[LOCATION_SHARDS];
};

static inline struct aor *aor_of_entry(struct rcu_entry *entry)
{
    return CONTAINER_OF(entry, struct aor, entry);
}

/* The period of time that this moment is in. */
static inline uint64_t location_period(msec at)
{
    return at >> LOCATION_PERIOD_BITS;
}

/* A binding of `a`, which is in the table of `s`, ends then; under its lock. */
void location_note_end(struct shard *s, const struct aor *a, msec at);

#endif
