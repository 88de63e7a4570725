/* SPDX-License-Identifier: BSD-2-Clause */
#include "support/world_fake_stream.h"

#include <stdlib.h>

enum {
    RESEND_FIRST = 200, /* doubles with every loss ...   */
    RESEND_TRIES = 9,   /* ... and gives up after 100 s  */
};

/* ---- connections ---- */

struct connection *fake_connection_new(struct network *n)
{
    struct connection *c = alloc_new(sizeof *c);

    c->network = n;
    list_init(&c->pipe[0].sendings);
    list_init(&c->pipe[1].sendings);
    list_append(&n->connections, &c->link);
    return c;
}

void connection_drop(struct connection *c)
{
    if (--c->holders > 0)
        return;
    for (unsigned side = 0; side < 2; side++) {
        struct link *l;

        while ((l = list_shift(&c->pipe[side].sendings)) != NULL) {
            struct sending *s = CONTAINER_OF(l, struct sending, link);

            event_free(s->event);
            free(s);
        }
        free(c->pipe[side].bytes);
    }
    list_unlink(&c->link);
    free(c);
}

void network_free_connections(struct network *n)
{
    while (!list_empty(&n->connections)) {
        struct connection *c = CONTAINER_OF(n->connections.next, struct connection, link);

        c->holders = 1;
        connection_drop(c);
    }
}

struct event *connection_event(struct connection *c, unsigned side, size_t size)
{
    struct event *e = event_new(c->network, size);

    e->connection = c;
    e->side       = side;
    c->holders++;
    return e;
}

msec transit_to(struct connection *c, unsigned side, struct path *path)
{
    *path = network_path(c->network, c->host[1 - side], c->host[side]);
    if (c->host[0]->down || c->host[1]->down)
        path->cut = true;
    return path_transit(c->network, path);
}

/* ---- ends ---- */

struct stream *end_new(struct connection *c, unsigned side, struct fake_world *w)
{
    struct stream *s = alloc_new(sizeof *s);

    s->world      = w;
    s->connection = c;
    s->side       = side;
    c->end[side]  = s;
    c->holders++;
    list_append(&w->streams, &s->link);
    return s;
}

void end_free(struct stream *s)
{
    struct connection *c = s->connection;

    fake_forget(s->world, s);
    c->end[s->side] = NULL;
    list_unlink(&s->link);
    free(s);
    connection_drop(c);
}

static void deliver_close(struct fake_world *w, struct event *e)
{
    struct stream *s = e->connection->end[e->side];

    (void)w;
    s->in_last = true;
    s->events->on_close(s->owner, s, e->error);
    end_free(s);
}

void end_closes(struct event *e)
{
    struct stream *s = e->connection->end[e->side];

    if (s == NULL || s->closed) {
        event_free(e);
        return;
    }
    s->closed = true;
    event_to_inbox(s->world, e, s, deliver_close);
}

void close_arrives(struct network *n, struct event *e)
{
    (void)n;
    end_closes(e);
}

/* ---- pipes ---- */

static void pump_arrives(struct network *n, struct event *e)
{
    struct connection *c = e->connection;

    (void)n;
    c->pipe[e->side].pumping = false;
    pump(c, e->side);
    event_free(e);
}

static void pump_later(struct connection *c, unsigned from, msec at)
{
    c->pipe[from].pumping = true;
    event_schedule(c->network, connection_event(c, from, 0), at, c->host[from], pump_arrives);
}

static size_t piece_size(struct network *n, size_t waiting)
{
    switch (n->pieces) {
    case PIECES_WHOLE:
        return waiting;
    case PIECES_BYTES:
        return 1;
    case PIECES_RANDOM:
        break;
    }
    return random_below(&n->random, 2) == 0 ? waiting : 1 + random_below(&n->random, (uint32_t)waiting);
}

/* Bytes for an end that is gone are answered by a reset. */
static void reset_back(struct connection *c, unsigned gone)
{
    struct path   path;
    msec          transit = transit_to(c, 1 - gone, &path);
    struct event *e       = connection_event(c, 1 - gone, 0);

    e->error = -ERR_RESET;
    event_schedule(c->network, e, c->network->now + transit, c->host[gone], close_arrives);
}

static void show_sendings(struct network *n, struct pipe *p)
{
    while (!list_empty(&p->sendings)) {
        struct sending *s = CONTAINER_OF(p->sendings.next, struct sending, link);

        if (s->end > p->arrived)
            return;
        packet_show(n, &s->event->packet, PACKET_ARRIVED);
        list_unlink(&s->link);
        event_free(s->event);
        free(s);
    }
}

static void deliver_bytes(struct fake_world *w, struct event *e)
{
    struct stream *s = e->connection->end[e->side];
    struct pipe   *p = &e->connection->pipe[1 - e->side];

    p->arrived += e->packet.bytes.len;
    show_sendings(w->network, p);
    s->events->on_bytes(s->owner, s, e->packet.bytes);
}

static void bytes_arrive(struct network *n, struct event *e)
{
    struct connection *c = e->connection;
    struct stream     *s = c->end[e->side];

    (void)n;
    c->pipe[1 - e->side].in_flight -= e->packet.bytes.len;
    if (s != NULL && s->closed) {
        event_free(e);
        return;
    }
    if (s == NULL) {
        reset_back(c, e->side);
        event_free(e);
        return;
    }
    event_to_inbox(s->world, e, s, deliver_bytes);
}

static void send_piece(struct connection *c, unsigned from, msec at)
{
    struct pipe  *p    = &c->pipe[from];
    size_t        size = piece_size(c->network, p->count);
    struct event *e    = connection_event(c, 1 - from, size);

    memcpy(e->bytes, p->bytes, size);
    memmove(p->bytes, p->bytes + size, p->count - size);
    p->count -= size;
    p->in_flight += size;
    event_schedule(c->network, e, at, c->host[from], bytes_arrive);
}

static void send_close(struct connection *c, unsigned from, msec at)
{
    struct event *e = connection_event(c, 1 - from, 0);

    e->error = c->pipe[from].close_error;
    event_schedule(c->network, e, at, c->host[from], close_arrives);
}

/* The path took it: wait longer each time, in the end give up. */
static void piece_lost(struct connection *c, unsigned from)
{
    struct pipe *p = &c->pipe[from];

    if (p->tries++ < RESEND_TRIES) {
        pump_later(c, from, c->network->now + ((msec)RESEND_FIRST << p->tries) / 2);
        return;
    }
    p->count = 0;
    if (c->end[from] != NULL) {
        struct event *e = connection_event(c, from, 0);

        e->error = -ERR_TIMEOUT;
        end_closes(e);
    }
}

void pump(struct connection *c, unsigned from)
{
    struct pipe *p = &c->pipe[from];

    while (!p->pumping && (p->count > 0 || p->closing)) {
        struct path path;
        msec        at = c->network->now + transit_to(c, 1 - from, &path);

        if (path.cut || network_chance(c->network, path.loss)) {
            piece_lost(c, from);
            return;
        }
        p->tries        = 0;
        p->last_arrival = at > p->last_arrival ? at : p->last_arrival;
        if (p->count > 0) {
            send_piece(c, from, p->last_arrival);
        } else {
            p->closing = false;
            send_close(c, from, p->last_arrival);
        }
    }
}

void close_pipe(struct connection *c, unsigned from, int error)
{
    struct pipe *p = &c->pipe[from];

    p->closing     = true;
    p->close_error = error;
    pump(c, from);
}

/* ---- streams as the user sees them ---- */

struct address fake_stream_local(const struct stream *s)
{
    return s->connection->address[s->side];
}

struct address fake_stream_remote(const struct stream *s)
{
    return s->connection->address[1 - s->side];
}

static void pipe_reserve(struct pipe *p, size_t size)
{
    char *grown;

    if (p->capacity - p->count >= size)
        return;
    p->capacity = (p->count + size) * 2;
    grown       = alloc_new(p->capacity);
    if (p->count > 0)
        memcpy(grown, p->bytes, p->count);
    free(p->bytes);
    p->bytes = grown;
}

/* All of one send as a packet, for whoever watches. */
static struct event *packet_of(struct connection *c, unsigned from, size_t size, const struct slice *parts,
                               size_t count)
{
    struct event *e  = event_new(c->network, size);
    size_t        at = 0;

    for (size_t i = 0; i < count; i++) {
        if (parts[i].len > 0)
            memcpy(e->bytes + at, parts[i].ptr, parts[i].len);
        at += parts[i].len;
    }
    e->packet.is_stream = true;
    e->packet.from_host = c->host[from];
    e->packet.to_host   = c->host[1 - from];
    e->packet.from      = c->address[from];
    e->packet.to        = c->address[1 - from];
    return e;
}

static void note_sending(struct connection *c, unsigned from, struct event *e)
{
    struct sending *s = alloc_new(sizeof *s);

    s->event = e;
    s->end   = c->pipe[from].put;
    list_append(&c->pipe[from].sendings, &s->link);
    packet_show(c->network, &e->packet, PACKET_SENT);
}

int fake_stream_send(struct stream *s, const struct slice *parts, size_t count)
{
    struct connection *c    = s->connection;
    struct pipe       *p    = &c->pipe[s->side];
    size_t             size = 0;
    struct event      *e;

    if (s->closed)
        return -ERR_CLOSED;
    for (size_t i = 0; i < count; i++)
        size += parts[i].len;
    if (p->count + p->in_flight + size > c->network->stream_queue)
        return -ERR_LIMIT;
    if (size == 0)
        return 0;
    e = packet_of(c, s->side, size, parts, count);
    if (network_refuses(c->network, &e->packet)) {
        event_free(e);
        return -ERR_LIMIT;
    }
    pipe_reserve(p, size);
    memcpy(p->bytes + p->count, e->bytes, size);
    p->count += size;
    p->put += size;
    note_sending(c, s->side, e);
    if ((s->side == 1 || c->established) && !p->pumping)
        pump_later(c, s->side, c->network->now);
    return 0;
}

size_t fake_stream_room(const struct stream *s)
{
    const struct pipe *p     = &s->connection->pipe[s->side];
    size_t             limit = s->connection->network->stream_queue, waiting = p->count + p->in_flight;

    return waiting < limit ? limit - waiting : 0;
}

void fake_stream_close(struct stream *s)
{
    struct connection *c    = s->connection;
    unsigned           side = s->side;

    if (s->in_last) /* on_close is the end of it anyway */
        return;
    if (!s->closed && c->end[1] != NULL)
        close_pipe(c, side, 0);
    end_free(s);
}

void fake_stream_fini(struct fake_world *w)
{
    fake_listeners_fini(w);
    while (!list_empty(&w->streams)) {
        struct stream *s = CONTAINER_OF(w->streams.next, struct stream, link);

        if (!s->closed && s->connection->end[1 - s->side] != NULL)
            close_pipe(s->connection, s->side, -ERR_RESET);
        end_free(s);
    }
}

static bool is_between(const struct connection *c, const struct address *one, const struct address *other)
{
    return (address_eq(&c->address[0], one) && address_eq(&c->address[1], other)) ||
           (address_eq(&c->address[1], one) && address_eq(&c->address[0], other));
}

void network_cut_streams(struct network *n, const struct address *one, const struct address *other)
{
    LIST_EACH (l, &n->connections) {
        struct connection *c = CONTAINER_OF(l, struct connection, link);

        for (unsigned side = 0; side < 2 && is_between(c, one, other); side++) {
            struct event *e = connection_event(c, side, 0);

            e->error = -ERR_RESET;
            event_schedule(n, e, n->now, c->host[side], close_arrives);
        }
    }
}

void network_set_pieces(struct network *n, enum pieces pieces)
{
    n->pieces = pieces;
}

void network_set_stream_queue(struct network *n, size_t bytes)
{
    n->stream_queue = bytes;
}
