/* SPDX-License-Identifier: BSD-2-Clause */
/* proxy_log.h - what the log says of a request that is forwarded: why, to how many, by which branches, and which of
 * them has won.
 *
 *     event=forwarded call=... why="user is registered" rule="RFC 3261 16.5" targets=3 groups=2
 *                     with trunk= where it came from one, and route= and line= of the section that it goes by
 *     event=branch    call=... branch=1 group=1 uri=sip:bob@192.0.2.3 why=registered rule="RFC 3261 16.5"
 *     event=answered  call=... status=200 branch=1 branches=2 why="the first 2xx is the answer"
 *
 * Of one that has a single target the last two are said at level debug: there is nothing to choose. */

#ifndef SERVER_PROXY_LOG_H
#define SERVER_PROXY_LOG_H

#include "server/proxy_context.h"

/* Before anything is sent; p->decision says why. */
void proxy_log_forward(struct server *s, const struct passage *p, unsigned targets, unsigned groups);

/* Branch number `index` goes to `t`. */
void proxy_log_branch(const struct context *c, const struct passage *p, unsigned index, const struct route_target *t);

/* The final response of a branch goes up. */
void proxy_log_answer(const struct context *c, unsigned branch, unsigned status);

/* A 2xx to an INVITE that has had one, when all its branches have ended. */
void proxy_log_late(struct server *s, const struct message *response);

#endif
