/* SPDX-License-Identifier: BSD-2-Clause */
/* route_table.h - several ways for one destination: by priority, by weight, and what a way does when another one has
 * failed.
 *
 *     route "+49*" {
 *         to = {"trunk:carrier weight=3", "sip:gw2.example.com weight=1", "sip:backup.example.com priority=2"}
 *         fail_over = {408, 503}       these statuses, and no answer at all, lead to the next one
 *         timeout = 4s                 for a first answer
 *     }
 *
 * As in a DNS SRV record (RFC 2782): the lowest priority first; of equals, each is the first one with the
 * probability of its share of the weights.  The dice are a hash of the Call-ID: the same call, sent again
 * or asked about (ahoy route --explain), goes the same way, and all calls together go by weight. */

#ifndef ROUTE_ROUTE_TABLE_H
#define ROUTE_ROUTE_TABLE_H

#include "base/msec.h"
#include "base/siphash.h"
#include "route/trunk.h"

enum { ROUTE_TARGETS = 16, ROUTE_WEIGHT = 1000, ROUTE_PRIORITY = 1000 };

struct table_target {
    struct slice        uri; /* a sip or sips URI; that of the trunk, if it is one */
    const struct trunk *trunk;
    unsigned            weight, priority; /* presets: 1, 1 */
};

/* "URI [weight=N] [priority=N]"; the URI may be "trunk:NAME".  Borrows `text`; `*trunk` is the NAME, or empty. */
bool table_target_parse(struct slice text, struct table_target *out, struct slice *trunk);

/* The targets in the order in which this call is to try them: their indices, `count` (at most ROUTE_TARGETS) of them.
 */
void route_order(const struct table_target *targets, unsigned count, const struct hash_key *key, struct slice call_id,
                 uint8_t order[ROUTE_TARGETS]);

#endif
