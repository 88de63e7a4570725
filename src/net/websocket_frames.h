/* SPDX-License-Identifier: BSD-2-Clause */
/* websocket_frames.h - frames of RFC 6455 5.2 out of bytes and back, by wslay.
 *
 * wslay's context has a buffer of 4 KiB, so a reader exists only while part of a
 * frame is there: see frame_reader_is_between. */

#ifndef NET_WEBSOCKET_FRAMES_H
#define NET_WEBSOCKET_FRAMES_H

#include "base/bytes.h"
#include "base/random.h"

#include <stdint.h>

enum frame_opcode {
    FRAME_CONTINUATION = 0,
    FRAME_TEXT         = 1,
    FRAME_BINARY       = 2,
    FRAME_CLOSE        = 8,
    FRAME_PING         = 9,
    FRAME_PONG         = 10
};
enum { FRAME_CONTROL_MAX = 125, FRAME_READER_BYTES = 4600 }; /* of a reader with wslay's part, for the accounts */

/* Of a data frame what has come of its payload, maybe in several pieces; a control
 * frame always whole. */
struct frame_piece {
    unsigned     opcode;   /* may be one that nobody has defined                */
    unsigned     reserved; /* RSV1 to RSV3 as one number                         */
    bool         final;    /* FIN                                                */
    bool         masked;
    bool         first, last; /* piece of its frame                              */
    uint64_t     length;      /* announced for the frame                         */
    struct slice data;        /* unmasked; lives until the next call             */
};

struct frame_reader;
/* NULL without memory. */
struct frame_reader *frame_reader_new(void);
void                 frame_reader_free(struct frame_reader *r);

enum frame_result { FRAME_MORE, FRAME_PIECE, FRAME_BROKEN };
/* Take bytes from the front of `*in` until there is a piece.  FRAME_MORE: all are
 * used up.  FRAME_BROKEN: a header that is none (a control frame that is long or in
 * fragments; a length of 2^63 or more, or written longer than it has to be).  A data
 * frame shows with the first byte of its payload. */
enum frame_result frame_reader_next(struct frame_reader *r, struct slice *in, struct frame_piece *piece);
/* No byte of a next frame is held: it may be freed, or used for another connection. */
bool frame_reader_is_between(const struct frame_reader *r);

struct frame_writer;
/* A client masks each frame by `masks`, which it borrows; a server does not: NULL.  One
 * writer cannot do both: wslay 1.1.1 goes on masking once it has begun. */
struct frame_writer *frame_writer_new(const struct random *masks);
void                 frame_writer_free(struct frame_writer *w);
/* One whole frame to the end of `out`.  Returns 0 or -ERR_NO_MEMORY. */
int frame_write(struct frame_writer *w, enum frame_opcode opcode, struct slice payload, struct bytes *out);

#endif
