/* SPDX-License-Identifier: BSD-2-Clause */
/* websocket_private.h - what the two halves of the machine share: websocket.c has the
 * handshake and what is sent, websocket_receive.c what becomes of frames. */

#ifndef NET_WEBSOCKET_PRIVATE_H
#define NET_WEBSOCKET_PRIVATE_H

#include "base/bytes.h"
#include "net/websocket.h"
#include "net/websocket_frames.h"
#include "net/websocket_upgrade.h"

/* RFC 6455 7.4.1 */
enum { CLOSE_NORMAL = 1000, CLOSE_PROTOCOL = 1002, CLOSE_NOT_UTF8 = 1007, CLOSE_TOO_BIG = 1009, CLOSE_OURS = 1011 };

struct websocket_context {
    const struct websocket_rules *rules;
    const struct random          *random;
    struct frame_writer          *writers[2]; /* of servers, of clients      */
    struct bytes                  output;     /* of the last call            */
    struct websocket             *owner;      /* whose call that was; NULL: it has been taken */
    struct frame_reader          *spare;      /* for whoever has bytes next  */
};

enum websocket_state { STATE_HEAD, STATE_OPEN, STATE_CLOSING, STATE_CLOSED, STATE_FAULT }; /* CLOSING: Close is sent */

struct websocket {
    struct websocket_context *context;
    struct frame_reader      *reader;               /* while part of a frame is there                     */
    struct bytes              memory;               /* of the head, or of the message under way           */
    unsigned char             nonce[UPGRADE_NONCE]; /* of a client */
    struct websocket_fault    fault;
    enum websocket_state      state;
    bool                      client;
    bool                      under_way; /* a message has begun                             */
    bool                      text;      /* it is one of text                               */
    bool                      given;     /* memory holds what the last call handed out      */
};

/* Append a frame to the output of the call under way.  Returns 0 or -ERR_NO_MEMORY. */
int websocket_put_frame(struct websocket *w, enum frame_opcode opcode, struct slice payload);
/* RFC 6455 5.5.1: the code, then words for people.  Without memory the connection
 * closes without it. */
void websocket_put_close(struct websocket *w, unsigned code, const char *words);

/* The end of it: nothing of what has come is needed any more. */
void                 websocket_end(struct websocket *w, enum websocket_state state);
enum websocket_event websocket_fail(struct websocket *w, enum websocket_fault_kind kind, unsigned code,
                                    const char *text);
enum websocket_event websocket_out_of_memory(struct websocket *w);

/* websocket_next, once the handshake is done. */
enum websocket_event websocket_receive(struct websocket *w, struct slice *in, struct slice *message);

#endif
