/* SPDX-License-Identifier: BSD-2-Clause */
/* registrar.h - what the files of the registrar share, and nobody else: registrar.c
 * asks and answers, registrar_update.c changes bindings, registrar_store.c knows
 * the store. */

#ifndef SERVER_REGISTRAR_H
#define SERVER_REGISTRAR_H

#include "route/binding.h"
#include "server/internal.h"

enum { SECOND = 1000 };

/* The 200 with the bindings as they are now (RFC 3261 10.3 step 8). */
void registrar_answer_ok(struct server *s, object_id txn);

/* The refusal that route/binding has decided on. */
void registrar_answer_verdict(struct server *s, object_id txn, const struct binding_verdict *v);

/* One line for a change that is about to be made, and for a binding whose time is over. */
void registrar_log_change(struct server *s, const struct message *request, struct slice key,
                          const struct binding_change *change);
void registrar_log_expired(struct server *s, const struct binding *b);

/* Carry out a REGISTER that is allowed: change the bindings of `key` and answer, now
 * or after the commit. */
void registrar_update(struct server *s, object_id txn, struct message *request, struct slice key);

/* Let the answer wait for the commit of change `seq`; 503 if too much waits. */
void registrar_wait(struct server *s, object_id txn, uint64_t seq);

/* The latest change of this AOR, removals included, that the store has not
 * confirmed; 0 if there is none.  It may be a later one of another AOR. */
uint64_t registrar_pending(struct server *s, struct slice key);
void     registrar_note_removal(struct server *s, struct slice key, uint64_t seq);

/* What the store is told.  Borrows from `b` and `flow`, which it fills. */
struct store_change registrar_put_change(struct server *s, const struct binding *b, struct buf *flow);
struct store_change registrar_delete_change(uint64_t row);

/* A binding that a restart has found: 0 or -ERR_NO_MEMORY. */
int registrar_loaded(struct shared *s, struct world *world, const struct stored_binding *stored);

/* A monotonic time as wall clock. */
uint64_t registrar_wall_at(struct server *s, msec monotonic);

#endif
