/* SPDX-License-Identifier: BSD-2-Clause */
/* control_client.h - a command asks a running server. */

#ifndef CONSOLE_CONTROL_CLIENT_H
#define CONSOLE_CONTROL_CLIENT_H

#include "base/msec.h"

#include <jansson.h>

/* Call `method` at the socket `path` and wait, `patience` ms at most.  Borrows
 * `params` (an object, or NULL).  On 0, `*outcome` is the caller's, to be read
 * with control_outcome_read().  Else -ERR_NOT_FOUND (nobody listens there: no
 * server runs), -ERR_PERMISSION, -ERR_TOO_LARGE (the path, the request or the
 * answer), -ERR_TIMEOUT, -ERR_RESET, -ERR_SYNTAX (no JSON came back), -ERR_NO_MEMORY or
 * -ERR_IO. */
int control_ask(const char *path, const char *method, json_t *params, msec patience, json_t **outcome);

/* The same in two halves, so that several calls may be under way: send it, `*fd` is then
 * the caller's until control_receive takes it.  Errors as above. */
int control_send(const char *path, const char *method, json_t *params, msec patience, int *fd);
int control_receive(int fd, msec patience, json_t **outcome);

#endif
