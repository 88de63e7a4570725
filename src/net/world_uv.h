/* SPDX-License-Identifier: BSD-2-Clause */
/* world_uv.h - the real world: net/world.h filled from the kernel, by libuv.
 *
 * A turn, in this order:
 *
 *     sleep until wheel_deadline or until something happens
 *     now is read from the monotonic clock
 *     datagrams and bytes that have come, connections
 *     timers that are due
 *     posts, then answers to name queries
 *     all that was queued for sending leaves
 *
 * What one of the last three steps adds to its own list waits for the next turn. */

#ifndef NET_WORLD_UV_H
#define NET_WORLD_UV_H

#include "net/world.h"

struct descriptors;
struct dns_report;
struct name_cache;
struct uv_loop_s;

struct world_uv_options {
    const char        *dns_servers; /* "127.0.0.1:5353,[::1]:53"; NULL: those of /etc/resolv.conf */
    msec               dns_timeout; /* of the first of two tries, the second has twice; 0: 2000   */
    size_t             dns_queries; /* waiting at once; 0: RESOLVER_QUERIES                       */
    struct name_cache *names;       /* answers shared with other worlds, any thread's; borrowed;
                                     * NULL: a cache of its own                       */
    void (*on_dns)(void *owner, const struct dns_report *report); /* told of each question (net/resolver.h) */
    void  *dns_owner;                                             /* of on_dns; NULL: nobody is told        */
    msec   stream_stall;             /* ms in which a peer takes something of what waits; 0: STREAM_STALL */
    size_t udp_queue, stream_queue;  /* bytes that may wait for one socket, for one stream;
                                      * 0: UDP_QUEUE, STREAM_QUEUE                     */
    struct descriptors *descriptors; /* sockets bound already; borrowed; NULL: none     */
    unsigned            worker;      /* which of them are this world's                  */
    struct udp_grouping grouping;    /* of datagrams for one peer */
    struct budget      *budget;      /* accounts for its memory; borrowed; NULL: nobody does */
    bool                exact;       /* timers come at their millisecond, not up to one later: for sound */
};

/* Borrows `log` (may be NULL).  NULL if memory, descriptors or the kernel's
 * random numbers are not to be had, or dns_servers makes no sense.  Worlds are
 * made and freed on one thread at a time: c-ares counts its users without a lock. */
struct world *world_uv_new(struct log *log);
struct world *world_uv_new_with(struct log *log, const struct world_uv_options *options);
/* Closes whatever is still open, and calls nobody. */
void world_uv_free(struct world *w);

/* Turn until world_uv_stop; the thread that runs a world is its owner. */
void world_uv_run(struct world *w);
/* End the run after this turn: from a callback, a post, a signal. */
void world_uv_stop(struct world *w);
/* One turn, asleep for at most `longest` ms: for callers with a loop of their own. */
void world_uv_turn(struct world *w, msec longest);

/* Call fn(arg) from the loop when the process receives `number` (SIGINT, SIGTERM).
 * Returns 0 or -ERR_LIMIT. */
int world_uv_signal(struct world *w, int number, void (*fn)(void *arg), void *arg);

/* For modules that bring handles of their own.  Their callbacks call world_uv_begin_turn
 * before all else: world_now would be the time before the sleep, and timers that they start
 * would be due too early. */
struct uv_loop_s *world_uv_loop(struct world *w);
void              world_uv_begin_turn(struct world *w);

#endif
