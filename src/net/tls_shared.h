/* SPDX-License-Identifier: BSD-2-Clause */
/* tls_shared.h - what all workers of a process share of TLS: the certificates in force,
 * and the keys that session tickets are sealed with.
 *
 *     main thread      tls_shared_set ----> current, generation + 1
 *     each worker      its struct tls_context compares the generation at each new
 *                      session (one atomic load) and takes the new set if it differs
 *
 * The lock is taken by whoever changes the certificates, and by a worker once for each
 * change and once for each period of the tickets; never for a session. */

#ifndef NET_TLS_SHARED_H
#define NET_TLS_SHARED_H

#include "base/msec.h"
#include "net/tls_keys.h"
#include "net/tls_tickets.h"

struct tls_shared;

/* Takes `keys`.  NULL without memory or random numbers (keys are dropped then). */
struct tls_shared *tls_shared_new(struct tls_keys *keys);
/* When no context of it is left. */
void tls_shared_free(struct tls_shared *s);

/* New sessions use these from now on, running ones keep theirs.  Takes `keys`.  Any thread. */
void tls_shared_set(struct tls_shared *s, struct tls_keys *keys);

/* Grows with each tls_shared_set.  Any thread. */
uint64_t tls_shared_generation(const struct tls_shared *s);
/* The set in force, held: drop it.  Any thread. */
struct tls_keys *tls_shared_keys(struct tls_shared *s);
/* Can we be connected to: is there a certificate?  Any thread. */
bool tls_shared_can_accept(struct tls_shared *s);

/* The ticket keys of the period that `now` lies in; made anew for each, the one before last
 * forgotten.  Any thread. */
void tls_shared_tickets(struct tls_shared *s, msec now, struct tls_tickets *out);

#endif
