/* SPDX-License-Identifier: BSD-2-Clause */
#include "stack/internal.h"

#include "base/error.h"

static const struct slice ping = SLICE_INIT("\r\n\r\n");

static int ask(struct stack *s, struct connection *c)
{
    int error;

    if (c->flow.transport == TRANSPORT_WS || c->flow.transport == TRANSPORT_WSS)
        return 0; /* the channel sends pings of its own */
    if (c->asked && c->answers_asking) {
        connection_close(c);
        return -ERR_CLOSED;
    }
    error = transport_send(s, &c->flow, &ping, 1);
    if (error != 0)
        return error;
    c->asked = true;
    connection_touch(c); /* it is in use */
    return 0;
}

int stack_keep_alive(struct stack *s, const struct flow *flow)
{
    struct connection *c = id_find(&s->connection_ids, flow->connection);

    if (c != NULL)
        return ask(s, c);
    return transport_send(s, flow, &ping, 1);
}

void stack_moved(struct stack *s, const struct flow *flow)
{
    struct connection *c = id_find(&s->connection_ids, flow->connection);

    if (c != NULL)
        connection_close(c);
    memset(s->sources, 0, sizeof s->sources);
    if (flow->local.family != FAMILY_NONE)
        s->gone[s->gone_count++ % GONE_ADDRESSES] = flow->local;
}
