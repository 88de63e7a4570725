/* SPDX-License-Identifier: BSD-2-Clause */
#include "server/held.h"

#include "server/internal.h"

bool held_begin(struct held *h, struct server *s, object_id txn, struct message *request, void (*drop)(struct held *h))
{
    if (s->held_count >= REQUESTS_HELD)
        return false;
    *h = (struct held){ .server = s, .txn = txn, .request = message_hold(request), .drop = drop };
    list_append(&s->held, &h->link);
    gauge_set(&s->world->counters.requests_held, ++s->held_count);
    return true;
}

void held_end(struct held *h)
{
    list_unlink(&h->link);
    gauge_set(&h->server->world->counters.requests_held, --h->server->held_count);
    message_drop(h->request);
}

bool held_cancel(struct server *s, object_id invite)
{
    static const struct reason cancelled = { "cancelled while it was being looked up", "RFC 3261 9.2" };

    LIST_EACH (l, &s->held) {
        struct held *h = CONTAINER_OF(l, struct held, link);

        if (h->txn != invite)
            continue;
        answer(s, invite, 487, &cancelled);
        h->drop(h);
        return true;
    }
    return false;
}

void held_drop_all(struct server *s)
{
    while (!list_empty(&s->held)) {
        struct held *h = CONTAINER_OF(s->held.next, struct held, link);

        h->drop(h);
    }
}
