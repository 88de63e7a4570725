/* SPDX-License-Identifier: BSD-2-Clause */
/* control.h - the control socket: how commands reach a running server.
 *
 * A unix stream socket with mode 0600; only the server's own user and root are
 * served (SO_PEERCRED).  One JSON-RPC 2.0 request or batch per line, one answer per
 * line, one line at a time per connection.  A thread of its own does the reading and
 * writing, so that a client that dawdles never holds up the server; the methods
 * run on the world's thread.
 *
 *   socket thread: accept, read a line ----post----> world: method runs
 *                  write the answer   <---eventfd--- world: method finishes
 *
 * Bounds: so many clients (more are turned away with a message), a request of
 * CONTROL_REQUEST_MAX bytes, an answer of CONTROL_ANSWER_MAX, a client that does
 * not read its answer for CONTROL_STALL, needs as long for one line, or is silent
 * for CONTROL_IDLE, is dropped. */

#ifndef CONSOLE_CONTROL_H
#define CONSOLE_CONTROL_H

#include "console/control_call.h"
#include "net/world.h"

enum {
    CONTROL_REQUEST_MAX = 64 * 1024,
    CONTROL_ANSWER_MAX  = 64 * 1024 * 1024,
    CONTROL_STALL       = 10000, /* ms */
    CONTROL_IDLE        = 60000, /* ms */
};

struct control;

/* Listen at `path`.  Keeps `methods` and `user`.  The socket of a server that has
 * died is replaced; of one that lives, refused.  Returns 0, -ERR_IN_USE,
 * -ERR_PERMISSION, -ERR_TOO_LARGE (the path), -ERR_NO_MEMORY or -ERR_IO, with a
 * sentence in `problem`. */
int control_start(struct world *world, const char *path, const struct control_method *methods, size_t method_count,
                  void *user, unsigned max_clients, struct control **out, char *problem, size_t problem_size);

/* Bytes of memory for its clients, their requests and answers; any thread. */
size_t control_memory(const struct control *c);

/* Writes the answers that are ready, as far as the clients take them, then closes
 * and removes the socket.  Calls still under way may be finished later; their
 * answers are dropped.  Call it on the world's thread; the world must run, or be
 * drained, once more before it is freed. */
void control_stop(struct control *c);

#endif
