/* SPDX-License-Identifier: BSD-2-Clause */
/* stream.h - TCP connections and the bytes that wait for them.
 *
 *                     +-- on_open --+
 *   connect: CONNECTING             +--> OPEN ---- FIN ----> HALF_CLOSED
 *   accept: ------------------------+     |                      | the queue has left,
 *                  \                      | error                | or 10 s
 *                   \ refused, 10 s       V                      V
 *                    +------------------> on_close, gone <-------+
 *
 * Descriptors are our own, on the watches of net/loop.h, rather than uv_tcp_t: a
 * send is one copy into one queue and one write for all of a turn's messages,
 * where libuv would allocate a request for each; accepting can pause when
 * descriptors are used up; and a descriptor is closed when stream_close says so, not
 * in a later turn.
 *
 * Sends leave at the end of the turn.  A stream that is closed while bytes wait
 * gives them to the kernel if it takes them at once; what it does not take is lost.
 *
 * A peer that for STREAM_STALL takes nothing of what waits for it is gone, or might as well
 * be: on_close says -ERR_TIMEOUT.
 *
 * A peer that has sent FIN may still want its answers: what is queued by the end
 * of the turn in which the FIN came still leaves, then on_close says 0.
 *
 * All streams of a world share one hub.  The functions are those of net/world.h. */

#ifndef NET_STREAM_H
#define NET_STREAM_H

#include "net/descriptors.h"
#include "net/loop.h"
#include "net/queue.h"
#include "net/world.h"

enum {
    STREAM_SPARES   = 64,         /* empty queues that are kept for the next stream    */
    STREAM_QUEUE    = 256 * 1024, /* bytes that may wait for one peer                  */
    STREAM_PATIENCE = 10000,      /* ms to connect; for a half-closed peer to read on  */
    STREAM_STALL    = 30000,      /* ms in which a peer takes something of what waits   */
};

struct stream_hub {
    struct loop        *loop;
    struct world       *world;     /* for its wheel, clock and log                             */
    struct stream      *current;   /* whose callback runs; NULL once that has closed it        */
    struct listener    *accepting; /* the same for listeners                                   */
    struct link         streams, listeners;
    struct link         pending;              /* streams with something for stream_flush                  */
    size_t              queue_limit;          /* bytes that may wait for one peer                     */
    msec                stall;                /* see STREAM_STALL */
    struct descriptors *ahead;                /* listeners that are bound already, and whose of them  */
    unsigned            worker;               /* are ours                                       */
    char               *buffer;               /* bytes that have just come, for one on_bytes              */
    struct queue        spare[STREAM_SPARES]; /* empty ones of streams that have sent all        */
    unsigned            spare_count;
};

/* Borrows all; `ahead` as udp_hub_new; limits of 0: the usual ones.  Returns 0 or -ERR_NO_MEMORY. */
int stream_hub_init(struct stream_hub *hub, struct loop *loop, struct world *w, size_t queue_limit, msec stall,
                    struct descriptors *ahead, unsigned worker);
/* Closes what is still open; nobody is called. */
void stream_hub_fini(struct stream_hub *hub);

/* Write what is queued; tell of connections that have ended. */
void stream_flush(struct stream_hub *hub);
/* Is there work for stream_flush (not: for a stream to become writable)? */
bool stream_waiting(const struct stream_hub *hub);

/* For net/listener.c: make a stream of an accepted descriptor, which it takes;
 * NULL at a limit, the descriptor closed.  Nobody hears of it before stream_give. */
struct stream *stream_adopt(struct stream_hub *hub, int fd, const struct address *remote);
void           stream_give(struct stream *s, const struct stream_events *events, void *owner);

int            stream_connect(struct stream_hub *hub, const struct address *remote, const struct stream_events *events,
                              void *owner, struct stream **out);
struct address stream_local(const struct stream *s);
struct address stream_remote(const struct stream *s);
int            stream_send(struct stream *s, const struct slice *parts, size_t count);
size_t         stream_room(const struct stream *s);
void           stream_close(struct stream *s);

#endif
