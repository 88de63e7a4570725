/* SPDX-License-Identifier: BSD-2-Clause */
/* The end of a server, seen by phones: nothing new is begun, what is under way is
 * finished or told that it will not be. */
#include "support/server_bench.h"
#include "support/test.h"

static struct bench b;

static void invite(const char *call_id, const char *to)
{
    raw_ask(&b.alice,
            &(struct request_form){
                .method = "INVITE", .uri = "sip:bob@192.0.2.9:6001", .branch = call_id, .call_id = call_id, .to = to });
    bench_live(&b, 20);
}

static void open_with_a_ringing_call(void)
{
    bench_open(&b, "route \"192.0.2.9\" { to = \"sip:192.0.2.9:6001\" }\n");
    invite("first", NULL);
    raw_answer(&b.bob, 0, "180 Ringing", "b");
    bench_live(&b, 20);
    CHECK_INT(1, server_unanswered(b.server));
    shared_drain(b.shared);
}

/* RFC 3261 21.5.4 */
TEST(a_new_call_is_asked_to_come_back)
{
    char value[64];

    open_with_a_ringing_call();
    invite("second", NULL);
    CHECK(raw_last_is(&b.alice, "SIP/2.0 503 "));
    CHECK_SLICE("10", slice_from(header_of(raw_heard(&b.alice, 0), "Retry-After", value, sizeof value)));
    raw_register(&b.carol, 1, NULL);
    bench_live(&b, 20);
    CHECK(raw_last_is(&b.carol, "SIP/2.0 503 "));
    bench_abandon(&b);
}

TEST(what_is_under_way_is_finished)
{
    open_with_a_ringing_call();
    raw_answer(&b.bob, 0, "200 OK", "b"); /* the INVITE is the last it heard */
    bench_live(&b, 20);
    CHECK(raw_last_is(&b.alice, "SIP/2.0 200 "));
    CHECK_INT(0, server_unanswered(b.server));
    bench_abandon(&b);
}

TEST(requests_of_a_dialog_pass)
{
    open_with_a_ringing_call();
    raw_ask(&b.alice, &(struct request_form){ .method  = "BYE",
                                              .uri     = "sip:bob@192.0.2.9:6001",
                                              .to      = "<sip:bob@example.test>;tag=b",
                                              .call_id = "earlier",
                                              .cseq    = 2 });
    bench_live(&b, 20);
    CHECK(raw_last_is(&b.bob, "BYE "));
    bench_abandon(&b);
}

TEST(when_time_is_up_the_caller_hears_503_and_the_callee_cancel)
{
    open_with_a_ringing_call();
    server_give_up(b.server);
    bench_live(&b, 20);
    CHECK(raw_last_is(&b.alice, "SIP/2.0 503 "));
    CHECK(raw_last_is(&b.bob, "CANCEL "));
    CHECK_INT(0, server_unanswered(b.server));
    bench_abandon(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_new_call_is_asked_to_come_back),
        cmocka_unit_test(what_is_under_way_is_finished),
        cmocka_unit_test(requests_of_a_dialog_pass),
        cmocka_unit_test(when_time_is_up_the_caller_hears_503_and_the_callee_cancel),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
