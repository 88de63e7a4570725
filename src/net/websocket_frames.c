/* SPDX-License-Identifier: BSD-2-Clause */
#include "net/websocket_frames.h"

#include "base/error.h"

#include <stdlib.h>
#include <wslay/wslay.h>

enum { HEADER_MAX = 14 };

struct frame_reader {
    struct wslay_frame_context *wslay;
    struct slice               *in;          /* of the call under way             */
    uint64_t                    given, used; /* bytes that wslay took; of whole frames */
    uint64_t                    offset;      /* of the payload, in this frame     */
    char                        control[FRAME_CONTROL_MAX];
};

static ssize_t on_receive(uint8_t *memory, size_t len, int flags, void *arg)
{
    struct frame_reader *r     = arg;
    size_t               count = len < r->in->len ? len : r->in->len;

    (void)flags;
    if (count == 0)
        return -1; /* shows as WSLAY_ERR_WANT_READ */
    memcpy(memory, r->in->ptr, count);
    *r->in = (struct slice){ r->in->ptr + count, r->in->len - count };
    r->given += count;
    return (ssize_t)count;
}

struct frame_reader *frame_reader_new(void)
{
    static const struct wslay_frame_callbacks callbacks = { .recv_callback = on_receive };
    struct frame_reader                      *r         = calloc(1, sizeof *r);

    if (r != NULL && wslay_frame_context_init(&r->wslay, &callbacks, r) != 0) {
        free(r);
        return NULL;
    }
    return r;
}

void frame_reader_free(struct frame_reader *r)
{
    if (r == NULL)
        return;
    wslay_frame_context_free(r->wslay);
    free(r);
}

/* The shortest way to write it; wslay takes no other. */
static uint64_t header_length(const struct frame_piece *piece)
{
    return 2u + (piece->length > 0xffff ? 8u : piece->length > FRAME_CONTROL_MAX ? 2u : 0u) + (piece->masked ? 4u : 0u);
}

/* Note where we are.  False for the middle of a control frame. */
static bool take_piece(struct frame_reader *r, struct frame_piece *piece)
{
    bool is_control = (piece->opcode & 8) != 0;

    piece->first = r->offset == 0;
    if (is_control) { /* wslay has seen to it that it is not longer */
        memcpy(r->control + r->offset, piece->data.ptr, piece->data.len);
        piece->first = true;
    }
    r->offset += piece->data.len;
    piece->last = r->offset == piece->length;
    if (is_control)
        piece->data = (struct slice){ r->control, (size_t)r->offset };
    if (piece->last) {
        r->used += header_length(piece) + piece->length;
        r->offset = 0;
    }
    return piece->last || !is_control;
}

enum frame_result frame_reader_next(struct frame_reader *r, struct slice *in, struct frame_piece *piece)
{
    struct wslay_frame_iocb frame;
    ssize_t                 got;

    r->in = in;
    do {
        memset(&frame, 0, sizeof frame);
        got = wslay_frame_recv(r->wslay, &frame);
        if (got < 0)
            return got == WSLAY_ERR_WANT_READ ? FRAME_MORE : FRAME_BROKEN;
        *piece = (struct frame_piece){ .opcode   = frame.opcode,
                                       .reserved = frame.rsv,
                                       .final    = frame.fin != 0,
                                       .masked   = frame.mask != 0,
                                       .length   = frame.payload_length,
                                       .data     = { (const char *)frame.data, frame.data_length } };
    } while (!take_piece(r, piece));
    return FRAME_PIECE;
}

bool frame_reader_is_between(const struct frame_reader *r)
{
    return r->given == r->used;
}

struct frame_writer {
    struct wslay_frame_context *wslay;
    const struct random        *masks;
    struct bytes               *out; /* of the call under way */
};

static ssize_t on_send(const uint8_t *data, size_t len, int flags, void *arg)
{
    struct frame_writer *w = arg;

    (void)flags;
    bytes_put(w->out, (struct slice){ (const char *)data, len }); /* room was reserved */
    return (ssize_t)len;
}

static int on_mask(uint8_t *memory, size_t len, void *arg)
{
    const struct frame_writer *w = arg;

    random_fill(w->masks, memory, len);
    return 0;
}

struct frame_writer *frame_writer_new(const struct random *masks)
{
    static const struct wslay_frame_callbacks callbacks = { .send_callback = on_send, .genmask_callback = on_mask };
    struct frame_writer                      *w         = calloc(1, sizeof *w);

    if (w == NULL)
        return NULL;
    w->masks = masks;
    if (wslay_frame_context_init(&w->wslay, &callbacks, w) != 0) {
        free(w);
        return NULL;
    }
    return w;
}

void frame_writer_free(struct frame_writer *w)
{
    if (w == NULL)
        return;
    wslay_frame_context_free(w->wslay);
    free(w);
}

/* With room for all of it nothing can stop wslay in the middle of a frame, which
 * would be the end of all that is written by this context. */
int frame_write(struct frame_writer *w, enum frame_opcode opcode, struct slice payload, struct bytes *out)
{
    struct wslay_frame_iocb frame = {
        .fin = 1, .opcode = (uint8_t)opcode, .mask = w->masks != NULL, .payload_length = payload.len
    };

    if (!bytes_reserve(out, payload.len + HEADER_MAX))
        return -ERR_NO_MEMORY;
    w->out = out;
    for (size_t sent = 0;;) {
        ssize_t count;

        frame.data        = (const uint8_t *)payload.ptr + sent;
        frame.data_length = payload.len - sent;
        count             = wslay_frame_send(w->wslay, &frame);
        if (count < 0) /* room is there, the frame is a good one: this is broken memory */
            abort();
        sent += (size_t)count;
        if (sent == payload.len)
            return 0;
    }
}
