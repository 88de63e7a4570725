/* SPDX-License-Identifier: BSD-2-Clause */
/* channel.h - a stream of the world with what is wrapped around it (RFC 3261 18,
 * RFC 7118).
 *
 *     stream ---> [TLS] ---> [WebSocket] ---> on_bytes
 *            <---       <---             <--- channel_send
 *
 *     CHANNEL_TCP   -         -          bytes as they come
 *     CHANNEL_TLS   TLS       -          bytes as they come
 *     CHANNEL_WS    -         WebSocket  exactly one message
 *     CHANNEL_WSS   TLS       WebSocket  exactly one message
 *
 * A channel is opening until the last of its handshakes is over.  What is sent by it
 * meanwhile is kept, within a bound, and leaves then.  Handshakes have an end in time
 * and in number, and cost no more than a bounded share of a turn: those that are over
 * it wait in line, while messages of others pass.
 *
 * Whatever a peer does wrong gets the right answer (an alert, an HTTP status, a close
 * code), closes this channel, is counted by its kind and told in one line of the log.
 *
 * Ownership: a channel belongs to its user, by its pointer, until it calls channel_close
 * or on_close has returned.  All callbacks come from the loop, never from inside a
 * function of this header, and none comes after channel_close. */

#ifndef NET_CHANNEL_H
#define NET_CHANNEL_H

#include "net/tls_keys.h"
#include "net/world.h"

struct channel;
struct channels; /* all of one world */
struct tls_shared;

enum channel_kind { CHANNEL_TCP, CHANNEL_TLS, CHANNEL_WS, CHANNEL_WSS };

struct channel_events {
    /* Its handshakes are over; not called for CHANNEL_TCP that was accepted. */
    void (*on_open)(void *owner, struct channel *c);
    /* `bytes` live until it returns.  The channel may be closed in it. */
    void (*on_bytes)(void *owner, struct channel *c, struct slice bytes);
    /* A WebSocket's ping came and was answered, or one of ours was.  May be NULL. */
    void (*on_alive)(void *owner, struct channel *c);
    /* The last callback: as stream_events.on_close, or -ERR_SYNTAX if the peer broke a
     * protocol, -ERR_PERMISSION if its certificate is not good enough.  The channel is
     * gone after it returns. */
    void (*on_close)(void *owner, struct channel *c, int error);
};

struct channel_limits {
    size_t   queue;                   /* bytes that wait for the handshakes to be over; 0: 64 KiB      */
    size_t   message;                 /* of a WebSocket message; 0: LIMIT_MESSAGE                      */
    unsigned handshakes;              /* of peers that connected, at one time; 0: 1000                 */
    msec     handshake_time;          /* from the beginning of the first to the end of the last; 0: 10 s */
    msec     message_time;            /* for a peer to end what it began, and to begin at all if it was
                                       * accepted; 0: 30 s                                              */
    msec                ping;         /* between the pings of a WebSocket; 0: none                     */
    const struct slice *origins;      /* who may open a WebSocket; borrowed */
    size_t              origin_count; /* 0: anyone                                                     */
};

/* Borrows `tls`, NULL: neither CHANNEL_TLS nor CHANNEL_WSS.  NULL without memory. */
struct channels *channels_new(struct world *w, struct tls_shared *tls, const struct channel_limits *limits);
/* There was none: TLS and WSS are possible from now on.  Borrows `tls`.  0, -ERR_EXISTS (there is) or -ERR_NO_MEMORY.
 */
int channels_use_tls(struct channels *all, struct tls_shared *tls);
/* For those that begin from now on. */
void channels_configure(struct channels *all, const struct channel_limits *limits);
/* After the last channel. */
void channels_free(struct channels *all);

/* Open one.  `domain` is what the peer has to prove to be (RFC 5922), and the Host of a
 * WebSocket's handshake; not used by CHANNEL_TCP.  on_open or on_close follows.
 * Returns 0, -ERR_LIMIT, -ERR_UNREACHABLE, -ERR_UNSUPPORTED without TLS. */
int channel_connect(struct channels *all, enum channel_kind kind, const struct address *remote, struct slice domain,
                    const struct channel_events *events, void *owner, struct channel **out);

/* For an accept_fn: a channel around `stream`, which it takes.  The accept_fn then returns
 * channel_stream() with the channel as the stream's owner.  NULL at a limit, which has
 * been counted, and without memory: the stream is still the caller's. */
struct channel             *channel_accept(struct channels *all, enum channel_kind kind, struct stream *stream,
                                           const struct channel_events *events, void *owner);
const struct stream_events *channel_stream(void);
/* Right after channel_accept: what its peer has to show of a certificate, beyond what all have
 * to.  Nothing without TLS. */
void channel_demand(struct channel *c, enum tls_clients clients);

/* One message (for CHANNEL_TCP and CHANNEL_TLS: bytes), all or nothing.  Copies.  Returns
 * 0, -ERR_LIMIT when the peer does not read, or too much waits, -ERR_CLOSED. */
int channel_send(struct channel *c, const struct slice *parts, size_t count);

/* Says good-bye as its layers demand, and closes the stream.  Nothing from inside on_close. */
void channel_close(struct channel *c);

struct address channel_local(const struct channel *c);
struct address channel_remote(const struct channel *c);

/* The user of CHANNEL_TCP or CHANNEL_TLS says that a message is whole, or was none: until then
 * what on_bytes brings is part of one, and the peer has channel_limits.message_time to end it. */
void channel_whole(struct channel *c);
/* Behind it the next one has begun: the peer has that time anew. */
void channel_partial(struct channel *c);

/* Did the peer prove by its certificate that it is this domain (RFC 5922 7)?  Not before
 * on_open. */
bool channel_peer_is(const struct channel *c, struct slice domain);
/* Everyone that it proved to be, ", " between them; nothing without a verified certificate. */
void channel_peer_names(const struct channel *c, struct buf *names);

#endif
