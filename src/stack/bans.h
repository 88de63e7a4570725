/* SPDX-License-Identifier: BSD-2-Clause */
/* bans.h - who is not listened to: looked up for each datagram before it is read, and for
 * each connection.
 *
 *     list    in the order of addresses, under a lock   bans_put, bans_remove, bans_expire
 *       | what is in force, as a prefix map
 *       v
 *     table   read by all workers without one (RCU)     bans_hit
 *
 * A ban is of a network, for a time of the wall clock, or for ever.  It may be of
 * datagrams alone: whoever has earned it by datagrams may have been made to look so by
 * somebody else, who has put his address there; then what he says by a connection, and his
 * answers, still count.
 *
 * Who is allowed is never banned, whatever the list says: he is asked for only where a ban
 * was found.  A ban that has ended is remembered for a while, so that the next one can be
 * longer.  The table is made again at each change; with many bans at most once a second
 * (bans_expire), for making it takes longer then.  Any thread. */

#ifndef STACK_BANS_H
#define STACK_BANS_H

#include "base/accounts.h"
#include "base/budget.h"
#include "base/prefix.h"
#include "base/rcu.h"

struct bans;

enum {
    BANS_MAX        = 65536,    /* of the list                                             */
    BANS_EARNED     = 61440,    /* of it, with those by behaviour: the rest is for people        */
    BANS_AT_ONCE    = 2048,     /* with more of them changes are heeded by the next bans_expire */
    BANS_REMEMBERED = 86400000, /* ms after its end that a ban by behaviour is known         */
    BAN_REASON      = 256,      /* bytes                                                   */
};

#define BAN_FOR_EVER UINT64_MAX

struct ban {
    struct prefix network;
    bool          datagrams_only;
    unsigned      strikes;      /* so many bans by behaviour, one after the other; 0: somebody has decided it */
    uint64_t      since, until; /* wall clock, ms                                     */
    struct slice  reason;       /* cut to BAN_REASON                                  */
    uint64_t      hits;         /* messages and connections that it has kept away since the start */
};

/* Borrows `rcu`, which outlives it.  NULL without memory. */
struct bans *bans_new(struct rcu *rcu);
/* When nobody asks any more. */
void bans_free(struct bans *b);
/* Account for it in `budget`, which it borrows. */
void bans_account(struct bans *b, struct budget *budget);

/* In the place of one of the same network; `wall` is now.  Copies.  0, -ERR_LIMIT or -ERR_NO_MEMORY. */
int bans_put(struct bans *b, const struct ban *ban, uint64_t wall);
/* False: there was none that is in force. */
bool bans_remove(struct bans *b, const struct prefix *network, uint64_t wall);
/* False: there is none, not even one that has ended.  Its reason is not told. */
bool bans_get(struct bans *b, const struct prefix *network, struct ban *out);
/* Those in force, in the order of addresses; `fn` must not call anything of here. */
void   bans_each(struct bans *b, uint64_t wall, void (*fn)(void *arg, const struct ban *ban), void *arg);
size_t bans_count(struct bans *b); /* in force at the last look */

/* Once a second: those whose time is over count no more; `forgotten` is called for those that
 * are not even remembered, and must not call anything of here. */
void bans_expire(struct bans *b, uint64_t wall, void (*forgotten)(void *arg, const struct ban *ban), void *arg);

/* Whoever is in these may not be banned.  Copies; in the order of prefix_compare, no two the same.
 * 0 or -ERR_NO_MEMORY: then it is as it was. */
int bans_allow(struct bans *b, const struct prefix *allowed, size_t count, uint64_t wall);

/* Each time that one comes into force there is another number. */
unsigned bans_generation(const struct bans *b);

/* Is he not to be listened to?  Then it is counted.  `datagram`, if it came by one, is what
 * was said; NULL: it is a connection. */
bool bans_hit(struct bans *b, const struct address *from, const struct slice *datagram);

#endif
