/* SPDX-License-Identifier: BSD-2-Clause */
/* users.h - who may register here: the table in RAM and its changes.
 *
 * A user is a name in one of our domains and hashes (HA1: MD5, SHA-256 and SHA-512/256
 * of "name:realm:password"); passwords are not kept.  The realm is chosen when the
 * database is made and stays, because every hash contains it.
 *
 * A change is made in RAM at once and acknowledged after the commit that holds
 * it.  If the commit fails the change stays in RAM and in the store's queue; the
 * one who asked is told the error.
 *
 * Any thread may ask who there is, without waiting; changes are made in one thread,
 * that of the world whose store client it was started with. */

#ifndef SERVER_USERS_H
#define SERVER_USERS_H

#include "base/hash.h"
#include "base/list.h"
#include "base/rcu_table.h"
#include "store/store.h"

enum {
    USER_NAME_MAX     = 64,
    USER_DOMAIN_MAX   = 253,
    USER_PASSWORD_MAX = 256,
    USER_HA1_MAX      = 2 * HASH_MAX,
};

struct user {
    struct rcu_entry entry;                               /* first: see rcu_table.h */
    struct slice     domain, name;                        /* domain in lower case */
    struct slice     ha1_md5, ha1_sha256, ha1_sha512_256; /* hex, or empty */
    struct rcu_node  retired;
};

struct users;

/* Borrows `rcu`; NULL: there is one thread only.  `world` gives randomness.  NULL
 * without memory, or without OpenSSL's digests. */
struct users *users_new(struct world *world, struct rcu *rcu);
/* Account for users in `b`, which it borrows; before there are any. */
void users_account(struct users *u, struct budget *b);
/* Who still waits for a commit is told -ERR_CLOSED. */
void users_free(struct users *u);

/* While the store is loaded: feed these from a store_loader.  A failure for want
 * of memory is reported by users_start. */
void users_on_user(struct users *u, const struct stored_user *stored);
void users_on_setting(struct users *u, struct slice name, struct slice value);

/* After the load.  Borrows `store` for as long as `u` lives.  `realm` is stored if
 * the database has none yet.  Returns 0, -ERR_NO_MEMORY or -ERR_LIMIT. */
int users_start(struct users *u, struct store_client *store, struct slice realm);

struct slice users_realm(const struct users *u);
size_t       users_count(const struct users *u); /* in the thread that makes the changes */

/* Is there such a user?  `domain` in any case, `name` exactly, unescaped. */
bool users_has(const struct users *u, struct slice domain, struct slice name);
/* His HA1, copied to `memory`; empty if there is no such user or hash. */
struct slice users_ha1(const struct users *u, struct slice domain, struct slice name, enum hash_algorithm algorithm,
                       char memory[USER_HA1_MAX]);
/* The user himself, or NULL: in a section of `rcu`, and until it ends. */
const struct user *users_find(const struct users *u, struct slice domain, struct slice name);
/* All of them, in a section of its own. */
void users_each(struct users *u, void (*fn)(const struct user *user, void *arg), void *arg);

/* 0 when the change is on the disk, or -ERR_X of the store. */
typedef void users_done_fn(void *arg, int error);

/* Change the table; `done` is called from a later turn.  Copies its arguments.
 * Each returns 0, and then `done` will be called once, or an error, and then it
 * will not: -ERR_SYNTAX (user_name_is_good and the like say no), -ERR_EXISTS,
 * -ERR_NOT_FOUND, -ERR_LIMIT (the store's queue is full: nothing was changed),
 * -ERR_NO_MEMORY, -ERR_CLOSED (not started). */
int users_add(struct users *u, struct slice domain, struct slice name, struct slice password, users_done_fn *done,
              void *arg);
int users_set_password(struct users *u, struct slice domain, struct slice name, struct slice password,
                       users_done_fn *done, void *arg);
int users_remove(struct users *u, struct slice domain, struct slice name, users_done_fn *done, void *arg);

/* Pass on every report of the store. */
void users_report(struct users *u, uint64_t seq, int error);

/* What may stand in "sip:NAME@DOMAIN" without escapes, so that it can be typed and
 * shown everywhere: letters, digits and -_.!~*'+ ; a host name or an address. */
bool user_name_is_good(struct slice name);
bool user_domain_is_good(struct slice domain);
/* 1 to USER_PASSWORD_MAX bytes, no control bytes. */
bool user_password_is_good(struct slice password);

#endif
