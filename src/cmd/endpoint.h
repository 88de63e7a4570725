/* SPDX-License-Identifier: BSD-2-Clause */
/* endpoint.h - where a command's changes go: to the server that runs on this state
 * folder, else into its database, opened under its lock.  The same methods
 * (console/admin.h) do the work in both. */

#ifndef CMD_ENDPOINT_H
#define CMD_ENDPOINT_H

#include "server/config.h"

#include <jansson.h>

/* Call a method and wait.  Takes `params` (an object, or NULL).  Complaints go to
 * stderr, after "ahoy `name`: ".  Returns an exit code; with EXIT_OK `*result` is
 * the caller's. */
int endpoint_call(const char *name, const struct config *config, const char *method, json_t *params, json_t **result);

/* The same, for what only a running server can do. */
int endpoint_call_server(const char *name, const struct config *config, const char *method, json_t *params,
                         json_t **result);

#endif
