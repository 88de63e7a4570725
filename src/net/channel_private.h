/* SPDX-License-Identifier: BSD-2-Clause */
/* channel_private.h - what the files of the channel share.
 *
 *   channel.c          its life, its times, its stream; what waits for its handshakes
 *   channel_layers.c   TLS and WebSocket: bytes through them, both ways
 *   channel_line.c     handshakes that wait for their share of a turn
 *   channel_fault.c    what went wrong: counted and told */

#ifndef NET_CHANNEL_PRIVATE_H
#define NET_CHANNEL_PRIVATE_H

#include "base/list.h"
#include "base/log_limit.h"
#include "net/channel.h"
#include "net/queue.h"
#include "net/websocket.h"

struct tls;
struct tls_context;
struct tls_fault;

enum {
    CHANNEL_QUEUE        = 64 * 1024,
    CHANNEL_EARLY        = 64 * 1024, /* bytes of a handshake that wait in line                 */
    CHANNEL_HANDSHAKES   = 1000,
    CHANNEL_PATIENCE     = 10000, /* ms for handshakes                                      */
    CHANNEL_MESSAGE_TIME = 30000, /* ms for a message                                       */
    CHANNEL_STEPS        = 8,     /* of TLS handshakes that are worked on in one turn        */
};

struct channels {
    struct world             *world;
    struct tls_shared        *tls; /* NULL: no TLS */
    struct tls_context       *context;
    struct websocket_rules    rules;
    struct websocket_context *websockets;
    struct channel_limits     limits;
    struct channel           *current;     /* whose callback runs; NULL once that has closed it */
    unsigned                  handshaking; /* channels that were accepted and are opening     */
    struct link               line;        /* channel.waiting, first come first served        */
    struct timer              turn;        /* begins the next turn of the line                */
    unsigned                  spent;       /* steps of this turn                              */
    struct log_limit          log_limit;   /* lines about faults                              */
};

enum channel_state {
    CHANNEL_OPENING,
    CHANNEL_OPEN,
    CHANNEL_FAILED, /* the timer will say so                */
    CHANNEL_TOLD,   /* on_close runs or has run             */
};

struct channel {
    struct channels             *all;
    const struct channel_events *events;
    void                        *owner;
    struct stream               *stream; /* NULL once the world has closed it */
    struct address               remote; /* for the log, when the stream has gone */
    struct tls                  *tls;
    struct websocket            *websocket;
    char                        *host;      /* of a WebSocket that is to be asked for; else NULL   */
    struct link                  waiting;   /* in all->line                                        */
    struct timer                 timer;     /* for the next of the two times; FAILED: now          */
    msec                         late_at;   /* what has begun is to be whole by then; 0: nothing has */
    msec                         ping_at;   /* 0: never                                            */
    struct queue                 held;      /* messages to send when it is open: length, bytes, ... */
    struct queue                 early;     /* what came of its handshake and waits in line        */
    size_t                       accounted; /* bytes                                               */
    int                          failed;
    uint8_t                      kind, state;
    bool                         accepted, secured; /* secured: TLS is open */
    bool                         counted;           /* in all->handshaking  */
    bool                         heard;             /* anything at all      */
    bool                         owed;              /* a first message, or the rest of one */
};

/* ---- channel.c ---- */

/* The last callback, from the loop only. */
void channel_end(struct channel *c, int error);
/* The same from anywhere, in the next turn. */
void channel_fail(struct channel *c, int error);
/* All its handshakes are over.  False if it is gone afterwards. */
bool channel_opened(struct channel *c);
/* Bytes from the stream that are to be worked on now.  False if it is gone afterwards. */
bool channel_take(struct channel *c, struct slice bytes);
/* Bytes as the user sees them.  False if it is gone afterwards. */
bool channel_deliver(struct channel *c, struct slice bytes);
/* A ping came, or the answer to ours.  False if it is gone afterwards. */
bool channel_alive(struct channel *c);

/* ---- channel_layers.c ---- */

bool channel_has_tls(const struct channel *c);
bool channel_has_websocket(const struct channel *c);
/* Make the machines of its kind.  0, -ERR_NO_MEMORY, -ERR_LIMIT, -ERR_UNSUPPORTED. */
int  layers_make(struct channel *c, struct slice domain);
void layers_free(struct channel *c);
/* The stream is open: begin what has not begun.  False if it is gone afterwards. */
bool layers_begin(struct channel *c);
/* Bytes from the stream.  False if it is gone afterwards. */
bool layers_feed(struct channel *c, struct slice bytes);
/* Bytes of the user to the stream.  0, -ERR_LIMIT, -ERR_NO_MEMORY, -ERR_CLOSED. */
int layers_put(struct channel *c, const struct slice *parts, size_t count);
int layers_ping(struct channel *c);
/* Has part of a record, a frame or a message come whose rest has not? */
bool layers_are_partial(const struct channel *c);
/* Say good-bye. */
void   layers_shut(struct channel *c);
size_t layers_memory(const struct channel *c);

/* ---- channel_line.c ---- */

void line_init(struct channels *all);
void line_fini(struct channels *all);
/* May these bytes of a handshake be worked on now?  If not they have been kept, or the
 * channel has failed. */
bool line_pass(struct channel *c, struct slice bytes);
/* It no longer waits. */
void line_leave(struct channel *c);

/* ---- channel_fault.c: each counts, and tells in one line ---- */

void fault_of_tls(struct channel *c, const struct tls_fault *f);
void fault_of_websocket(struct channel *c, const struct websocket_fault *f);
/* A handshake or a message took too long. */
void fault_of_time(struct channel *c);
/* The peer left in its handshake; who has said nothing at all only looked whether we are there. */
void fault_of_cut(struct channel *c);
/* It took nothing of what waited for it; counted by the stream. */
void fault_of_stall(struct channel *c);

#endif
