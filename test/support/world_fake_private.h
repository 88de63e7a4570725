/* SPDX-License-Identifier: BSD-2-Clause */
/* world_fake_private.h - what the parts of the virtual network share.
 *
 * An event is born with a time at which it arrives.  Until then it is on the
 * network's list, in order.  `arrive` then runs between turns, as a kernel
 * would: it disposes of the event or puts it into the inbox of a world, whose
 * next turn calls `deliver`.  Whoever closes a handle takes the events that
 * name it out of both lists, so nothing is called after a close. */

#ifndef TEST_SUPPORT_WORLD_FAKE_PRIVATE_H
#define TEST_SUPPORT_WORLD_FAKE_PRIVATE_H

#include "base/error.h"
#include "support/alloc.h"
#include "support/world_fake.h"

#include <pthread.h>

enum { HOST_ADDRESSES = 8, HOST_NAME = 32, PATH_RULES = 128, SENDS_PER_TURN = 4096 };

struct fake_world;
struct connection;
struct event;

struct host {
    struct link     link;
    struct network *network;
    char            name[HOST_NAME];
    unsigned        index;
    struct address  addresses[HOST_ADDRESSES];
    unsigned        address_count;
    uint16_t        last_port; /* of the ephemeral ones given out */
    bool            down;
    msec            per_send; /* host_set_slow */
    size_t          room;
    spread_fn      *spread; /* NULL: by the sender's address */
    void           *spread_arg;
};

struct path_rule {
    const struct host *from, *to;
    struct path        path;
};

struct fault_entry {
    struct link  link;
    struct fault fault;
    unsigned     seen;
};

struct network {
    struct random_seeded generator;
    struct random        random;
    uint64_t             seed;
    msec                 now;
    int64_t              wall_offset;
    uint64_t             event_count, packet_count, world_count;
    unsigned             host_count;
    size_t               turns_at_now;
    struct link          hosts, worlds, events, connections, faults, names;
    struct path_rule     rules[PATH_RULES];
    size_t               rule_count;
    packet_fn           *observer;
    void                *observer_arg;
    enum pieces          pieces;
    size_t               stream_queue;
    msec                 name_delay;
};

struct post {
    struct link link;
    void (*fn)(void *arg);
    void *arg;
};

struct fake_world {
    struct world         world;
    struct link          link; /* in network->worlds */
    struct network      *network;
    struct host         *host;
    const void          *process; /* the same for all workers of one */
    struct random_seeded generator;
    struct budget_share  memory; /* world.memory, if it is accounted for */
    struct log           log;
    struct link          inbox, batch; /* events: waiting, and of this turn */
    const struct udp    *delivering;   /* NULL: none, or it was closed meanwhile */
    struct link          outgoing;     /* datagrams of this turn            */
    size_t               outgoing_count;
    struct link          udps, listeners, streams, queries;
    pthread_mutex_t      post_lock;
    struct link          posts;

    /* of a host that is slow */
    msec   free_at, unread_since, looked_at;
    size_t unread;
};

typedef void arrive_fn(struct network *n, struct event *e);
typedef void deliver_fn(struct fake_world *w, struct event *e);

struct event {
    struct link        link;
    msec               at;
    uint64_t           tie, number; /* order among equal times */
    arrive_fn         *arrive;      /* takes the event         */
    deliver_fn        *deliver;     /* borrows the event       */
    const void        *handle;      /* closing it cancels this */
    struct connection *connection;  /* streams: held           */
    unsigned           side;        /* streams: whom it reaches, 0 the caller */
    int                error;
    struct packet      packet; /* bytes point to the end of the event */
    char               bytes[];
};

/* ---- world_fake.c ---- */
struct fake_world *fake_of(struct world *w);
/* One turn: timers and what has come in, in an order of the seed's; then posts;
 * then what was sent leaves. */
void world_fake_turn(struct fake_world *w);
bool world_fake_is_ready(struct fake_world *w);
/* When its next turn is due; NEVER if nothing waits. */
msec world_fake_due(struct fake_world *w);

/* ---- world_fake_slow.c ---- */
/* A datagram comes: has it to be lost?  Else it waits. */
bool slow_takes(struct fake_world *w, size_t bytes);
/* Of what waits the part that is read in this turn. */
void slow_read(struct fake_world *w);
/* The end of a turn, before what was sent leaves. */
void slow_end(struct fake_world *w);

/* ---- world_fake_host.c ---- */
struct host *network_find_host(struct network *n, const struct address *ip);
bool         host_has(const struct host *h, const struct address *ip);
uint16_t     host_next_port(struct host *h);
/* May `local` be bound on this host, for this kind of handle?  Fills in a port
 * if it is 0.  0, -ERR_IN_USE or -ERR_NO_ADDRESS. */
typedef bool taken_fn(const struct fake_world *w, const struct address *local);
int          fake_bind(struct fake_world *w, struct address *local, taken_fn *taken);
/* May the two not be bound to one address?  False for two workers of one process. */
bool fake_worlds_compete(const struct fake_world *a, const struct fake_world *b);
/* Which of the `count` workers that hear it gets this packet. */
unsigned host_spread(const struct host *h, const struct packet *p, unsigned count);
/* Would a socket bound to `bound` hear what is sent to `address`? */
bool address_hears(const struct address *bound, const struct address *address);

/* ---- world_fake_network.c ---- */
size_t list_length(const struct link *head);
void   events_free(struct link *events);

/* An event with room for `size` bytes, on no list yet. */
struct event *event_new(struct network *n, size_t size);
/* Let it arrive at `at`; `source` keeps the order of what one host does. */
void event_schedule(struct network *n, struct event *e, msec at, const struct host *source, arrive_fn *arrive);
void event_to_inbox(struct fake_world *w, struct event *e, const void *handle, deliver_fn *deliver);
void event_free(struct event *e);
/* Nothing under way for this handle is delivered any more. */
void fake_forget(struct fake_world *w, const void *handle);

/* ---- world_fake_path.c ---- */
struct path network_path(const struct network *n, const struct host *from, const struct host *to);
msec        path_transit(struct network *n, const struct path *path);
bool        network_chance(struct network *n, unsigned in_a_thousand);
void        packet_show(struct network *n, struct packet *p, enum packet_stage stage);
/* Does a fault make this very send fail? */
bool network_refuses(struct network *n, const struct packet *p);
/* Send on its way a datagram (a packet event); takes it. */
void datagram_route(struct network *n, struct event *e, arrive_fn *arrive, arrive_fn *unreachable);

/* ---- the three kinds of handle ---- */
int            fake_udp_open(struct world *w, const struct address *local, const struct udp_events *events, void *owner,
                             struct udp **out);
struct address fake_udp_local(const struct udp *u);
int  fake_udp_send(struct udp *u, const struct address *from, const struct address *to, const struct slice *parts,
                   size_t count);
void fake_udp_close(struct udp *u);
int  fake_udp_steer(struct udp *u, bool here);
void fake_udp_flush(struct fake_world *w);
void fake_udp_fini(struct fake_world *w);

int fake_listen(struct world *w, const struct address *local, accept_fn *on_accept, void *owner, struct listener **out);
struct address fake_listener_local(const struct listener *l);
void           fake_listener_close(struct listener *l);
int fake_connect(struct world *w, const struct address *remote, const struct stream_events *events, void *owner,
                 struct stream **out);
struct address fake_stream_local(const struct stream *s);
struct address fake_stream_remote(const struct stream *s);
int            fake_stream_send(struct stream *s, const struct slice *parts, size_t count);
size_t         fake_stream_room(const struct stream *s);
void           fake_stream_close(struct stream *s);
void           fake_stream_fini(struct fake_world *w);
void           connection_drop(struct connection *c);
void           network_free_connections(struct network *n);

int  fake_resolve(struct world *w, struct slice name, enum record_type type, resolve_fn *fn, void *owner,
                  struct query **out);
void fake_resolve_cancel(struct query *q);
void fake_names_fini(struct fake_world *w);
void network_free_names(struct network *n);

#endif
