/* SPDX-License-Identifier: BSD-2-Clause */
/* location.h - where every user of our domains is: the bindings of all
 * addresses-of-record, in RAM, for all workers (RFC 3261 10).
 *
 *     hash of the key --> shard --> table of AORs, read without waiting (rcu_table.h)
 *                           |-----> lock of those who change it
 *                           \-----> what many bindings have in common (binding_common.h)
 *
 * Readers see each AOR with the bindings it had at one moment.  Whoever changes an AOR
 * holds the lock of its shard (location_lock), which is never held while waiting for
 * anything.  A binding whose time is up is there until its worker takes it out
 * (location_expire): readers look at expires_at, so it ends in its millisecond.
 *
 * An AOR exists while it has a binding. */

#ifndef SERVER_LOCATION_H
#define SERVER_LOCATION_H

#include "base/accounts.h"
#include "base/random.h"
#include "base/siphash.h"
#include "server/aor.h"

struct location;

enum { LOCATION_SHARDS = 32 };

/* At most `limit` bindings.  Borrows `rcu`.  NULL without memory. */
struct location *location_new(struct rcu *rcu, const struct random *random, size_t limit, msec now);
/* Another limit from now on; what is there stays.  Any thread. */
void   location_set_limit(struct location *l, size_t limit);
size_t location_limit(const struct location *l);
/* Account for its bindings in `b`, which it borrows; before there are any. */
void location_account(struct location *l, struct budget *b);
/* So many AORs will come soon: make room for them at once, if there is none yet.  Only before there are readers. */
void location_expect(struct location *l, size_t aors);
/* When nobody uses it any more. */
void location_free(struct location *l);

/* Hashes are under a random key, so that nobody can choose names that collide.  For hashes
 * that outlive the process: give it the key of the one before, when there is no AOR yet. */
struct hash_key location_hash_key(const struct location *l);
void            location_set_hash_key(struct location *l, struct hash_key key);
uint64_t        location_hash(const struct location *l, struct slice key);

/* ---- reading, in a section of `rcu` ---- */

/* By the canonical key (uri_write_aor); NULL if nobody is registered.  Good until the
 * section ends. */
const struct aor *location_find(const struct location *l, struct slice key);
/* The same for who has its location_hash. */
const struct aor *location_find_hashed(const struct location *l, struct slice key, uint64_t hash);

/* The same by what a temporary GRUU says (route/gruu.h): the hash of the key, and the epoch
 * that one of its bindings has which has not ended by `now`. */
const struct aor *location_find_gruu(const struct location *l, uint64_t hash, uint64_t epoch, msec now);
/* The same by the hash of the key and a flow that one of its bindings is reached by (aor_has_flow). */
const struct aor *location_find_flow(const struct location *l, uint64_t hash, const struct flow *flow);

/* Nothing but time: what a search for it wants is on its way from memory, if it is begun a little later.
 * In a section or not. */
void location_prefetch(const struct location *l, struct slice key);
/* The same in two steps for who has its location_hash, in one section: where it stands, and when that has come, what
 * stands there. */
void location_prefetch_slot(const struct location *l, uint64_t hash);
void location_prefetch_aor(const struct location *l, uint64_t hash);

/* Bindings, and AORs that have any; any thread, in a section or not. */
size_t location_count(const struct location *l);
size_t location_aors(const struct location *l);

/* Give AORs to `fn` from `cursor` (0 at first) on, about `want` of them, in a section
 * of its own.  Returns where to go on, 0 at the end.  What is there from the first call
 * to the last is given once. */
uint64_t location_list(const struct location *l, uint64_t cursor, size_t want,
                       void (*fn)(void *arg, const struct aor *a), void *arg);

/* ---- changing ---- */

/* One AOR under the lock of its shard; within it is also a section. */
struct location_guard {
    struct location   *location;
    struct shard      *shard;
    struct slice       key;
    uint64_t           hash;
    struct aor        *aor;        /* as it is, or NULL        */
    struct aor        *made;       /* private from here on     */
    struct retirement *retirement; /* of `aor`                 */
    size_t             commons_before;
    size_t             promised; /* room for so many is kept */
    bool               prepared;
};

/* Borrows `key` until the unlock. */
void location_lock(struct location *l, struct slice key, struct location_guard *g);
/* The same for who has its location_hash. */
void location_lock_hashed(struct location *l, struct slice key, uint64_t hash, struct location_guard *g);
void location_unlock(struct location_guard *g);

/* Make ready that the AOR has these bindings and no others (it goes with the last):
 * nobody sees it before location_publish, and location_unlock drops it.  Copies.  More
 * bindings than before are held to the limit, unless they were `promised`; LIMIT_LIST of one AOR are
 * the most.  Returns 0, -ERR_LIMIT or -ERR_NO_MEMORY. */
int location_prepare(struct location_guard *g, const struct binding *values, size_t count, bool promised);
/* Readers see what was prepared; g->aor is that. */
void location_publish(struct location_guard *g);

/* The same binding for longer: no memory is taken. */
void location_refresh(struct location_guard *g, unsigned index, msec expires_at, uint32_t cseq, uint64_t lease_until);

/* The number that the store gave to the change that has been made; and the highest
 * of this key, 0 if there was none.  After a removal it may be another AOR's. */
void     location_note_change(struct location_guard *g, uint64_t seq);
uint64_t location_last_change(const struct location_guard *g);

/* A key for the store that has not been used; any thread. */
uint64_t location_next_row(struct location *l);

/* ---- time ---- */

typedef void location_expired_fn(void *owner, const struct aor *a, const struct binding *b);

/* Take out what has ended by `now`, from the shards that belong to one of `workers`, a
 * bounded part of it at once; `fn` hears of each binding just before, under the lock of
 * its shard.  True: there may be more, call again soon.  Without memory some stay for
 * another second. */
bool location_expire(struct location *l, unsigned worker, unsigned workers, msec now, location_expired_fn *fn,
                     void *owner);

#endif
