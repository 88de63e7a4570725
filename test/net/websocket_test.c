/* SPDX-License-Identifier: BSD-2-Clause */
#include "base/error.h"
#include "net/http_head.h"
#include "support/alloc.h"
#include "support/test.h"
#include "support/websocket_bench.h"

static struct websocket_bench bench;

/* RFC 6455 1.3, RFC 7118 4.1 */
TEST(a_request_for_sip_is_upgraded_however_it_arrives)
{
    for (size_t step = 1; step <= sizeof BENCH_REQUEST; step++) {
        websocket_bench_start(&bench, false);
        websocket_bench_feed(&bench, SLICE(BENCH_REQUEST), step);
        CHECK_SLICE("OPEN ", buf_slice(&bench.said));
        CHECK_SLICE(BENCH_ANSWER, buf_slice(&bench.sent));
        websocket_bench_end(&bench);
    }
}

TEST(what_follows_the_request_at_once_is_frames)
{
    websocket_bench_start(&bench, false);
    websocket_bench_feed(&bench, SLICE(BENCH_REQUEST "\x81\x85\x37\xfa\x21\x3d\x7f\x9f\x4d\x51\x58"), 4096);
    CHECK_SLICE("OPEN MESSAGE(Hello) ", buf_slice(&bench.said));
    websocket_bench_end(&bench);
}

TEST(a_client_asks_and_takes_the_answer_however_it_arrives)
{
    for (size_t step = 1; step <= sizeof BENCH_ANSWER; step++) {
        websocket_bench_start(&bench, true);
        CHECK_SLICE(BENCH_REQUEST, buf_slice(&bench.sent));
        websocket_bench_feed(&bench, SLICE(BENCH_ANSWER "\x81\x05Hello"), step);
        CHECK_SLICE("OPEN MESSAGE(Hello) ", buf_slice(&bench.said));
        websocket_bench_end(&bench);
    }
}

TEST(a_client_that_is_refused_says_what_the_server_said)
{
    websocket_bench_start(&bench, true);
    websocket_bench_feed(&bench, SLICE("HTTP/1.1 404 Not Found\r\n\r\n"), 7);
    CHECK_SLICE("FAULT(404 the server does not upgrade) ", buf_slice(&bench.said));
    CHECK_INT(WEBSOCKET_HANDSHAKE, websocket_fault(bench.w)->kind);
    websocket_bench_end(&bench);
}

static void check_refusal(struct slice request, unsigned status)
{
    char       memory[32];
    struct buf want = BUF_ON(memory);

    websocket_bench_start(&bench, false);
    websocket_bench_feed(&bench, request, 100);
    buf_printf(&want, "HTTP/1.1 %u ", status);
    CHECK(bench.sent.len > want.len && memcmp(bench.sent.ptr, want.ptr, want.len) == 0);
    CHECK_INT(WEBSOCKET_HANDSHAKE, websocket_fault(bench.w)->kind);
    CHECK_INT(status, websocket_fault(bench.w)->code);
    websocket_bench_end(&bench);
}

TEST(what_is_no_request_for_a_websocket_gets_its_http_answer)
{
    check_refusal(SLICE("GET / HTTP/1.1\r\nHost: a\r\n\r\n"), 426);
    check_refusal(SLICE("POST / HTTP/1.1\r\nHost: a\r\n\r\n"), 405);
    check_refusal(SLICE("REGISTER sip:example.test SIP/2.0\r\n\r\n"), 400);
}

/* A hello of TLS, an LF too few: nobody waits for the rest. */
TEST(what_can_be_no_http_is_refused_at_its_first_wrong_byte)
{
    check_refusal(SLICE("\x16"), 400);
    check_refusal(SLICE("GET / HTTP/1.1\n"), 400);
}

TEST(a_head_that_passes_the_limit_is_431)
{
    static char request[HTTP_HEAD_LIMIT];

    memset(request, 'x', sizeof request);
    websocket_bench_start(&bench, false);
    websocket_bench_feed(&bench, (struct slice){ request, sizeof request - 1 }, 1000);
    CHECK_SLICE("", buf_slice(&bench.said));
    websocket_bench_end(&bench);
    check_refusal((struct slice){ request, sizeof request }, 431);
}

TEST(a_client_gives_up_on_an_answer_without_end)
{
    static char answer[HTTP_HEAD_LIMIT];

    memset(answer, 'x', sizeof answer);
    websocket_bench_start(&bench, true);
    bench.sent.len = 0;
    websocket_bench_feed(&bench, (struct slice){ answer, sizeof answer }, 1000);
    CHECK_SLICE("FAULT(0 the head is too long) ", buf_slice(&bench.said));
    CHECK_SLICE("", buf_slice(&bench.sent));
    websocket_bench_end(&bench);
}

/* RFC 6455 5.7; RFC 7118 4.2: text unless it is not UTF-8. */
TEST(a_message_is_one_frame_of_text_or_binary)
{
    struct slice text = SLICE("Hello"), latin = SLICE("Zo\xeb");

    websocket_bench_open(&bench, false);
    CHECK_INT(0, websocket_write(bench.w, &text, 1));
    websocket_bench_collect(&bench);
    CHECK_SLICE("\x81\x05Hello", buf_slice(&bench.sent));
    bench.sent.len = 0;
    CHECK_INT(0, websocket_write(bench.w, &latin, 1));
    websocket_bench_collect(&bench);
    CHECK_SLICE("\x82\x03Zo\xeb", buf_slice(&bench.sent));
    websocket_bench_end(&bench);
}

TEST(a_character_may_lie_across_the_parts_of_a_message)
{
    struct slice parts[] = { SLICE("Zo\xc3"), SLICE(""), SLICE("\xab") };

    websocket_bench_open(&bench, false);
    CHECK_INT(0, websocket_write(bench.w, parts, 3));
    websocket_bench_collect(&bench);
    CHECK_SLICE("\x81\x04Zo\xc3\xab", buf_slice(&bench.sent));
    websocket_bench_end(&bench);
}

/* RFC 6455 5.3, 5.7 */
TEST(a_client_masks_what_it_sends)
{
    struct slice text = SLICE("Hello");

    websocket_bench_open(&bench, true);
    CHECK_INT(0, websocket_write(bench.w, &text, 1));
    websocket_bench_collect(&bench);
    CHECK_SLICE("\x81\x85\x37\xfa\x21\x3d\x7f\x9f\x4d\x51\x58", buf_slice(&bench.sent));
    websocket_bench_end(&bench);
}

TEST(a_ping_is_an_empty_frame)
{
    websocket_bench_open(&bench, false);
    CHECK_INT(0, websocket_ping(bench.w));
    websocket_bench_collect(&bench);
    CHECK_INT(0, websocket_ping(bench.w));
    websocket_bench_collect(&bench);
    CHECK(slice_eq(buf_slice(&bench.sent), (struct slice){ "\x89\0\x89\0", 4 }));
    websocket_bench_end(&bench);
}

TEST(nothing_is_written_before_the_handshake)
{
    struct slice text = SLICE("Hello");

    websocket_bench_start(&bench, false);
    CHECK_INT(-ERR_CLOSED, websocket_write(bench.w, &text, 1));
    CHECK_INT(-ERR_CLOSED, websocket_ping(bench.w));
    websocket_shut(bench.w, 1001);
    websocket_bench_collect(&bench);
    CHECK_SLICE("", buf_slice(&bench.sent));
    websocket_bench_end(&bench);
}

/* RFC 6455 5.5.1, 7.1.2: we close; the answer ends it, what comes before it is lost. */
TEST(who_closes_writes_no_more_and_waits_for_the_answer)
{
    struct slice text = SLICE("Hello");

    websocket_bench_open(&bench, false);
    websocket_shut(bench.w, 1001);
    websocket_bench_collect(&bench);
    CHECK_SLICE("\x88\x02\x03\xe9", buf_slice(&bench.sent));
    CHECK_INT(-ERR_CLOSED, websocket_write(bench.w, &text, 1));
    websocket_shut(bench.w, 1000);
    websocket_bench_collect(&bench);
    websocket_bench_feed(&bench, SLICE("\x81\x85\x37\xfa\x21\x3d\x7f\x9f\x4d\x51\x58"), 3);
    websocket_bench_feed(&bench, SLICE("\x89\x81\x37\xfa\x21\x3d\x37"), 3);
    websocket_bench_feed(&bench, SLICE("\x88\x82\x37\xfa\x21\x3d\x34\x13"), 3);
    CHECK_SLICE("ALIVE ALIVE CLOSED ", buf_slice(&bench.said));
    CHECK_SLICE("\x88\x02\x03\xe9", buf_slice(&bench.sent));
    websocket_bench_end(&bench);
}

TEST(the_end_is_said_again)
{
    struct slice none = SLICE("more"), message;

    websocket_bench_open(&bench, false);
    websocket_bench_feed(&bench, (struct slice){ "\x88\x80\x37\xfa\x21\x3d", 6 }, 6);
    CHECK_SLICE("CLOSED ", buf_slice(&bench.said));
    CHECK_INT(WEBSOCKET_CLOSED, websocket_next(bench.w, &none, &message));
    websocket_bench_end(&bench);
    websocket_bench_open(&bench, false);
    websocket_bench_feed(&bench, SLICE("\x81\x05Hello"), 6);
    CHECK_INT(WEBSOCKET_FAULT, websocket_next(bench.w, &none, &message));
    CHECK_INT(0, websocket_output(bench.w).len);
    websocket_bench_end(&bench);
}

/* Nobody sends what another connection was to say. */
TEST(the_output_belongs_to_the_last_call_of_its_machine)
{
    struct slice      text = SLICE("Hello");
    struct websocket *other;

    websocket_bench_open(&bench, false);
    other = websocket_accept(bench.context);
    CHECK_INT(0, websocket_write(bench.w, &text, 1));
    CHECK_INT(0, websocket_output(other).len);
    CHECK_SLICE("\x81\x05Hello", websocket_output(bench.w));
    CHECK_INT(0, websocket_write(bench.w, &text, 1));
    CHECK_INT(-ERR_CLOSED, websocket_write(other, &text, 1));
    CHECK_INT(0, websocket_output(other).len);
    websocket_free(other);
    websocket_bench_end(&bench);
}

/* Ten thousand of them wait for a message. */
TEST(an_idle_connection_keeps_no_buffers)
{
    size_t idle;

    websocket_bench_start(&bench, false);
    idle = websocket_memory(bench.w);
    CHECK(idle <= 128);
    websocket_bench_feed(&bench, SLICE("GET / "), 6);
    CHECK(websocket_memory(bench.w) > idle);
    websocket_bench_feed(&bench, slice_from(&BENCH_REQUEST[6]), 4096);
    CHECK_INT(idle, websocket_memory(bench.w));
    websocket_bench_feed(&bench, SLICE("\x01\x85\x37\xfa\x21\x3d\x7f\x9f\x4d\x51\x58"), 11); /* the first fragment */
    CHECK(websocket_memory(bench.w) > idle);
    websocket_bench_feed(&bench, SLICE("\x80\x81\x37\xfa\x21\x3d\x7f"), 7);
    CHECK_SLICE("OPEN MESSAGE(HelloH) ", buf_slice(&bench.said));
    CHECK_INT(idle, websocket_memory(bench.w));
    websocket_bench_end(&bench);
}

/* Whoever waits for the rest may give up on it. */
TEST(what_is_not_whole_is_partial)
{
    websocket_bench_start(&bench, false);
    CHECK(!websocket_is_partial(bench.w));
    websocket_bench_feed(&bench, SLICE("GET / "), 6);
    CHECK(websocket_is_partial(bench.w));
    websocket_bench_feed(&bench, slice_from(&BENCH_REQUEST[6]), 4096);
    CHECK(!websocket_is_partial(bench.w));
    websocket_bench_feed(&bench, SLICE("\x01"), 1);
    CHECK(websocket_is_partial(bench.w));
    websocket_bench_feed(&bench, SLICE("\x85\x37\xfa\x21\x3d\x7f\x9f\x4d\x51\x58"), 10);
    CHECK(websocket_is_partial(bench.w)); /* the frame is whole, the message is not */
    websocket_bench_feed(&bench, SLICE("\x80\x81\x37\xfa\x21\x3d\x7f"), 7);
    CHECK(!websocket_is_partial(bench.w));
    websocket_bench_end(&bench);
}

TEST(only_a_host_is_asked_for)
{
    static const char *const good[] = { "a.test", "a.test:8080", "192.0.2.1:80", "[2001:db8::1]", "[2001:db8::1]:443" };
    static const char *const bad[]  = { "", "a b", "a\r\nX: y", "a:", "a:99999", "a/b", "a:80x" };
    struct websocket        *w;

    websocket_bench_start(&bench, false);
    for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
        w = websocket_connect(bench.context, slice_from(good[i]), true);
        CHECK(w != NULL);
        CHECK(memmem(websocket_output(w).ptr, 300, good[i], strlen(good[i])) != NULL);
        websocket_free(w);
    }
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        CHECK(websocket_connect(bench.context, slice_from(bad[i]), true) == NULL);
    websocket_bench_end(&bench);
}

/* All of a life, with the n-th allocation failing. */
static bool live(void)
{
    static const char         big[3000];
    struct websocket_rules    rules = { .max_message = BENCH_MESSAGE };
    struct websocket_context *c;
    struct websocket         *server = NULL, *client = NULL;
    struct slice              request, answer, message, parts[] = { SLICE("a"), { big, sizeof big } };
    bool                      good = false;

    c = websocket_context_new(&rules, &bench.random);
    if (c != NULL)
        server = websocket_accept(c);
    if (server != NULL)
        client = websocket_connect(c, SLICE("a.test"), true);
    if (client != NULL) {
        char copy[8192];

        request = websocket_output(client);
        memcpy(copy, request.ptr, request.len);
        request.ptr = copy;
        good        = websocket_next(server, &request, &message) == WEBSOCKET_OPEN;
        answer      = websocket_output(server);
        memcpy(copy, answer.ptr, answer.len);
        answer.ptr = copy;
        good       = good && websocket_next(client, &answer, &message) == WEBSOCKET_OPEN;
        good       = good && websocket_write(client, parts, 2) == 0;
        request    = websocket_output(client);
        memcpy(copy, request.ptr, request.len);
        request.ptr = copy;
        good        = good && websocket_next(server, &request, &message) == WEBSOCKET_MESSAGE && message.len == 3001;
        if (!good && websocket_fault(server) != NULL)
            CHECK_INT(WEBSOCKET_NO_MEMORY, websocket_fault(server)->kind);
    }
    websocket_free(client);
    websocket_free(server);
    websocket_context_free(c);
    return good;
}

TEST(without_memory_a_connection_fails_and_nothing_else)
{
    websocket_bench_start(&bench, false);
    for (unsigned n = 1;; n++) {
        bool good;

        alloc_fail_at(n);
        good = live();
        if (!alloc_failed()) {
            alloc_fail_at(0);
            CHECK(good);
            break;
        }
        alloc_fail_at(0);
        CHECK(!good);
    }
    websocket_bench_end(&bench);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_request_for_sip_is_upgraded_however_it_arrives),
        cmocka_unit_test(what_follows_the_request_at_once_is_frames),
        cmocka_unit_test(a_client_asks_and_takes_the_answer_however_it_arrives),
        cmocka_unit_test(a_client_that_is_refused_says_what_the_server_said),
        cmocka_unit_test(what_is_no_request_for_a_websocket_gets_its_http_answer),
        cmocka_unit_test(what_can_be_no_http_is_refused_at_its_first_wrong_byte),
        cmocka_unit_test(a_head_that_passes_the_limit_is_431),
        cmocka_unit_test(a_client_gives_up_on_an_answer_without_end),
        cmocka_unit_test(a_message_is_one_frame_of_text_or_binary),
        cmocka_unit_test(a_character_may_lie_across_the_parts_of_a_message),
        cmocka_unit_test(a_client_masks_what_it_sends),
        cmocka_unit_test(a_ping_is_an_empty_frame),
        cmocka_unit_test(nothing_is_written_before_the_handshake),
        cmocka_unit_test(who_closes_writes_no_more_and_waits_for_the_answer),
        cmocka_unit_test(the_end_is_said_again),
        cmocka_unit_test(the_output_belongs_to_the_last_call_of_its_machine),
        cmocka_unit_test(an_idle_connection_keeps_no_buffers),
        cmocka_unit_test(what_is_not_whole_is_partial),
        cmocka_unit_test(only_a_host_is_asked_for),
        cmocka_unit_test(without_memory_a_connection_fails_and_nothing_else),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
