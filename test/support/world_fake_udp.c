/* SPDX-License-Identifier: BSD-2-Clause */
#include "support/world_fake_private.h"

#include <stdlib.h>

enum { UDP_PAYLOAD = 65507 }; /* 65535 less the IP and UDP headers */

struct udp {
    struct link              link; /* in world->udps */
    struct fake_world       *world;
    struct address           local;
    const struct udp_events *events;
    void                    *owner;
    bool                     gets_all;
};

/* ---- sockets ---- */

static struct udp *socket_hearing(const struct fake_world *w, const struct address *address)
{
    LIST_EACH (l, &w->udps) {
        struct udp *u = CONTAINER_OF(l, struct udp, link);

        if (address_hears(&u->local, address))
            return u;
    }
    return NULL;
}

/* Sockets on this host that hear `address`: binding lets there be only one, or one for
 * each worker of a process.  Number `index` of them, or NULL. */
static struct udp *nth_socket(const struct host *h, const struct address *address, unsigned index)
{
    LIST_EACH (w, &h->network->worlds) {
        struct fake_world *world = CONTAINER_OF(w, struct fake_world, link);
        struct udp        *u     = world->host == h ? socket_hearing(world, address) : NULL;

        if (u != NULL && index-- == 0)
            return u;
    }
    return NULL;
}

static struct udp *find_socket(const struct host *h, const struct packet *p, const struct address *address)
{
    unsigned    count = 0;
    struct udp *u;

    for (; (u = nth_socket(h, address, count)) != NULL; count++)
        if (u->gets_all)
            return u;
    return count == 0 ? NULL : nth_socket(h, address, host_spread(h, p, count));
}

static bool udp_taken(const struct fake_world *w, const struct address *local)
{
    LIST_EACH (other, &w->network->worlds) {
        struct fake_world *world = CONTAINER_OF(other, struct fake_world, link);

        if (!fake_worlds_compete(w, world))
            continue;
        LIST_EACH (l, &world->udps) {
            const struct udp *u = CONTAINER_OF(l, struct udp, link);

            if (address_hears(&u->local, local) || address_hears(local, &u->local))
                return true;
        }
    }
    return false;
}

int fake_udp_open(struct world *world, const struct address *local, const struct udp_events *events, void *owner,
                  struct udp **out)
{
    struct fake_world *w     = fake_of(world);
    struct address     bound = *local;
    int                error = fake_bind(w, &bound, udp_taken);
    struct udp        *u;

    if (error != 0)
        return error;
    u         = alloc_new(sizeof *u);
    u->world  = w;
    u->local  = bound;
    u->events = events;
    u->owner  = owner;
    list_append(&w->udps, &u->link);
    *out = u;
    return 0;
}

struct address fake_udp_local(const struct udp *u)
{
    return u->local;
}

int fake_udp_steer(struct udp *u, bool here)
{
    u->gets_all = here;
    return 0;
}

void fake_udp_close(struct udp *u)
{
    fake_forget(u->world, u);
    if (u->world->delivering == u)
        u->world->delivering = NULL;
    list_unlink(&u->link);
    free(u);
}

void fake_udp_fini(struct fake_world *w)
{
    while (!list_empty(&w->udps))
        fake_udp_close(CONTAINER_OF(w->udps.next, struct udp, link));
}

/* ---- receiving ---- */

static void deliver_datagram(struct fake_world *w, struct event *e);

/* What comes in one turn, with nothing between, comes together. */
static bool has_more(const struct fake_world *w, const struct udp *u)
{
    const struct event *next = list_empty(&w->batch) ? NULL : CONTAINER_OF(w->batch.next, struct event, link);

    return next != NULL && next->handle == u && next->deliver == deliver_datagram;
}

static void deliver_datagram(struct fake_world *w, struct event *e)
{
    struct udp     *u = (struct udp *)(uintptr_t)e->handle;
    struct datagram d = { .remote = e->packet.from, .local = e->packet.to, .bytes = e->packet.bytes };

    packet_show(w->network, &e->packet, PACKET_ARRIVED);
    w->delivering = u;
    u->events->on_datagram(u->owner, u, &d);
    if (w->delivering == u && u->events->on_batch_end != NULL && !has_more(w, u))
        u->events->on_batch_end(u->owner, u);
    w->delivering = NULL;
}

static void deliver_error(struct fake_world *w, struct event *e)
{
    struct udp *u = (struct udp *)(uintptr_t)e->handle;

    (void)w;
    if (u->events->on_error != NULL)
        u->events->on_error(u->owner, u, &e->packet.to, e->error);
}

/* An ICMP message is back at the host that sent the datagram. */
static void icmp_arrives(struct network *n, struct event *e)
{
    struct udp *u = e->packet.from_host->down ? NULL : find_socket(e->packet.from_host, &e->packet, &e->packet.from);

    (void)n;
    if (u == NULL)
        event_free(e);
    else
        event_to_inbox(u->world, e, u, deliver_error);
}

static void icmp_back(struct network *n, struct event *e, const struct path *path, int error)
{
    if (path->cut || network_chance(n, path->loss)) {
        event_free(e);
        return;
    }
    e->error = error;
    event_schedule(n, e, n->now + path_transit(n, path), e->packet.from_host, icmp_arrives);
}

static void datagram_arrives(struct network *n, struct event *e)
{
    const struct host *to   = e->packet.to_host;
    struct path        back = network_path(n, to, e->packet.from_host);
    struct udp        *u;

    if (to->down) {
        packet_show(n, &e->packet, PACKET_LOST);
        event_free(e);
        return;
    }
    u = find_socket(to, &e->packet, &e->packet.to);
    if (u != NULL && !slow_takes(u->world, e->packet.bytes.len)) {
        packet_show(n, &e->packet, PACKET_LOST);
        event_free(e);
        return;
    }
    if (u != NULL) {
        event_to_inbox(u->world, e, u, deliver_datagram);
        return;
    }
    packet_show(n, &e->packet, PACKET_REFUSED);
    icmp_back(n, e, &back, -ERR_REFUSED);
}

/* Nobody has the address: the last router says so. */
static void datagram_strays(struct network *n, struct event *e)
{
    struct path back = network_path(n, NULL, e->packet.from_host);

    packet_show(n, &e->packet, PACKET_LOST);
    icmp_back(n, e, &back, -ERR_UNREACHABLE);
}

/* ---- sending ---- */

static struct address source_address(const struct udp *u, const struct address *from, const struct address *to)
{
    struct address source = u->local;

    if (!address_is_any(&u->local))
        return source;
    if (from != NULL && !address_is_any(from) && from->family != FAMILY_NONE)
        source = *from;
    else if (host_has(u->world->host, to))
        source = *to;
    else
        source = host_address(u->world->host, (enum family)u->local.family);
    source.port = u->local.port;
    return source;
}

int fake_udp_send(struct udp *u, const struct address *from, const struct address *to, const struct slice *parts,
                  size_t count)
{
    struct fake_world *w    = u->world;
    size_t             size = 0, at = 0;
    struct event      *e;

    for (size_t i = 0; i < count; i++)
        size += parts[i].len;
    if (size > UDP_PAYLOAD)
        return -ERR_TOO_LARGE;
    if (address_is_any(&u->local) && from != NULL && from->family != FAMILY_NONE && !address_is_any(from) &&
        !host_has(w->host, from))
        return -ERR_NO_ADDRESS;
    if (w->outgoing_count == SENDS_PER_TURN)
        return -ERR_LIMIT;
    e = event_new(w->network, size);
    for (size_t i = 0; i < count; i++) {
        if (parts[i].len > 0)
            memcpy(e->bytes + at, parts[i].ptr, parts[i].len);
        at += parts[i].len;
    }
    e->packet.from      = source_address(u, from, to);
    e->packet.to        = *to;
    e->packet.from_host = w->host;
    e->packet.to_host   = address_is_loopback(to) ? w->host : network_find_host(w->network, to);
    if (network_refuses(w->network, &e->packet)) {
        event_free(e);
        return -ERR_LIMIT;
    }
    list_append(&w->outgoing, &e->link);
    w->outgoing_count++;
    return 0;
}

void fake_udp_flush(struct fake_world *w)
{
    struct link *l;

    while ((l = list_shift(&w->outgoing)) != NULL)
        datagram_route(w->network, CONTAINER_OF(l, struct event, link), datagram_arrives, datagram_strays);
    w->outgoing_count = 0;
}
