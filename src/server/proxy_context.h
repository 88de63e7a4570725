/* SPDX-License-Identifier: BSD-2-Clause */
/* proxy_context.h - one forwarded request: for proxy.c, which owns it, proxy_fork.c, which says whose
 * phones it goes to, and their tests. */

#ifndef SERVER_PROXY_CONTEXT_H
#define SERVER_PROXY_CONTEXT_H

#include "base/expect.h"
#include "route/response_context.h"
#include "server/internal.h"
#include "server/proxy_copy.h"

struct branch {
    object_id       client;
    struct message *response; /* the latest, held */
    uint64_t        instance; /* of the binding: whose flow this is, or 0 */
    uint64_t        mark;     /* and which, see struct branch_plan        */
};

/* One forwarded request, from its arrival until nothing more can come. */
struct context {
    struct server          *server;
    const struct snapshot  *snapshot; /* held: its decision was made with it */
    object_id               id, txn;
    struct table_link       by_txn;
    struct message         *request; /* held until the final response has gone up */
    char                   *instead; /* what was called in the place of its Request-URI, or NULL */
    struct timer            timer;
    struct response_context rc;
    struct branch           branches[LIMIT_BRANCHES];
    bool                    edge;    /* a phone's, whose edge proxy we are */
    uint32_t                breadth; /* that each of the branches to a user's phones has */
};

/* Does it contradict itself?  A count too high would be followed out of its array, an
 * id of another one would drop that. */
static inline bool context_is_sound(const struct context *c)
{
    return c->rc.count <= LIMIT_BRANCHES && (c->request != NULL || c->rc.answered) &&
           id_find(&c->server->contexts, c->id) == c;
}

/* proxy.c: the request's passage once more, to whom it was decided to go.  False if it has been answered. */
bool proxy_open_again(const struct context *c, struct passage *p);

/* proxy.c: add a branch and send on it.  False if there can be no more.  One whose client is 0
 * afterwards was not taken by the stack. */
bool proxy_send_branch(struct context *c, const struct passage *p, const struct branch_plan *plan);

/* proxy_fork.c: a branch for each phone of the user.  0, or the status that says why there is none. */
unsigned proxy_fork(struct context *c, const struct passage *p, struct branch_plan *plan);
/* What went by the flow of `branch` has failed with `error`. */
void proxy_flow_failed(struct context *c, unsigned branch, int error);
/* The flow of `branch` has failed: a branch for another one of the same phone that has not been tried for
 * this request.  False if there is none. */
bool proxy_next_flow(struct context *c, const struct passage *p, unsigned branch);

#endif
