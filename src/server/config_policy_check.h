/* SPDX-License-Identifier: BSD-2-Clause */
/* config_policy_check.h - do trunks, number rules and routes fit together?  What is wrong is said at the line of its
 * section. */

#ifndef SERVER_CONFIG_POLICY_CHECK_H
#define SERVER_CONFIG_POLICY_CHECK_H

#include "server/config_read.h"

void config_check_policy(struct config_reader *r, const struct config *c);

#endif
