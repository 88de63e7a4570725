/* SPDX-License-Identifier: BSD-2-Clause */
/* domain_rules.h - what each of our domains grants to who registers there: the keys of the
 * configuration, and over them its registrations sections. */

#ifndef SERVER_DOMAIN_RULES_H
#define SERVER_DOMAIN_RULES_H

#include "route/binding.h"
#include "server/config.h"

struct domain_rules {
    struct slice          domain;
    struct binding_limits limits;
    struct config_list    service_route;
};

/* One for each domain, in their order; borrows the configuration, free() ends it.  NULL without memory. */
struct domain_rules *domain_rules_new(const struct config *c);

/* Those of `domain` in lower case, or of the first domain if it is none of ours. */
const struct domain_rules *domain_rules_find(const struct domain_rules *rules, size_t count, struct slice domain);

#endif
