/* SPDX-License-Identifier: BSD-2-Clause */
/* A WebSocket says and sends the same however its bytes are cut, as server (first byte
 * even) and as client, from the handshake on (next bit 0) or with it done.  It never
 * holds more than a message, and what one side writes the other reads. */
#include "base/buf.h"
#include "net/http_head.h"
#include "net/websocket.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { MOST = 600, MEMORY = 2 * HTTP_HEAD_LIMIT + 5000 };

static const char request[] = "GET / HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                              "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n"
                              "Sec-WebSocket-Protocol: sip\r\n\r\n";
static const char answer[] =
    "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\nSec-WebSocket-Protocol: sip\r\n\r\n";

static void fill(void *arg, void *bytes, size_t len)
{
    (void)arg;
    memcpy(bytes, "the sample nonce", len < 16 ? len : 16);
}

static const struct websocket_rules rules    = { .max_message = MOST };
static const struct random          constant = { .fill = fill };

static void expect(bool condition)
{
    if (!condition)
        abort();
}

/* Hand over a copy that ends where it ends.  False at the end of the connection. */
static bool feed_piece(struct websocket *w, struct slice text, struct buf *out)
{
    char                *copy  = malloc(text.len + 1);
    struct slice         piece = { copy, text.len }, message;
    enum websocket_event event;

    expect(copy != NULL);
    memcpy(copy, text.ptr, text.len);
    do {
        event = websocket_next(w, &piece, &message);
        if (event != WEBSOCKET_MORE)
            buf_put_byte(out, (char)('0' + event));
        expect(message.len <= MOST && (message.len > 0) == (event == WEBSOCKET_MESSAGE));
        expect((websocket_fault(w) != NULL) == (event == WEBSOCKET_FAULT));
        expect(websocket_memory(w) < MEMORY);
        buf_put(out, message);
        buf_put(out, websocket_output(w));
    } while (event != WEBSOCKET_MORE && event != WEBSOCKET_CLOSED && event != WEBSOCKET_FAULT);
    free(copy);
    return event == WEBSOCKET_MORE;
}

static void run(const uint8_t *data, size_t size, size_t step, struct buf *out)
{
    struct websocket_context *c      = websocket_context_new(&rules, &constant);
    bool                      client = (data[0] & 1) != 0, open = (data[0] & 2) != 0;
    struct websocket         *w    = client ? websocket_connect(c, SLICE("a"), true) : websocket_accept(c);
    struct slice              text = { (const char *)data + 1, size - 1 };

    if (open)
        expect(feed_piece(w, client ? SLICE(answer) : SLICE(request), out));
    while (text.len > 0) {
        size_t count = step < text.len ? step : text.len;

        if (!feed_piece(w, (struct slice){ text.ptr, count }, out))
            break;
        text = (struct slice){ text.ptr + count, text.len - count };
    }
    websocket_free(w);
    websocket_context_free(c);
}

static bool is_crlf(struct slice text)
{
    return slice_trim(text).len == 0 && memchr(text.ptr, ' ', text.len) == NULL &&
           memchr(text.ptr, '\t', text.len) == NULL;
}

static void write_and_read(struct slice text)
{
    struct websocket_context *c = websocket_context_new(&rules, &constant),
                             *d = websocket_context_new(&rules, &constant);
    struct websocket *server = websocket_accept(c), *client = websocket_connect(d, SLICE("a"), false);
    struct slice      in, message,
        half[] = { { text.ptr, text.len / 2 }, { text.ptr + text.len / 2, text.len - text.len / 2 } };

    in = websocket_output(client);
    expect(websocket_next(server, &in, &message) == WEBSOCKET_OPEN);
    in = websocket_output(server);
    expect(websocket_next(client, &in, &message) == WEBSOCKET_OPEN);
    expect(websocket_write(client, half, 2) == 0);
    in = websocket_output(client);
    expect(websocket_next(server, &in, &message) == (is_crlf(text) ? WEBSOCKET_ALIVE : WEBSOCKET_MESSAGE));
    expect(is_crlf(text) || slice_eq(message, text));
    expect(websocket_write(server, &text, 1) == 0);
    in = websocket_output(server);
    expect(websocket_next(client, &in, &message) == (is_crlf(text) ? WEBSOCKET_ALIVE : WEBSOCKET_MESSAGE));
    expect(is_crlf(text) || slice_eq(message, text));
    websocket_free(client);
    websocket_free(server);
    websocket_context_free(c);
    websocket_context_free(d);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static char one[1 << 17], two[1 << 17];
    struct buf  a = BUF_ON(one), b = BUF_ON(two);

    if (size < 2 || size > HTTP_HEAD_LIMIT + 1000)
        return 0;
    run(data, size, size, &a);
    run(data, size, 1, &b);
    expect(slice_eq(buf_slice(&a), buf_slice(&b)));
    b = BUF_ON(two);
    run(data, size, data[0] / 4 + 2u, &b);
    expect(slice_eq(buf_slice(&a), buf_slice(&b)));
    if (size - 1 <= MOST)
        write_and_read((struct slice){ (const char *)data + 1, size - 1 });
    return 0;
}
