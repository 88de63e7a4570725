/* SPDX-License-Identifier: BSD-2-Clause */
/* registrar.h - what the files of the registrar share, and nobody else: registrar.c
 * asks who it is, registrar_update.c changes bindings, registrar_answer.c answers,
 * registrar_store.c knows the store. */

#ifndef SERVER_REGISTRAR_H
#define SERVER_REGISTRAR_H

#include "route/binding.h"
#include "route/register_terms.h"
#include "server/domain_rules.h"
#include "server/internal.h"

enum { SECOND = 1000 };

/* What the domain of this key grants. */
const struct domain_rules *registrar_rules(const struct server *s, struct slice key);

/* A REGISTER on its way through the registrar. */
struct registering {
    object_id                  txn;
    struct message            *request;
    struct slice               key;    /* whose bindings: canonical, in `memory` */
    struct slice               domain; /* its, canonical; empty: To is in none of ours */
    const struct domain_rules *rules;
    struct register_terms      terms;       /* do not move */
    bool                       proved;      /* somebody was asked who he is, and has answered */
    struct auth_proof          proof;       /* do not move */
    const struct user_id      *sender;      /* who is to prove himself: one of these two */
    struct user_id             whom, other; /* do not move */
    char                       memory[AOR_TEXT];
};

/* The 200: first what does not depend on the bindings, with Authentication-Info for who has proved himself (that
 * takes digests, so it is not for the lock of the AOR); then these bindings (RFC 3261 10.3 step 8), but those
 * that have ended.  False if it is too large. */
void registrar_begin_ok(struct server *s, const struct registering *r, struct gather *answer);
bool registrar_end_ok(struct server *s, const struct registering *r, const struct binding *bindings, size_t count,
                      struct gather *answer);

/* Is Flow-Timer in that 200?  Then the flow has to show life (RFC 5626 5.4). */
bool registrar_tells_flow_timer(const struct server *s, const struct registering *r);

/* The refusal that route/binding has decided on; the one that its terms deserve. */
void registrar_answer_verdict(struct server *s, object_id txn, const struct binding_verdict *v);
void registrar_answer_terms(struct server *s, const struct registering *r);

/* A binding has changed, just now and under the lock of its shard; `b` as it is, or was.
 * `request` is NULL if no REGISTER did it. */
void registrar_tell(struct server *s, const struct message *request, struct slice key, const struct binding *b,
                    enum binding_event event);

/* Carry out a REGISTER that is allowed: change the bindings of its key and answer, now
 * or after the commit. */
void registrar_update(struct server *s, const struct registering *r);

/* A 200, built now, that is sent when change `seq` is on the disk; or else a 500.  NULL
 * without memory or if too many wait already. */
struct store_wait *registrar_wait_new(struct server *s, object_id txn, const struct gather *answer);
/* The same for somebody who is called, with 0 or -ERR_X. */
struct store_wait *registrar_wait_for(struct server *s, void (*done)(void *arg, int error), void *arg);
/* Takes `w`. */
void registrar_wait(struct server *s, struct store_wait *w, uint64_t seq);
/* Is this change, of whatever worker, not on the disk yet?  Then there will be a
 * report that covers it. */
bool registrar_is_pending(struct server *s, uint64_t seq);

/* What the store is told.  Borrows from all, and fills `flow`. */
struct store_change registrar_put_change(struct server *s, struct slice key, const struct binding *b, struct buf *flow);
struct store_change registrar_delete_change(uint64_t row);

/* A binding that the store has; before anybody serves.  Returns 0, -ERR_NO_MEMORY, or
 * -ERR_CORRUPT: no REGISTER can have left it. */
int registrar_loaded(struct shared *s, struct world *world, const struct stored_binding *stored);

/* Up to when the store needs no new write: for a binding that ends at `expires_at`,
 * `span` ms from now. */
uint64_t registrar_lease(struct server *s, msec expires_at, msec span);

/* A monotonic time as wall clock. */
uint64_t registrar_wall_at(struct server *s, msec monotonic);

#endif
