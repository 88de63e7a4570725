/* SPDX-License-Identifier: BSD-2-Clause */
#include "net/websocket_private.h"

#include "base/utf8.h"

/* RFC 6455 7.1.7: say why, unless Close was said already. */
static enum websocket_event break_off(struct websocket *w, unsigned code, const char *text)
{
    if (w->state == STATE_OPEN)
        websocket_put_close(w, code, text);
    return websocket_fail(w, code == CLOSE_TOO_BIG ? WEBSOCKET_TOO_LARGE : WEBSOCKET_PROTOCOL, code, text);
}

/* RFC 6455 7.4: the codes that may stand in a frame. */
static bool is_close_code(unsigned code)
{
    return (code >= 1000 && code <= 1014 && code != 1004 && code != 1005 && code != 1006) ||
           (code >= 3000 && code <= 4999);
}

/* RFC 6455 5.5.1: Close is answered with its code, once. */
static enum websocket_event take_close(struct websocket *w, struct slice payload)
{
    const unsigned char *octets = (const unsigned char *)payload.ptr;
    unsigned             code   = CLOSE_NORMAL;

    if (payload.len == 1)
        return break_off(w, CLOSE_PROTOCOL, "half a code in Close");
    if (payload.len >= 2)
        code = (unsigned)(octets[0] << 8 | octets[1]);
    if (!is_close_code(code))
        return break_off(w, CLOSE_PROTOCOL, "a code that Close cannot have");
    if (payload.len > 2 && !utf8_is_valid((struct slice){ payload.ptr + 2, payload.len - 2 }))
        return break_off(w, CLOSE_NOT_UTF8, "the reason in Close is not UTF-8");
    if (w->state == STATE_OPEN)
        websocket_put_close(w, code, "");
    websocket_end(w, STATE_CLOSED);
    return WEBSOCKET_CLOSED;
}

static enum websocket_event take_control(struct websocket *w, const struct frame_piece *piece)
{
    switch (piece->opcode) {
    case FRAME_CLOSE:
        return take_close(w, piece->data);
    case FRAME_PING:
        if (w->state == STATE_OPEN && websocket_put_frame(w, FRAME_PONG, piece->data) != 0)
            return websocket_out_of_memory(w);
        return WEBSOCKET_ALIVE;
    case FRAME_PONG:
        return WEBSOCKET_PONG;
    }
    return break_off(w, CLOSE_PROTOCOL, "an opcode that nobody has defined");
}

/* What a frame may begin with depends on whether a message is under way. */
static const char *check_begin(struct websocket *w, const struct frame_piece *piece)
{
    if (piece->opcode > FRAME_BINARY)
        return "an opcode that nobody has defined";
    if (piece->opcode == FRAME_CONTINUATION)
        return w->under_way ? NULL : "a continuation of nothing";
    if (w->under_way)
        return "a message within another one";
    w->under_way = true;
    w->text      = piece->opcode == FRAME_TEXT;
    return NULL;
}

/* RFC 7118 6, RFC 5626 4.4.1: between messages a double CRLF asks for one CRLF. */
static bool is_keep_alive(struct slice message)
{
    for (size_t i = 0; i < message.len; i++)
        if (message.ptr[i] != '\r' && message.ptr[i] != '\n')
            return false;
    return true;
}

static enum websocket_event complete(struct websocket *w, struct slice text, struct slice *message)
{
    w->under_way = false;
    w->given     = true;
    if (w->state != STATE_OPEN)
        return WEBSOCKET_ALIVE; /* who has sent Close does not listen any more */
    if (w->text && !utf8_is_valid(text))
        return break_off(w, CLOSE_NOT_UTF8, "a text that is not UTF-8");
    if (!is_keep_alive(text)) {
        *message = text;
        return WEBSOCKET_MESSAGE;
    }
    if (slice_eq(text, SLICE("\r\n\r\n")) && websocket_put_frame(w, FRAME_TEXT, SLICE("\r\n")) != 0)
        return websocket_out_of_memory(w);
    return WEBSOCKET_ALIVE;
}

/* WEBSOCKET_MORE: the message goes on. */
static enum websocket_event take_data(struct websocket *w, const struct frame_piece *piece, struct slice *message)
{
    const char *problem = piece->first ? check_begin(w, piece) : NULL;
    bool        whole   = piece->last && piece->final;
    size_t      most    = w->context->rules->max_message;

    if (problem != NULL)
        return break_off(w, CLOSE_PROTOCOL, problem);
    if (piece->first && (w->memory.len > most || piece->length > most - w->memory.len))
        return break_off(w, CLOSE_TOO_BIG, "the message is too large");
    if (whole && w->memory.len == 0)
        return complete(w, piece->data, message); /* where wslay has it */
    if (w->state == STATE_OPEN)
        bytes_put(&w->memory, piece->data);
    if (w->memory.failed)
        return websocket_out_of_memory(w);
    return whole ? complete(w, bytes_slice(&w->memory), message) : WEBSOCKET_MORE;
}

static enum websocket_event take_piece(struct websocket *w, const struct frame_piece *piece, struct slice *message)
{
    if (piece->reserved != 0)
        return break_off(w, CLOSE_PROTOCOL, "a reserved bit is set");
    if (piece->masked == w->client)
        return break_off(w, CLOSE_PROTOCOL,
                         w->client ? "a masked frame from a server" : "an unmasked frame from a client");
    return (piece->opcode & 8) != 0 ? take_control(w, piece) : take_data(w, piece, message);
}

/* An idle connection needs no reader. */
static void release_reader(struct websocket *w)
{
    struct websocket_context *c = w->context;

    if (!frame_reader_is_between(w->reader))
        return;
    if (c->spare == NULL)
        c->spare = w->reader;
    else
        frame_reader_free(w->reader);
    w->reader = NULL;
}

static bool take_reader(struct websocket *w)
{
    if (w->reader == NULL) {
        w->reader         = w->context->spare != NULL ? w->context->spare : frame_reader_new();
        w->context->spare = NULL;
    }
    return w->reader != NULL;
}

enum websocket_event websocket_receive(struct websocket *w, struct slice *in, struct slice *message)
{
    enum websocket_event event = WEBSOCKET_MORE;
    struct frame_piece   piece;

    if (w->reader == NULL && in->len == 0)
        return WEBSOCKET_MORE;
    if (!take_reader(w))
        return websocket_out_of_memory(w);
    while (event == WEBSOCKET_MORE) {
        switch (frame_reader_next(w->reader, in, &piece)) {
        case FRAME_MORE:
            release_reader(w);
            return WEBSOCKET_MORE;
        case FRAME_BROKEN:
            return break_off(w, CLOSE_PROTOCOL, "a frame against RFC 6455 5.2");
        case FRAME_PIECE:
            event = take_piece(w, &piece, message);
        }
    }
    return event;
}
