/* SPDX-License-Identifier: BSD-2-Clause */
/* What one request learns of a server, the next one knows (RFC 3263 4.3, RFC 3261 21.5.4). */
#include "support/log_keep.h"
#include "support/server_bench.h"
#include "support/test.h"

static struct bench    b;
static struct log_keep lines;

static void listen_to(struct world *at_server)
{
    log_keep_init(&lines, LOG_NOTICE);
    at_server->log = &lines.log;
}

/* "far.test" has two targets: bob's port first, carol's second. */
static void open_with_two_targets(const char *more)
{
    char       memory[512];
    struct buf text = BUF_ON(memory);

    buf_printf(&text, "route \"far.test\" { to = \"sip:gate.test\" }\n%s", more);
    buf_put_byte(&text, '\0');
    bench_open_with(&b, memory, listen_to);
    network_add_srv(b.network, "_sip._udp.gate.test", 1, 0, 6001, "one.gate.test");
    network_add_srv(b.network, "_sip._udp.gate.test", 2, 0, 6002, "two.gate.test");
    network_add_ip(b.network, "one.gate.test", "192.0.2.9");
    network_add_ip(b.network, "two.gate.test", "192.0.2.9");
}

static void asks(unsigned cseq)
{
    raw_ask(&b.alice, &(struct request_form){ .method = "MESSAGE", .uri = "sip:x@far.test", .cseq = cseq });
    bench_live(&b, 50);
}

/* Who has heard the latest one answers it. */
static void is_answered_by(struct raw_phone *p, const char *status)
{
    CHECK(raw_last_is(p, "MESSAGE "));
    raw_answer(p, 0, status, "x");
    bench_live(&b, 50);
}

TEST(who_refused_the_connection_is_not_tried_first_again)
{
    open_with_two_targets("target_rest = 10s\n");
    raw_close(&b.bob);
    asks(1);
    is_answered_by(&b.carol, "200 OK");
    raw_open(&b.bob, b.at_phones, 6001); /* it is back, and nobody knows */
    asks(2);
    CHECK_INT(0, b.bob.count);
    is_answered_by(&b.carol, "200 OK");
    bench_live(&b, 10000);
    asks(3);
    is_answered_by(&b.bob, "200 OK");
    CHECK_INT(1, counter_read(&b.at_server->counters.targets_failed_over));
    CHECK_INT(1, counter_read(&b.at_server->counters.targets_rested));
    CHECK_INT(1, log_keep_count(&lines, "event=target_rests"));
    CHECK_SLICE("level=notice part=net event=target_rests transport=UDP remote=192.0.2.9:6001 seconds=10 "
                "reason=\"connection refused\"",
                log_keep_line(&lines, "event=target_rests"));
    CHECK_INT(1, log_keep_count(&lines, "event=target_answers"));
    bench_close(&b);
}

TEST(who_did_not_answer_is_not_tried_first_again)
{
    open_with_two_targets("");
    asks(1);
    bench_live(&b, 32000); /* Timer F */
    is_answered_by(&b.carol, "200 OK");
    raw_forget(&b.bob);
    asks(2);
    CHECK_INT(0, b.bob.count);
    is_answered_by(&b.carol, "200 OK");
    CHECK(log_keep_count(&lines, "reason=\"timed out\"") == 1);
    bench_close(&b);
}

/* RFC 3261 21.5.4: "It SHOULD NOT forward any other requests to that server for the
 * duration specified in the Retry-After header field". */
TEST(who_asks_for_it_is_left_alone_for_so_long)
{
    open_with_two_targets("");
    asks(1);
    is_answered_by(&b.bob, "503 Service Unavailable\r\nRetry-After: 60 (at lunch)");
    is_answered_by(&b.carol, "200 OK");
    raw_forget(&b.bob);
    bench_live(&b, 58000);
    asks(2);
    CHECK_INT(0, b.bob.count);
    is_answered_by(&b.carol, "200 OK");
    bench_live(&b, 2000);
    asks(3);
    is_answered_by(&b.bob, "200 OK");
    CHECK_INT(1,
              log_keep_count(&lines, "event=target_rests transport=UDP remote=192.0.2.9:6001 seconds=60 reason=503"));
    bench_close(&b);
}

/* "If no Retry-After is given": it has served the others so far. */
TEST(a_503_that_asks_for_nothing_concerns_that_request_alone)
{
    open_with_two_targets("");
    asks(1);
    is_answered_by(&b.bob, "503 Service Unavailable");
    is_answered_by(&b.carol, "200 OK");
    raw_forget(&b.bob);
    asks(2);
    is_answered_by(&b.bob, "200 OK");
    CHECK_INT(0, counter_read(&b.at_server->counters.targets_rested));
    bench_close(&b);
}

/* An address in digits has no other to be tried instead. */
TEST(a_numeric_target_never_rests)
{
    bench_open_with(&b, "route \"far.test\" { to = \"sip:192.0.2.9:6001\" }\n", listen_to);
    raw_close(&b.bob);
    asks(1);
    CHECK(raw_last_is(&b.alice, "SIP/2.0 500 "));
    CHECK_INT(0, counter_read(&b.at_server->counters.targets_rested));
    bench_close(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(who_refused_the_connection_is_not_tried_first_again),
        cmocka_unit_test(who_did_not_answer_is_not_tried_first_again),
        cmocka_unit_test(who_asks_for_it_is_left_alone_for_so_long),
        cmocka_unit_test(a_503_that_asks_for_nothing_concerns_that_request_alone),
        cmocka_unit_test(a_numeric_target_never_rests),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
