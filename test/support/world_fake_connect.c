/* SPDX-License-Identifier: BSD-2-Clause */
#include "support/world_fake_stream.h"

#include <stdlib.h>

enum { CONNECT_TIMEOUT = 10000, SYN_RESEND = 1000 };

struct listener {
    struct link        link; /* in world->listeners */
    struct fake_world *world;
    struct address     local;
    accept_fn         *on_accept;
    void              *owner;
};

/* ---- opening ---- */

static void deliver_open(struct fake_world *w, struct event *e)
{
    struct stream *s = e->connection->end[e->side];

    (void)w;
    s->events->on_open(s->owner, s);
}

static void open_arrives(struct network *n, struct event *e)
{
    struct connection *c = e->connection;
    struct stream     *s = c->end[0];

    (void)n;
    if (s == NULL || s->closed) {
        event_free(e);
        return;
    }
    c->established = true;
    event_to_inbox(s->world, e, s, deliver_open);
    pump(c, 0);
}

static void deliver_accept(struct fake_world *w, struct event *e)
{
    struct listener            *l = (struct listener *)(uintptr_t)e->handle;
    struct connection          *c = e->connection;
    const struct stream_events *events;
    struct stream              *s     = c->end[1];
    void                       *owner = NULL;

    (void)w;
    events = l->on_accept(l->owner, l, s, &owner);
    if (events == NULL) {
        close_pipe(c, 1, -ERR_RESET);
        end_free(s);
        return;
    }
    s->events = events;
    s->owner  = owner;
}

static struct listener *listener_hearing(const struct fake_world *w, const struct address *address)
{
    LIST_EACH (l, &w->listeners) {
        struct listener *candidate = CONTAINER_OF(l, struct listener, link);

        if (address_hears(&candidate->local, address))
            return candidate;
    }
    return NULL;
}

/* Number `index` of those on this host that hear `address`, or NULL: see nth_socket. */
static struct listener *nth_listener(const struct host *h, const struct address *address, unsigned index)
{
    LIST_EACH (w, &h->network->worlds) {
        struct fake_world *world = CONTAINER_OF(w, struct fake_world, link);
        struct listener   *l     = world->host == h ? listener_hearing(world, address) : NULL;

        if (l != NULL && index-- == 0)
            return l;
    }
    return NULL;
}

static struct listener *find_listener(const struct connection *c)
{
    const struct host *h     = c->host[1];
    struct packet      p     = { .is_stream = true, .from = c->address[0], .to = c->address[1] };
    unsigned           count = 0;

    while (nth_listener(h, &c->address[1], count) != NULL)
        count++;
    return count == 0 ? NULL : nth_listener(h, &c->address[1], host_spread(h, &p, count));
}

static void syn_arrives(struct network *n, struct event *e)
{
    struct connection *c = e->connection;
    struct path        path;
    msec               transit = transit_to(c, 0, &path);
    struct listener   *l;
    struct event      *back;

    if (c->end[0] == NULL || path.cut) { /* the caller's own timeout ends it */
        event_free(e);
        return;
    }
    l    = find_listener(c);
    back = connection_event(c, 0, 0);
    if (l == NULL) {
        back->error = -ERR_REFUSED;
        event_schedule(n, back, n->now + transit, c->host[1], close_arrives);
        event_free(e);
        return;
    }
    end_new(c, 1, l->world);
    c->pipe[1].last_arrival = n->now + transit; /* nothing overtakes the answer */
    event_schedule(n, back, n->now + transit, c->host[1], open_arrives);
    event_to_inbox(l->world, e, l, deliver_accept);
}

static void syn_send(struct network *n, struct event *e)
{
    struct connection *c = e->connection;
    struct path        path;
    msec               transit = transit_to(c, 1, &path);

    if (c->end[0] == NULL || c->end[0]->closed) {
        event_free(e);
        return;
    }
    if (path.cut || network_chance(n, path.loss))
        event_schedule(n, e, n->now + ((msec)SYN_RESEND << c->syn_tries++), c->host[0], syn_send);
    else
        event_schedule(n, e, n->now + transit, c->host[0], syn_arrives);
}

static void connect_timeout(struct network *n, struct event *e)
{
    struct stream *s = e->connection->end[0];

    (void)n;
    if (s == NULL || e->connection->established) {
        event_free(e);
        return;
    }
    e->error = -ERR_TIMEOUT;
    end_closes(e);
}

static void connect_fails(struct network *n, struct event *e)
{
    (void)n;
    end_closes(e);
}

int fake_connect(struct world *world, const struct address *remote, const struct stream_events *events, void *owner,
                 struct stream **out)
{
    struct fake_world *w     = fake_of(world);
    struct network    *n     = w->network;
    struct host       *to    = address_is_loopback(remote) ? w->host : network_find_host(n, remote);
    struct address     local = to == w->host ? *remote : host_address(w->host, (enum family)remote->family);
    struct connection *c;
    struct stream     *s;
    struct event      *timeout;

    if (local.family == FAMILY_NONE)
        return -ERR_UNREACHABLE;
    local.port      = host_next_port(w->host);
    c               = fake_connection_new(n);
    c->host[0]      = w->host;
    c->host[1]      = to;
    c->address[0]   = local;
    c->address[1]   = *remote;
    s               = end_new(c, 0, w);
    s->events       = events;
    s->owner        = owner;
    timeout         = connection_event(c, 0, 0);
    timeout->handle = s;
    if (to == NULL) {
        timeout->error = -ERR_UNREACHABLE;
        event_schedule(n, timeout, n->now + 1, w->host, connect_fails);
    } else {
        event_schedule(n, timeout, n->now + CONNECT_TIMEOUT, w->host, connect_timeout);
        event_schedule(n, connection_event(c, 1, 0), n->now, w->host, syn_send);
    }
    *out = s;
    return 0;
}

/* ---- listening ---- */

static bool listener_taken(const struct fake_world *w, const struct address *local)
{
    LIST_EACH (other, &w->network->worlds) {
        struct fake_world *world = CONTAINER_OF(other, struct fake_world, link);

        if (!fake_worlds_compete(w, world))
            continue;
        LIST_EACH (l, &world->listeners) {
            const struct listener *bound = CONTAINER_OF(l, struct listener, link);

            if (address_hears(&bound->local, local) || address_hears(local, &bound->local))
                return true;
        }
    }
    return false;
}

int fake_listen(struct world *world, const struct address *local, accept_fn *on_accept, void *owner,
                struct listener **out)
{
    struct fake_world *w     = fake_of(world);
    struct address     bound = *local;
    int                error = fake_bind(w, &bound, listener_taken);
    struct listener   *l;

    if (error != 0)
        return error;
    l            = alloc_new(sizeof *l);
    l->world     = w;
    l->local     = bound;
    l->on_accept = on_accept;
    l->owner     = owner;
    list_append(&w->listeners, &l->link);
    *out = l;
    return 0;
}

struct address fake_listener_local(const struct listener *l)
{
    return l->local;
}

/* What waits to be accepted is reset. */
static void reset_waiting(struct listener *l)
{
    LIST_EACH_SAFE (at, &l->world->streams) {
        struct stream *s = CONTAINER_OF(at, struct stream, link);

        if (s->side == 1 && s->events == NULL && address_hears(&l->local, &s->connection->address[1])) {
            close_pipe(s->connection, 1, -ERR_RESET);
            end_free(s);
        }
    }
}

void fake_listener_close(struct listener *l)
{
    fake_forget(l->world, l);
    list_unlink(&l->link);
    reset_waiting(l);
    free(l);
}

void fake_listeners_fini(struct fake_world *w)
{
    while (!list_empty(&w->listeners))
        fake_listener_close(CONTAINER_OF(w->listeners.next, struct listener, link));
}
