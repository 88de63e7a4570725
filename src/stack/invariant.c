/* SPDX-License-Identifier: BSD-2-Clause */
#include "stack/internal.h"

#include "sip/peek.h"

/* An id that leads to another object, or a state that is none, would make us act upon
 * somebody else's call; a link without its list would be followed into nowhere. */

static struct suspect suspect(struct stack *s, object_id id, struct slice call_id)
{
    return (struct suspect){ s->world->log, &s->world->counters.broken_invariants, id, call_id };
}

bool server_txn_is_sound(const struct server_txn *t)
{
    bool known = t->is_invite ? t->machine.ist.state <= IST_TERMINATED : t->machine.nist.state <= NIST_TERMINATED;

    return known && id_find(&t->stack->server_ids, t->id) == t;
}

struct suspect server_txn_suspect(const struct server_txn *t)
{
    return suspect(t->stack, t->id,
                   t->request != NULL ? t->request->call_id
                                      : peek_message((struct slice){ t->response, t->response_len }).call_id);
}

bool client_txn_is_sound(const struct client_txn *t)
{
    bool runs  = t->kind != CLIENT_STATELESS && t->started;
    bool known = !runs || (t->kind == CLIENT_INVITE ? t->machine.ict.state <= ICT_TERMINATED
                                                    : t->machine.nict.state <= NICT_TERMINATED);

    return known && t->kind <= CLIENT_STATELESS && id_find(&t->stack->client_ids, t->id) == t;
}

struct suspect client_txn_suspect(const struct client_txn *t)
{
    return suspect(t->stack, t->id, peek_message((struct slice){ t->wire, t->wire_len }).call_id);
}

bool connection_is_sound(const struct connection *c, const struct channel *channel)
{
    return c->channel == channel && c->flow.connection == c->id && id_find(&c->stack->connection_ids, c->id) == c;
}

struct suspect connection_suspect(const struct connection *c)
{
    return suspect(c->stack, c->id, SLICE(""));
}
