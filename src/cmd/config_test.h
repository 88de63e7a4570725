/* SPDX-License-Identifier: BSD-2-Clause */
/* config_test.h - for the table of subcommands in config.c. */

#ifndef CMD_CONFIG_TEST_H
#define CMD_CONFIG_TEST_H

#include "cmd/option.h"

extern const struct command command_config_test;

#endif
