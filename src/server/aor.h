/* SPDX-License-Identifier: BSD-2-Clause */
/* aor.h - an address-of-record with its bindings, in one block of memory that is
 * read without a lock (RFC 3261 10).
 *
 *     | hash, sizes | binding 0 | binding 1 | key | what is of binding 0 alone | of 1 |
 *                                                        \--> binding_common.h: what others have, too
 *
 * What a block says does not change, but for the numbers that a refresh moves on: they
 * are atomic.  Another set of bindings is another block, which takes the place of this
 * one in the location (location.h). */

#ifndef SERVER_AOR_H
#define SERVER_AOR_H

#include "base/msec.h"
#include "base/rcu_table.h"
#include "server/binding_common.h"
#include "server/blocks.h"

/* A binding as a value.  Its slices live as long as the block it was read from, or are
 * whoever's who fills it in. */
struct binding {
    uint64_t     row;     /* its key in the store                                      */
    struct slice contact; /* the URI as registered                                     */
    struct slice params;  /* Contact parameters to give back, but expires and q        */
    struct slice call_id;
    struct slice user_agent;
    struct slice path;
    struct slice instance; /* of +sip.instance, as registered: "<urn:uuid:...>"; or empty */
    struct flow  flow;     /* where its REGISTER came from                              */
    uint32_t     cseq;
    uint32_t     reg_id;      /* RFC 5626: with `instance` it is who this is; 0 if not in use  */
    bool         outbound;    /* RFC 5626 is in use: reached by its flow or Path alone         */
    uint64_t     gruu;        /* epoch of its instance's temporary GRUUs, see AOR_GRUU_BITS  */
    unsigned     q;           /* thousandths, 1000 at most                                 */
    msec         expires_at;  /* monotonic: what was acknowledged                          */
    uint64_t     lease_until; /* wall clock ms: up to here the store needs no new write; a
                               * block keeps the whole seconds of it                       */
};

/* All bindings of an AOR with the same instance have one `gruu`: a number drawn when the
 * first of them comes, and anew when one comes back with another Call-ID (RFC 5627 5.1).
 * Not 0, below 2^AOR_GRUU_BITS; 0 without an instance.  Of one instance, the binding
 * with the highest index is the one that registered last. */
enum { AOR_GRUU_BITS = 40 };

struct aor {
    struct rcu_entry entry;
    uint32_t         size; /* of the block, in bytes */
    uint16_t         count, key_len;
    _Alignas(uint64_t) char memory[];
};

/* Copies everything; nothing is set but key and bindings.  The longest text is 65535
 * bytes, and so many bindings are the most.  Times end in 2^AOR_TIME_BITS ms (34 years), or are NEVER.
 * Its block is one of `memory`; holds what is common in `commons`.  NULL without memory or above that. */
struct aor *aor_new(struct blocks *memory, struct binding_commons *commons, struct slice key,
                    const struct binding *values, size_t count);
enum { AOR_TIME_BITS = 40 };
/* Most of them have no more bytes than this: that of a phone with one binding has some 140. */
enum { AOR_USUAL = 192 };

/* Does it fit, but for memory? */
bool aor_can_hold(struct slice key, const struct binding *b);

/* It holds nothing in `commons` any more.  Returns what is to be freed together with it
 * (binding_common_free, aor_give), when no reader sees it. */
struct binding_common *aor_release(struct aor *a, struct binding_commons *commons);
/* Its block back to where it comes from; NULL is none. */
void aor_give(struct blocks *memory, struct aor *a);
/* All of it, of one that nobody else has seen. */
void aor_free(struct blocks *memory, struct aor *a, struct binding_commons *commons);

struct slice aor_key(const struct aor *a);
unsigned     aor_count(const struct aor *a);
/* Bytes of memory that it takes, and the table that finds it takes for it; 0 if NULL. */
size_t aor_size(const struct aor *a);

/* Borrows from `a`.  Any thread. */
void aor_binding(const struct aor *a, unsigned index, struct binding *out);
/* Cheaper, if nothing else is asked. */
msec aor_expires_at(const struct aor *a, unsigned index);
/* When the first of them ends; NEVER without any. */
msec aor_first_expiry(const struct aor *a);
/* Is there one that has not ended? */
bool aor_is_alive(const struct aor *a, msec now);
/* Does a request to it go by this flow and no other way (RFC 5626)?  A stream is its connection, a datagram's
 * flow its addresses. */
bool binding_has_flow(const struct binding *b, const struct flow *flow);
/* Does any of its bindings? */
bool aor_has_flow(const struct aor *a, const struct flow *flow);

/* The writer's: the same binding for longer. */
void aor_refresh(struct aor *a, unsigned index, msec expires_at, uint32_t cseq, uint64_t lease_until);

#endif
