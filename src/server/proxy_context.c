/* SPDX-License-Identifier: BSD-2-Clause */
#include "server/proxy_context.h"

#include "server/identity.h"

#include <stdlib.h>

/* With what the table that finds it takes for it. */
static const size_t CONTEXT_SIZE = sizeof(struct context) + sizeof(struct id_slot);

void context_free(struct context *c)
{
    struct server *s = c->server;

    world_timer_stop(s->world, &c->timer);
    for (unsigned i = 0; i < c->rc.count; i++) {
        stack_forget(s->stack, c->branches[i].client);
        message_drop(c->branches[i].response);
    }
    message_drop(c->request);
    snapshot_drop(c->snapshot);
    free(c->instead);
    proxy_groups_drop(c);
    free(c->asserted);
    free(c->asked);
    free(c->caller);
    id_remove(&s->contexts, c->id);
    gauge_set(&s->world->counters.contexts, s->contexts.used);
    world_give(s->world, ACCOUNT_CONTEXTS, CONTEXT_SIZE + (c->fork != NULL ? sizeof *c->fork : 0));
    pool_give(&s->world->pool, c->fork, sizeof *c->fork);
    pool_give(&s->world->pool, c, sizeof *c);
}

struct context *context_new(struct server *s, const struct passage *p)
{
    struct context *c = pool_take_zero(&s->world->pool, sizeof *c);

    if (c == NULL)
        return NULL;
    if (p->instead.len > 0)
        c->instead = strndup(p->instead.ptr, p->instead.len);
    if (p->instead.len == 0 || c->instead != NULL)
        c->id = id_add(&s->contexts, c);
    if (c->id == 0) {
        free(c->instead);
        pool_give(&s->world->pool, c, sizeof *c);
        return NULL;
    }
    gauge_set(&s->world->counters.contexts, s->contexts.used);
    world_take(s->world, ACCOUNT_CONTEXTS, CONTEXT_SIZE);
    c->server   = s;
    c->snapshot = snapshot_hold(s->snapshot);
    c->txn      = p->txn;
    c->request  = message_hold(p->request);
    identity_keep(c, p);
    stack_server_set_owner(s->stack, c->txn, c->id);
    rc_init(&c->rc, p->request->method == METHOD_INVITE, s->config->timer_c, 64 * s->config->t1);
    rc_room(&c->rc, &c->rc_first, 1);
    c->branches = &c->first;
    return c;
}

void context_make_room(struct context *c)
{
    struct server *s = c->server;

    if (c->rc.count < c->rc.room || c->fork != NULL)
        return;
    c->fork = pool_take_zero(&s->world->pool, sizeof *c->fork);
    if (c->fork == NULL)
        return;
    world_take(s->world, ACCOUNT_CONTEXTS, sizeof *c->fork);
    rc_room(&c->rc, c->fork->rc, LIMIT_BRANCHES);
    c->fork->branches[0] = c->first;
    c->branches          = c->fork->branches;
}

void proxy_free_all(struct server *s)
{
    struct context *c;

    for (uint32_t at = 0; (c = id_next(&s->contexts, &at)) != NULL;)
        context_free(c);
}

struct context *context_of(struct server *s, object_id txn)
{
    return id_find(&s->contexts, stack_server_owner(s->stack, txn));
}

bool proxy_open_again(const struct context *c, struct passage *p)
{
    if (c->request == NULL || !passage_open(c->server, 0, c->request, p))
        return false;
    if (c->instead != NULL)
        passage_redirect(c->server, p, slice_from(c->instead));
    identity_keep_on(c, p);
    return true;
}
