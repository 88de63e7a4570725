/* SPDX-License-Identifier: BSD-2-Clause */
/* config_together.h - values of a configuration that are good one by one and cannot be together. */

#ifndef SERVER_CONFIG_TOGETHER_H
#define SERVER_CONFIG_TOGETHER_H

#include "server/config_read.h"

/* Say each contradiction, at the line of one of those that make it. */
void config_check_together(struct config_reader *r, const struct config *c);

#endif
