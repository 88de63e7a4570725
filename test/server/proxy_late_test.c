/* SPDX-License-Identifier: BSD-2-Clause */
/* What comes for a forwarded INVITE after its context has gone (RFC 6026 7.3), and what is left of a
 * call that is over. */
#include "server/proxy_context.h"
#include "support/finished_call.h"
#include "support/test.h"

static struct bench b;

static uint64_t contexts(void)
{
    return gauge_read(&b.at_server->counters.contexts);
}

TEST(a_call_that_was_answered_needs_no_context)
{
    bench_open(&b, "");
    raw_register(&b.bob, 1, NULL);
    bench_live(&b, 50);
    raw_invite_again(&b, "call");
    CHECK_INT(1, contexts());
    raw_answer(&b.bob, 0, "200 OK", "b");
    bench_live(&b, 20);
    CHECK_INT(0, contexts());
    bench_close(&b);
}

TEST(each_2xx_that_comes_later_goes_up_all_the_same)
{
    bench_open(&b, "");
    raw_call_answer(&b, "call");
    raw_forget(&b.alice);
    raw_answer(&b.bob, 0, "200 OK", "b");
    raw_answer(&b.bob, 0, "202 Accepted", "another");
    bench_live(&b, 20);
    CHECK_INT(1, raw_heard_count(&b.alice, "SIP/2.0 200 "));
    CHECK_INT(1, raw_heard_count(&b.alice, "SIP/2.0 202 "));
    bench_live(&b, 33000); /* Timer M */
    raw_forget(&b.alice);
    raw_answer(&b.bob, 0, "200 OK", "b");
    bench_live(&b, 20);
    CHECK_INT(0, b.alice.count);
    bench_close(&b);
}

/* One that was cancelled because another has answered may still answer, too. */
TEST(as_long_as_a_branch_is_open_the_context_stays)
{
    bench_open(&b, "");
    raw_register(&b.carol, 1, NULL);
    raw_register(&b.bob, 1, NULL);
    bench_live(&b, 50);
    raw_invite_again(&b, "call");
    raw_answer(&b.carol, 0, "180 Ringing", "c");
    bench_live(&b, 20);
    raw_answer(&b.bob, 0, "200 OK", "b");
    bench_live(&b, 20);
    CHECK_INT(1, contexts());
    CHECK(raw_last_is(&b.carol, "CANCEL "));
    raw_answer(&b.carol, 1, "200 OK", "c");
    bench_live(&b, 20);
    CHECK_INT(2, raw_heard_count(&b.alice, "SIP/2.0 200 "));
    CHECK_INT(0, contexts());
    bench_close(&b);
}

static uint64_t bytes_of(enum account_id account)
{
    return budget_figures(&b.memory, account).bytes;
}

static uint64_t bytes(void)
{
    return bytes_of(ACCOUNT_SERVER_TRANSACTIONS) + bytes_of(ACCOUNT_CLIENT_TRANSACTIONS) + bytes_of(ACCOUNT_CONTEXTS) +
           bytes_of(ACCOUNT_MESSAGES);
}

/* All four transactions, what finds them included. */
TEST(a_finished_call_takes_a_kilobyte_at_most)
{
    uint64_t before;

    bench_open(&b, "");
    raw_register(&b.bob, 1, NULL);
    bench_live(&b, 35000); /* REGISTER is forgotten */
    CHECK_INT(0, bytes());
    raw_register(&b.bob, 2, NULL);
    bench_live(&b, 50);
    before = bytes();
    raw_invite_again(&b, "call");
    raw_answer(&b.bob, 0, "200 OK", "b");
    bench_live(&b, 20);
    raw_bye_again(&b, "call");
    raw_answer(&b.bob, 0, "200 OK", "b");
    bench_live(&b, 20);
    CHECK(bytes() > before);
    if (bytes() - before > 1024)
        fail_msg("it takes %llu bytes", (unsigned long long)(bytes() - before));
    bench_live(&b, 35000);
    CHECK_INT(0, bytes());
    bench_close(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_call_that_was_answered_needs_no_context),
        cmocka_unit_test(each_2xx_that_comes_later_goes_up_all_the_same),
        cmocka_unit_test(as_long_as_a_branch_is_open_the_context_stays),
        cmocka_unit_test(a_finished_call_takes_a_kilobyte_at_most),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
