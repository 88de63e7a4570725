/* SPDX-License-Identifier: BSD-2-Clause */
#include "stack/internal.h"

static struct peer *find(struct stack *s, const struct address *remote)
{
    struct table_link *l = table_first(&s->peers, address_hash(s, TRANSPORT_UDP, remote));

    for (; l != NULL; l = table_next(l)) {
        struct peer *p = CONTAINER_OF(l, struct peer, link);

        if (address_eq(&p->remote, remote))
            return p;
    }
    return NULL;
}

static struct peer *find_or_make(struct stack *s, const struct address *remote)
{
    struct peer *p = find(s, remote);

    if (p != NULL)
        return p;
    p = pool_take_zero(&s->world->pool, sizeof *p);
    if (p == NULL)
        return NULL;
    world_take(s->world, ACCOUNT_CLIENT_TRANSACTIONS, sizeof *p + INDEX_ENTRY);
    p->remote = *remote;
    list_init(&p->waiting);
    table_insert(&s->peers, &p->link, address_hash(s, TRANSPORT_UDP, remote));
    return p;
}

void peer_watch(struct client_txn *t)
{
    t->peer = find_or_make(t->stack, &t->flow.remote);
    if (t->peer != NULL)
        list_append(&t->peer->waiting, &t->on_peer);
}

void peer_unwatch(struct client_txn *t)
{
    struct peer *p = t->peer;

    if (p == NULL)
        return;
    t->peer = NULL;
    list_unlink(&t->on_peer);
    if (!list_empty(&p->waiting))
        return;
    table_remove(&t->stack->peers, &p->link);
    world_give(t->stack->world, ACCOUNT_CLIENT_TRANSACTIONS, sizeof *p + INDEX_ENTRY);
    pool_give(&t->stack->world->pool, p, sizeof *p);
}

void peer_error(struct stack *s, const struct address *remote, int error)
{
    struct peer *p = find(s, remote);

    if (p == NULL)
        return;
    /* They act upon it in the next turn, so the list stays as it is. */
    LIST_EACH (l, &p->waiting) {
        struct client_txn *t = CONTAINER_OF(l, struct client_txn, on_peer);

        if (oversize_concerns(t, error))
            client_txn_transport_error(t, error);
    }
}
