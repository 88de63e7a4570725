/* SPDX-License-Identifier: BSD-2-Clause */
#include "support/test.h"
#include "txn/non_invite_server.h"

enum { UDP = false, TCP = true };

static const struct txn_timers usual = { 500, 4000, 5000 };

static struct nist started(bool reliable)
{
    struct nist t;

    CHECK_INT(0, nist_start(&t, reliable, &usual, 0));
    CHECK_INT(NIST_TRYING, t.state);
    return t;
}

/* RFC 3261 17.2.2. */
TEST(a_repeated_request_hears_nothing_while_the_user_thinks)
{
    struct nist t = started(UDP);

    CHECK_INT(0, nist_step(&t, NIST_REQUEST, 500));
    CHECK_INT(NIST_TRYING, t.state);
}

TEST(over_udp_the_answer_is_repeated_on_request_until_timer_j)
{
    struct nist t = started(UDP);

    CHECK_INT(NIST_SEND_RESPONSE, nist_step(&t, NIST_FINAL, 100));
    CHECK_INT(NIST_COMPLETED, t.state);
    CHECK_INT(NIST_SEND_RESPONSE, nist_step(&t, NIST_REQUEST, 500));
    CHECK_INT(NIST_SEND_RESPONSE, nist_step(&t, NIST_REQUEST, 1500));
    CHECK_INT(100 + 32000, nist_deadline(&t));
    CHECK_INT(0, nist_step(&t, NIST_TIMER, 100 + 31999));
    CHECK_INT(NIST_COMPLETED, t.state);
    CHECK_INT(0, nist_step(&t, NIST_TIMER, 100 + 32000));
    CHECK_INT(NIST_TERMINATED, t.state);
    CHECK(nist_deadline(&t) == NEVER);
}

TEST(over_tcp_timer_j_is_zero)
{
    struct nist t = started(TCP);

    CHECK_INT(NIST_SEND_RESPONSE, nist_step(&t, NIST_FINAL, 100));
    CHECK_INT(NIST_TERMINATED, t.state);
}

/* RFC 4320 4.1: Timer E is set to T2 after 500 + 1000 + 2000 ms. */
TEST(over_udp_no_100_is_let_through_before_timer_e_is_t2)
{
    struct nist t = started(UDP);

    CHECK_INT(0, nist_step(&t, NIST_1XX, 3499));
    CHECK_INT(NIST_TRYING, t.state);
    CHECK_INT(NIST_SEND_RESPONSE, nist_step(&t, NIST_1XX, 3500));
    CHECK_INT(NIST_PROCEEDING, t.state);
    CHECK_INT(NIST_SEND_RESPONSE, nist_step(&t, NIST_1XX, 3600));
    CHECK_INT(NIST_SEND_RESPONSE, nist_step(&t, NIST_REQUEST, 7500));
    CHECK_INT(NIST_SEND_RESPONSE, nist_step(&t, NIST_FINAL, 8000));
    CHECK_INT(NIST_COMPLETED, t.state);
}

TEST(over_tcp_a_100_is_let_through_at_any_time)
{
    struct nist t = started(TCP);

    CHECK_INT(NIST_SEND_RESPONSE, nist_step(&t, NIST_1XX, 10));
    CHECK_INT(NIST_PROCEEDING, t.state);
    CHECK_INT(0, nist_step(&t, NIST_TIMER, 3500)); /* the user has spoken */
    CHECK_INT(NIST_SEND_RESPONSE, nist_step(&t, NIST_FINAL, 8000));
    CHECK_INT(NIST_TERMINATED, t.state);
}

/* RFC 4320 4.1: "MUST respond ... with a Status-Code of 100 if it has not
 * otherwise responded", on any transport. */
TEST(a_silent_user_gets_a_100_sent_for_it_when_timer_e_is_t2)
{
    for (int reliable = 0; reliable < 2; reliable++) {
        struct nist t = started(reliable);

        CHECK_INT(3500, nist_deadline(&t));
        CHECK_INT(0, nist_step(&t, NIST_TIMER, 3499));
        CHECK_INT(NIST_SEND_TRYING, nist_step(&t, NIST_TIMER, 3500));
        CHECK_INT(NIST_PROCEEDING, t.state);
        CHECK_INT(0, nist_step(&t, NIST_TIMER, 3501));
        CHECK_INT(NIST_SEND_TRYING, nist_step(&t, NIST_REQUEST, 7500));
        CHECK_INT(NIST_SEND_RESPONSE, nist_step(&t, NIST_1XX, 7600));
        CHECK_INT(NIST_SEND_RESPONSE, nist_step(&t, NIST_REQUEST, 11500));
    }
}

TEST(the_quiet_time_follows_the_base_values)
{
    static const struct {
        struct txn_timers timers;
        msec              quiet;
    } cases[] = {
        { { 500, 4000, 5000 }, 3500 }, { { 100, 400, 5000 }, 300 },
        { { 100, 500, 5000 }, 700 }, /* 100, 200, 400, then min(800, 500) */
        { { 100, 100, 5000 }, 100 },   { { 500, 100, 5000 }, 500 },
    };

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct nist t;

        nist_start(&t, UDP, &cases[i].timers, 0);
        CHECK_INT(cases[i].quiet, nist_deadline(&t));
    }
}

/* RFC 4320 4.2: after the client's Timer F there is nobody to answer. */
TEST(a_user_that_never_answers_is_forgotten_without_a_word)
{
    for (int reliable = 0; reliable < 2; reliable++) {
        struct nist t = started(reliable);

        nist_step(&t, NIST_TIMER, 3500);
        CHECK_INT(32000, nist_deadline(&t));
        CHECK_INT(0, nist_step(&t, NIST_TIMER, 31999));
        CHECK_INT(NIST_PROCEEDING, t.state);
        CHECK_INT(0, nist_step(&t, NIST_TIMER, 32000));
        CHECK_INT(NIST_TERMINATED, t.state);
        CHECK_INT(0, nist_step(&t, NIST_FINAL, 32001));
    }
}

TEST(the_user_cannot_change_its_mind)
{
    struct nist t = started(UDP);

    nist_step(&t, NIST_FINAL, 100);
    CHECK_INT(0, nist_step(&t, NIST_FINAL, 200));
    CHECK_INT(0, nist_step(&t, NIST_1XX, 5000));
    CHECK_INT(NIST_COMPLETED, t.state);
    CHECK_INT(100 + 32000, nist_deadline(&t));
}

/* RFC 6026 8.8. */
TEST(a_transport_error_is_told_and_changes_no_state)
{
    struct nist t = started(UDP);

    CHECK_INT(NIST_PASS_ERROR, nist_step(&t, NIST_TRANSPORT_ERROR, 10));
    CHECK_INT(NIST_TRYING, t.state);
    nist_step(&t, NIST_TIMER, 3500);
    CHECK_INT(NIST_PASS_ERROR, nist_step(&t, NIST_TRANSPORT_ERROR, 3501));
    CHECK_INT(NIST_PROCEEDING, t.state);
    nist_step(&t, NIST_FINAL, 4000);
    CHECK_INT(NIST_PASS_ERROR, nist_step(&t, NIST_TRANSPORT_ERROR, 4001));
    CHECK_INT(NIST_COMPLETED, t.state);
}

TEST(nothing_happens_after_the_end)
{
    struct nist t = started(TCP);

    nist_step(&t, NIST_FINAL, 10);
    for (int event = NIST_REQUEST; event <= NIST_TRANSPORT_ERROR; event++)
        CHECK_INT(0, nist_step(&t, (enum nist_event)event, 1000000));
    CHECK_INT(NIST_TERMINATED, t.state);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_repeated_request_hears_nothing_while_the_user_thinks),
        cmocka_unit_test(over_udp_the_answer_is_repeated_on_request_until_timer_j),
        cmocka_unit_test(over_tcp_timer_j_is_zero),
        cmocka_unit_test(over_udp_no_100_is_let_through_before_timer_e_is_t2),
        cmocka_unit_test(over_tcp_a_100_is_let_through_at_any_time),
        cmocka_unit_test(a_silent_user_gets_a_100_sent_for_it_when_timer_e_is_t2),
        cmocka_unit_test(the_quiet_time_follows_the_base_values),
        cmocka_unit_test(a_user_that_never_answers_is_forgotten_without_a_word),
        cmocka_unit_test(the_user_cannot_change_its_mind),
        cmocka_unit_test(a_transport_error_is_told_and_changes_no_state),
        cmocka_unit_test(nothing_happens_after_the_end),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
