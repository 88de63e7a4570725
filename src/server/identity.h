/* SPDX-License-Identifier: BSD-2-Clause */
/* identity.h - who asks, as those hear it who may know (route/identity.h), and what can be kept from others
 * (route/privacy.h).
 *
 *     passage_open      identity_open      a trunk that is trusted, or somebody whose word counts for nothing
 *     decide            identity_admits    who has proved himself is asserted; 500 for privacy that there is not
 *     each copy         identity_of_copy   what its receiver is told
 *     each response     identity_of_answer what the caller is told of who answers */

#ifndef SERVER_IDENTITY_H
#define SERVER_IDENTITY_H

#include "server/proxy_context.h"

/* What is known without asking anybody: after p->trunk and p->of_our_dialog. */
void identity_open(struct server *s, struct passage *p);

/* Before it is forwarded.  False: it has been answered, or waits for what is known of its sender.  `edge`: the servers
 * of the phone's domain see to all that. */
bool identity_admits(struct server *s, struct passage *p, bool edge);

/* For what is sent later. */
void identity_keep(struct context *c, const struct passage *p);
/* As it was kept, for the same passage once more. */
void identity_keep_on(const struct context *c, struct passage *p);

/* What the copy for this branch tells of the sender. */
struct identity_change identity_of_copy(struct server *s, const struct passage *p, const struct branch_plan *plan,
                                        const struct forward_target *copy);

/* What the caller, who is `upstream`, is told of who has answered; `text` is for what is written for it. */
struct identity_change identity_of_response(struct server *s, enum identity_side upstream,
                                            const struct message *response, struct buf *text);
struct identity_change identity_of_answer(const struct context *c, const struct message *response, struct buf *text);

#endif
