/* SPDX-License-Identifier: BSD-2-Clause */
#include "meter.h"

#include "base/error.h"
#include "support/alloc.h"

#include <time.h>
#include <valgrind/callgrind.h>

/* udp_send has no argument that leads to the meter. */
static struct meter *installed;

static unsigned long long clock_ns(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (unsigned long long)t.tv_sec * 1000000000 + (unsigned long long)t.tv_nsec;
}

static void on(struct meter *m)
{
    if (!m->measuring)
        return;
    alloc_fail_at(0);
    if (m->timed)
        m->began = clock_ns();
    CALLGRIND_TOGGLE_COLLECT;
}

static void off(struct meter *m)
{
    if (!m->measuring)
        return;
    CALLGRIND_TOGGLE_COLLECT;
    if (m->timed)
        m->ns += clock_ns() - m->began;
    m->allocations += alloc_count();
    m->bytes += alloc_bytes();
}

static void on_datagram(void *owner, struct udp *udp, const struct datagram *d)
{
    struct meter_socket *s = owner;

    on(s->meter);
    s->events->on_datagram(s->owner, udp, d);
    off(s->meter);
}

static void on_error(void *owner, struct udp *udp, const struct address *remote, int error)
{
    struct meter_socket *s = owner;

    on(s->meter);
    s->events->on_error(s->owner, udp, remote, error);
    off(s->meter);
}

static void on_batch_end(void *owner, struct udp *udp)
{
    struct meter_socket *s = owner;

    if (s->events->on_batch_end == NULL)
        return;
    on(s->meter);
    s->events->on_batch_end(s->owner, udp);
    off(s->meter);
}

static const struct udp_events socket_events = {
    .on_datagram  = on_datagram,
    .on_error     = on_error,
    .on_batch_end = on_batch_end,
};

static int udp_open(struct world *w, const struct address *local, const struct udp_events *events, void *owner,
                    struct udp **out)
{
    struct meter        *m = installed;
    struct meter_socket *s = &m->sockets[m->socket_count];

    if (m->socket_count == METER_SOCKETS)
        return -ERR_LIMIT;
    m->socket_count++;
    *s = (struct meter_socket){ m, events, owner };
    return m->inner->udp_open(w, local, &socket_events, s, out);
}

static int udp_send(struct udp *u, const struct address *from, const struct address *to, const struct slice *parts,
                    size_t count)
{
    int error;

    off(installed);
    error = installed->inner->udp_send(u, from, to, parts, count);
    on(installed);
    return error;
}

/* ---- streams ---- */

static void on_bytes(void *owner, struct stream *stream, struct slice bytes)
{
    struct meter_stream *s = owner;

    on(s->meter);
    s->events->on_bytes(s->owner, stream, bytes);
    off(s->meter);
}

static void on_close(void *owner, struct stream *stream, int error)
{
    struct meter_stream *s = owner;

    on(s->meter);
    s->events->on_close(s->owner, stream, error);
    off(s->meter);
}

static const struct stream_events stream_events = { .on_bytes = on_bytes, .on_close = on_close };

static const struct stream_events *on_accept(void *owner, struct listener *listener, struct stream *stream, void **out)
{
    struct meter_listener *l = owner;
    struct meter          *m = l->meter;
    struct meter_stream   *s = &m->streams[m->stream_count];

    if (m->stream_count == METER_STREAMS)
        return NULL;
    on(m);
    *s        = (struct meter_stream){ .meter = m };
    s->events = l->on_accept(l->owner, listener, stream, &s->owner);
    off(m);
    if (s->events == NULL)
        return NULL;
    m->stream_count++;
    *out = s;
    return &stream_events;
}

static int listen_metered(struct world *w, const struct address *local, accept_fn *fn, void *owner,
                          struct listener **out)
{
    struct meter          *m = installed;
    struct meter_listener *l = &m->listeners[m->listener_count];

    if (m->listener_count == METER_SOCKETS)
        return -ERR_LIMIT;
    m->listener_count++;
    *l = (struct meter_listener){ m, fn, owner };
    return m->inner->listen(w, local, on_accept, l, out);
}

static int stream_send(struct stream *s, const struct slice *parts, size_t count)
{
    int error;

    off(installed);
    error = installed->inner->stream_send(s, parts, count);
    on(installed);
    return error;
}

void meter_install(struct meter *m, struct world *w)
{
    *m                 = (struct meter){ .world = w, .inner = w->ops, .ops = *w->ops };
    m->ops.udp_open    = udp_open;
    m->ops.udp_send    = udp_send;
    m->ops.listen      = listen_metered;
    m->ops.stream_send = stream_send;
    w->ops             = &m->ops;
    installed          = m;
}

void meter_start(struct meter *m)
{
    m->measuring = true;
}

void meter_stop(struct meter *m)
{
    m->measuring = false;
}

void meter_timers(struct meter *m, msec now)
{
    m->world->now = now;
    on(m);
    wheel_advance(&m->world->wheel, now);
    off(m);
}
