/* SPDX-License-Identifier: BSD-2-Clause */
/* abuse_rules.h - what a configuration says about too much: who is allowed everything, and
 * the limits of new requests, made once into what a request is judged by.  Immutable, part
 * of the snapshot. */

#ifndef SERVER_ABUSE_RULES_H
#define SERVER_ABUSE_RULES_H

#include "base/prefix_map.h"
#include "server/config.h"
#include "sip/message.h"

enum limit_per { PER_SOURCE, PER_USER, PER_TRUNK };

enum limit_answer { LIMIT_SAY_503, LIMIT_SAY_403, LIMIT_DROP };

struct limit_rule {
    struct slice      name;
    uint64_t          key;     /* of the name: what has been counted outlives a reload */
    uint32_t          methods; /* bits 1 << enum method; 0: all */
    enum limit_per    per;
    uint64_t          interval; /* microseconds that one request takes ... */
    uint64_t          burst;    /* ... so many of which may come at once   */
    enum limit_answer answer;
};

struct abuse_rules {
    struct prefix           *allowed; /* in the order of prefix_compare */
    size_t                   allowed_count;
    struct prefix_map       *allowed_map;
    struct limit_rule       *limits; /* the limit of each source first, if there is one */
    size_t                   limit_count;
    const struct limit_rule *of_source; /* source_rate; NULL: there is none            */
    struct limit_rule        known;     /* with it: of a user known at his source      */
    unsigned                 pers;      /* bits 1 << enum limit_per: kinds that there are */
    uint32_t                 peer_transactions;
};

/* Its texts are the configuration's.  NULL without memory. */
struct abuse_rules *abuse_rules_new(const struct config *c);
void                abuse_rules_free(struct abuse_rules *r);

bool abuse_allows(const struct abuse_rules *r, const struct address *source);

#endif
