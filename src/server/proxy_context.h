/* SPDX-License-Identifier: BSD-2-Clause */
/* proxy_context.h - one forwarded request: for proxy.c, which owns it, and its test. */

#ifndef SERVER_PROXY_CONTEXT_H
#define SERVER_PROXY_CONTEXT_H

#include "base/expect.h"
#include "route/response_context.h"
#include "server/internal.h"

struct branch {
    object_id       client;
    struct message *response; /* the latest, held */
};

/* One forwarded request, from its arrival until nothing more can come. */
struct context {
    struct server          *server;
    object_id               id, txn;
    struct table_link       by_txn;
    struct message         *request; /* held until the final response has gone up */
    struct timer            timer;
    struct response_context rc;
    struct branch           branches[LIMIT_BRANCHES];
};

/* Does it contradict itself?  A count too high would be followed out of its array, an
 * id of another one would drop that. */
static inline bool context_is_sound(const struct context *c)
{
    return c->rc.count <= LIMIT_BRANCHES && (c->request != NULL || c->rc.answered) &&
           id_find(&c->server->contexts, c->id) == c;
}

#endif
