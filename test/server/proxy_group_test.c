/* SPDX-License-Identifier: BSD-2-Clause */
/* One group of phones after the other (RFC 3261 16.6), and how much breadth each has (RFC 5393 5.3.3). */
#include "server/proxy_context.h"

#include "support/alloc.h"
#include "support/server_bench.h"
#include "support/test.h"

#include <stdio.h>

static struct bench b;

/* Bob's phones: at port 6001, 6002, with these q. */
static void registers(const char *bob_q, const char *carol_q)
{
    char more[256];

    snprintf(more, sizeof more, "Contact: <sip:bob@192.0.2.9:6001>;q=%s, <sip:carol@192.0.2.9:6002>;q=%s\r\n", bob_q,
             carol_q);
    raw_ask(&b.bob, &(struct request_form){ .method = "REGISTER", .more = more });
    bench_live(&b, 20);
    CHECK(raw_last_is(&b.bob, "SIP/2.0 200 "));
    raw_forget(&b.bob);
}

static void asks(const char *method, const char *more)
{
    raw_ask(&b.alice, &(struct request_form){ .method = method, .uri = "sip:bob@example.test", .more = more });
    bench_live(&b, 50);
}

static void answers(struct raw_phone *p, const char *status)
{
    raw_answer(p, 0, status, "b");
    bench_live(&b, 50);
}

static void has_breadth(struct raw_phone *p, const char *want)
{
    char value[32];

    assert_string_equal(want, header_of(raw_heard(p, 0), "Max-Breadth", value, sizeof value));
}

TEST(the_second_choice_is_asked_when_the_first_has_failed)
{
    bench_open(&b, "");
    registers("0.5", "0.9");
    asks("INVITE", "");
    CHECK(raw_last_is(&b.carol, "INVITE ") && b.bob.count == 0);
    has_breadth(&b.carol, "59"); /* one is held back */
    answers(&b.carol, "486 Busy Here");
    CHECK(raw_last_is(&b.bob, "INVITE "));
    has_breadth(&b.bob, "60"); /* that of carol's is free again */
    answers(&b.bob, "404 Not Found");
    CHECK_INT(1, raw_heard_count(&b.alice, "SIP/2.0 486 "));
    bench_close(&b);
}

TEST(all_ring_at_once_if_the_configuration_says_so)
{
    bench_open(&b, "serial_forking = false\n");
    registers("0.5", "0.9");
    asks("INVITE", "");
    CHECK(raw_last_is(&b.carol, "INVITE ") && raw_last_is(&b.bob, "INVITE "));
    answers(&b.carol, "486 Busy Here");
    answers(&b.bob, "404 Not Found");
    bench_close(&b);
}

TEST(a_phone_that_rings_too_long_makes_way_and_keeps_its_breadth_until_it_ends)
{
    bench_open(&b, "serial_timer = 5s\n");
    registers("0.5", "0.9");
    asks("INVITE", "Max-Breadth: 10\r\n");
    has_breadth(&b.carol, "9");
    answers(&b.carol, "180 Ringing");
    bench_live(&b, 4800);
    CHECK_INT(0, b.bob.count);
    bench_live(&b, 200);
    CHECK(raw_last_is(&b.bob, "INVITE "));
    has_breadth(&b.bob, "1");
    CHECK(raw_last_is(&b.carol, "CANCEL "));
    answers(&b.bob, "486 Busy Here");
    CHECK_INT(0, raw_heard_count(&b.alice, "SIP/2.0 486 "));
    answers(&b.carol, "200 OK"); /* to the CANCEL */
    raw_answer(&b.carol, 1, "487 Request Terminated", "b");
    bench_live(&b, 50);
    CHECK_INT(1, raw_heard_count(&b.alice, "SIP/2.0 486 "));
    bench_close(&b);
}

/* RFC 5393 5.3.3: never more than the request has. */
TEST(without_breadth_for_both_the_second_waits_for_the_end_of_the_first)
{
    bench_open(&b, "serial_timer = 5s\n");
    registers("0.5", "0.9");
    asks("INVITE", "Max-Breadth: 1\r\n");
    answers(&b.carol, "180 Ringing");
    bench_live(&b, 5000);
    CHECK(raw_last_is(&b.carol, "CANCEL ") && b.bob.count == 0);
    answers(&b.carol, "200 OK");
    raw_answer(&b.carol, 1, "487 Request Terminated", "b");
    bench_live(&b, 50);
    CHECK(raw_last_is(&b.bob, "INVITE "));
    has_breadth(&b.bob, "1");
    answers(&b.bob, "486 Busy Here");
    CHECK_INT(1, raw_heard_count(&b.alice, "SIP/2.0 486 "));
    bench_close(&b);
}

/* 64*T1 is all there is. */
TEST(a_silent_phone_leaves_half_of_the_time_of_another_method)
{
    bench_open(&b, "");
    registers("0.5", "0.9");
    asks("MESSAGE", "");
    bench_live(&b, 15000);
    CHECK(raw_last_is(&b.carol, "MESSAGE ") && b.bob.count == 0);
    bench_live(&b, 1000);
    CHECK(raw_last_is(&b.bob, "MESSAGE "));
    answers(&b.bob, "200 OK");
    CHECK_INT(1, raw_heard_count(&b.alice, "SIP/2.0 200 "));
    bench_close(&b);
}

/* The memory of those who wait is asked for once; without it nobody waits. */
TEST(without_memory_to_wait_all_are_asked_at_once)
{
    bool at_once = false;

    for (unsigned n = 1; n < 60 && !at_once; n++) {
        bench_open(&b, "");
        registers("0.5", "0.9");
        alloc_fail_at(n);
        asks("INVITE", "");
        alloc_fail_at(0);
        at_once = raw_last_is(&b.carol, "INVITE ") && raw_last_is(&b.bob, "INVITE ");
        bench_abandon(&b);
    }
    CHECK(at_once);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_second_choice_is_asked_when_the_first_has_failed),
        cmocka_unit_test(all_ring_at_once_if_the_configuration_says_so),
        cmocka_unit_test(a_phone_that_rings_too_long_makes_way_and_keeps_its_breadth_until_it_ends),
        cmocka_unit_test(without_breadth_for_both_the_second_waits_for_the_end_of_the_first),
        cmocka_unit_test(a_silent_phone_leaves_half_of_the_time_of_another_method),
        cmocka_unit_test(without_memory_to_wait_all_are_asked_at_once),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
