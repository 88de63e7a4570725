/* SPDX-License-Identifier: BSD-2-Clause */
/* What arrives and is no proper message (RFC 3261 8.2, 21.4.1). */
#include "stack/internal.h"
#include "support/server_bench.h"
#include "support/test.h"

#include <stdio.h>

static struct bench b;

static const struct counters *counters(void)
{
    return &b.at_server->counters;
}

struct mistake {
    const char *line, *instead, *answer;
};

/* The usual request with one line changed. */
static void says(struct raw_phone *p, const struct mistake *f)
{
    static const char *const lines[] = { "OPTIONS sip:example.test SIP/2.0",
                                         "Via: SIP/2.0/UDP 192.0.2.9:6000;branch=z9hG4bKx",
                                         "From: <sip:a@far.test>;tag=1",
                                         "To: <sip:example.test>",
                                         "Call-ID: x",
                                         "CSeq: 1 OPTIONS",
                                         "Content-Length: 0" };
    char                     text[2048];
    struct buf               t = BUF_ON(text);

    for (size_t i = 0; i < sizeof lines / sizeof *lines; i++)
        if (f->line != NULL && strncmp(lines[i], f->line, strlen(f->line)) == 0)
            buf_printf(&t, "%s", f->instead);
        else
            buf_printf(&t, "%s\r\n", lines[i]);
    buf_put(&t, SLICE("\r\n"));
    raw_say(p, buf_cstr(&t));
    bench_live(&b, 50);
}

TEST(a_malformed_request_is_told_what_was_expected_where)
{
    static const struct mistake table[] = {
        { "CSeq", "CSeq: one OPTIONS\r\n", "SIP/2.0 400 Bad Request: expected " },
        { "CSeq", "CSeq: 1 INVITE\r\n", "SIP/2.0 400 Bad Request: expected " },
        { "From", "From: sip:a b;tag=1\r\n", "SIP/2.0 400 Bad Request: expected " },
        { "To", "To: <sip:example.test>\r\nTo: <sip:x@y>\r\n", "SIP/2.0 400 Bad Request: expected " },
        { "Content-Length", "Content-Length: -1\r\n", "SIP/2.0 400 Bad Request: expected " },
        { "Content-Length", "Content-Length: 0\r\nMax-Forwards: many\r\n", "SIP/2.0 400 Bad Request: expected " },
        { "OPTIONS", "OPTIONS sip:example.test SIP/7.0\r\n", "SIP/2.0 505 " },
    };
    const size_t count = sizeof table / sizeof *table;

    bench_open(&b, "");
    for (size_t i = 0; i < count; i++) {
        says(&b.alice, &table[i]);
        if (!raw_last_is(&b.alice, table[i].answer))
            fail_msg("%s: %.80s", table[i].instead, raw_heard(&b.alice, 0));
        CHECK_INT(i + 1, counter_read(&counters()->malformed_answered));
        CHECK(strstr(raw_heard(&b.alice, 0), "Call-ID: x\r\n") != NULL);
    }
    CHECK(strstr(raw_heard(&b.alice, 0), " at byte ") != NULL);
    says(&b.alice, &(struct mistake){ 0 });
    CHECK(raw_last_is(&b.alice, "SIP/2.0 200 "));
    bench_close(&b);
}

/* RFC 3261 18.3: a body shorter than promised, and bytes behind it. */
TEST(a_datagram_cut_short_gets_400_and_a_longer_one_is_served)
{
    bench_open(&b, "");
    says(&b.alice, &(struct mistake){ "Content-Length", "Content-Length: 9\r\n", NULL });
    CHECK(raw_last_is(&b.alice, "SIP/2.0 400 "));
    says(&b.alice, &(struct mistake){ "Content-Length", "Content-Length: 0\r\n\r\nmore", NULL });
    CHECK(raw_last_is(&b.alice, "SIP/2.0 200 "));
    bench_close(&b);
}

TEST(what_cannot_be_answered_is_dropped_and_counted)
{
    static const char *const table[] = {
        "nonsense",
        "GET / HTTP/1.1\r\n\r\n",
        "SIP/2.0 200 OK\r\n\r\n",
        "OPTIONS sip:example.test SIP/2.0\r\nVia: broken\r\n\r\n",
        "ACK sip:example.test SIP/2.0\r\nVia: SIP/2.0/UDP 192.0.2.9:6000;branch=z9hG4bKx\r\nFrom: <sip:a>;tag=1\r\n"
        "To: <sip:b>\r\nCall-ID: x\r\nCSeq: one ACK\r\n\r\n",
        "SIP/2.0 2000 OK\r\nVia: SIP/2.0/UDP 192.0.2.9:6000;branch=z9hG4bKx\r\nFrom: <sip:a>;tag=1\r\n"
        "To: <sip:b>\r\nCall-ID: x\r\nCSeq: 1 OPTIONS\r\n\r\n",
        "SIP/2.0 200 OK\r\nVia: SIP/2.0/UDP 192.0.2.9:6000;branch=z9hG4bKx\r\nFrom: <sip:a>;tag=1\r\n"
        "To: <sip:b>\r\nCall-ID: x\r\nCSeq: 1 OPTIONS\r\nContent-Length: 9\r\n\r\nshort", /* RFC 3261 18.3 */
    };
    const size_t count = sizeof table / sizeof *table;

    bench_open(&b, "");
    for (size_t i = 0; i < count; i++) {
        raw_say(&b.alice, table[i]);
        bench_live(&b, 50);
        CHECK_INT(i + 1, counter_read(&counters()->malformed_dropped));
    }
    CHECK_INT(0, b.alice.count);
    bench_close(&b);
}

TEST(keep_alives_cost_nothing_and_stray_responses_go_nowhere)
{
    bench_open(&b, "");
    raw_say(&b.alice, "\r\n\r\n");
    raw_say(&b.alice, "SIP/2.0 200 OK\r\nVia: SIP/2.0/UDP 192.0.2.1:5060;branch=z9hG4bK-0203000000000001abcdefgh\r\n"
                      "Via: SIP/2.0/UDP 192.0.2.9:6001;branch=z9hG4bKy\r\nFrom: <sip:a@a>;tag=1\r\n"
                      "To: <sip:b@b>;tag=2\r\nCall-ID: x\r\nCSeq: 1 INVITE\r\nContent-Length: 0\r\n\r\n");
    bench_live(&b, 50);
    CHECK_INT(1, counter_read(&counters()->keepalives));
    CHECK_INT(1, counter_read(&counters()->stray_responses));
    CHECK_INT(0, b.alice.count + b.bob.count);
    bench_close(&b);
}

static void asks(struct raw_phone *p, unsigned number)
{
    char text[512];

    snprintf(text, sizeof text,
             "OPTIONS sip:example.test SIP/2.0\r\nVia: SIP/2.0/UDP 192.0.2.9:6000;branch=z9hG4bKn%u\r\n"
             "From: <sip:a@far.test>;tag=1\r\nTo: <sip:example.test>\r\nCall-ID: x\r\nCSeq: %u OPTIONS\r\n"
             "Content-Length: 0\r\n\r\n",
             number, number);
    raw_say(p, text);
}

/* All are parsed before the first is acted on. */
TEST(what_comes_together_is_acted_on_in_its_order_though_it_is_read_ahead)
{
    char wanted[32];

    bench_open(&b, "");
    for (unsigned i = 1; i <= 10; i++)
        asks(&b.alice, i);
    bench_live(&b, 50);
    CHECK_INT(10, b.alice.count);
    for (unsigned i = 0; i < 10; i++) {
        snprintf(wanted, sizeof wanted, "CSeq: %u OPTIONS\r\n", 10 - i);
        CHECK(strstr(raw_heard(&b.alice, i), wanted) != NULL);
    }
    bench_close(&b);
}

static unsigned told, told_of, acted_on;

static void on_ahead(void *user, struct message *const *messages, unsigned count)
{
    CHECK(user == &told);
    told++;
    told_of += count;
    acted_on = (unsigned)counter_read(&counters()->requests_received);
    for (unsigned i = 0; i < count; i++)
        CHECK(messages[i]->cseq.number == i + 1 && messages[i]->ahead == 0);
}

TEST(of_what_comes_together_it_is_told_before_the_first_is_acted_on)
{
    told = told_of = acted_on = 0;
    bench_open(&b, "");
    stack_on_ahead(server_stack(b.server), on_ahead, &told);
    asks(&b.alice, 1);
    bench_live(&b, 50);
    CHECK_INT(0, told); /* one alone would be waited for just as long */
    for (unsigned i = 1; i <= 10; i++)
        asks(&b.alice, i);
    bench_live(&b, 50);
    CHECK_INT(1, told);
    CHECK_INT(10, told_of);
    CHECK_INT(1, acted_on);
    CHECK_INT(11, counter_read(&counters()->requests_received));
    bench_close(&b);
}

/* Its block is used again, and what was known of the one before is not believed of it. */
TEST(a_request_at_the_place_of_another_has_a_tag_of_its_own)
{
    char tags[2][128];

    bench_open(&b, "");
    pool_init(&b.at_server->pool, 65536);
    for (unsigned i = 0; i < 2; i++) {
        asks(&b.alice, i);
        bench_live(&b, 50);
        header_of(raw_heard(&b.alice, 0), "To", tags[i], sizeof tags[i]);
        CHECK(strstr(tags[i], ";tag=") != NULL);
    }
    CHECK(strcmp(tags[0], tags[1]) != 0);
    bench_close(&b);
}

static const char early[] = "OPTIONS sip:example.test SIP/2.0\r\nVia: SIP/2.0/UDP 192.0.2.9:6000;branch=z9hG4bKe\r\n"
                            "From: <sip:a@far.test>;tag=1\r\nTo: <sip:example.test>\r\nCall-ID: e\r\n"
                            "CSeq: 1 OPTIONS\r\nContent-Length: 0\r\n\r\n";

static void comes_early(enum transport transport, object_id connection)
{
    struct flow flow = { .transport  = transport,
                         .connection = connection,
                         .local      = address_v4(192, 0, 2, 1, 5060),
                         .remote     = address_v4(192, 0, 2, 9, 6000) };

    receive_ahead(server_stack(b.server), &flow, slice_from(early));
    CHECK_INT(0, counter_read(&counters()->requests_received));
}

/* The end of its batch is told by nobody. */
static char in_hand[64];

static bool note_in_hand(void *user, struct message *m)
{
    struct slice call = in_hand_get(&b.at_server->in_hand);

    (void)user;
    (void)m;
    snprintf(in_hand, sizeof in_hand, "%.*s", SLICE_ARG(call));
    return false;
}

TEST(while_a_message_is_acted_on_its_call_is_in_hand_and_then_none)
{
    bench_open(&b, "");
    stack_on_pass(server_stack(b.server), note_in_hand, NULL);
    says(&b.alice, &(struct mistake){ 0 });
    assert_string_equal("x", in_hand);
    CHECK_INT(0, in_hand_get(&b.at_server->in_hand).len);
    bench_close(&b);
}

TEST(what_was_read_ahead_does_not_outlast_its_socket)
{
    bench_open(&b, "");
    comes_early(TRANSPORT_UDP, 0);
    stack_unlisten(server_stack(b.server), 0);
    CHECK_INT(1, counter_read(&counters()->requests_received));
    bench_close(&b);
}

/* What came before it on the same connection has ended that. */
TEST(who_has_lost_his_connection_is_not_heard_any_further)
{
    struct raw_phone   tcp;
    struct stack      *s;
    struct connection *c;
    uint32_t           at = 0;

    bench_open(&b, "");
    raw_connect(&tcp, b.at_phones);
    bench_live(&b, 10);
    s = server_stack(b.server);
    c = id_next(&s->connection_ids, &at);
    assert_non_null(c);
    comes_early(TRANSPORT_TCP, c->id);
    connection_close(c);
    receive_ahead_end(s);
    CHECK_INT(0, counter_read(&counters()->requests_received));
    raw_close(&tcp);
    bench_close(&b);
}

TEST(a_stack_that_ends_drops_what_was_read_ahead)
{
    bench_open(&b, "");
    comes_early(TRANSPORT_UDP, 0);
    bench_close(&b);
}

TEST(more_than_are_read_ahead_are_all_served)
{
    const unsigned many = 3 * RECEIVE_AHEAD + 5;

    bench_open(&b, "");
    for (unsigned i = 0; i < many; i++)
        asks(&b.alice, i);
    bench_live(&b, 50);
    CHECK_INT(many, b.alice.count);
    CHECK_INT(many, counter_read(&counters()->requests_received));
    bench_close(&b);
}

static void count_line(void *arg, enum log_level level, struct slice line)
{
    (void)level;
    (void)line;
    ++*(unsigned *)arg;
}

/* A flood of rubbish must not become a flood of lines. */
TEST(the_log_of_malformed_messages_is_bounded)
{
    unsigned          lines = 0;
    struct log_levels levels;
    struct log        log = { .levels = &levels, .sink = count_line, .arg = &lines };

    log_levels_init(&levels, LOG_NOTICE);
    bench_open(&b, "scanner_ban = 0s\n");
    b.at_server->log = &log;
    for (unsigned i = 0; i < 200; i++)
        raw_say(&b.alice, "nonsense");
    bench_live(&b, 10);
    CHECK_INT(200, counter_read(&counters()->malformed_dropped));
    CHECK(lines > 0 && lines <= 40);
    b.at_server->log = NULL;
    bench_close(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_malformed_request_is_told_what_was_expected_where),
        cmocka_unit_test(a_datagram_cut_short_gets_400_and_a_longer_one_is_served),
        cmocka_unit_test(what_cannot_be_answered_is_dropped_and_counted),
        cmocka_unit_test(keep_alives_cost_nothing_and_stray_responses_go_nowhere),
        cmocka_unit_test(of_what_comes_together_it_is_told_before_the_first_is_acted_on),
        cmocka_unit_test(what_comes_together_is_acted_on_in_its_order_though_it_is_read_ahead),
        cmocka_unit_test(a_request_at_the_place_of_another_has_a_tag_of_its_own),
        cmocka_unit_test(while_a_message_is_acted_on_its_call_is_in_hand_and_then_none),
        cmocka_unit_test(what_was_read_ahead_does_not_outlast_its_socket),
        cmocka_unit_test(who_has_lost_his_connection_is_not_heard_any_further),
        cmocka_unit_test(a_stack_that_ends_drops_what_was_read_ahead),
        cmocka_unit_test(more_than_are_read_ahead_are_all_served),
        cmocka_unit_test(the_log_of_malformed_messages_is_bounded),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
