/* SPDX-License-Identifier: BSD-2-Clause */
#include "server/pass.h"

#include "support/server_bench.h"
#include "support/test.h"

#include <stdio.h>

static struct bench b;

/* Alice's host is a trunk; bob's, the same, is where the route leads. */
static void open_bench(void)
{
    bench_open(&b, "trunk pbx { address = {192.0.2.9} may_call = {far.test} }\n"
                   "route far.test { to = \"sip:192.0.2.9:6001\" stateless = yes }\n");
}

static void ask(const char *method, const char *branch, const char *more)
{
    raw_ask(&b.alice, &(struct request_form){ .method  = method,
                                              .uri     = "sip:x@far.test",
                                              .branch  = branch,
                                              .from    = "<sip:a@pbx.test>;tag=1",
                                              .to      = "<sip:x@far.test>",
                                              .call_id = "one",
                                              .more    = more });
    bench_live(&b, 100);
}

/* RFC 3261 16.11: nothing is left behind, and nothing comes back by itself. */
TEST(a_request_is_passed_on_and_forgotten)
{
    open_bench();
    ask("INVITE", "1", "");
    CHECK(raw_last_is(&b.bob, "INVITE sip:x@far.test"));
    CHECK_INT(0, server_alive(b.server));
    CHECK_INT(0, stack_alive(server_stack(b.server)));
    CHECK_INT(0, b.alice.count);
    bench_live(&b, 40000);
    CHECK_INT(1, b.bob.count);
    CHECK_INT(0, b.alice.count);
    raw_answer(&b.bob, 0, "180 Ringing", "2");
    bench_live(&b, 100);
    CHECK(raw_last_is(&b.alice, "SIP/2.0 180"));
    CHECK_INT(1, counter_read(&b.at_server->counters.requests_passed));
    CHECK_INT(1, counter_read(&b.at_server->counters.responses_passed));
    bench_close(&b);
}

/* 16.11: a repetition is another copy of the same. */
TEST(a_repetition_has_the_same_branch)
{
    char first[200], second[200];

    open_bench();
    ask("INVITE", "1", "");
    header_of(raw_heard(&b.bob, 0), "Via", first, sizeof first);
    ask("INVITE", "1", "");
    CHECK_INT(2, b.bob.count);
    header_of(raw_heard(&b.bob, 0), "Via", second, sizeof second);
    assert_string_equal(first, second);
    ask("CANCEL", "1", "");
    CHECK(raw_last_is(&b.bob, "CANCEL sip:x@far.test"));
    header_of(raw_heard(&b.bob, 0), "Via", second, sizeof second);
    assert_string_equal(first, second);
    bench_close(&b);
}

/* 16.11: all that is changed depends on what does not change. */
TEST(a_repetition_is_the_same_to_the_byte)
{
    static char first[RAW_TEXT];

    open_bench();
    ask("INVITE", "1", "Contact: <sip:a@192.0.2.9:6000>\r\nRoute: <sip:192.0.2.1;lr>\r\n");
    snprintf(first, sizeof first, "%s", raw_heard(&b.bob, 0));
    CHECK(strstr(first, "Record-Route") != NULL);
    ask("INVITE", "1", "Contact: <sip:a@192.0.2.9:6000>\r\nRoute: <sip:192.0.2.1;lr>\r\n");
    CHECK_INT(2, b.bob.count);
    assert_string_equal(first, raw_heard(&b.bob, 0));
    bench_close(&b);
}

/* 16.3 item 4: our branch is in the request's Via. */
TEST(a_loop_is_found)
{
    char via[200], more[260];

    open_bench();
    ask("MESSAGE", "1", "");
    header_of(raw_heard(&b.bob, 0), "Via", via, sizeof via);
    snprintf(more, sizeof more, "Via: %s\r\n", via);
    raw_forget(&b.bob);
    ask("MESSAGE", "2", more);
    CHECK(raw_last_is(&b.alice, "SIP/2.0 482"));
    CHECK_INT(0, b.bob.count);
    CHECK_INT(0, stack_alive(server_stack(b.server)));
    bench_close(&b);
}

/* What has to be answered is answered with a transaction. */
TEST(what_cannot_go_on_is_answered)
{
    open_bench();
    ask("MESSAGE", "1", "Proxy-Require: magic\r\n");
    CHECK(raw_last_is(&b.alice, "SIP/2.0 420"));
    ask("MESSAGE", "2", "Privacy: header;critical\r\n");
    CHECK(raw_last_is(&b.alice, "SIP/2.0 500"));
    CHECK_INT(0, b.bob.count);
    CHECK_INT(0, counter_read(&b.at_server->counters.requests_passed));
    bench_close(&b);
}

/* The branch would be another one. */
TEST(what_its_cancel_may_lack_gets_a_transaction)
{
    open_bench();
    ask("INVITE", "1", "Accept-Contact: *;audio\r\n");
    CHECK(raw_last_is(&b.bob, "INVITE sip:x@far.test"));
    bench_live(&b, 300);
    CHECK(raw_last_is(&b.alice, "SIP/2.0 100"));
    raw_answer(&b.bob, 0, "486 Busy", "2");
    bench_live(&b, 100);
    CHECK(raw_last_is(&b.alice, "SIP/2.0 486"));
    CHECK(raw_last_is(&b.bob, "ACK"));
    bench_abandon(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_request_is_passed_on_and_forgotten),
        cmocka_unit_test(a_repetition_has_the_same_branch),
        cmocka_unit_test(a_repetition_is_the_same_to_the_byte),
        cmocka_unit_test(a_loop_is_found),
        cmocka_unit_test(what_cannot_go_on_is_answered),
        cmocka_unit_test(what_its_cancel_may_lack_gets_a_transaction),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
