/* SPDX-License-Identifier: BSD-2-Clause */
/* snapshot.h - a configuration and all that is made of it once: what decisions are taken by.
 *
 *     struct config --- snapshot_new ---> struct snapshot, immutable, held by count
 *                                            |
 *              each worker holds the one in force (server->snapshot), and takes another
 *              one between two messages; each forwarded request that of its decision
 *
 * Nobody keeps a pointer into it beyond his turn unless he holds it: after a reload it is
 * gone with the last holder.  See docs/decisions/0044-*. */

#ifndef SERVER_SNAPSHOT_H
#define SERVER_SNAPSHOT_H

#include "route/policy.h"
#include "server/abuse_rules.h"
#include "server/config.h"
#include "server/domain_rules.h"

#include <stdatomic.h>

struct snapshot {
    const struct config *config; /* held */
    struct policy        policy; /* of config; its arrays are in `arena`, its texts the configuration's */
    struct domain_rules *rules;  /* ours; one for each domain of policy, in their order */
    struct arena         arena;  /* of what is derived */
    struct abuse_rules  *abuse;  /* ours */
    struct slice         abilities, abilities_agreed; /* the headers of a 200 to OPTIONS; and with sec-agree */
    char                 apart[64]; /* each forwarded request counts itself in: that is no line which all read from */
    atomic_uint          holders;
};

/* Make what is derived, and hold the configuration.  NULL if something makes no sense, with a
 * sentence in `problem` ("ahoy.conf:12: ..."), or without memory.  One holder: the caller. */
const struct snapshot *snapshot_new(const struct config *config, char *problem, size_t problem_size);

/* Any thread.  snapshot_drop takes NULL, too. */
const struct snapshot *snapshot_hold(const struct snapshot *s);
void                   snapshot_drop(const struct snapshot *s);

/* What its domain grants to who registers as `domain` (in lower case), or as one of the first if it is none of ours. */
const struct domain_rules *snapshot_rules(const struct snapshot *s, struct slice domain);

#endif
