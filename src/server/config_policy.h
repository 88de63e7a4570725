/* SPDX-License-Identifier: BSD-2-Clause */
/* config_policy.h - from the configuration to what route/policy decides by: texts become networks, targets,
 * patterns. */

#ifndef SERVER_CONFIG_POLICY_H
#define SERVER_CONFIG_POLICY_H

#include "route/policy.h"
#include "server/config.h"

/* False without memory; config_policy_fini is to be called all the same.  Borrows `c` and `arena`, which holds the
 * arrays: both live longer than the policy. */
bool config_policy_init(struct policy *p, const struct config *c, struct arena *arena);
void config_policy_fini(struct policy *p);

#endif
