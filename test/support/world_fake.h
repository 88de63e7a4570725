/* SPDX-License-Identifier: BSD-2-Clause */
/* world_fake.h - a whole network in one process, under one virtual clock.
 *
 *   struct network                 one seed, one clock, one table of names
 *     struct host  "proxy1"        addresses; stays when its process dies
 *       struct world               a process (one worker) behind net/world.h
 *     struct path                  delay, jitter, loss, ... from host to host
 *     struct fault                 "lose the 2nd datagram that looks so"
 *
 * The clock jumps from deadline to deadline; within one instant the seed picks
 * whose turn is next.  The same seed and the same calls give the same run, to
 * the byte.  What a kernel does between two processes (ports, ICMP, connection
 * set-up, retransmission of stream bytes) happens here, between turns; what a
 * process does happens in its turn, as net/world.h promises.
 *
 * This is test code: without memory it aborts. */

#ifndef TEST_SUPPORT_WORLD_FAKE_H
#define TEST_SUPPORT_WORLD_FAKE_H

#include "net/world.h"

struct network;
struct host;

struct network *network_new(uint64_t seed);
/* Frees everything, worlds included; check network_usage first. */
void network_free(struct network *n);

/* ---- time ---- */

msec network_now(const struct network *n);
/* The time of the next thing to happen; NEVER if nothing ever will. */
msec network_next(const struct network *n);
/* Do the next thing (one turn of one world at most) if it is due by `limit`. */
bool network_turn(struct network *n, msec limit);
/* Live until `at`; afterwards every world's clock shows it. */
void network_run_until(struct network *n, msec at);
/* Move the wall clock (not the monotonic one) by `delta` milliseconds. */
void network_step_wall(struct network *n, int64_t delta);

/* ---- hosts and worlds ---- */

/* The host with this name, made if new. */
struct host *network_host(struct network *n, const char *name);
const char  *host_name(const struct host *h);
/* False if `ip` is not an address or belongs to another host. */
bool host_add_address(struct host *h, const char *ip);
/* The host is no longer there: its cable was pulled, or it goes by another address. */
void host_drop_address(struct host *h, const char *ip);
/* The first address of that family; family NONE if there is none. */
struct address host_address(const struct host *h, enum family family);
/* A host that is down answers nothing, not even by ICMP. */
void host_set_down(struct host *h, bool down);
/* A host that is slower than what may come: after a turn, in which it reads some few datagrams, a process on it does
 * nothing for `per_send` for each time that it sent (what follows to one address in one length is one, as in
 * net/udp_group.h). What comes meanwhile waits, `room` bytes of it; the rest is lost.  world->backlog says so, as by
 * net/udp.c. 0: as fast as ever. */
void host_set_slow(struct host *h, msec per_send, size_t room);

/* Start a process on a host: no sockets yet, its own random stream, logs to
 * nobody (w->log may be pointed elsewhere). */
struct world *world_fake_new(struct host *h);
/* Account for the memory of this world in `b`, which it borrows. */
void world_fake_account(struct world *w, struct budget *b);
/* This world is another worker of the process that `first` is the first worker of:
 * they share their addresses, as SO_REUSEPORT does. */
void world_fake_join(struct world *w, struct world *first);
/* The process dies: its sockets vanish, peers of its streams see a reset. */
void world_fake_free(struct world *w);

/* ---- the path between two hosts ---- */

struct path {
    msec     delay, jitter;            /* one way; jitter adds 0..jitter              */
    unsigned loss, duplicate, reorder; /* datagrams in a thousand; stream bytes are
                                          only delayed by what is lost                */
    bool cut;                          /* nothing passes                              */
};

/* From host to host, one way; NULL is any host.  The latest rule that fits
 * counts.  Default: 1 ms and perfect.  A host reaches itself at once. */
void network_set_path(struct network *n, const struct host *from, const struct host *to, const struct path *path);

enum packet_stage {
    PACKET_SENT,
    PACKET_ARRIVED, /* handed to a socket                     */
    PACKET_LOST,    /* by the path, a fault, or a dead host   */
    PACKET_REFUSED, /* no socket there: ICMP port unreachable */
};

struct packet {
    enum packet_stage  stage;
    bool               is_stream;
    uint64_t           number; /* the same at each stage of one sending */
    msec               at;
    const struct host *from_host, *to_host; /* to_host NULL: nobody has that address */
    struct address     from, to;
    struct slice       bytes; /* streams: all of one stream_send, when its last byte is there */
};

/* See every datagram and every stream_send at each stage. */
typedef void packet_fn(void *arg, const struct packet *p);
void         network_observe(struct network *n, packet_fn *fn, void *arg);

/* FAULT_REFUSE: the send itself fails with -ERR_LIMIT, on streams too. */
enum fault_action { FAULT_DROP, FAULT_DUPLICATE, FAULT_DELAY, FAULT_REFUSE };

/* Something happens to datagrams number first .. first+count-1 that match. */
struct fault {
    const struct host *from, *to;                             /* NULL: any */
    bool (*matches)(const void *arg, const struct packet *p); /* NULL: every datagram */
    const void       *arg;                                    /* borrowed until the network is freed */
    unsigned          first, count;                           /* counted from 1 */
    enum fault_action action;
    msec              delay; /* FAULT_DELAY: on top of the path's */
};
void network_add_fault(struct network *n, const struct fault *f);
/* How many faults have not happened to all `count` datagrams yet. */
size_t network_faults_left(const struct network *n);
/* Has the fault that was added first happened to all of its datagrams? */
bool network_first_fault_is_over(const struct network *n);

/* Which of the `count` workers that hear an address of this host gets this packet, a datagram or
 * the beginning of a stream; by their order of joining.  Unless set it depends, as with
 * SO_REUSEPORT, on the sender's address alone, and on the seed. */
typedef unsigned spread_fn(void *arg, const struct packet *p, unsigned count);
void             host_set_spread(struct host *h, spread_fn *fn, void *arg);

/* How stream bytes come through. */
enum pieces { PIECES_RANDOM, PIECES_WHOLE, PIECES_BYTES };
void network_set_pieces(struct network *n, enum pieces pieces);
/* The bound of every stream's send queue; 256 KiB unless set. */
/* The stream between these two addresses breaks: both ends hear of a reset, at once. */
void network_cut_streams(struct network *n, const struct address *one, const struct address *other);
void network_set_stream_queue(struct network *n, size_t bytes);

/* ---- names ---- */

/* Each adds one record; the name then exists for every type. */
void network_add_ip(struct network *n, const char *name, const char *ip);
void network_add_srv(struct network *n, const char *name, uint16_t priority, uint16_t weight, uint16_t port,
                     const char *target);
struct naptr_texts {
    const char *flags, *service, *regexp, *replacement;
};
void network_add_naptr(struct network *n, const char *name, uint16_t order, uint16_t preference,
                       const struct naptr_texts *texts);
/* Answers about this name come so late (0: as others do). */
void network_set_name_late(struct network *n, const char *name, msec delay);
/* Asking for this name gives `error` (-ERR_TIMEOUT: after 5 s); 0 heals it. */
void network_set_name_error(struct network *n, const char *name, int error);
/* How long an answer takes; 2 ms unless set. */
void network_set_name_delay(struct network *n, msec delay);

/* ---- what is left ---- */

struct world_usage {
    size_t udps, listeners, streams, queries, timers, posts;
};
struct world_usage world_fake_usage(const struct world *w);
size_t             world_usage_total(const struct world_usage *u);
/* Packets and answers on their way, whosever they are. */
size_t network_in_flight(const struct network *n);

#endif
