/* SPDX-License-Identifier: BSD-2-Clause */
/* Whom an ICMP error concerns: client transactions that wait for a first sign of life from one UDP
 * address are in one of some hundred lists, by a hash of it, together with those for whom chance has
 * picked the same.  An error is rare and walks the list; each request that is sent only enters and
 * leaves it, which needs no memory of its own. */
#include "stack/internal.h"

/* Not by a key: a list of many addresses that were picked for it is no longer than one of as many requests for one
 * address, and 200 of a call's instructions are spared. */
static struct link *list_of(struct stack *s, const struct address *remote)
{
    uint64_t words[2];

    address_words(remote, words);
    words[0] = (words[0] + remote->port) * 0x9e3779b97f4a7c15u ^ words[1];
    return &s->peers[(words[0] * 0x9e3779b97f4a7c15u >> 32) % PEER_LISTS];
}

void peers_init(struct stack *s)
{
    for (unsigned i = 0; i < PEER_LISTS; i++)
        list_init(&s->peers[i]);
}

void peer_watch(struct client_txn *t)
{
    list_append(list_of(t->stack, &t->flow.remote), &t->on_peer);
}

void peer_unwatch(struct client_txn *t)
{
    list_unlink(&t->on_peer);
}

void peer_error(struct stack *s, const struct address *remote, int error)
{
    /* They act upon it in the next turn, so the list stays as it is. */
    LIST_EACH (l, list_of(s, remote)) {
        struct client_txn *t = CONTAINER_OF(l, struct client_txn, on_peer);

        if (address_eq(&t->flow.remote, remote) && oversize_concerns(t, error))
            client_txn_transport_error(t, error);
    }
}
