/* SPDX-License-Identifier: BSD-2-Clause */
/* meter.h - counts what the server does, and not what is around it.
 *
 *   network ──► on_datagram, on_bytes ┐ on             ┌ off  udp_send, stream_send ──► network
 *   wheel  ───► on_expiry             ┴──► the server ─┴ on again ◄──┘
 *
 * The meter stands between one world and what lives in it: it is on while the
 * code above net/world.h runs, and off while the virtual network does, phones
 * included.  On means: callgrind collects, and allocations are counted.  What
 * comes by posts and names, and streams that the server opens, are not counted. */

#ifndef BENCH_METER_H
#define BENCH_METER_H

#include "net/world.h"

enum { METER_SOCKETS = 8, METER_STREAMS = 16 };

struct meter_socket {
    struct meter            *meter;
    const struct udp_events *events;
    void                    *owner;
};

struct meter_listener {
    struct meter *meter;
    accept_fn    *on_accept;
    void         *owner;
};

/* One that was accepted. */
struct meter_stream {
    struct meter               *meter;
    const struct stream_events *events;
    void                       *owner;
};

struct meter {
    struct world           *world;
    const struct world_ops *inner;
    struct world_ops        ops;
    struct meter_socket     sockets[METER_SOCKETS];
    unsigned                socket_count;
    struct meter_listener   listeners[METER_SOCKETS];
    unsigned                listener_count;
    struct meter_stream     streams[METER_STREAMS]; /* a place for each, never used again */
    unsigned                stream_count;
    bool                    measuring, timed;
    unsigned long long      allocations, bytes;
    unsigned long long ns, began; /* of the monotonic clock, if `timed`: some 40 of them for each time it is asked */
};

/* Step between `w` and what will be started in it, before it is started.  Both
 * live as long as the world.  One meter at a time. */
void meter_install(struct meter *m, struct world *w);
/* From here on; up to here.  Nothing is counted outside of the two. */
void meter_start(struct meter *m);
void meter_stop(struct meter *m);
/* Run the timers that are due by `now`, counted. */
void meter_timers(struct meter *m, msec now);

#endif
