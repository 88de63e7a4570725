/* SPDX-License-Identifier: BSD-2-Clause */
/* binding_common.h - what many bindings have in common, kept once: the local end of their flow, the
 * User-Agent and the Path.  (With a million phones of some models behind a few listeners this saves
 * 40 to 80 bytes of each.)
 *
 *     chains:  | --> common --> common        of the holders of each
 *              | --> ...
 *
 * One such table belongs to each shard of the location, whose lock its functions want.  Readers in
 * a section of rcu.h see what a block that they read holds: what nobody holds any more
 * is taken out at once, and freed by whoever dropped it last when they have left. */

#ifndef SERVER_BINDING_COMMON_H
#define SERVER_BINDING_COMMON_H

#include "base/siphash.h"
#include "sip/flow.h"

enum { COMMON_CHAINS = 32 };

struct binding_common {
    struct binding_common *next; /* of its chain, or of those that go */
    uint64_t               hash;
    uint32_t               holders;
    bool                   chained;
    uint8_t                transport;
    uint16_t               user_agent, path; /* bytes of each, in `texts` */
    uint32_t               listener;
    struct address         local;
    char                   texts[];
};

struct binding_commons {
    struct hash_key        key;
    struct binding_common *chains[COMMON_CHAINS];
    size_t                 bytes; /* of all that are held */
};

/* The one with these, made if there is none.  Copies.  A chain has a bound, behind which nothing is shared:
 * who says something new each time makes nobody search for long.  NULL without memory. */
struct binding_common *binding_common_hold(struct binding_commons *all, const struct flow *flow,
                                           struct slice user_agent, struct slice path);

/* For one holder less.  The last one's is put in front of `gone`; returns what is in front then. */
struct binding_common *binding_common_drop(struct binding_commons *all, struct binding_common *c,
                                           struct binding_common *gone);

/* Free those that were dropped, when no reader can see them. */
void binding_common_free(struct binding_common *gone);

static inline struct slice binding_common_user_agent(const struct binding_common *c)
{
    return (struct slice){ c->texts, c->user_agent };
}

static inline struct slice binding_common_path(const struct binding_common *c)
{
    return (struct slice){ c->texts + c->user_agent, c->path };
}

#endif
