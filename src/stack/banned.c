/* SPDX-License-Identifier: BSD-2-Clause */
/* What a stack does with those who are banned (bans.h): it hears nothing of them. */
#include "stack/internal.h"

bool banned_datagram(struct stack *s, const struct address *from, struct slice bytes)
{
    if (s->config.bans == NULL || !bans_hit(s->config.bans, from, &bytes))
        return false;
    counter_add(&s->world->counters.bans_dropped, 1);
    return true;
}

bool banned_caller(struct stack *s, const struct address *from)
{
    if (s->config.bans == NULL || !bans_hit(s->config.bans, from, NULL))
        return false;
    counter_add(&s->world->counters.ban_connections_refused, 1);
    return true;
}

bool banned_since(struct connection *c)
{
    struct stack *s = c->stack;
    unsigned      generation;

    if (s->config.bans == NULL)
        return false;
    generation = bans_generation(s->config.bans);
    if (c->bans_seen == generation)
        return false;
    c->bans_seen = generation;
    if (!bans_hit(s->config.bans, &c->flow.remote, NULL))
        return false;
    counter_add(&s->world->counters.ban_connections_closed, 1);
    return true;
}

void stack_close_banned(struct stack *s)
{
    struct connection *c;

    if (s->config.bans == NULL || s->bans_seen == bans_generation(s->config.bans))
        return;
    s->bans_seen = bans_generation(s->config.bans);
    for (uint32_t at = 0; (c = id_next(&s->connection_ids, &at)) != NULL;)
        if (banned_since(c))
            connection_close(c);
}
