/* SPDX-License-Identifier: BSD-2-Clause */
/* Flows that somebody is reached by and that end: their user is told, in a turn of its own, since a
 * connection may end while he is half-way through something. */
#include "stack/internal.h"

#include <stdlib.h>

enum { LEAST_GRACE = 10 * 1000 };

struct ended_flow {
    struct link link; /* in stack->ended_flows */
    struct flow flow;
    unsigned    count;
    uint64_t    keys[CONNECTION_KEPT];
};

static void tell_one(struct stack *s, struct ended_flow *e)
{
    for (unsigned i = 0; i < e->count && s->on_flow_end != NULL; i++)
        s->on_flow_end(s->flow_end_user, &e->flow, e->keys[i]);
    world_give(s->world, ACCOUNT_CONNECTIONS, sizeof *e);
    free(e);
}

static void on_ended(struct timer *timer, msec now)
{
    struct stack *s = CONTAINER_OF(timer, struct stack, ended_timer);
    struct link  *l;

    (void)now;
    while ((l = list_shift(&s->ended_flows)) != NULL)
        tell_one(s, CONTAINER_OF(l, struct ended_flow, link));
}

static unsigned take_keys(const struct connection *c, uint64_t keys[CONNECTION_KEPT])
{
    unsigned count = 0;

    for (unsigned i = 0; i < CONNECTION_KEPT; i++)
        if (c->kept[i].until > world_now(c->stack->world))
            keys[count++] = c->kept[i].key;
    return count;
}

void flow_end_note(struct connection *c)
{
    struct stack      *s = c->stack;
    uint64_t           keys[CONNECTION_KEPT];
    unsigned           count = s->on_flow_end != NULL ? take_keys(c, keys) : 0;
    struct ended_flow *e     = count > 0 ? malloc(sizeof *e) : NULL;

    if (e == NULL)
        return;
    world_take(s->world, ACCOUNT_CONNECTIONS, sizeof *e);
    *e = (struct ended_flow){ .flow = c->flow, .count = count };
    memcpy(e->keys, keys, count * sizeof keys[0]);
    list_append(&s->ended_flows, &e->link);
    world_timer(s->world, &s->ended_timer, on_ended, world_now(s->world));
}

void flow_end_forget(struct stack *s)
{
    s->on_flow_end = NULL;
    world_timer_stop(s->world, &s->ended_timer);
    on_ended(&s->ended_timer, 0);
}

void stack_on_flow_end(struct stack *s, stack_flow_end_fn *fn, void *user)
{
    s->on_flow_end   = fn;
    s->flow_end_user = user;
}

/* ---- silence ---- */

void connection_expect(struct connection *c, msec silence)
{
    c->silence  = silence;
    c->heard_at = world_now(c->stack->world);
    connection_touch(c);
}

void stack_expect_signs(struct stack *s, const struct flow *flow, msec interval)
{
    struct connection *c       = id_find(&s->connection_ids, flow->connection);
    msec               grace   = interval / 4 > LEAST_GRACE ? interval / 4 : LEAST_GRACE;
    msec               silence = interval > 0 ? interval + grace : 0;

    if (flow->transport != TRANSPORT_TCP && flow->transport != TRANSPORT_TLS)
        return;
    if (c != NULL)
        connection_expect(c, silence);
    else if (handover_is_foreign(s, flow))
        handover_expect(s, flow->connection, silence);
}
