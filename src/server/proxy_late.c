/* SPDX-License-Identifier: BSD-2-Clause */
/* What is left of a forwarded INVITE that has its 2xx, when all its branches have ended: more 2xx
 * may come for as long as the transactions live, repeated by a phone or of another fork behind it,
 * and each goes up (RFC 6026 7.3).  For that the client transaction alone is enough, which names the
 * server transaction and on which side that is; the context goes when the call begins, and not half
 * a minute later. */
#include "server/identity.h"
#include "server/proxy_context.h"
#include "server/proxy_log.h"

static void on_late(const struct client_user *u, object_id txn, enum client_event event, struct message *response,
                    int detail)
{
    struct server         *s = u->self;
    char                   memory[IDENTITY_TEXT];
    struct buf             text = BUF_ON(memory);
    struct identity_change identity;
    struct gather          g;

    (void)txn;
    (void)detail;
    if (event != CLIENT_RESPONSE || response->status / 100 != 2)
        return;
    proxy_log_late(s, response);
    identity = identity_of_response(s, (enum identity_side)u->index, response, &text);
    gather_init(&g);
    if (forward_response(&g, response, NULL, 0, &identity))
        stack_respond(s->stack, u->owner, response->status, &g);
}

void proxy_let_go(struct context *c)
{
    struct client_user late = { .fn = on_late, .self = c->server, .owner = c->txn, .index = (unsigned)c->upstream };

    for (unsigned i = 0; i < c->rc.count; i++) {
        if (c->rc.branches[i].status / 100 != 2)
            continue;
        stack_retell(c->server->stack, c->branches[i].client, &late);
        c->branches[i].client = 0; /* not to be forgotten with the others */
    }
    context_free(c);
}
