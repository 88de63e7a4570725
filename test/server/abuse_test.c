/* SPDX-License-Identifier: BSD-2-Clause */
/* Limits and scanners of a whole server; its phones are all at 192.0.2.9. */
#include "server/abuse.h"
#include "support/server_bench.h"
#include "support/test.h"

#include <stdio.h>

static struct bench b;

static const struct counters *counters(void)
{
    return &b.at_server->counters;
}

static void ask(const char *method, const char *uri, unsigned number)
{
    char branch[32], call_id[32];

    snprintf(branch, sizeof branch, "%s%u", method, number);
    snprintf(call_id, sizeof call_id, "%s-%u", method, number);
    raw_ask(&b.bob, &(struct request_form){ .method  = method,
                                            .uri     = uri,
                                            .branch  = branch,
                                            .call_id = call_id,
                                            .from    = "<sip:x@elsewhere.test>;tag=1" });
}

static void ask_many(const char *method, const char *uri, unsigned count)
{
    for (unsigned i = 0; i < count; i++)
        ask(method, uri, i);
    bench_live(&b, 50);
}

TEST(what_is_more_than_a_source_may_send_gets_one_503_and_then_silence)
{
    bench_open(&b, "source_rate = 1\nsource_burst = 5\n");
    ask_many("OPTIONS", "sip:example.test", 20);
    CHECK_INT(5, raw_heard_count(&b.bob, "SIP/2.0 200"));
    CHECK_INT(1, raw_heard_count(&b.bob, "SIP/2.0 503"));
    CHECK_INT(1, counter_read(&counters()->limited_answered));
    CHECK_INT(14, counter_read(&counters()->limited_dropped));
    bench_live(&b, 2000);
    raw_forget(&b.bob);
    ask("OPTIONS", "sip:example.test", 100);
    bench_live(&b, 50);
    CHECK(raw_last_is(&b.bob, "SIP/2.0 200"));
    bench_close(&b);
}

TEST(the_503_says_when_to_come_again)
{
    char value[32];

    bench_open(&b, "source_rate = 1\nsource_burst = 1\n");
    ask_many("OPTIONS", "sip:example.test", 2);
    CHECK(raw_last_is(&b.bob, "SIP/2.0 503"));
    CHECK(header_of(raw_heard(&b.bob, 0), "Retry-After", value, sizeof value)[0] != '\0');
    bench_close(&b);
}

TEST(a_repetition_is_no_new_request)
{
    bench_open(&b, "source_rate = 1\nsource_burst = 1\n");
    for (int i = 0; i < 5; i++) {
        ask("MESSAGE", "sip:nobody@example.test", 1);
        bench_live(&b, 50);
    }
    CHECK_INT(5, raw_heard_count(&b.bob, "SIP/2.0 404"));
    bench_close(&b);
}

TEST(who_is_allowed_has_no_limit)
{
    bench_open(&b, "source_rate = 1\nsource_burst = 1\nallow = {\"192.0.2.0/28\"}\n");
    ask_many("OPTIONS", "sip:example.test", 20);
    CHECK_INT(20, raw_heard_count(&b.bob, "SIP/2.0 200"));
    bench_close(&b);
}

TEST(a_limit_of_methods_is_of_these_alone)
{
    bench_open(&b, "limit \"few\" { method = {\"MESSAGE\", \"other\"} rate = \"1/m\" burst = 2 answer = \"403\" }\n");
    ask_many("OPTIONS", "sip:example.test", 5);
    CHECK_INT(5, raw_heard_count(&b.bob, "SIP/2.0 200"));
    raw_forget(&b.bob);
    ask_many("MESSAGE", "sip:nobody@example.test", 2);
    ask_many("NONESUCH", "sip:nobody@example.test", 2);
    CHECK_INT(2, raw_heard_count(&b.bob, "SIP/2.0 4") - raw_heard_count(&b.bob, "SIP/2.0 403"));
    CHECK_INT(1, raw_heard_count(&b.bob, "SIP/2.0 403"));
    bench_close(&b);
}

TEST(a_limit_may_be_silent)
{
    bench_open(&b, "limit \"all\" { rate = \"1/m\" burst = 2 answer = \"drop\" }\n");
    ask_many("OPTIONS", "sip:example.test", 5);
    CHECK_INT(2, b.bob.count);
    CHECK_INT(3, counter_read(&counters()->limited_dropped));
    bench_close(&b);
}

TEST(a_trunk_has_the_limits_of_trunks)
{
    bench_open(&b, "source_rate = 1\nsource_burst = 1\ntrunk \"carrier\" { address = {\"192.0.2.9\"} }\n"
                   "limit \"carriers\" { per = \"trunk\" rate = \"1/m\" burst = 7 }\n");
    ask_many("OPTIONS", "sip:example.test", 20);
    CHECK_INT(7, raw_heard_count(&b.bob, "SIP/2.0 200"));
    CHECK_INT(1, raw_heard_count(&b.bob, "SIP/2.0 503"));
    bench_close(&b);
}

/* They ring. */
TEST(a_source_has_so_many_requests_being_answered_and_no_more)
{
    bench_open(&b, "max_peer_transactions = 3\n");
    raw_register(&b.alice, 1, NULL);
    bench_live(&b, 50);
    raw_forget(&b.alice);
    raw_forget(&b.bob);
    bench_live(&b, 40000);
    ask_many("INVITE", "sip:bob@example.test", 6);
    CHECK_INT(1, raw_heard_count(&b.bob, "SIP/2.0 503"));
    CHECK_INT(3, counter_read(&counters()->peer_transactions_refused));
    bench_live(&b, 400000);
    raw_forget(&b.bob);
    ask("OPTIONS", "sip:example.test", 1);
    bench_live(&b, 50);
    CHECK(raw_last_is(&b.bob, "SIP/2.0 200"));
    bench_close(&b);
}

/* ---- scanners ---- */

static unsigned ask_for_users(unsigned count)
{
    char uri[64];

    for (unsigned i = 0; i < count; i++) {
        snprintf(uri, sizeof uri, "sip:%u@example.test", 100 + i);
        ask("OPTIONS", uri, i);
        bench_live(&b, 10);
    }
    return raw_heard_count(&b.bob, "SIP/2.0 404");
}

TEST(who_asks_for_many_users_who_do_not_exist_is_heard_no_more)
{
    bench_open(&b, "scanner_unknown = 10\nscanner_ban = 60s\n");
    CHECK(ask_for_users(30) < 14);
    CHECK_INT(1, counter_read(&counters()->scanners_banned));
    CHECK(counter_read(&counters()->bans_dropped) > 10);
    bench_live(&b, 61000);
    raw_forget(&b.bob);
    ask("OPTIONS", "sip:example.test", 100);
    bench_live(&b, 50);
    CHECK(raw_last_is(&b.bob, "SIP/2.0 200"));
    bench_close(&b);
}

TEST(nobody_is_banned_if_it_is_switched_off)
{
    bench_open(&b, "scanner_unknown = 10\nscanner_ban = 0s\n");
    (void)ask_for_users(30);
    CHECK_INT(0, counter_read(&counters()->scanners_banned));
    bench_close(&b);
}

TEST(who_sends_much_that_cannot_be_read_is_heard_no_more)
{
    bench_open(&b, "scanner_malformed = 10\n");
    for (int i = 0; i < 20; i++) {
        raw_say(&b.bob, "INVITE nonsense\r\n\r\n");
        bench_live(&b, 10);
    }
    CHECK_INT(1, counter_read(&counters()->scanners_banned));
    CHECK_INT(10, counter_read(&counters()->bans_dropped));
    bench_close(&b);
}

TEST(who_asks_for_what_is_forbidden_again_and_again_is_heard_no_more)
{
    bench_open(&b, "scanner_refused = 10\n");
    for (unsigned i = 0; i < 20; i++) {
        ask("INVITE", "sip:00123456@elsewhere.test", i);
        bench_live(&b, 10);
    }
    CHECK_INT(1, counter_read(&counters()->scanners_banned));
    bench_live(&b, 40000);
    bench_close(&b);
}

/* As when one worker, who has served all, answers as many as may be, and then all serve. */
TEST(workers_that_do_not_ask_pass_the_limit_of_a_source_by_an_eighth)
{
    static const uint32_t limits[] = { 1, 3, 100, 1024, 400000, UINT32_MAX };

    for (size_t i = 0; i < sizeof limits / sizeof limits[0]; i++)
        for (unsigned workers = 1; workers <= 64; workers++) {
            uint64_t past = (uint64_t)workers * abuse_unasked(limits[i], workers);

            CHECK(past > 0 && past <= limits[i] / 8 + workers);
        }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_more_than_a_source_may_send_gets_one_503_and_then_silence),
        cmocka_unit_test(the_503_says_when_to_come_again),
        cmocka_unit_test(a_repetition_is_no_new_request),
        cmocka_unit_test(who_is_allowed_has_no_limit),
        cmocka_unit_test(a_limit_of_methods_is_of_these_alone),
        cmocka_unit_test(a_limit_may_be_silent),
        cmocka_unit_test(a_trunk_has_the_limits_of_trunks),
        cmocka_unit_test(a_source_has_so_many_requests_being_answered_and_no_more),
        cmocka_unit_test(workers_that_do_not_ask_pass_the_limit_of_a_source_by_an_eighth),
        cmocka_unit_test(who_asks_for_many_users_who_do_not_exist_is_heard_no_more),
        cmocka_unit_test(nobody_is_banned_if_it_is_switched_off),
        cmocka_unit_test(who_sends_much_that_cannot_be_read_is_heard_no_more),
        cmocka_unit_test(who_asks_for_what_is_forbidden_again_and_again_is_heard_no_more),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
