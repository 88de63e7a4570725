/* SPDX-License-Identifier: BSD-2-Clause */
/* A host that is slower than what comes. */
#include "support/world_fake_private.h"

enum {
    READ_AT_ONCE = 16,  /* datagrams in a turn                                   */
    UNREAD_MORE  = 768, /* bytes that the kernel takes for a datagram besides its own */
};

void host_set_slow(struct host *h, msec per_send, size_t room)
{
    h->per_send = per_send;
    h->room     = room;
}

bool slow_takes(struct fake_world *w, size_t bytes)
{
    if (w->host->per_send == 0)
        return true;
    if (w->unread + bytes + UNREAD_MORE > w->host->room) {
        w->world.backlog.lost++;
        return false;
    }
    w->unread += bytes + UNREAD_MORE;
    return true;
}

void slow_read(struct fake_world *w)
{
    unsigned count = 0;

    while (!list_empty(&w->inbox) && (w->host->per_send == 0 || count++ < READ_AT_ONCE)) {
        struct event *e     = CONTAINER_OF(list_shift(&w->inbox), struct event, link);
        size_t        bytes = e->packet.bytes.len + UNREAD_MORE;

        w->unread -= bytes < w->unread ? bytes : w->unread;
        list_append(&w->batch, &e->link);
    }
    if (list_empty(&w->inbox))
        w->unread_since = 0;
    else if (w->unread_since == 0)
        w->unread_since = w->network->now;
}

static msec sends(const struct fake_world *w)
{
    const struct packet *last  = NULL;
    msec                 count = 0;

    LIST_EACH (l, &w->outgoing) {
        const struct packet *p = &CONTAINER_OF(l, struct event, link)->packet;

        if (last == NULL || last->bytes.len != p->bytes.len || !address_eq(&last->to, &p->to))
            count++;
        last = p;
    }
    return count;
}

void slow_end(struct fake_world *w)
{
    struct backlog *b   = &w->world.backlog;
    msec            now = w->network->now;

    if (w->host->per_send == 0)
        return;
    w->free_at = now + sends(w) * w->host->per_send;
    if (now - w->looked_at < OVERLOAD_LOOK)
        return;
    w->looked_at = now;
    b->looks++;
    b->waited = w->unread_since == 0 ? 0 : now - w->unread_since;
    b->bytes  = w->unread;
}
