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

/* The same as endpoint_call for what only looks: if there is no database, none is made. */
int endpoint_call_reading(const char *name, const struct config *config, const char *method, json_t *params,
                          json_t **result);

/* ---- many calls, one after the other or a few at once ---- */

enum { ENDPOINT_LANES = 2 };

struct endpoint;

/* Find out where the calls go; a database stays open until endpoint_close.  Borrows
 * `name` and `config`.  Returns an exit code. */
int  endpoint_open(const char *name, const struct config *config, struct endpoint **out);
void endpoint_close(struct endpoint *e);

/* Send a call on a lane that is free.  Takes `params`.  Returns an exit code, after a
 * complaint; with another than EXIT_OK the lane stays free. */
int endpoint_send(struct endpoint *e, unsigned lane, const char *method, json_t *params);
/* Wait for what was sent on this lane, which is free then.  As endpoint_call. */
int endpoint_wait(struct endpoint *e, unsigned lane, json_t **result);
/* Both. */
int endpoint_ask(struct endpoint *e, const char *method, json_t *params, json_t **result);

#endif
