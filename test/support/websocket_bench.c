/* SPDX-License-Identifier: BSD-2-Clause */
#include "support/websocket_bench.h"

#include "support/test.h"

#include <stdlib.h>

static void fill(void *arg, void *bytes, size_t len)
{
    static const char nonce[16] = "the sample nonce", mask[4] = "\x37\xfa\x21\x3d";

    (void)arg;
    memcpy(bytes, len == sizeof nonce ? nonce : mask, len);
}

void websocket_bench_start(struct websocket_bench *b, bool client)
{
    b->rules   = (struct websocket_rules){ .max_message = BENCH_MESSAGE };
    b->random  = (struct random){ .fill = fill };
    b->said    = BUF_ON(b->said_memory);
    b->sent    = BUF_ON(b->sent_memory);
    b->context = websocket_context_new(&b->rules, &b->random);
    if (b->context == NULL)
        abort();
    b->w = client ? websocket_connect(b->context, SLICE("server.example.com"), false) : websocket_accept(b->context);
    if (b->w == NULL)
        abort();
    websocket_bench_collect(b);
}

void websocket_bench_open(struct websocket_bench *b, bool client)
{
    websocket_bench_start(b, client);
    websocket_bench_feed(b, client ? SLICE(BENCH_ANSWER) : SLICE(BENCH_REQUEST), 4096);
    CHECK_SLICE("OPEN ", buf_slice(&b->said));
    b->said.len = b->sent.len = 0;
}

void websocket_bench_end(struct websocket_bench *b)
{
    websocket_free(b->w);
    websocket_context_free(b->context);
}

void websocket_bench_collect(struct websocket_bench *b)
{
    buf_put(&b->sent, websocket_output(b->w));
    CHECK_INT(0, websocket_output(b->w).len);
    CHECK(buf_ok(&b->sent));
}

/* False at the end of the connection. */
static bool note(struct websocket_bench *b, enum websocket_event event, struct slice message)
{
    const struct websocket_fault *fault = websocket_fault(b->w);

    CHECK_INT(event == WEBSOCKET_FAULT, fault != NULL);
    switch (event) {
    case WEBSOCKET_MORE:
        return true;
    case WEBSOCKET_OPEN:
        buf_put(&b->said, SLICE("OPEN "));
        return true;
    case WEBSOCKET_MESSAGE:
        if (message.len > 1000)
            buf_printf(&b->said, "MESSAGE[%zu] ", message.len);
        else
            buf_printf(&b->said, "MESSAGE(%.*s) ", SLICE_ARG(message));
        return true;
    case WEBSOCKET_ALIVE:
        buf_put(&b->said, SLICE("ALIVE "));
        return true;
    case WEBSOCKET_PONG:
        buf_put(&b->said, SLICE("PONG "));
        return true;
    case WEBSOCKET_CLOSED:
        buf_put(&b->said, SLICE("CLOSED "));
        return false;
    case WEBSOCKET_FAULT:
        buf_printf(&b->said, "FAULT(%u %s) ", fault->code, fault->text);
        return false;
    }
    abort();
}

void websocket_bench_feed(struct websocket_bench *b, struct slice input, size_t step)
{
    bool goes_on = true;

    while (input.len > 0 && goes_on) {
        size_t               count = step < input.len ? step : input.len;
        struct slice         piece = test_guarded((struct slice){ input.ptr, count }), message;
        enum websocket_event event;

        do {
            event   = websocket_next(b->w, &piece, &message);
            goes_on = note(b, event, message);
            websocket_bench_collect(b);
        } while (goes_on && event != WEBSOCKET_MORE);
        if (goes_on)
            CHECK_INT(0, piece.len);
        input = (struct slice){ input.ptr + count, input.len - count };
    }
    CHECK(buf_ok(&b->said));
}

static void check_step(bool client, struct slice input, size_t step, const char *said, struct slice sent)
{
    static struct websocket_bench b;

    websocket_bench_open(&b, client);
    websocket_bench_feed(&b, input, step);
    CHECK_SLICE(said, buf_slice(&b.said));
    CHECK(slice_eq(sent, buf_slice(&b.sent)));
    websocket_bench_end(&b);
}

void websocket_bench_check(bool client, struct slice input, size_t steps, const char *said, struct slice sent)
{
    for (size_t step = 1; step <= steps && step < input.len; step++)
        check_step(client, input, step, said, sent);
    check_step(client, input, input.len, said, sent);
}
