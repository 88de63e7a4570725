/* SPDX-License-Identifier: BSD-2-Clause */
#include "support/test.h"
#include "txn/invite_client.h"

enum { UDP = false, TCP = true };

static const struct txn_timers usual = { 500, 4000, 5000 };

static struct ict started(bool reliable)
{
    struct ict t;

    CHECK_INT(ICT_SEND_INVITE, ict_start(&t, reliable, &usual, 0));
    CHECK_INT(ICT_CALLING, t.state);
    return t;
}

/* RFC 3261 17.1.1.2: Timer A at 500, 1500, 3500, 7500, 15500 and 31500 ms,
 * Timer B at 64*T1. */
TEST(udp_invite_is_sent_seven_times_then_times_out)
{
    static const msec at[] = { 500, 1500, 3500, 7500, 15500, 31500 };
    struct ict        t    = started(UDP);

    for (size_t i = 0; i < sizeof at / sizeof *at; i++) {
        CHECK_INT(at[i], ict_deadline(&t));
        CHECK_INT(0, ict_step(&t, ICT_TIMER, at[i] - 1));
        CHECK_INT(ICT_SEND_INVITE, ict_step(&t, ICT_TIMER, at[i]));
    }
    CHECK_INT(32000, ict_deadline(&t));
    CHECK_INT(0, ict_step(&t, ICT_TIMER, 31999));
    CHECK_INT(ICT_PASS_TIMEOUT, ict_step(&t, ICT_TIMER, 32000));
    CHECK_INT(ICT_TERMINATED, t.state);
    CHECK(ict_deadline(&t) == NEVER);
}

TEST(tcp_invite_is_sent_once)
{
    struct ict t = started(TCP);

    CHECK_INT(32000, ict_deadline(&t));
    CHECK_INT(0, ict_step(&t, ICT_TIMER, 31999));
    CHECK_INT(ICT_PASS_TIMEOUT, ict_step(&t, ICT_TIMER, 32000));
}

TEST(a_timer_that_comes_too_late_ends_the_transaction_at_once)
{
    struct ict t = started(UDP);

    CHECK_INT(ICT_PASS_TIMEOUT, ict_step(&t, ICT_TIMER, 1000000));
}

TEST(timers_follow_the_base_values_given)
{
    struct txn_timers fast = { 10, 80, 100 };
    struct ict        t;

    ict_start(&t, UDP, &fast, 1000);
    CHECK_INT(1010, ict_deadline(&t));
    CHECK_INT(ICT_SEND_INVITE, ict_step(&t, ICT_TIMER, 1010));
    CHECK_INT(1030, ict_deadline(&t));
    CHECK_INT(ICT_PASS_TIMEOUT, ict_step(&t, ICT_TIMER, 1640));
}

TEST(a_provisional_response_silences_both_timers)
{
    struct ict t = started(UDP);

    CHECK_INT(ICT_PASS_RESPONSE, ict_step(&t, ICT_1XX, 120));
    CHECK_INT(ICT_PROCEEDING, t.state);
    CHECK(ict_deadline(&t) == NEVER);
    CHECK_INT(0, ict_step(&t, ICT_TIMER, 1000000));
    CHECK_INT(ICT_PASS_RESPONSE, ict_step(&t, ICT_1XX, 1000001));
}

/* RFC 6026 8.4: Timer D is 32 s at least, whatever our T1. */
TEST(a_rejection_is_acknowledged_and_passed_once_until_timer_d)
{
    for (int ringing = 0; ringing < 2; ringing++) {
        struct ict t = started(UDP);

        if (ringing)
            ict_step(&t, ICT_1XX, 50);
        CHECK_INT(ICT_SEND_ACK | ICT_PASS_RESPONSE, ict_step(&t, ICT_300_699, 100));
        CHECK_INT(ICT_COMPLETED, t.state);
        CHECK_INT(ICT_SEND_ACK, ict_step(&t, ICT_300_699, 600));
        CHECK_INT(0, ict_step(&t, ICT_1XX, 700));
        CHECK_INT(0, ict_step(&t, ICT_2XX, 700));
        CHECK_INT(100 + 32000, ict_deadline(&t));
        CHECK_INT(0, ict_step(&t, ICT_TIMER, 100 + 31999));
        CHECK_INT(ICT_COMPLETED, t.state);
        CHECK_INT(0, ict_step(&t, ICT_TIMER, 100 + 32000));
        CHECK_INT(ICT_TERMINATED, t.state);
    }
}

TEST(timer_d_does_not_shrink_with_t1)
{
    struct txn_timers fast = { 10, 80, 100 };
    struct ict        t;

    ict_start(&t, UDP, &fast, 0);
    ict_step(&t, ICT_300_699, 5);
    CHECK_INT(5 + 32000, ict_deadline(&t));
}

TEST(over_tcp_timer_d_is_zero)
{
    for (int ringing = 0; ringing < 2; ringing++) {
        struct ict t = started(TCP);

        if (ringing)
            ict_step(&t, ICT_1XX, 50);
        CHECK_INT(ICT_SEND_ACK | ICT_PASS_RESPONSE, ict_step(&t, ICT_300_699, 100));
        CHECK_INT(ICT_TERMINATED, t.state);
    }
}

/* RFC 6026 7.2: a forked INVITE may be accepted by more than one branch. */
TEST(every_2xx_is_passed_up_until_timer_m)
{
    for (int i = 0; i < 4; i++) {
        struct ict t = started(i % 2 == 0 ? UDP : TCP);

        if (i / 2 == 1)
            ict_step(&t, ICT_1XX, 50);
        CHECK_INT(ICT_PASS_RESPONSE, ict_step(&t, ICT_2XX, 100));
        CHECK_INT(ICT_ACCEPTED, t.state);
        CHECK_INT(ICT_PASS_RESPONSE, ict_step(&t, ICT_2XX, 900));
        CHECK_INT(0, ict_step(&t, ICT_1XX, 1000));
        CHECK_INT(0, ict_step(&t, ICT_300_699, 1000));
        CHECK_INT(0, ict_step(&t, ICT_TRANSPORT_ERROR, 1000));
        CHECK_INT(100 + 32000, ict_deadline(&t));
        CHECK_INT(0, ict_step(&t, ICT_TIMER, 100 + 31999));
        CHECK_INT(ICT_ACCEPTED, t.state);
        CHECK_INT(0, ict_step(&t, ICT_TIMER, 100 + 32000));
        CHECK_INT(ICT_TERMINATED, t.state);
    }
}

/* RFC 3261 17.1.4. */
TEST(a_transport_error_ends_the_transaction)
{
    struct ict t = started(UDP);

    CHECK_INT(ICT_PASS_ERROR, ict_step(&t, ICT_TRANSPORT_ERROR, 10));
    CHECK_INT(ICT_TERMINATED, t.state);

    t = started(UDP);
    ict_step(&t, ICT_1XX, 10);
    CHECK_INT(ICT_PASS_ERROR, ict_step(&t, ICT_TRANSPORT_ERROR, 20));
    CHECK_INT(ICT_TERMINATED, t.state);

    t = started(UDP);
    ict_step(&t, ICT_300_699, 10);
    CHECK_INT(ICT_PASS_ERROR, ict_step(&t, ICT_TRANSPORT_ERROR, 20));
    CHECK_INT(ICT_TERMINATED, t.state);
}

TEST(nothing_happens_after_the_end)
{
    struct ict t = started(UDP);

    ict_step(&t, ICT_TRANSPORT_ERROR, 10);
    for (int event = ICT_1XX; event <= ICT_TRANSPORT_ERROR; event++)
        CHECK_INT(0, ict_step(&t, (enum ict_event)event, 1000000));
    CHECK_INT(ICT_TERMINATED, t.state);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(udp_invite_is_sent_seven_times_then_times_out),
        cmocka_unit_test(tcp_invite_is_sent_once),
        cmocka_unit_test(a_timer_that_comes_too_late_ends_the_transaction_at_once),
        cmocka_unit_test(timers_follow_the_base_values_given),
        cmocka_unit_test(a_provisional_response_silences_both_timers),
        cmocka_unit_test(a_rejection_is_acknowledged_and_passed_once_until_timer_d),
        cmocka_unit_test(timer_d_does_not_shrink_with_t1),
        cmocka_unit_test(over_tcp_timer_d_is_zero),
        cmocka_unit_test(every_2xx_is_passed_up_until_timer_m),
        cmocka_unit_test(a_transport_error_ends_the_transaction),
        cmocka_unit_test(nothing_happens_after_the_end),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
