/* SPDX-License-Identifier: BSD-2-Clause */
/* Signs of life on a flow, and a flow whose other end gives none (RFC 5626 4.4). */
#include "base/error.h"
#include "support/flow_bench.h"
#include "support/test.h"

TEST(on_a_stream_the_sign_of_life_is_a_double_crlf)
{
    flow_bench_open_stream();
    CHECK_INT(0, stack_keep_alive(fb.stack, &fb.flow));
    bench_live(&fb.b, 10);
    assert_string_equal("\r\n\r\n", fb.peer.heard[0]);
}

TEST(an_answered_sign_of_life_keeps_the_stream)
{
    flow_bench_open_stream();
    for (unsigned i = 0; i < 4; i++) {
        CHECK_INT(0, stack_keep_alive(fb.stack, &fb.flow));
        bench_live(&fb.b, 10);
        raw_say(&fb.peer, "\r\n");
        bench_live(&fb.b, 10);
    }
    CHECK(!fb.peer.closed);
}

TEST(an_unanswered_sign_of_life_closes_the_stream_at_the_next)
{
    flow_bench_open_stream();
    CHECK_INT(0, stack_keep_alive(fb.stack, &fb.flow));
    bench_live(&fb.b, 10);
    raw_say(&fb.peer, "\r\n");
    bench_live(&fb.b, 10);
    CHECK_INT(0, stack_keep_alive(fb.stack, &fb.flow));
    bench_live(&fb.b, 10);
    CHECK_INT(-ERR_CLOSED, stack_keep_alive(fb.stack, &fb.flow));
    bench_live(&fb.b, 10);
    CHECK(fb.peer.closed);
    CHECK_INT(-ERR_CLOSED, stack_keep_alive(fb.stack, &fb.flow));
}

/* Many servers swallow it: calls are not to lose their connection every minute for that. */
TEST(a_peer_that_never_answers_signs_of_life_keeps_its_stream)
{
    flow_bench_open_stream();
    for (unsigned i = 0; i < 4; i++) {
        CHECK_INT(0, stack_keep_alive(fb.stack, &fb.flow));
        bench_live(&fb.b, 10);
        if (i == 1) {
            flow_bench_ask("sip:192.0.2.9:7000;transport=tcp");
            raw_say(
                &fb.peer,
                "SIP/2.0 200 OK\r\nVia: SIP/2.0/TCP a;branch=z9hG4bKx\r\nFrom: <sip:a>;tag=1\r\nTo: <sip:a>;tag=2\r\n"
                "Call-ID: c\r\nCSeq: 1 OPTIONS\r\nContent-Length: 0\r\n\r\n");
            bench_live(&fb.b, 10);
        }
    }
    CHECK(!fb.peer.closed);
}

TEST(signs_of_life_keep_a_stream_from_being_idle)
{
    flow_bench_open_stream();
    for (unsigned i = 0; i < 12; i++) {
        CHECK_INT(0, stack_keep_alive(fb.stack, &fb.flow));
        bench_live(&fb.b, 60000);
        raw_say(&fb.peer, "\r\n");
        bench_live(&fb.b, 10);
    }
    CHECK(!fb.peer.closed);
}

TEST(on_udp_it_is_a_datagram_and_nothing_is_expected)
{
    raw_open(&fb.peer, fb.b.at_phones, 7000);
    flow_bench_ask("sip:192.0.2.9:7000");
    raw_forget(&fb.peer);
    for (unsigned i = 0; i < 3; i++)
        CHECK_INT(0, stack_keep_alive(fb.stack, &fb.flow));
    bench_live(&fb.b, 10);
    CHECK_INT(3, fb.peer.count);
    assert_string_equal("\r\n\r\n", raw_heard(&fb.peer, 0));
}

TEST(who_has_moved_leaves_his_stream)
{
    flow_bench_open_stream();
    stack_moved(fb.stack, &fb.flow);
    bench_live(&fb.b, 10);
    CHECK(fb.peer.closed);
    CHECK_INT(-ERR_CLOSED, stack_keep_alive(fb.stack, &fb.flow));
}

#define CASE(test) cmocka_unit_test_setup_teardown(test, flow_bench_setup, flow_bench_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(on_a_stream_the_sign_of_life_is_a_double_crlf),
        CASE(an_answered_sign_of_life_keeps_the_stream),
        CASE(an_unanswered_sign_of_life_closes_the_stream_at_the_next),
        CASE(a_peer_that_never_answers_signs_of_life_keeps_its_stream),
        CASE(signs_of_life_keep_a_stream_from_being_idle),
        CASE(on_udp_it_is_a_datagram_and_nothing_is_expected),
        CASE(who_has_moved_leaves_his_stream),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
