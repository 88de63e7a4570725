/* SPDX-License-Identifier: BSD-2-Clause */
/* websocket_bench.h - a WebSocket machine on a bench: bytes in, in pieces of any size,
 * and what it says and sends written down. */

#ifndef TEST_SUPPORT_WEBSOCKET_BENCH_H
#define TEST_SUPPORT_WEBSOCKET_BENCH_H

#include "base/buf.h"
#include "net/websocket.h"

enum { BENCH_MESSAGE = 70000 }; /* the limit of a message, unless a test sets another */

/* The sample of RFC 6455 1.3, with what SIP adds. */
#define BENCH_REQUEST                                                                                                  \
    "GET / HTTP/1.1\r\nHost: server.example.com\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"                      \
    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Protocol: sip\r\n"      \
    "Origin: http://server.example.com\r\n\r\n"
#define BENCH_ANSWER                                                                                                   \
    "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"                                \
    "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\nSec-WebSocket-Protocol: sip\r\n\r\n"

/* Its randomness is that of the RFC: the nonce "the sample nonce", the mask 37fa213d. */
struct websocket_bench {
    struct websocket_rules    rules;
    struct random             random;
    struct websocket_context *context;
    struct websocket         *w;
    struct buf                said; /* "OPEN MESSAGE(hello) ALIVE CLOSED FAULT(1002 why) " */
    struct buf                sent; /* what it put out                                     */
    char                      said_memory[4096], sent_memory[80000];
};

/* A machine with nothing behind it yet, but a client's request, which is in `sent`.
 * Aborts without memory. */
void websocket_bench_start(struct websocket_bench *b, bool client);
/* The same with the handshake done and forgotten. */
void websocket_bench_open(struct websocket_bench *b, bool client);
void websocket_bench_end(struct websocket_bench *b);

/* In pieces of `step` bytes, each on a guarded page; what comes after CLOSED or FAULT
 * is left out. */
void websocket_bench_feed(struct websocket_bench *b, struct slice input, size_t step);
/* Collect the output after a call of one's own. */
void websocket_bench_collect(struct websocket_bench *b);

/* An open machine of that role gets `input` in pieces of every size up to `steps`, and
 * in one: it must say and send this. */
void websocket_bench_check(bool client, struct slice input, size_t steps, const char *said, struct slice sent);

#endif
