/* SPDX-License-Identifier: BSD-2-Clause */
/* websocket.h - one WebSocket connection as a machine, both roles (RFC 6455, RFC 7118).
 *
 *   bytes of TCP or TLS --> websocket_next --> one SIP message at a time
 *   a SIP message ----> websocket_write --> websocket_output --> bytes for TCP or TLS
 *
 *   accept:  HEAD --good request, 101 written--+
 *   connect: HEAD --good answer----------------+--> OPEN --Close either way--> CLOSED
 *              \                                      \
 *               +--the right HTTP answer---------------+--the right Close--> FAULT
 *
 * No socket, no timer, no clock: whoever owns the machine moves the bytes and says
 * when to ping and when to give up.  What answers itself (pings, Close, CRLF
 * keep-alive) is answered into the output.
 *
 * All machines of a context share one output: after ANY call below that may write
 * (connect, next, write, ping, shut) take websocket_output before the next call on
 * any machine of that context.  So an idle connection keeps no buffer at all: those
 * for a head, a frame or a message under way are taken when bytes come and freed
 * when they are done with. */

#ifndef NET_WEBSOCKET_H
#define NET_WEBSOCKET_H

#include "base/random.h"
#include "base/slice.h"

/* What is let in.  Borrowed by the context. */
struct websocket_rules {
    size_t              max_message;  /* bytes of one message, however many frames it came in */
    const struct slice *origins;      /* who accepts: Origin must be one of these, if it is there */
    size_t              origin_count; /* 0: any                                                   */
};

/* One for each world. */
struct websocket_context;
/* Borrows both; NULL without memory.  Free its machines before it. */
struct websocket_context *websocket_context_new(const struct websocket_rules *rules, const struct random *random);
void                      websocket_context_free(struct websocket_context *c);

/* What closed it, for a counter and a line in the log. */
enum websocket_fault_kind { WEBSOCKET_HANDSHAKE, WEBSOCKET_PROTOCOL, WEBSOCKET_TOO_LARGE, WEBSOCKET_NO_MEMORY };
struct websocket_fault {
    enum websocket_fault_kind kind;
    unsigned                  code; /* of the HTTP answer or the Close: what we said, or what the server said; or 0 */
    const char               *text; /* a literal */
};

enum websocket_event {
    WEBSOCKET_MORE,    /* all input is used up                                                       */
    WEBSOCKET_OPEN,    /* the handshake is done: messages may be written                             */
    WEBSOCKET_MESSAGE, /* `*message` is what one WebSocket message held, never empty                 */
    WEBSOCKET_ALIVE,   /* a ping or CRLF came: no message, but the peer wants to stay                */
    WEBSOCKET_PONG,    /* a pong: the peer's machine is there, whether anybody wants to stay or not  */
    WEBSOCKET_CLOSED,  /* Close came, and was answered unless it was an answer: send the output, close */
    WEBSOCKET_FAULT,   /* see websocket_fault: send the output, close                                */
};

struct websocket;
/* The side that waits for a request.  NULL without memory. */
struct websocket *websocket_accept(struct websocket_context *c);
/* The side that asks: its request is in the output.  `host` ("example.com:8080",
 * "[2001:db8::1]") goes to Host and, with http or https by `secure`, to Origin; it
 * is not kept.  NULL without memory, or if it is no host. */
struct websocket *websocket_connect(struct websocket_context *c, struct slice host, bool secure);
void              websocket_free(struct websocket *w);

/* Take bytes from the front of `*in` until something has happened.  Call again with
 * what is left until it says WEBSOCKET_MORE.  `*message` lives until the next
 * websocket_next on this machine; writing does it no harm.  CLOSED and FAULT are said again by every further call. */
enum websocket_event websocket_next(struct websocket *w, struct slice *in, struct slice *message);

/* One SIP message as one WebSocket message: text if it is UTF-8, else binary (RFC
 * 7118 4.2).  Returns 0, -ERR_NO_MEMORY, or -ERR_CLOSED before WEBSOCKET_OPEN and
 * after a Close. */
int websocket_write(struct websocket *w, const struct slice *parts, size_t count);
/* A ping, which the peer answers by what shows as WEBSOCKET_PONG.  As websocket_write. */
int websocket_ping(struct websocket *w);
/* Begin to close: `code` is one of RFC 6455 7.4 (1000 normal, 1001 going away, 1011
 * our fault).  WEBSOCKET_CLOSED follows when the peer answers; who cannot wait closes
 * at once.  Nothing happens before WEBSOCKET_OPEN or after another Close. */
void websocket_shut(struct websocket *w, unsigned code);

/* What must go out after the last call on this machine, once; lives until the next
 * call on the context. */
struct slice websocket_output(struct websocket *w);
/* After WEBSOCKET_FAULT; else NULL. */
const struct websocket_fault *websocket_fault(const struct websocket *w);
/* Has the peer begun a head, a frame or a message that is not whole? */
bool websocket_is_partial(const struct websocket *w);
/* Bytes it holds now, for the accounts. */
size_t websocket_memory(const struct websocket *w);

#endif
