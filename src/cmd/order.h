/* SPDX-License-Identifier: BSD-2-Clause */
/* order.h - commands that give a running server one order, and take no more than --config
 * and --json: `ahoy stop`, `ahoy cert reload`. */

#ifndef CMD_ORDER_H
#define CMD_ORDER_H

#include "cmd/option.h"

#include <jansson.h>

/* --json; the letter of --config is 'c'. */
enum { ORDER_JSON = OPTION_LONG_ONLY };

/* Read the options, call `method` of the server and wait.  Complaints have gone to stderr.
 * Returns an exit code; with EXIT_OK and a result it is the caller's, `*json` as was asked for.
 * After --help: EXIT_OK and no result. */
int order_give(const struct command *command, int argc, char **argv, const char *method, bool *json, json_t **result);

#endif
