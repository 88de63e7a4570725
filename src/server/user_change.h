/* SPDX-License-Identifier: BSD-2-Clause */
/* user_change.h - one change of users on its way; users.c, user_change.c, user_decide.c
 * and user_write.c share it, and nobody else.
 *
 *   users.c         takes what is asked for
 *   user_change.c   one after the other: asks the store, writes, tells
 *   user_decide.c   may it be made, given what there is?
 *   user_write.c    what it means for the store and for the cache
 */

#ifndef SERVER_USER_CHANGE_H
#define SERVER_USER_CHANGE_H

#include "base/arena.h"
#include "server/users.h"

enum { REALM_MAX = 256 };

struct users {
    struct rcu          *rcu, *own_rcu;
    struct user_cache   *cache;
    struct world        *world;
    struct hasher       *hasher;
    struct store_client *store;
    char                 realm[REALM_MAX];
    size_t               realm_len;
    int64_t              count;      /* users there are, those who are not on the disk yet included */
    _Atomic bool         no_aliases; /* so far */

    struct link asking; /* struct asking: lists */

    /* user_change.c */
    struct link  waiting; /* struct user_change: the first is being looked at         */
    struct link  written; /* queued in the store, by seq                              */
    size_t       change_count, many_written;
    bool         checking; /* the store has been asked for the first                  */
    uint64_t     last_seq, committed;
    struct timer again; /* the first is looked at then                                */
};

enum change_kind { ADD_USER, SET_PASSWORD, REMOVE_USER, ADD_ALIAS, REMOVE_ALIAS, PUT_MANY };

struct user_change {
    struct link          link; /* in users->waiting, then in users->written */
    struct users        *users;
    enum change_kind     kind;
    bool                 decided;
    size_t               count;
    struct stored_user  *rows; /* users; in all but PUT_MANY one */
    enum user_outcome   *outcomes;
    enum user_put        how;
    struct stored_alias  alias;
    struct stored_alias *aliases; /* of the user who goes */
    size_t               alias_count;
    int                  error;
    uint64_t             seq;
    users_done_fn       *done;
    users_many_fn       *many;
    void                *arg;
    struct arena         arena; /* all of that */
};

/* user_change.c */
void user_changes_init(struct users *u);
void user_changes_report(struct users *u, uint64_t seq, int error);
/* Who waits is told -ERR_CLOSED. */
void user_changes_end(struct users *u);
/* Returns 0, -ERR_CLOSED, -ERR_LIMIT or -ERR_NO_MEMORY. */
int user_change_new(struct users *u, enum change_kind kind, struct user_change **out);
/* Takes `c`.  Returns 0, or -ERR_NO_MEMORY if its arena says so. */
int user_change_begin(struct user_change *c);

/* user_decide.c: given what the store says of the names it is about.  Returns 0 or -ERR_X. */
int user_change_decide(struct user_change *c, const struct store_answer *a);
/* The same of aliases: may there be one more, or which go with their user? */
int user_change_decide_aliases(struct user_change *c, const struct store_answer *a);

/* user_write.c: queue it, with c->seq, and have it in force.  Returns 0 or why nothing was
 * changed. */
int user_change_write(struct user_change *c);

#endif
