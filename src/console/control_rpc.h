/* SPDX-License-Identifier: BSD-2-Clause */
/* control_rpc.h - JSON-RPC 2.0 without sockets: what one line asks for, and what is
 * written in answer.
 *
 *     line --rpc_read--> the requests in it, each to be performed
 *                        (what is no request has its error already)
 *     outcome of each --rpc_finish--> rpc_write --> one line, or nothing
 *
 * One line is a request, a notification (a request without id: it is performed and
 * not answered) or a batch, an array of these.  Stricter than the standard in one
 * thing: a member of a request that the standard does not know is refused, since
 * "parms" would otherwise be a command without its parameters. */

#ifndef CONSOLE_CONTROL_RPC_H
#define CONSOLE_CONTROL_RPC_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

enum { RPC_BATCH_MAX = 100 };

/* One line's work.  All zero: none is under way. */
struct rpc_exchange {
    bool    batch, lost; /* lost: no memory for an answer */
    json_t *answers;     /* array */
};

/* Read a line.  Returns an array of the requests in it, perhaps empty, which is the
 * caller's: each is an object with "method" and perhaps "params" and "id".  NULL
 * without memory.  End the exchange with rpc_write. */
json_t *rpc_read(struct rpc_exchange *x, const char *line, size_t len);

/* One request has been performed.  Borrows `id`, NULL for a notification; takes
 * `outcome` (see struct control_call). */
void rpc_finish(struct rpc_exchange *x, json_t *id, json_t *outcome);

/* The answer with its newline, malloc'ed; "" if there is nothing to say; NULL if
 * memory was wanting.  Ends the exchange. */
char *rpc_write(struct rpc_exchange *x, size_t *len);

/* Forget all of it. */
void rpc_drop(struct rpc_exchange *x);

#endif
