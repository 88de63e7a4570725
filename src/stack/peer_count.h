/* SPDX-License-Identifier: BSD-2-Clause */
/* peer_count.h - how many connections each host has opened to us, to all workers together:
 * one peer shall not take all there are.
 *
 * A host is its address; by IPv6 it is all that share the first 64 bits, which it may
 * choose the others from itself.  Written when a connection comes and goes, never per
 * message, so one mutex serves.  All functions may be called from any thread. */

#ifndef STACK_PEER_COUNT_H
#define STACK_PEER_COUNT_H

#include "base/accounts.h"
#include "base/address.h"
#include "base/siphash.h"

struct peer_count;

/* Copies the key.  NULL without memory. */
struct peer_count *peer_count_new(const struct hash_key *key);
void               peer_count_free(struct peer_count *p);
/* Account for what is in it in `b`, which it borrows; before there is anything. */
void peer_count_account(struct peer_count *p, struct budget *b);

/* One more of this host: true, unless it has `limit` of them, or there is no memory to count it. */
bool peer_count_enter(struct peer_count *p, const struct address *peer, uint32_t limit);
/* One less; after peer_count_enter has said true. */
void peer_count_leave(struct peer_count *p, const struct address *peer);

/* Of this host now. */
uint32_t peer_count_of(struct peer_count *p, const struct address *peer);

#endif
