/* SPDX-License-Identifier: BSD-2-Clause */
#include "net/websocket_private.h"

#include "base/error.h"
#include "base/scan.h"
#include "base/utf8.h"
#include "net/http_head.h"

#include <stdlib.h>

void websocket_context_free(struct websocket_context *c)
{
    if (c == NULL)
        return;
    frame_writer_free(c->writers[false]);
    frame_writer_free(c->writers[true]);
    frame_reader_free(c->spare);
    bytes_fini(&c->output);
    free(c);
}

struct websocket_context *websocket_context_new(const struct websocket_rules *rules, const struct random *random)
{
    struct websocket_context *c = calloc(1, sizeof *c);

    if (c == NULL)
        return NULL;
    c->rules          = rules;
    c->random         = random;
    c->writers[false] = frame_writer_new(NULL);
    c->writers[true]  = frame_writer_new(random);
    if (c->writers[false] == NULL || c->writers[true] == NULL) {
        websocket_context_free(c);
        return NULL;
    }
    return c;
}

/* Each call that may write begins with an output of its own. */
static void begin(struct websocket *w)
{
    bytes_clear(&w->context->output);
    w->context->owner = w;
}

static struct websocket *websocket_new(struct websocket_context *c, bool client)
{
    struct websocket *w = calloc(1, sizeof *w);

    if (w == NULL)
        return NULL;
    w->context = c;
    w->client  = client;
    begin(w);
    return w;
}

struct websocket *websocket_accept(struct websocket_context *c)
{
    return websocket_new(c, false);
}

static bool is_host(struct slice text)
{
    struct scan  s = scan_from(text);
    struct slice host;
    uint32_t     port;

    return text.len <= UPGRADE_HOST && scan_host(&s, &host) &&
           (scan_at_end(&s) || (scan_byte(&s, ':') && scan_number(&s, 65535, &port) && scan_at_end(&s)));
}

void websocket_free(struct websocket *w)
{
    if (w == NULL)
        return;
    if (w->context->owner == w)
        w->context->owner = NULL;
    bytes_fini(&w->memory);
    frame_reader_free(w->reader);
    free(w);
}

struct websocket *websocket_connect(struct websocket_context *c, struct slice host, bool secure)
{
    char              memory[UPGRADE_ANSWER];
    struct buf        request = BUF_ON(memory);
    struct websocket *w       = is_host(host) ? websocket_new(c, true) : NULL;

    if (w == NULL)
        return NULL;
    random_fill(c->random, w->nonce, sizeof w->nonce);
    upgrade_ask(host, secure, w->nonce, &request);
    bytes_put(&c->output, buf_slice(&request));
    if (!buf_ok(&request) || c->output.failed) {
        websocket_free(w);
        return NULL;
    }
    return w;
}

int websocket_put_frame(struct websocket *w, enum frame_opcode opcode, struct slice payload)
{
    return frame_write(w->context->writers[w->client], opcode, payload, &w->context->output);
}

void websocket_put_close(struct websocket *w, unsigned code, const char *words)
{
    char       memory[FRAME_CONTROL_MAX];
    struct buf b = BUF_ON(memory);

    buf_put_byte(&b, (char)(code >> 8));
    buf_put_byte(&b, (char)(code & 0xff));
    buf_put(&b, slice_from(words));
    (void)websocket_put_frame(w, FRAME_CLOSE, buf_slice(&b));
}

void websocket_end(struct websocket *w, enum websocket_state state)
{
    w->state = state;
    bytes_fini(&w->memory);
    frame_reader_free(w->reader);
    w->reader = NULL;
}

enum websocket_event websocket_fail(struct websocket *w, enum websocket_fault_kind kind, unsigned code,
                                    const char *text)
{
    w->fault = (struct websocket_fault){ kind, code, text };
    websocket_end(w, STATE_FAULT);
    return WEBSOCKET_FAULT;
}

enum websocket_event websocket_out_of_memory(struct websocket *w)
{
    if (w->state == STATE_OPEN)
        websocket_put_close(w, CLOSE_OURS, "out of memory");
    return websocket_fail(w, WEBSOCKET_NO_MEMORY, w->state == STATE_OPEN ? CLOSE_OURS : 0, "out of memory");
}

/* ---- the handshake ---- */

static enum websocket_event refuse_head(struct websocket *w, unsigned status, const char *why)
{
    char       memory[UPGRADE_ANSWER];
    struct buf answer = BUF_ON(memory);

    if (!w->client) {
        upgrade_refuse(status, why, &answer);
        bytes_put(&w->context->output, buf_slice(&answer));
    }
    return websocket_fail(w, WEBSOCKET_HANDSHAKE, w->client ? 0 : status, why);
}

/* A whole head is in memory. */
static enum websocket_event judge_head(struct websocket *w)
{
    char         memory[UPGRADE_ANSWER];
    struct buf   answer = BUF_ON(memory);
    struct slice head   = bytes_slice(&w->memory);
    unsigned     status;
    const char  *why;
    bool         good;

    if (w->client) {
        good = upgrade_check(head, w->nonce, &status, &why);
    } else {
        status = upgrade_answer(head, w->context->rules, &answer, &why);
        good   = status == 101;
        bytes_put(&w->context->output, buf_slice(&answer));
    }
    if (!good)
        return websocket_fail(w, WEBSOCKET_HANDSHAKE, status, why);
    bytes_fini(&w->memory);
    if (w->context->output.failed)
        return websocket_out_of_memory(w);
    w->state = STATE_OPEN;
    return WEBSOCKET_OPEN;
}

/* What lies behind the head are frames already. */
static enum websocket_event read_head(struct websocket *w, struct slice *in)
{
    size_t known = w->memory.len, room = HTTP_HEAD_LIMIT - known;
    size_t count = in->len < room ? in->len : room;
    size_t length, surplus;

    bytes_put(&w->memory, (struct slice){ in->ptr, count });
    if (w->memory.failed)
        return websocket_out_of_memory(w);
    length  = http_head_length(bytes_slice(&w->memory), known);
    surplus = length == 0 ? 0 : w->memory.len - length;
    w->memory.len -= surplus;
    *in = (struct slice){ in->ptr + count - surplus, in->len - count + surplus };
    if (!http_is_possible(bytes_slice(&w->memory), known))
        return refuse_head(w, 400, "it is no HTTP");
    if (length != 0)
        return judge_head(w);
    return w->memory.len == HTTP_HEAD_LIMIT ? refuse_head(w, 431, "the head is too long") : WEBSOCKET_MORE;
}

enum websocket_event websocket_next(struct websocket *w, struct slice *in, struct slice *message)
{
    begin(w);
    *message = SLICE("");
    if (w->given)
        bytes_fini(&w->memory);
    w->given = false;
    switch (w->state) {
    case STATE_HEAD:
        return read_head(w, in);
    case STATE_OPEN:
    case STATE_CLOSING:
        return websocket_receive(w, in, message);
    case STATE_CLOSED:
        return WEBSOCKET_CLOSED;
    case STATE_FAULT:
        break;
    }
    return WEBSOCKET_FAULT;
}

/* ---- sending ---- */

static int put_message(struct websocket *w, struct slice message)
{
    return websocket_put_frame(w, utf8_is_valid(message) ? FRAME_TEXT : FRAME_BINARY, message);
}

/* In one piece: whether it is UTF-8 cannot be told from parts, which may end within
 * a character. */
static int write_parts(struct websocket *w, const struct slice *parts, size_t count)
{
    struct bytes whole = { 0 };
    int          error = -ERR_NO_MEMORY;

    for (size_t i = 0; i < count; i++)
        bytes_put(&whole, parts[i]);
    if (!whole.failed)
        error = put_message(w, bytes_slice(&whole));
    bytes_fini(&whole);
    return error;
}

int websocket_write(struct websocket *w, const struct slice *parts, size_t count)
{
    begin(w);
    if (w->state != STATE_OPEN)
        return -ERR_CLOSED;
    return count == 1 ? put_message(w, parts[0]) : write_parts(w, parts, count);
}

int websocket_ping(struct websocket *w)
{
    begin(w);
    return w->state == STATE_OPEN ? websocket_put_frame(w, FRAME_PING, SLICE("")) : -ERR_CLOSED;
}

void websocket_shut(struct websocket *w, unsigned code)
{
    begin(w);
    if (w->state != STATE_OPEN)
        return;
    websocket_put_close(w, code, "");
    w->state = STATE_CLOSING;
}

struct slice websocket_output(struct websocket *w)
{
    struct websocket_context *c = w->context;

    if (c->owner != w)
        return SLICE("");
    c->owner = NULL;
    return bytes_slice(&c->output);
}

const struct websocket_fault *websocket_fault(const struct websocket *w)
{
    return w->state == STATE_FAULT ? &w->fault : NULL;
}

bool websocket_is_partial(const struct websocket *w)
{
    bool in_frame = w->reader != NULL && !frame_reader_is_between(w->reader);

    return in_frame || w->under_way || (w->memory.len > 0 && !w->given);
}

size_t websocket_memory(const struct websocket *w)
{
    return sizeof *w + w->memory.cap + (w->reader != NULL ? FRAME_READER_BYTES : 0);
}
