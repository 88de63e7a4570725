/* SPDX-License-Identifier: BSD-2-Clause */
/* The Reason of the CANCELs that a proxy sends (RFC 3326). */
#include "server/proxy_context.h"

#include "support/server_bench.h"
#include "support/test.h"

#include <stdio.h>

static struct bench b;

/* Both of bob's phones ring. */
static void start(void)
{
    bench_open(&b, "");
    raw_ask(&b.bob,
            &(struct request_form){ .method = "REGISTER",
                                    .more   = "Contact: <sip:bob@192.0.2.9:6001>, <sip:bob@192.0.2.9:6002>\r\n" });
    bench_live(&b, 20);
    raw_forget(&b.bob);
    raw_ask(&b.alice, &(struct request_form){ .method = "INVITE", .uri = "sip:bob@example.test", .cseq = 2 });
    bench_live(&b, 50);
    raw_answer(&b.bob, 0, "180 Ringing", "b");
    raw_answer(&b.carol, 0, "180 Ringing", "c");
    bench_live(&b, 50);
}

static void ends(struct raw_phone *p, unsigned back)
{
    raw_answer(p, back, "487 Request Terminated", "x");
    bench_live(&b, 50);
    bench_abandon(&b);
}

static const char *reason_of(struct raw_phone *p)
{
    static char value[2048];

    CHECK(raw_last_is(p, "CANCEL "));
    return header_of(raw_heard(p, 0), "Reason", value, sizeof value);
}

TEST(who_is_cancelled_because_another_has_answered_is_told_so)
{
    start();
    raw_answer(&b.bob, 0, "200 OK", "b");
    bench_live(&b, 50);
    assert_string_equal("SIP;cause=200;text=\"Call completed elsewhere\"", reason_of(&b.carol));
    ends(&b.carol, 1);
}

TEST(so_is_who_is_cancelled_because_of_a_6xx)
{
    start();
    raw_answer(&b.bob, 0, "600 Nowhere", "b");
    bench_live(&b, 50);
    assert_string_equal("SIP;cause=600;text=\"Busy Everywhere\"", reason_of(&b.carol));
    ends(&b.carol, 1);
}

static void cancels(const char *more)
{
    raw_ask(
        &b.alice,
        &(struct request_form){
            .method = "CANCEL", .uri = "sip:bob@example.test", .branch = "INVITE-2-6000", .cseq = 2, .more = more });
    bench_live(&b, 50);
}

TEST(the_callers_own_reason_goes_on)
{
    start();
    cancels("Reason: Q.850;cause=16;text=\"Terminated\"\r\n");
    assert_string_equal("Q.850;cause=16;text=\"Terminated\"", reason_of(&b.bob));
    assert_string_equal("Q.850;cause=16;text=\"Terminated\"", reason_of(&b.carol));
    ends(&b.carol, 1);
}

TEST(who_says_none_gets_none)
{
    start();
    cancels("");
    assert_string_equal("", reason_of(&b.bob));
    ends(&b.carol, 1);
}

TEST(one_without_end_is_left_out)
{
    char more[1200];

    start();
    snprintf(more, sizeof more, "Reason: SIP;text=\"%01024d\"\r\n", 0);
    cancels(more);
    assert_string_equal("", reason_of(&b.bob));
    ends(&b.carol, 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(who_is_cancelled_because_another_has_answered_is_told_so),
        cmocka_unit_test(so_is_who_is_cancelled_because_of_a_6xx),
        cmocka_unit_test(the_callers_own_reason_goes_on),
        cmocka_unit_test(who_says_none_gets_none),
        cmocka_unit_test(one_without_end_is_left_out),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
