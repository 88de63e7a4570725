/* SPDX-License-Identifier: BSD-2-Clause */
/* user_cache.h - what is known of names: users, other names of users, and names of
 * nobody.  Those that were used lately are in RAM, all others in the store.
 *
 *   table:    hash of domain and name --> entry       read by any thread without waiting
 *   found:    | e | e | e | ...  a ring of users and aliases; when it is full, the next
 *                ^ hand          one that was not used since the hand came by makes room
 *   nobody:   | e | e | ...      a ring of its own, much smaller: who asks for names that
 *                                do not exist drives out no users
 *   pinned:   changes that are not on the disk yet.  The store would still tell of what
 *             was before, so these stay, and count for neither ring.
 *
 * What the store says is learned unless there is an entry already: that one is newer, or
 * the same.  It is not learned either if any change has been unpinned since the store
 * was asked: that change's entry may be gone again, and the answer older than it.  So
 * whoever asks the store notes the generation first. */

#ifndef SERVER_USER_CACHE_H
#define SERVER_USER_CACHE_H

#include "base/accounts.h"
#include "base/hash.h"
#include "base/list.h"
#include "base/msec.h"
#include "base/random.h"
#include "base/rcu_table.h"
#include "base/slice.h"

enum {
    USER_NAME_MAX   = 64,
    USER_DOMAIN_MAX = 253,
    USER_KEY_MAX    = 2 + 2 * HASH_MAX, /* of a name here: the hash of one (RFC 7616 3.4.4) with a mark before it */
    USER_HASHES     = 3,                /* by enum hash_algorithm */
};

enum cached_kind { CACHED_USER, CACHED_ALIAS, CACHED_NOBODY };

struct cached_facts {
    enum cached_kind kind;
    bool             hashed;                 /* `name` is a hash: good until the next change of any user */
    struct slice     domain, name;           /* domain in lower case; of a telephone number it is empty */
    struct slice     ha1[USER_HASHES];       /* of a user: hex, or empty */
    struct slice     user_domain, user_name; /* of an alias: whose it is */
};

struct cached {
    struct rcu_entry    entry; /* first: see rcu_table.h */
    struct cached_facts facts; /* texts are in the same block */

    /* The cache's. */
    atomic_bool     used;
    bool            keep; /* once it is unpinned, used or not */
    uint32_t        place;
    _Atomic(msec)   until; /* nobody: it is not known for longer */
    uint64_t        generation;
    uint64_t        pinned; /* by this change, or 0 */
    struct link     pin;
    size_t          size;
    struct rcu_node retired;
};

struct user_cache;

/* For `limit` users and aliases.  Borrows `rcu`.  NULL without memory. */
struct user_cache *user_cache_new(struct rcu *rcu, const struct random *random, size_t limit);
void               user_cache_free(struct user_cache *c);
/* Account in `b`, which it borrows; before there is anything. */
void user_cache_account(struct user_cache *c, struct budget *b);

/* In a section, and good until it ends; NULL: not known here.  `domain` in any case. */
const struct cached *user_cache_find(const struct user_cache *c, struct slice domain, struct slice name, msec now);

/* ---- what the store said; any thread ---- */

uint64_t user_cache_generation(const struct user_cache *c);

enum learned { LEARNED, LEARN_AGAIN, LEARN_NO_MEMORY };

/* LEARN_AGAIN: it may be older than a change made since the store was asked, at
 * `generation`: ask again. */
enum learned user_cache_learn(struct user_cache *c, const struct cached_facts *facts, uint64_t generation, msec now);

/* ---- changes; the thread that makes them ---- */

/* An entry to be pinned; NULL without memory. */
struct cached *user_cache_prepare(const struct cached_facts *facts, bool keep);
void           user_cache_discard(struct cached *e);
/* Takes `e`: what is known from now on, until change `seq` is on the disk and after.  If
 * there is no memory for that, nothing is learned until then.  Was there a user with
 * this name here? */
bool user_cache_pin(struct user_cache *c, struct cached *e, uint64_t seq);
/* Changes up to `seq` are on the disk. */
void user_cache_committed(struct user_cache *c, uint64_t seq, msec now);
/* What waits for the disk under this name, until the next change; or NULL. */
const struct cached *user_cache_pinned(struct user_cache *c, struct slice domain, struct slice name);
/* All that waits for it. */
void user_cache_each_pinned(const struct user_cache *c, void (*fn)(const struct cached *e, void *arg), void *arg);

/* Any thread; about right. */
size_t user_cache_count(const struct user_cache *c);

#endif
