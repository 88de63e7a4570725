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

/* `flow` leads to `address` (its remote one, or one that stands for it, RFC 5923) from now on,
 * for those who want one of `names`: "a.example, b.example", as its peer has proved to be;
 * empty: by TCP whoever wants that address, else nobody.  Copies them.  Returns 0, or -ERR_NO_MEMORY: then the
 * other workers will open their own. */
int directory_add(struct directory *d, const struct flow *flow, const struct address *address, struct slice names);
/* The peer of this connection has proved to be each of `names`, whether or not anything is to be sent by it.  As
 * directory_add, with the remote address of `flow`. */
int directory_add_proof(struct directory *d, const struct flow *flow, struct slice names);
/* Has it proved to be `domain`? */
bool directory_proves(struct directory *d, const struct flow *flow, struct slice domain);
/* `address` no longer leads to this connection; with its remote address goes its proof. */
void directory_remove(struct directory *d, const struct flow *flow, const struct address *address);

/* A connection to `address` by `transport`, whose peer is `domain` if that has to be proved:
 * true and its flow.  It may be gone by the time it is used; whoever sends by it is told. */
bool directory_find(struct directory *d, enum transport transport, const struct address *address, struct slice domain,
                    struct flow *flow);

/* Is `domain` one of `names`, as above? */
bool directory_names_hold(struct slice names, struct slice domain);

#endif
