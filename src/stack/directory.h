/* SPDX-License-Identifier: BSD-2-Clause */
/* directory.h - who of the workers has a connection to whom.
 *
 * A connection belongs to the worker that accepted or opened it; the others find it
 * here and send by it through its owner.  Written when a connection is opened and
 * closed, read when a worker is about to open one: never per message, so one mutex
 * serves.  All functions may be called from any thread. */

#ifndef STACK_DIRECTORY_H
#define STACK_DIRECTORY_H

#include "base/accounts.h"
#include "base/siphash.h"
#include "sip/flow.h"

struct directory;

/* Copies the key.  NULL without memory. */
struct directory *directory_new(const struct hash_key *key);
void              directory_free(struct directory *d);
/* Account for what is in it in `b`, which it borrows; before there is anything. */
void directory_account(struct directory *d, struct budget *b);

/* `flow` names a connection from now on.  Returns 0, or -ERR_NO_MEMORY: then the
 * other workers will open their own. */
int  directory_add(struct directory *d, const struct flow *flow);
void directory_remove(struct directory *d, const struct flow *flow);

/* A connection to `remote` by `transport`: true and its flow.  It may be gone by the
 * time it is used; whoever sends by it is told. */
bool directory_find(struct directory *d, enum transport transport, const struct address *remote, struct flow *flow);

#endif
