/* SPDX-License-Identifier: BSD-2-Clause */
/* user_reader.h - what one worker asks about users, and gets an answer to at once or
 * later.
 *
 *   authenticator, decide, registrar --> user_reader --> cache of users, of all workers
 *                                             | not there
 *                                             v
 *                                           store: USER_WAIT, and when it has answered,
 *                                                  whoever waits is told to ask again
 *
 * A request that needs a user who is not in RAM is held (hold.h) and goes the same way
 * from its beginning when he is there.  Nothing of what was found out before may be
 * used then: it may have changed meanwhile.
 *
 * Who asks for the same while the store is being asked waits for the same answer.  Names
 * that no user can have are unknown without asking. */

#ifndef SERVER_USER_READER_H
#define SERVER_USER_READER_H

#include "server/users.h"

enum { USER_LOOKUPS = 1024 }; /* that one worker has under way; more: USER_FAILED */

enum user_state {
    USER_FOUND,
    USER_UNKNOWN, /* there is none                                                   */
    USER_WAIT,    /* the store has been asked: hold the request, ask again afterwards */
    USER_FAILED,  /* it cannot be asked now: 503 with Retry-After                     */
};

struct user_reader;

/* For the worker whose world and client of the store these are; it borrows all three and
 * is freed after the client has been closed.  `store` NULL: only what is in RAM is found.
 * NULL without memory. */
struct user_reader *user_reader_new(struct users *users, struct world *world, struct store_client *store);
void                user_reader_free(struct user_reader *r);

/* The HA1 of a user, copied to `memory`; found and empty: that hash of him is not
 * known.  `domain` in any case, `name` exactly, unescaped; no aliases. */
enum user_state user_reader_ha1(struct user_reader *r, struct slice domain, struct slice name,
                                enum hash_algorithm algorithm, char memory[USER_HA1_MAX], struct slice *ha1);

/* The user of `domain` whose H(name:realm) in hex, in any case, is `userhash` (RFC 7616
 * 3.4.4); his name, copied to `memory`.  There is none for MD5. */
enum user_state user_reader_by_hash(struct user_reader *r, struct slice domain, enum hash_algorithm algorithm,
                                    struct slice userhash, char memory[USER_NAME_MAX], struct slice *name);

/* Who is meant by a name.  Do not move it. */
struct user_id {
    struct slice domain, name; /* domain in lower case */
    bool         by_alias;     /* these are not the names that were asked for */
    char         memory[USER_DOMAIN_MAX + USER_NAME_MAX];
};

/* The user with this name, or whose alias it is.  A telephone number is an alias of
 * domain "" (users_number). */
enum user_state user_reader_resolve(struct user_reader *r, struct slice domain, struct slice name, struct user_id *id);

/* Somebody who waits; a member of whatever it is that waits. */
struct user_wait {
    struct link link;
    void (*fn)(struct user_wait *w, int error); /* 0, or -ERR_X: there was no answer */
};

/* Right after USER_WAIT: `fn` is called in a later turn, once.  User_wait_stop: it is not
 * called. */
void user_reader_wait(struct user_reader *r, struct user_wait *w, void (*fn)(struct user_wait *w, int error));
void user_wait_stop(struct user_wait *w);

#endif
