/* SPDX-License-Identifier: BSD-2-Clause */
/* shared.h - what all workers of one server share: the configuration, where users
 * are and who they are, the store, and the keys that every worker must know.
 *
 *     worker 0        worker 1        worker N-1       each: a thread, a world,
 *   struct server   struct server   struct server      a stack, a struct server
 *        \               |              /
 *         +-------- struct shared -----+
 *
 * Whoever makes it owns it; the servers borrow it, and are freed first.  It borrows
 * the configuration and the store. */

#ifndef SERVER_SHARED_H
#define SERVER_SHARED_H

#include "base/rcu.h"
#include "base/siphash.h"
#include "route/dialog_token.h"
#include "route/gruu.h"
#include "server/attempts.h"
#include "server/binding_journal.h"
#include "server/config.h"
#include "server/limiter.h"
#include "server/listening.h"
#include "server/location.h"
#include "server/nonces.h"
#include "server/scanners.h"
#include "server/snapshot.h"
#include "server/users.h"
#include "stack/bans.h"
#include "stack/workers.h"
#include "store/store.h"

#include <stdatomic.h>

struct shared {
    const struct config       *config;   /* of the start: for what cannot change in a process's life */
    const struct snapshot     *snapshot; /* held: the one in force; the first worker's thread alone may look */
    struct listening           listening;
    struct workers            *workers; /* borrowed; NULL: there is but one */
    struct rcu                *rcu;     /* for location and users: each thread that asks them has joined */
    struct location           *location;
    struct users              *users;
    struct nonces             *nonces;
    struct binding_events     *events;      /* changes of bindings, told to ... */
    struct binding_journal    *journal;     /* ... this, the last of them      */
    _Atomic(struct attempts *) attempts;    /* NULL: nobody who guesses passwords was ever to be slowed down */
    struct limiter            *limiter;     /* requests of each source, user and trunk                */
    struct scanners           *scanners;    /* what sources have done                                 */
    struct bans               *bans;        /* who is not listened to; see ban_list.h                 */
    const struct snapshot     *bans_allow;  /* held: whose allow they heed                            */
    struct tls_shared         *tls;         /* ours; NULL: neither TLS nor WSS */
    struct self_signed        *self_signed; /* ours; server/certificates.h */
    struct store              *store;
    struct store_client       *client; /* of the users and the keys: reports come in the first worker's world */
    int                        load_error;

    struct hash_key loop_key;                  /* marks our branches (RFC 5393)                        */
    struct hash_key relay_key;                 /* tokens in our Record-Route; kept in the store, so
                                                * that dialogs survive a restart                       */
    struct hash_key  location_key;             /* that of `location`; kept, for hashes stand in GRUUs */
    uint8_t          gruu_secret[GRUU_SECRET]; /* kept */
    struct gruu_keys gruu_keys;                /* made of it */
    unsigned         keys_kept;                /* bits: which of these the store holds */
    uint32_t         boot;                     /* a number for this life of the process */

    atomic_bool draining; /* we are about to end: nothing new is begun */
};

/* The key of the tokens, and which life of the process this is. */
struct token_key shared_token_key(const struct shared *s);

/* `world` gives randomness.  Borrows `workers`, which may be NULL if there is but one.
 * Takes `rcu`: rcu_threads_new() for workers with threads of their own, rcu_single_new()
 * if there is one thread.  NULL without memory, or if `rcu` is NULL. */
struct shared *shared_new(struct world *world, const struct config *config, struct rcu *rcu, struct workers *workers);
void           shared_free(struct shared *s);

/* Read the store, before any server serves, and be its client in `world` from now on.
 * Keeps `store`.  Returns 0 or -ERR_X with a sentence for people in `problem`. */
int shared_load(struct shared *s, struct world *world, struct store *store, char *problem, size_t problem_size);

/* Be able to slow down those who guess passwords, if `c` wants that: 0 or -ERR_NO_MEMORY.  And then do it as it says;
 * those who are counted stay. */
int  shared_make_attempts(struct shared *s, struct world *world, const struct config *c);
void shared_change_attempts(struct shared *s, const struct config *c);

/* Begin nothing new from now on: requests outside of dialogs get 503 with Retry-After.
 * Any thread. */
void shared_drain(struct shared *s);
bool shared_is_draining(const struct shared *s);

#endif
