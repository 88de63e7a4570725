/* SPDX-License-Identifier: BSD-2-Clause */
/* world_fake_stream.h - streams of the virtual network.
 *
 * A connection joins two ends through two pipes:
 *
 *     end[0] the caller   ---- pipe[0] --->   end[1] the listener's side
 *                         <--- pipe[1] ----
 *
 * A pipe sends one piece at a time; what the path loses is sent again after a
 * while, so bytes come late but in order.  An end may be gone long before its
 * last bytes and its FIN have arrived; the connection lives until both ends and
 * all events are gone. */

#ifndef TEST_SUPPORT_WORLD_FAKE_STREAM_H
#define TEST_SUPPORT_WORLD_FAKE_STREAM_H

#include "support/world_fake_private.h"

/* One stream_send: shown to the observer again when its last byte arrives. */
struct sending {
    struct link   link;
    uint64_t      end; /* count of bytes of the pipe up to its last */
    struct event *event;
};

struct pipe {
    char       *bytes; /* not yet sent on their way */
    size_t      count, capacity;
    size_t      in_flight;
    uint64_t    put, arrived;
    msec        last_arrival;
    unsigned    tries;
    bool        pumping;
    bool        closing; /* FIN or reset follows the bytes */
    int         close_error;
    struct link sendings;
};

struct stream {
    struct link                 link; /* in world->streams */
    struct fake_world          *world;
    struct connection          *connection;
    unsigned                    side;
    bool                        closed;  /* the peer has: on_close is waiting or under way */
    bool                        in_last; /* inside on_close                                */
    const struct stream_events *events;
    void                       *owner;
};

struct connection {
    struct link     link; /* in network->connections */
    struct network *network;
    unsigned        holders; /* ends and events */
    struct host    *host[2];
    struct address  address[2];
    struct stream  *end[2];
    struct pipe     pipe[2];
    unsigned        syn_tries;
    bool            established; /* the answer is back at the caller */
};

/* ---- world_fake_stream.c ---- */
struct connection *fake_connection_new(struct network *n);
/* An event that concerns `side`; it holds the connection. */
struct event  *connection_event(struct connection *c, unsigned side, size_t size);
struct stream *end_new(struct connection *c, unsigned side, struct fake_world *w);
void           end_free(struct stream *s);
/* The last news for the end that `e` (taken) concerns; later ones are dropped. */
void end_closes(struct event *e);
/* Something goes from side 1-`side` to `side`: how long, and over which path. */
msec transit_to(struct connection *c, unsigned side, struct path *path);
/* Send what waits, as far as the path lets it. */
void pump(struct connection *c, unsigned from);
/* FIN (0) or reset after what waits. */
void close_pipe(struct connection *c, unsigned from, int error);
/* An event's arrive_fn: `e->error` closes its side. */
void close_arrives(struct network *n, struct event *e);

/* ---- world_fake_connect.c ---- */
void fake_listeners_fini(struct fake_world *w);

#endif
