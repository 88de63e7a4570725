/* SPDX-License-Identifier: BSD-2-Clause */
#include "support/test.h"
#include "txn/invite_server.h"

enum { UDP = false, TCP = true };

static const struct txn_timers usual = { 500, 4000, 5000 };

static struct ist started(bool reliable)
{
    struct ist t;

    CHECK_INT(0, ist_start(&t, reliable, &usual, 0));
    CHECK_INT(IST_PROCEEDING, t.state);
    return t;
}

static struct ist after(bool reliable, enum ist_event event, msec now)
{
    struct ist t = started(reliable);

    CHECK_INT(IST_SEND_RESPONSE, ist_step(&t, event, now));
    return t;
}

/* RFC 3261 17.2.1: a 100 unless the user answers within 200 ms. */
TEST(a_silent_user_gets_a_100_sent_for_it_once)
{
    struct ist t = started(UDP);

    CHECK_INT(0, ist_step(&t, IST_REQUEST, 100)); /* nothing to repeat yet */
    CHECK_INT(200, ist_deadline(&t));
    CHECK_INT(0, ist_step(&t, IST_TIMER, 199));
    CHECK_INT(IST_SEND_TRYING, ist_step(&t, IST_TIMER, 200));
    CHECK(ist_deadline(&t) == NEVER);
    CHECK_INT(0, ist_step(&t, IST_TIMER, 1000000));
    CHECK_INT(IST_SEND_TRYING, ist_step(&t, IST_REQUEST, 1000001));
    CHECK_INT(IST_PROCEEDING, t.state);
}

TEST(a_user_that_answers_in_time_needs_no_100)
{
    struct ist t = after(UDP, IST_1XX, 199);

    CHECK(ist_deadline(&t) == NEVER);
    CHECK_INT(0, ist_step(&t, IST_TIMER, 200));
}

TEST(a_repeated_invite_hears_the_latest_provisional_response)
{
    struct ist t = started(UDP);

    ist_step(&t, IST_TIMER, 200);
    CHECK_INT(IST_SEND_RESPONSE, ist_step(&t, IST_1XX, 300));
    CHECK_INT(IST_SEND_RESPONSE, ist_step(&t, IST_1XX, 400));
    CHECK_INT(IST_SEND_RESPONSE, ist_step(&t, IST_REQUEST, 500));
    CHECK_INT(IST_PROCEEDING, t.state);
}

TEST(an_ack_before_any_final_response_means_nothing)
{
    struct ist t = started(UDP);

    CHECK_INT(0, ist_step(&t, IST_ACK, 10));
    CHECK_INT(IST_PROCEEDING, t.state);
}

/* RFC 3261 17.2.1: Timer G at T1, then doubling up to T2; Timer H at 64*T1. */
TEST(over_udp_a_rejection_is_repeated_until_timer_h)
{
    static const msec at[] = { 500, 1500, 3500, 7500, 11500, 15500, 19500, 23500, 27500, 31500 };
    struct ist        t    = after(UDP, IST_300_699, 1000);

    CHECK_INT(IST_COMPLETED, t.state);
    for (size_t i = 0; i < sizeof at / sizeof *at; i++) {
        CHECK_INT(1000 + at[i], ist_deadline(&t));
        CHECK_INT(0, ist_step(&t, IST_TIMER, 1000 + at[i] - 1));
        CHECK_INT(IST_SEND_RESPONSE, ist_step(&t, IST_TIMER, 1000 + at[i]));
    }
    CHECK_INT(1000 + 32000, ist_deadline(&t));
    CHECK_INT(0, ist_step(&t, IST_TIMER, 1000 + 31999));
    CHECK_INT(IST_PASS_TIMEOUT, ist_step(&t, IST_TIMER, 1000 + 32000));
    CHECK_INT(IST_TERMINATED, t.state);
    CHECK(ist_deadline(&t) == NEVER);
}

TEST(over_tcp_a_rejection_is_sent_once_but_timer_h_runs)
{
    struct ist t = after(TCP, IST_300_699, 1000);

    CHECK_INT(1000 + 32000, ist_deadline(&t));
    CHECK_INT(IST_PASS_TIMEOUT, ist_step(&t, IST_TIMER, 1000 + 32000));
    CHECK_INT(IST_TERMINATED, t.state);
}

TEST(a_repeated_invite_hears_the_rejection_again)
{
    struct ist t = after(TCP, IST_300_699, 1000);

    CHECK_INT(IST_SEND_RESPONSE, ist_step(&t, IST_REQUEST, 1100));
    CHECK_INT(IST_COMPLETED, t.state);
}

TEST(over_udp_the_ack_is_absorbed_until_timer_i)
{
    struct ist t = after(UDP, IST_300_699, 1000);

    CHECK_INT(0, ist_step(&t, IST_ACK, 1200));
    CHECK_INT(IST_CONFIRMED, t.state);
    CHECK_INT(1200 + 5000, ist_deadline(&t));
    CHECK_INT(0, ist_step(&t, IST_ACK, 1300));
    CHECK_INT(0, ist_step(&t, IST_REQUEST, 1300));
    CHECK_INT(0, ist_step(&t, IST_TRANSPORT_ERROR, 1300));
    CHECK_INT(0, ist_step(&t, IST_TIMER, 1200 + 4999));
    CHECK_INT(IST_CONFIRMED, t.state);
    CHECK_INT(0, ist_step(&t, IST_TIMER, 1200 + 5000));
    CHECK_INT(IST_TERMINATED, t.state);
}

TEST(over_tcp_timer_i_is_zero)
{
    struct ist t = after(TCP, IST_300_699, 1000);

    CHECK_INT(0, ist_step(&t, IST_ACK, 1200));
    CHECK_INT(IST_TERMINATED, t.state);
}

/* RFC 6026 7.1. */
TEST(an_accepted_invite_is_absorbed_until_timer_l)
{
    for (int reliable = 0; reliable < 2; reliable++) {
        struct ist t = after(reliable, IST_2XX, 1000);

        CHECK_INT(IST_ACCEPTED, t.state);
        CHECK_INT(0, ist_step(&t, IST_REQUEST, 1500));
        CHECK_INT(IST_SEND_RESPONSE, ist_step(&t, IST_2XX, 1500));
        CHECK_INT(IST_PASS_ACK, ist_step(&t, IST_ACK, 1600));
        CHECK_INT(IST_PASS_ACK, ist_step(&t, IST_ACK, 1700));
        CHECK_INT(1000 + 32000, ist_deadline(&t));
        CHECK_INT(0, ist_step(&t, IST_TIMER, 1000 + 31999));
        CHECK_INT(IST_ACCEPTED, t.state);
        CHECK_INT(0, ist_step(&t, IST_TIMER, 1000 + 32000));
        CHECK_INT(IST_TERMINATED, t.state);
    }
}

TEST(the_user_cannot_change_its_mind)
{
    struct ist t = after(UDP, IST_300_699, 0);

    CHECK_INT(0, ist_step(&t, IST_2XX, 10));
    CHECK_INT(0, ist_step(&t, IST_300_699, 10));
    CHECK_INT(0, ist_step(&t, IST_1XX, 10));
    CHECK_INT(IST_COMPLETED, t.state);

    t = after(UDP, IST_2XX, 0);
    CHECK_INT(0, ist_step(&t, IST_300_699, 10));
    CHECK_INT(0, ist_step(&t, IST_1XX, 10));
    CHECK_INT(IST_ACCEPTED, t.state);

    t = after(UDP, IST_300_699, 0);
    ist_step(&t, IST_ACK, 10);
    CHECK_INT(0, ist_step(&t, IST_2XX, 20));
    CHECK_INT(IST_CONFIRMED, t.state);
}

/* RFC 6026 8.8: the user hears of it, the state stays. */
TEST(a_transport_error_is_told_and_changes_no_state)
{
    struct ist t = started(UDP);

    CHECK_INT(IST_PASS_ERROR, ist_step(&t, IST_TRANSPORT_ERROR, 10));
    CHECK_INT(IST_PROCEEDING, t.state);
    t = after(UDP, IST_300_699, 0);
    CHECK_INT(IST_PASS_ERROR, ist_step(&t, IST_TRANSPORT_ERROR, 10));
    CHECK_INT(IST_COMPLETED, t.state);
    CHECK_INT(500, ist_deadline(&t));
    t = after(UDP, IST_2XX, 0);
    CHECK_INT(IST_PASS_ERROR, ist_step(&t, IST_TRANSPORT_ERROR, 10));
    CHECK_INT(IST_ACCEPTED, t.state);
}

TEST(nothing_happens_after_the_end)
{
    struct ist t = after(TCP, IST_300_699, 0);

    ist_step(&t, IST_ACK, 10);
    for (int event = IST_REQUEST; event <= IST_TRANSPORT_ERROR; event++)
        CHECK_INT(0, ist_step(&t, (enum ist_event)event, 1000000));
    CHECK_INT(IST_TERMINATED, t.state);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_silent_user_gets_a_100_sent_for_it_once),
        cmocka_unit_test(a_user_that_answers_in_time_needs_no_100),
        cmocka_unit_test(a_repeated_invite_hears_the_latest_provisional_response),
        cmocka_unit_test(an_ack_before_any_final_response_means_nothing),
        cmocka_unit_test(over_udp_a_rejection_is_repeated_until_timer_h),
        cmocka_unit_test(over_tcp_a_rejection_is_sent_once_but_timer_h_runs),
        cmocka_unit_test(a_repeated_invite_hears_the_rejection_again),
        cmocka_unit_test(over_udp_the_ack_is_absorbed_until_timer_i),
        cmocka_unit_test(over_tcp_timer_i_is_zero),
        cmocka_unit_test(an_accepted_invite_is_absorbed_until_timer_l),
        cmocka_unit_test(the_user_cannot_change_its_mind),
        cmocka_unit_test(a_transport_error_is_told_and_changes_no_state),
        cmocka_unit_test(nothing_happens_after_the_end),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
