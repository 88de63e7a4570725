/* SPDX-License-Identifier: BSD-2-Clause */
/* oversize_peers.h - what was learnt of peers that large requests did not reach (RFC 3261
 * 18.1.1): that they have no TCP, or which datagrams get there.
 *
 * One table for the workers of a process, of a fixed size: a peer whose place is taken
 * displaces the one that was there, which is learnt anew.  Times are those of the monotonic
 * clock, which all workers share.  All functions may be called from any thread. */

#ifndef STACK_OVERSIZE_PEERS_H
#define STACK_OVERSIZE_PEERS_H

#include "base/address.h"
#include "base/msec.h"
#include "base/siphash.h"

enum {
    OVERSIZE_PEERS      = 256,
    OVERSIZE_REMEMBERED = 600000, /* ms that what was learnt of a peer is believed */
};

struct oversize_peers;

struct oversize_peer {
    bool   no_stream; /* it has no TCP                                  */
    size_t limit;     /* bytes of a datagram that gets there; 0: unknown */
};

/* Copies the key.  NULL without memory. */
struct oversize_peers *oversize_peers_new(const struct hash_key *key);
void                   oversize_peers_free(struct oversize_peers *p);

/* What is known of it; all zero if nothing is. */
struct oversize_peer oversize_peers_find(struct oversize_peers *p, const struct address *remote, msec now);

/* It has no TCP; datagrams of more than `limit` bytes do not get there. */
void oversize_peers_no_stream(struct oversize_peers *p, const struct address *remote, msec now);
void oversize_peers_limit(struct oversize_peers *p, const struct address *remote, size_t limit, msec now);

#endif
