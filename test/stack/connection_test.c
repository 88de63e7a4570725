/* SPDX-License-Identifier: BSD-2-Clause */
/* Streams: limits, idleness, bytes in any pieces (RFC 3261 18.3, RFC 5626 4.4.1). */
#include "support/server_bench.h"
#include "support/test.h"

#include <stdio.h>

static struct bench     b;
static struct raw_phone tcp;

static const struct counters *counters(void)
{
    return &b.at_server->counters;
}

static void open_with_stream(const char *more)
{
    bench_open(&b, more);
    raw_connect(&tcp, b.at_phones);
    bench_live(&b, 10);
}

static void close_all(void)
{
    raw_close(&tcp);
    bench_close(&b);
}

TEST(bytes_may_come_one_by_one)
{
    open_with_stream("connection_idle = 30s\n");
    network_set_pieces(b.network, PIECES_BYTES);
    raw_say(&tcp, "\r\n\r\n");
    bench_live(&b, 50);
    assert_string_equal("\r\n", tcp.heard[0]); /* RFC 5626 4.4.1 */
    CHECK_INT(1, counter_read(&counters()->keepalives));
    raw_ask(&tcp, &(struct request_form){ .method = "OPTIONS", .cseq = 1 });
    raw_ask(&tcp, &(struct request_form){ .method = "OPTIONS", .cseq = 2 });
    bench_live(&b, 500);
    CHECK(strstr(tcp.heard[0], "CSeq: 1 OPTIONS\r\n") != NULL);
    CHECK(strstr(tcp.heard[0], "CSeq: 2 OPTIONS\r\n") != NULL);
    CHECK_INT(2, counter_read(&counters()->responses_sent));
    close_all();
}

TEST(an_idle_connection_is_closed)
{
    open_with_stream("connection_idle = 30s\n");
    bench_live(&b, 29000);
    CHECK(!tcp.closed);
    raw_ask(&tcp, &(struct request_form){ .method = "OPTIONS" });
    bench_live(&b, 29000);
    CHECK(!tcp.closed);
    bench_live(&b, 2000);
    CHECK(tcp.closed);
    close_all();
}

/* A byte now and then is no traffic: nobody holds a connection with it. */
TEST(a_message_that_never_ends_does_not_hold_the_connection)
{
    open_with_stream("connection_idle = 30s\n");
    for (unsigned i = 0; i < 35 && !tcp.closed; i++) {
        raw_say(&tcp, "x");
        bench_live(&b, 1000);
    }
    CHECK(tcp.closed);
    close_all();
}

/* Nor with the beginning of a message right behind a whole one: here 500 bytes of body are missing. */
TEST(a_message_begun_behind_another_is_to_end_in_time_too)
{
    open_with_stream("connection_idle = 600s\n");
    network_set_pieces(b.network, PIECES_WHOLE);
    raw_ask(&tcp, &(struct request_form){ .method = "OPTIONS",
                                          .more   = "Content-Length: 0\r\n\r\nOPTIONS sip:a SIP/2.0\r\nl: 500\r\nX-" });
    bench_live(&b, 29000);
    CHECK(strstr(tcp.heard[0], "SIP/2.0 ") != NULL);
    CHECK(!tcp.closed);
    bench_live(&b, 2000);
    CHECK(tcp.closed);
    close_all();
}

TEST(at_the_limit_further_connections_are_refused)
{
    struct raw_phone more[4];

    open_with_stream("max_connections = 4\nconnection_idle = 30s\n");
    for (unsigned i = 0; i < 4; i++)
        raw_connect(&more[i], b.at_phones);
    bench_live(&b, 50);
    CHECK(more[3].closed && !more[2].closed);
    CHECK_INT(1, counter_read(&counters()->connections_refused));
    CHECK_INT(4, counter_read(&counters()->connections_accepted));
    raw_close(&more[0]);
    bench_live(&b, 50);
    raw_connect(&more[3], b.at_phones);
    bench_live(&b, 50);
    CHECK(!more[3].closed);
    for (unsigned i = 0; i < 4; i++)
        raw_close(&more[i]);
    close_all();
}

TEST(one_peer_does_not_take_all_connections)
{
    struct raw_phone more[3];

    open_with_stream("max_peer_connections = 3\n");
    for (unsigned i = 0; i < 3; i++)
        raw_connect(&more[i], b.at_phones);
    bench_live(&b, 50);
    CHECK(more[2].closed && !more[1].closed);
    CHECK_INT(1, counter_read(&counters()->peer_connections_refused));
    raw_close(&more[0]);
    bench_live(&b, 50);
    raw_connect(&more[2], b.at_phones);
    bench_live(&b, 50);
    CHECK(!more[2].closed);
    for (unsigned i = 0; i < 3; i++)
        raw_close(&more[i]);
    close_all();
}

/* Behind a broken message nobody knows where the next one begins. */
TEST(a_malformed_message_is_answered_and_the_connection_closed)
{
    open_with_stream("");
    raw_say(&tcp, "OPTIONS sip:example.test SIP/2.0\r\nVia: SIP/2.0/TCP 192.0.2.9;branch=z9hG4bKx\r\n"
                  "From: <sip:a@far.test>;tag=1\r\nTo: <sip:example.test>\r\nCall-ID: x\r\nCSeq: 1 OPTIONS\r\n"
                  "Content-Length: many\r\n\r\nrest");
    bench_live(&b, 50);
    CHECK(strncmp(tcp.heard[0], "SIP/2.0 400 Bad Request: expected ", 34) == 0);
    CHECK(tcp.closed);
    CHECK_INT(1, counter_read(&counters()->malformed_answered));
    close_all();
}

/* A message that is whole but senseless leaves the stream readable. */
TEST(a_request_with_a_broken_header_is_answered_and_the_next_one_served)
{
    open_with_stream("");
    raw_say(&tcp, "OPTIONS sip:example.test SIP/2.0\r\nVia: SIP/2.0/TCP 192.0.2.9;branch=z9hG4bKx\r\n"
                  "From: <sip:a@far.test>;tag=1\r\nTo: <sip:example.test>\r\nCall-ID: x\r\nCSeq: one OPTIONS\r\n"
                  "Content-Length: 0\r\n\r\n");
    raw_ask(&tcp, &(struct request_form){ .method = "OPTIONS" });
    bench_live(&b, 50);
    CHECK(strncmp(tcp.heard[0], "SIP/2.0 400 ", 12) == 0);
    CHECK(strstr(tcp.heard[0], "SIP/2.0 200 ") != NULL);
    CHECK(!tcp.closed);
    close_all();
}

static void put_options(struct buf *t, const char *cseq, const char *length)
{
    buf_printf(t,
               "OPTIONS sip:example.test SIP/2.0\r\nVia: SIP/2.0/TCP 192.0.2.9;branch=z9hG4bK%s\r\n"
               "From: <sip:a@far.test>;tag=1\r\nTo: <sip:example.test>\r\nCall-ID: x\r\nCSeq: %s OPTIONS\r\n"
               "Content-Length: %s\r\n\r\n",
               cseq, cseq, length);
}

/* All that one read brings is parsed before the first of it is acted on. */
TEST(what_comes_in_one_piece_is_answered_in_its_order_up_to_what_ends_the_stream)
{
    static const char *const wanted[] = { "CSeq: 1 OPTIONS", "CSeq: 2 OPTIONS", "\r\n\r\n\r\nSIP/2.0",
                                          "CSeq: 3 OPTIONS", "SIP/2.0 400 Bad" };
    char                     text[4096];
    struct buf               t = BUF_ON(text);
    const char              *at;

    open_with_stream("");
    network_set_pieces(b.network, PIECES_WHOLE);
    put_options(&t, "1", "0");
    put_options(&t, "2", "0");
    buf_put(&t, SLICE("\r\n\r\n")); /* a ping, whose pong is one line end */
    put_options(&t, "3", "0");
    put_options(&t, "4", "many");
    put_options(&t, "5", "0");
    raw_say(&tcp, buf_cstr(&t));
    bench_live(&b, 50);
    at = tcp.heard[0];
    for (size_t i = 0; i < sizeof wanted / sizeof *wanted; i++) {
        at = strstr(at, wanted[i]);
        assert_non_null(at);
    }
    CHECK(strstr(tcp.heard[0], "CSeq: 5 OPTIONS") == NULL);
    CHECK_INT(4, counter_read(&counters()->responses_sent));
    CHECK(tcp.closed);
    close_all();
}

/* The peer goes in the middle of a message, or before it is answered. */
TEST(a_peer_that_leaves_leaves_nothing)
{
    open_with_stream("");
    raw_say(&tcp, "OPTIONS sip:example.test SIP/2.0\r\nVia: ");
    bench_live(&b, 50);
    raw_close(&tcp);
    bench_live(&b, 50);
    CHECK_INT(0, stack_alive(server_stack(b.server)));
    raw_connect(&tcp, b.at_phones);
    store_fake_hold(b.store, true);
    raw_ask(&tcp, &(struct request_form){ .more = "Contact: <sip:bob@192.0.2.9>\r\n" });
    bench_live(&b, 50);
    raw_close(&tcp);
    bench_live(&b, 50);
    store_fake_hold(b.store, false);
    bench_close(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(bytes_may_come_one_by_one),
        cmocka_unit_test(an_idle_connection_is_closed),
        cmocka_unit_test(a_message_that_never_ends_does_not_hold_the_connection),
        cmocka_unit_test(a_message_begun_behind_another_is_to_end_in_time_too),
        cmocka_unit_test(at_the_limit_further_connections_are_refused),
        cmocka_unit_test(one_peer_does_not_take_all_connections),
        cmocka_unit_test(a_malformed_message_is_answered_and_the_connection_closed),
        cmocka_unit_test(a_request_with_a_broken_header_is_answered_and_the_next_one_served),
        cmocka_unit_test(what_comes_in_one_piece_is_answered_in_its_order_up_to_what_ends_the_stream),
        cmocka_unit_test(a_peer_that_leaves_leaves_nothing),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
