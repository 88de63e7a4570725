/* SPDX-License-Identifier: BSD-2-Clause */
/* users.h - who may register here: what is known of them in RAM, and its changes.
 *
 * A user is a name in one of our domains and hashes (HA1: MD5, SHA-256 and SHA-512/256
 * of "name:realm:password"); passwords are not kept.  The realm is chosen when the
 * database is made and stays, because every hash contains it.  An alias is another name
 * for a user; telephone numbers are aliases of domain "", such as "+4930123".
 *
 * Users are in the store; in RAM is who was used lately (user_cache.h), and each worker
 * has what he needs fetched (user_reader.h).  So users who do not call cost no memory,
 * and none are read when a server starts.
 *
 * Changes are made one after the other in one thread, that of the world whose store
 * client they were started with: the store is asked what there is, the change is
 * queued and in force, and acknowledged after the commit that holds it (user_change.c).
 * If the commit fails the change stays in force and in the store's queue; the one who
 * asked is told the error. */

#ifndef SERVER_USERS_H
#define SERVER_USERS_H

#include "server/user_cache.h"
#include "server/user_name.h"
#include "store/store.h"

enum {
    USER_HA1_MAX     = 2 * HASH_MAX,
    USER_CHANGES_MAX = 256, /* that wait for their turn, or for a commit */
    USER_ALIASES_MAX = 100, /* of one user */
};

struct users;

/* Borrows `rcu`; NULL: there is one thread only.  `world` gives randomness, and time to
 * the changes: they are made in its thread.  `cache`: users in RAM.  NULL without memory,
 * or without OpenSSL's digests. */
struct users *users_new(struct world *world, struct rcu *rcu, size_t cache);
/* Account for users in `b`, which it borrows; before there are any. */
void users_account(struct users *u, struct budget *b);
/* Its client of the store has been closed.  Who still waits is told -ERR_CLOSED. */
void users_free(struct users *u);

/* While the store is loaded: feed these from a store_loader. */
void users_on_setting(struct users *u, struct slice name, struct slice value);
void users_on_sizes(struct users *u, const struct store_sizes *sizes);

/* After the load.  Borrows `store` for as long as `u` lives.  `realm` is stored if
 * the database has none yet.  Returns 0, -ERR_NO_MEMORY or -ERR_LIMIT. */
int users_start(struct users *u, struct store_client *store, struct slice realm);

struct slice users_realm(const struct users *u);
/* How many there are.  In the thread that makes the changes, as all that follows but the
 * last ones. */
size_t users_count(const struct users *u);

/* Pass on every report of the store. */
void users_report(struct users *u, uint64_t seq, int error);

/* ---- changes ---- */

/* 0 when the change is on the disk, or -ERR_X: -ERR_EXISTS, -ERR_NOT_FOUND, -ERR_LIMIT
 * (the store's queue is full; too many aliases), -ERR_NO_MEMORY, -ERR_CLOSED: nothing was
 * changed; or an error of the store, which could not be read, or has not written it yet. */
typedef void users_done_fn(void *arg, int error);

/* Change; `done` is called from a later turn.  Copies its arguments.  Each returns 0,
 * and then `done` will be called once, or an error, and then it will not: -ERR_SYNTAX
 * (user_name_is_good and the like say no), -ERR_LIMIT (too many changes wait),
 * -ERR_NO_MEMORY, -ERR_CLOSED (not started). */
int users_add(struct users *u, struct slice domain, struct slice name, struct slice password, users_done_fn *done,
              void *arg);
int users_set_password(struct users *u, struct slice domain, struct slice name, struct slice password,
                       users_done_fn *done, void *arg);
/* His aliases go too. */
int users_remove(struct users *u, struct slice domain, struct slice name, users_done_fn *done, void *arg);

/* Another name, of which there is neither a user nor an alias, for a user: no alias of an
 * alias.  `domain` "": a telephone number as users_number writes it. */
int users_add_alias(struct users *u, const struct stored_alias *alias, users_done_fn *done, void *arg);
int users_remove_alias(struct users *u, struct slice domain, struct slice name, users_done_fn *done, void *arg);

enum user_put {
    USER_PUT_NEW,     /* who is there already is refused             */
    USER_PUT_REPLACE, /* he gets these hashes, and loses the others  */
    USER_PUT_CHECK,   /* nothing is changed: only say what there is  */
};

enum user_outcome {
    USER_ADDED,
    USER_CHANGED,
    USER_UNCHANGED, /* he has these hashes                                    */
    USER_REFUSED,   /* he is there already, or somebody has that name as an alias */
    USER_BAD,       /* no good name, domain or hash                           */
};

/* error 0: `outcomes` of each are on the disk; it lives until this returns. */
typedef void users_many_fn(void *arg, int error, const enum user_outcome *outcomes, size_t count);

/* Up to STORE_ROWS_MAX users with their hashes in hex (those that are empty are not known;
 * the hashes of names are made here), in one commit; of a name that comes twice the last
 * counts.  It waits for room in the store's queue.  Copies.  Errors as of users_add. */
int users_put_many(struct users *u, const struct stored_user *users, size_t count, enum user_put how,
                   users_many_fn *done, void *arg);

/* Ask the store for a list, of what has been committed; `fn` is called once, in a later turn,
 * unless it is not 0 that is returned: an error of store_ask, or -ERR_CLOSED. */
int users_ask(struct users *u, const struct store_query *query, store_answer_fn *fn, void *owner);

/* ---- any thread ---- */

/* The store's words as the cache's. */
struct cached_facts user_facts(const struct stored_user *u);

/* May there be any?  Where there is none, as mostly where nobody needs a password, no name need be looked for among
 * them. */
bool users_may_have_aliases(const struct users *u);

struct user_cache *users_cache(struct users *u);
struct rcu        *users_rcu(struct users *u);

#endif
