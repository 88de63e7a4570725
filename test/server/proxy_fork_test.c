/* SPDX-License-Identifier: BSD-2-Clause */
/* Which of a user's phones ring, and by which flow (RFC 5626 7): bob and carol are two flows. */
#include "server/proxy_context.h"

#include "support/server_bench.h"
#include "support/test.h"

#include <stdio.h>

static struct bench b;

static void registers(struct raw_phone *p, const char *instance, unsigned reg_id)
{
    char more[256], call_id[32];

    snprintf(more, sizeof more,
             "Contact: <sip:bob@10.0.0.7>;+sip.instance=\"<urn:uuid:%s>\";reg-id=%u\r\nSupported: path, outbound\r\n",
             instance, reg_id);
    snprintf(call_id, sizeof call_id, "%s-%u", instance, reg_id);
    raw_ask(p, &(struct request_form){ .method = "REGISTER", .call_id = call_id, .more = more });
    bench_live(&b, 20);
    CHECK(raw_last_is(p, "SIP/2.0 200 "));
    raw_forget(p);
}

static void invites(const char *more)
{
    raw_ask(&b.alice,
            &(struct request_form){ .method = "INVITE", .uri = "sip:bob@example.test", .cseq = 2, .more = more });
    bench_live(&b, 50);
}

static void refuses(struct raw_phone *p, const char *status)
{
    raw_answer(p, 0, status, "b");
    bench_live(&b, 50);
}

TEST(the_phones_of_a_user_ring_together)
{
    bench_open(&b, "");
    registers(&b.bob, "1", 1);
    registers(&b.carol, "2", 1);
    invites("");
    CHECK(raw_last_is(&b.bob, "INVITE ") && raw_last_is(&b.carol, "INVITE "));
    refuses(&b.bob, "486 Busy Here");
    refuses(&b.carol, "486 Busy Here");
    CHECK_INT(1, raw_heard_count(&b.alice, "SIP/2.0 486 "));
    bench_close(&b);
}

TEST(the_flows_of_one_phone_do_not)
{
    bench_open(&b, "");
    registers(&b.bob, "1", 1);
    registers(&b.carol, "1", 2);
    invites("");
    CHECK(raw_last_is(&b.carol, "INVITE "));
    CHECK_INT(0, b.bob.count);
    refuses(&b.carol, "486 Busy Here");
    CHECK_INT(0, b.bob.count);
    CHECK_INT(1, raw_heard_count(&b.alice, "SIP/2.0 486 "));
    bench_close(&b);
}

/* RFC 5393 5.3.3: the branch that has failed has left its breadth. */
TEST(the_next_flow_has_the_breadth_of_the_one_that_failed)
{
    char value[32];

    bench_open(&b, "");
    registers(&b.bob, "1", 1);
    registers(&b.carol, "1", 2);
    invites("Max-Breadth: 1\r\n");
    refuses(&b.carol, "430 Flow Failed");
    CHECK(raw_last_is(&b.bob, "INVITE "));
    assert_string_equal("1", header_of(raw_heard(&b.bob, 0), "Max-Breadth", value, sizeof value));
    refuses(&b.bob, "430 Flow Failed");
    CHECK_INT(1, raw_heard_count(&b.alice, "SIP/2.0 480 "));
    CHECK_INT(0, raw_heard_count(&b.alice, "SIP/2.0 430 "));
    bench_close(&b);
}

/* It has come back by another flow while the old one was tried. */
TEST(a_flow_that_was_registered_anew_in_the_meantime_is_tried_again)
{
    bench_open(&b, "");
    registers(&b.carol, "1", 1);
    invites("");
    CHECK(raw_last_is(&b.carol, "INVITE "));
    raw_ask(&b.bob, &(struct request_form){ .method  = "REGISTER",
                                            .call_id = "1-1",
                                            .cseq    = 2,
                                            .more    = "Contact: <sip:bob@10.0.0.7>;+sip.instance=\"<urn:uuid:1>\";"
                                                       "reg-id=1\r\nSupported: path, outbound\r\n" });
    bench_live(&b, 20);
    CHECK(raw_last_is(&b.bob, "SIP/2.0 200 "));
    refuses(&b.carol, "430 Flow Failed");
    CHECK(raw_last_is(&b.bob, "INVITE "));
    refuses(&b.bob, "486 Busy Here");
    CHECK_INT(1, raw_heard_count(&b.alice, "SIP/2.0 486 "));
    bench_close(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_phones_of_a_user_ring_together),
        cmocka_unit_test(the_flows_of_one_phone_do_not),
        cmocka_unit_test(the_next_flow_has_the_breadth_of_the_one_that_failed),
        cmocka_unit_test(a_flow_that_was_registered_anew_in_the_meantime_is_tried_again),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
