/* SPDX-License-Identifier: BSD-2-Clause */
/* world.h - the seam: everything that is not calculation.
 *
 * Clock, timers, randomness, datagrams, byte streams and names, as function
 * tables.  A program fills them from the kernel (net/world_uv.c); a scenario
 * fills them from a virtual network under a virtual clock (test/support).
 * What runs above cannot tell which.  The seam sits below TLS and WebSocket
 * framing, so both will run in scenarios too.
 *
 * One world belongs to one thread: one worker has one.  Nothing here blocks.
 * Callbacks are made from the loop, never from inside a call of this header.
 *
 * Ownership.  Handles (udp, listener, stream, query) are owned by the world and
 * named by pointers that are valid until the matching close; the `owner`
 * pointers are only passed back.  After a close no callback is made for that
 * handle, whatever was under way. */

#ifndef NET_WORLD_H
#define NET_WORLD_H

#include "base/accounts.h"
#include "base/address.h"
#include "base/counters.h"
#include "base/in_hand.h"
#include "base/log.h"
#include "base/overload.h"
#include "base/pool.h"
#include "base/random.h"
#include "base/record.h"
#include "base/wheel.h"

struct world;
struct udp;
struct listener;
struct stream;
struct query;

struct datagram {
    struct address remote;
    struct address local; /* the address that was hit, also on a wildcard socket */
    struct slice   bytes; /* lives until the callback returns                    */
};

struct udp_events {
    void (*on_datagram)(void *owner, struct udp *udp, const struct datagram *d);
    /* An ICMP error came back for something sent to `remote`: -ERR_REFUSED,
     * -ERR_UNREACHABLE, -ERR_TOO_LARGE. */
    void (*on_error)(void *owner, struct udp *udp, const struct address *remote, int error);
    /* After the last on_datagram of some that came together: who would rather look at all of them
     * first, acts now.  What he sends leaves before there are others.  NULL: nobody would. */
    void (*on_batch_end)(void *owner, struct udp *udp);
};

struct stream_events {
    void (*on_open)(void *owner, struct stream *s);                      /* stream_connect only */
    void (*on_bytes)(void *owner, struct stream *s, struct slice bytes); /* valid until it returns */
    /* The last callback: 0 the peer closed, -ERR_REFUSED, -ERR_RESET, -ERR_TIMEOUT,
     * -ERR_UNREACHABLE.  The handle is gone after it returns. */
    void (*on_close)(void *owner, struct stream *s, int error);
};

/* Called for each accepted connection; gives back what will own it and who is
 * called.  Returning NULL refuses the connection. */
typedef const struct stream_events *accept_fn(void *owner, struct listener *l, struct stream *s, void **stream_owner);

/* error: 0 (count may still be 0: the name has no such record), -ERR_NAME (no such
 * name), -ERR_TIMEOUT (no server answered). */
typedef void resolve_fn(void *owner, int error, const struct record *records, size_t count);

/* May bytes follow the end of this datagram, since whoever gets it discards them? */
typedef bool udp_may_pad_fn(struct slice datagram);

/* Of what goes to one address at once. */
struct udp_grouping {
    udp_may_pad_fn *may_pad; /* which datagrams may be padded; NULL: none               */
    bool            by_call; /* what is sent for one call may overtake that for another */
};

struct world_ops {
    uint64_t (*wall_msec)(struct world *w); /* since 1970: for Date, stored expiry, records only */

    int (*udp_open)(struct world *w, const struct address *local, const struct udp_events *events, void *owner,
                    struct udp **out);
    struct address (*udp_local)(const struct udp *u);
    int (*udp_send)(struct udp *u, const struct address *from, const struct address *to, const struct slice *parts,
                    size_t count);
    void (*udp_close)(struct udp *u);
    int (*udp_steer)(struct udp *u, bool here);

    int (*source)(struct world *w, const struct address *remote, struct address *local);

    int (*listen)(struct world *w, const struct address *local, accept_fn *on_accept, void *owner,
                  struct listener **out);
    struct address (*listener_local)(const struct listener *l);
    void (*listener_close)(struct listener *l);

    int (*connect)(struct world *w, const struct address *remote, const struct stream_events *events, void *owner,
                   struct stream **out);
    struct address (*stream_local)(const struct stream *s);
    struct address (*stream_remote)(const struct stream *s);
    int (*stream_send)(struct stream *s, const struct slice *parts, size_t count);
    size_t (*stream_room)(const struct stream *s);
    void (*stream_close)(struct stream *s);

    int (*resolve)(struct world *w, struct slice name, enum record_type type, resolve_fn *fn, void *owner,
                   struct query **out);
    void (*resolve_cancel)(struct query *q);

    /* Run fn(arg) in the next turn.  The only call that is safe from another
     * thread.  0 or -ERR_LIMIT. */
    int (*post)(struct world *w, void (*fn)(void *arg), void *arg);
};

struct world {
    const struct world_ops *ops;
    struct wheel            wheel;  /* all timers of this thread */
    msec                    now;    /* monotonic, constant within one turn */
    struct random           random; /* unpredictable in a program, seeded in a scenario */
    struct log             *log;
    struct counters         counters; /* what this thread counts */
    struct in_hand          in_hand;  /* the Call-ID this thread is busy with */
    struct pool             pool;     /* blocks for what comes and goes with each message */
    struct backlog          backlog;  /* what waits unread; the world looks each OVERLOAD_LOOK that it turns */
    struct budget_share    *memory;   /* flushed by the world each turn; NULL: nobody accounts */
};

static inline msec world_now(const struct world *w)
{
    return w->now;
}

/* Account for memory taken or given back. */
static inline void world_take(struct world *w, enum account_id account, size_t bytes)
{
    if (w->memory != NULL)
        budget_take_anyway(w->memory, account, bytes);
}

static inline void world_give(struct world *w, enum account_id account, size_t bytes)
{
    if (w->memory != NULL)
        budget_give(w->memory, account, bytes);
}

/* The same for an object that grows and shrinks: it was accounted for with `*had`
 * bytes and has `now`. */
static inline void world_recount(struct world *w, enum account_id account, size_t *had, size_t now)
{
    if (now > *had)
        world_take(w, account, now - *had);
    else if (now < *had)
        world_give(w, account, *had - now);
    *had = now;
}

static inline enum budget_level world_memory_level(const struct world *w)
{
    return w->memory == NULL ? BUDGET_NORMAL : budget_share_level(w->memory);
}

static inline void world_timer(struct world *w, struct timer *t, timer_fn *fn, msec at)
{
    timer_start(&w->wheel, t, fn, at);
}

static inline void world_timer_stop(struct world *w, struct timer *t)
{
    timer_stop(&w->wheel, t);
}

/* Milliseconds since 1970. */
static inline uint64_t world_wall(struct world *w)
{
    return w->ops->wall_msec(w);
}

/* Bind a UDP socket (port 0: any free one; see udp_local).  Returns 0,
 * -ERR_IN_USE, -ERR_NO_ADDRESS, -ERR_PERMISSION or -ERR_LIMIT. */
static inline int world_udp_open(struct world *w, const struct address *local, const struct udp_events *events,
                                 void *owner, struct udp **out)
{
    return w->ops->udp_open(w, local, events, owner, out);
}

/* Queue one datagram; it leaves at the end of the turn with all others.  What is
 * sent while one call is in hand keeps its order, as does what is sent while none
 * is; between calls there may be none.  Copies the parts.  `from` (NULL or any: the socket's own) picks the source
 * address on a wildcard socket.  Returns 0, -ERR_TOO_LARGE, or -ERR_LIMIT if the send queue is full; what the kernel
 * says later comes through on_error.  A close sends what still waits. */
static inline int world_udp_send(struct world *w, struct udp *u, const struct address *from, const struct address *to,
                                 const struct slice *parts, size_t count)
{
    return w->ops->udp_send(u, from, to, parts, count);
}

/* Of the sockets that workers have at one address: does this one, the first of them, get all that comes (`here`), or
 * each what the kernel picks for it?  What has come is not moved.  Returns 0, or -ERR_UNSUPPORTED: the kernel picks. */
static inline int world_udp_steer(struct world *w, struct udp *u, bool here)
{
    return w->ops->udp_steer(u, here);
}

/* Which of our addresses the host would use to reach `remote` (port 0 in
 * `*local`); for an address of our own that is the address itself.  Returns 0 or
 * -ERR_UNREACHABLE. */
static inline int world_source(struct world *w, const struct address *remote, struct address *local)
{
    return w->ops->source(w, remote, local);
}

/* Listen for streams.  Errors as world_udp_open. */
static inline int world_listen(struct world *w, const struct address *local, accept_fn *on_accept, void *owner,
                               struct listener **out)
{
    return w->ops->listen(w, local, on_accept, owner, out);
}

/* Open a stream; on_open or on_close follows, within 10 s.  Bytes sent before
 * on_open are kept.  Returns 0, -ERR_LIMIT, -ERR_UNREACHABLE. */
static inline int world_connect(struct world *w, const struct address *remote, const struct stream_events *events,
                                void *owner, struct stream **out)
{
    return w->ops->connect(w, remote, events, owner, out);
}

/* Queue bytes, all or nothing.  Copies.  -ERR_LIMIT when the peer does not read
 * and the stream's bounded queue is full; -ERR_CLOSED. */
static inline int world_stream_send(struct world *w, struct stream *s, const struct slice *parts, size_t count)
{
    return w->ops->stream_send(s, parts, count);
}

/* So many bytes stream_send would take now, if memory allows. */
static inline size_t world_stream_room(struct world *w, const struct stream *s)
{
    return w->ops->stream_room(s);
}

/* Ask for the records of a name.  The callback comes in a later turn, also when
 * the answer is cached.  Copies `name`.  `*out` is valid until the callback.
 * Returns 0 or -ERR_LIMIT. */
static inline int world_resolve(struct world *w, struct slice name, enum record_type type, resolve_fn *fn, void *owner,
                                struct query **out)
{
    return w->ops->resolve(w, name, type, fn, owner, out);
}

#endif
