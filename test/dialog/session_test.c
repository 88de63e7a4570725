/* SPDX-License-Identifier: BSD-2-Clause */
#include "dialog/session.h"

#include "support/test.h"

enum { T1 = 500, T2 = 4000 };

static struct session caller(void)
{
    struct session    s;
    struct txn_timers timers = TXN_TIMERS_DEFAULT;

    session_start_caller(&s, &timers);
    return s;
}

static struct session callee(void)
{
    struct session    s;
    struct txn_timers timers = TXN_TIMERS_DEFAULT;

    session_start_callee(&s, &timers);
    return s;
}

static struct session talking_caller(msec now)
{
    struct session s = caller();

    CHECK_INT(SESSION_SEND_ACK | SESSION_TELL_ANSWERED, session_on_2xx(&s, SESSION_2XX_FIRST, now));
    return s;
}

static struct session talking_callee(msec now)
{
    struct session s = callee();

    session_answer(&s, now);
    CHECK_INT(SESSION_TELL_CONFIRMED, session_on_ack(&s));
    return s;
}

TEST(caller_goes_from_calling_over_early_to_confirmed)
{
    struct session s = caller();

    CHECK_INT(SESSION_TELL_PROGRESS, session_on_provisional(&s, false));
    CHECK_INT(SESSION_PROCEEDING, s.state);
    CHECK_INT(SESSION_TELL_PROGRESS, session_on_provisional(&s, true));
    CHECK_INT(SESSION_EARLY, s.state);
    CHECK_INT(SESSION_TELL_PROGRESS, session_on_provisional(&s, false));
    CHECK_INT(SESSION_EARLY, s.state);
    CHECK_INT(SESSION_SEND_ACK | SESSION_TELL_ANSWERED, session_on_2xx(&s, SESSION_2XX_FIRST, 0));
    CHECK_INT(SESSION_CONFIRMED, s.state);
    CHECK(session_is_up(&s));
    CHECK_INT(0, session_on_provisional(&s, true));
}

TEST(caller_that_is_refused_is_done_at_once)
{
    struct session s = caller();

    CHECK_INT(SESSION_TELL_ENDED | SESSION_GONE, session_on_failure(&s));
    CHECK_INT(NEVER, session_deadline(&s));
}

/* RFC 3261 13.2.2.4: an ACK for each 2xx that arrives. */
TEST(each_repeated_2xx_is_acked_again)
{
    struct session s = talking_caller(0);

    CHECK_INT(SESSION_SEND_ACK, session_on_2xx(&s, SESSION_2XX_AGAIN, 500));
    session_hang_up(&s, 600);
    CHECK_INT(SESSION_SEND_ACK, session_on_2xx(&s, SESSION_2XX_AGAIN, 1500));
}

/* RFC 3261 13.2.2.4 */
TEST(a_2xx_of_another_branch_is_acked_and_ended)
{
    struct session s = talking_caller(0);

    CHECK_INT(SESSION_SEND_ACK | SESSION_SEND_BYE, session_on_2xx(&s, SESSION_2XX_OTHER, 10));
    CHECK_INT(SESSION_CONFIRMED, s.state);
}

/* RFC 3261 13.2.2.4: for 64*T1 after the first 2xx other branches may answer. */
TEST(caller_stays_for_late_branches_after_the_call)
{
    struct session s = talking_caller(1000);

    CHECK_INT(SESSION_SEND_BYE | SESSION_TELL_ENDED, session_hang_up(&s, 2000));
    CHECK_INT(0, session_on_bye_done(&s));
    CHECK_INT(1000 + 64 * T1, session_deadline(&s));
    CHECK_INT(0, session_on_timer(&s, 1000 + 64 * T1 - 1));
    CHECK_INT(SESSION_GONE, session_on_timer(&s, 1000 + 64 * T1));
    CHECK_INT(NEVER, session_deadline(&s));
}

TEST(a_long_call_ends_without_waiting_for_branches)
{
    struct session s = talking_caller(0);

    CHECK_INT(0, session_on_timer(&s, 64 * T1));
    CHECK_INT(SESSION_REPLY_200 | SESSION_TELL_ENDED | SESSION_GONE, session_on_bye(&s));
}

/* RFC 3261 9.1 */
TEST(hanging_up_before_the_answer_cancels)
{
    struct session s = caller();

    session_on_provisional(&s, true);
    CHECK_INT(SESSION_SEND_CANCEL | SESSION_TELL_ENDED, session_hang_up(&s, 0));
    CHECK_INT(0, session_hang_up(&s, 1));
    CHECK_INT(SESSION_GONE, session_on_failure(&s)); /* the 487 */
    CHECK_INT(SESSION_ENDED, s.state);
}

/* RFC 3261 9.1, last paragraph: an RFC 2543 server sends no 487. */
TEST(a_cancel_without_effect_is_given_up_after_64_t1)
{
    struct session s = caller();

    session_hang_up(&s, 100);
    CHECK_INT(100 + 64 * T1, session_deadline(&s));
    CHECK_INT(0, session_on_timer(&s, 100 + 64 * T1 - 1));
    CHECK_INT(SESSION_GONE, session_on_timer(&s, 100 + 64 * T1));
}

/* RFC 3261 15, 9.1: the race that CANCEL loses. */
TEST(a_2xx_after_cancel_is_acked_then_ended_by_bye)
{
    struct session s = caller();

    session_hang_up(&s, 0);
    CHECK_INT(SESSION_SEND_ACK | SESSION_SEND_BYE, session_on_2xx(&s, SESSION_2XX_FIRST, 10));
    CHECK_INT(SESSION_ENDING, s.state);
    CHECK_INT(0, session_on_bye_done(&s));
    CHECK_INT(SESSION_ENDED, s.state);
}

/* RFC 3261 13.3.1.4: T1, doubling up to T2, for 64*T1 in all. */
TEST(callee_repeats_its_2xx_until_64_t1_then_sends_bye)
{
    static const msec at[] = { 500, 1500, 3500, 7500, 11500, 15500, 19500, 23500, 27500, 31500 };
    struct session    s    = callee();

    CHECK_INT(SESSION_SEND_2XX, session_answer(&s, 0));
    CHECK_INT(SESSION_ANSWERED, s.state);
    for (size_t i = 0; i < sizeof at / sizeof *at; i++) {
        CHECK_INT(at[i], session_deadline(&s));
        CHECK_INT(0, session_on_timer(&s, at[i] - 1));
        CHECK_INT(SESSION_SEND_2XX, session_on_timer(&s, at[i]));
    }
    CHECK_INT(32000, session_deadline(&s));
    CHECK_INT(SESSION_SEND_BYE | SESSION_TELL_ENDED, session_on_timer(&s, 32000));
    CHECK_INT(SESSION_GONE, session_on_bye_done(&s));
}

TEST(the_ack_silences_the_2xx)
{
    struct session s = callee();

    session_ring(&s);
    CHECK_INT(SESSION_RINGING, s.state);
    session_answer(&s, 0);
    CHECK_INT(SESSION_TELL_CONFIRMED, session_on_ack(&s));
    CHECK_INT(NEVER, session_deadline(&s));
    CHECK_INT(0, session_on_ack(&s));
}

TEST(an_answer_is_given_once)
{
    struct session s = callee();

    session_answer(&s, 0);
    CHECK_INT(0, session_answer(&s, 1));
    CHECK_INT(0, session_refuse(&s));
}

TEST(callee_refuses_and_is_done)
{
    struct session s = callee();

    session_ring(&s);
    CHECK_INT(SESSION_SEND_REFUSAL | SESSION_TELL_ENDED | SESSION_GONE, session_refuse(&s));
    CHECK_INT(0, session_answer(&s, 0));
}

/* RFC 3261 9.2 */
TEST(cancel_ends_a_ringing_call_with_487)
{
    struct session s = callee();

    session_ring(&s);
    CHECK_INT(SESSION_SEND_487 | SESSION_TELL_ENDED | SESSION_GONE, session_on_cancel(&s));
}

/* RFC 3261 9.2: no effect once a final response was sent. */
TEST(cancel_after_the_answer_changes_nothing)
{
    struct session s = callee();

    session_answer(&s, 0);
    CHECK_INT(0, session_on_cancel(&s));
    CHECK_INT(SESSION_ANSWERED, s.state);
}

/* RFC 3261 15: the callee's BYE waits for the ACK. */
TEST(callee_that_hangs_up_before_the_ack_sends_bye_after_it)
{
    struct session s = callee();

    session_answer(&s, 0);
    CHECK_INT(SESSION_TELL_ENDED, session_hang_up(&s, 100));
    CHECK(!session_is_up(&s));
    CHECK_INT(SESSION_SEND_2XX, session_on_timer(&s, 500));
    CHECK_INT(SESSION_SEND_BYE, session_on_ack(&s));
    CHECK_INT(SESSION_GONE, session_on_bye_done(&s));
}

TEST(callee_that_hangs_up_and_gets_no_ack_sends_bye_in_the_end)
{
    struct session s = callee();

    session_answer(&s, 0);
    session_hang_up(&s, 100);
    CHECK_INT(SESSION_SEND_BYE, session_on_timer(&s, 32000));
}

TEST(a_bye_ends_an_answered_call_even_if_the_ack_was_lost)
{
    struct session s = callee();

    session_answer(&s, 0);
    CHECK_INT(SESSION_REPLY_200 | SESSION_TELL_ENDED | SESSION_GONE, session_on_bye(&s));
    CHECK_INT(NEVER, session_deadline(&s));
}

/* RFC 3261 15, 15.1.2: a caller may end an early dialog by BYE. */
TEST(a_bye_ends_a_ringing_call_and_487_ends_its_invite)
{
    struct session s = callee();

    session_ring(&s);
    CHECK_INT(SESSION_SEND_487 | SESSION_REPLY_200 | SESSION_TELL_ENDED | SESSION_GONE, session_on_bye(&s));
}

TEST(byes_that_cross_are_both_answered)
{
    struct session s = talking_callee(0);

    CHECK_INT(SESSION_SEND_BYE | SESSION_TELL_ENDED, session_hang_up(&s, 10));
    CHECK_INT(SESSION_REPLY_200, session_on_bye(&s));
    CHECK_INT(SESSION_GONE, session_on_bye_done(&s));
    CHECK_INT(SESSION_REPLY_481, session_on_bye(&s));
}

TEST(a_reinvite_is_sent_and_its_2xx_acked)
{
    struct session s = talking_caller(0);

    CHECK_INT(SESSION_SEND_REINVITE, session_reinvite(&s));
    CHECK_INT(0, session_reinvite(&s));
    CHECK_INT(SESSION_SEND_ACK | SESSION_TELL_CHANGED, session_on_reinvite_response(&s, 200, 0, NEVER, 10));
    CHECK_INT(SESSION_SEND_REINVITE, session_reinvite(&s));
}

/* RFC 3261 14.1: never while another INVITE is under way in either direction. */
TEST(no_reinvite_while_theirs_is_open_or_before_the_answer)
{
    struct session s = talking_callee(0), early = caller();

    CHECK_INT(SESSION_TELL_REINVITE, session_on_reinvite(&s));
    CHECK_INT(0, session_reinvite(&s));
    session_answer(&s, 100);
    CHECK_INT(0, session_reinvite(&s));
    session_on_ack(&s);
    CHECK_INT(SESSION_SEND_REINVITE, session_reinvite(&s));
    CHECK_INT(0, session_reinvite(&early));
}

/* RFC 3261 14.1 */
TEST(a_refused_reinvite_leaves_the_session_as_it_was)
{
    struct session s = talking_caller(0);

    session_reinvite(&s);
    CHECK_INT(SESSION_TELL_UNCHANGED, session_on_reinvite_response(&s, 488, 0, NEVER, 10));
    CHECK(session_is_up(&s));
}

/* RFC 3261 14.1, 12.2.1.2 */
TEST(a_reinvite_that_finds_no_dialog_ends_the_call)
{
    static const unsigned fatal[] = { 481, 408 };

    for (size_t i = 0; i < 2; i++) {
        struct session s = talking_caller(0);

        session_reinvite(&s);
        CHECK_INT(SESSION_SEND_BYE | SESSION_TELL_ENDED, session_on_reinvite_response(&s, fatal[i], 0, NEVER, 10));
    }
}

/* RFC 3261 14.2 */
TEST(glare_is_refused_with_491)
{
    struct session s = talking_caller(0);

    session_reinvite(&s);
    CHECK_INT(SESSION_REPLY_491, session_on_reinvite(&s));
    CHECK_INT(EXCHANGE_OURS, s.exchange);
}

/* RFC 3261 14.2 */
TEST(a_second_reinvite_before_the_first_is_answered_gets_500)
{
    struct session s = talking_callee(0);

    CHECK_INT(SESSION_TELL_REINVITE, session_on_reinvite(&s));
    CHECK_INT(SESSION_REPLY_500, session_on_reinvite(&s));
}

/* RFC 3261 14.1: 2.1-4 s for the owner of the Call-ID, 0-2 s for the other. */
TEST(the_pause_after_491_depends_on_who_owns_the_call_id)
{
    struct session ours = caller(), theirs = callee();

    CHECK_INT(2100, session_pause(&ours, 0));
    CHECK_INT(4000, session_pause(&ours, 190));
    CHECK_INT(2100, session_pause(&ours, 191));
    CHECK_INT(0, session_pause(&theirs, 0));
    CHECK_INT(2000, session_pause(&theirs, 200));
    CHECK_INT(0, session_pause(&theirs, 201));
}

TEST(a_reinvite_that_met_491_is_tried_again_after_the_pause)
{
    struct session s = talking_callee(0);

    session_reinvite(&s);
    CHECK_INT(0, session_on_reinvite_response(&s, 491, 1200, NEVER, 100));
    CHECK_INT(1300, session_deadline(&s));
    CHECK_INT(0, session_reinvite(&s));
    CHECK_INT(0, session_on_timer(&s, 1299));
    CHECK_INT(SESSION_SEND_REINVITE, session_on_timer(&s, 1300));
    CHECK_INT(SESSION_SEND_ACK | SESSION_TELL_CHANGED, session_on_reinvite_response(&s, 200, 0, NEVER, 1400));
}

/* RFC 3261 14.1 sets no end to that; two peers that differ for ever must not keep each other busy. */
TEST(a_reinvite_that_meets_491_for_ever_is_refused_in_the_end)
{
    struct session s = talking_callee(0);

    CHECK_INT(SESSION_SEND_REINVITE, session_reinvite(&s));
    for (unsigned i = 0; i < SESSION_PATIENCE; i += 4) {
        CHECK_INT(0, session_on_reinvite_response(&s, 491, 100, NEVER, i * T1));
        CHECK_INT(SESSION_SEND_REINVITE, session_on_timer(&s, i * T1 + 100));
    }
    CHECK_INT(SESSION_TELL_UNCHANGED, session_on_reinvite_response(&s, 491, 100, NEVER, SESSION_PATIENCE * T1));
    CHECK(session_is_up(&s));
    CHECK_INT(SESSION_SEND_REINVITE, session_reinvite(&s)); /* a new one has its own tries */
    for (unsigned i = 1; i < SESSION_TRIES; i++) {
        CHECK_INT(0, session_on_reinvite_response(&s, 491, 0, NEVER, 70000 + i));
        CHECK_INT(SESSION_SEND_REINVITE, session_on_timer(&s, 70000 + i));
    }
    CHECK_INT(SESSION_TELL_UNCHANGED, session_on_reinvite_response(&s, 491, 0, NEVER, 71000));
}

/* RFC 3261 14.2, 21.5.1: who says when to come back is taken at his word, if that is soon. */
TEST(a_reinvite_that_met_500_is_tried_again_if_it_says_when)
{
    struct session s = talking_callee(0);

    session_reinvite(&s);
    CHECK_INT(0, session_on_reinvite_response(&s, 500, 100, 5000, 1000));
    CHECK_INT(0, session_on_timer(&s, 5999));
    CHECK_INT(SESSION_SEND_REINVITE, session_on_timer(&s, 6000));
    CHECK_INT(SESSION_TELL_UNCHANGED, session_on_reinvite_response(&s, 500, 100, NEVER, 7000));
    session_reinvite(&s);
    CHECK_INT(SESSION_TELL_UNCHANGED, session_on_reinvite_response(&s, 500, 100, SESSION_RETRY_MAX + 1, 7000));
    session_reinvite(&s);
    CHECK_INT(SESSION_TELL_UNCHANGED, session_on_reinvite_response(&s, 503, 100, 5000, 7000));
    session_reinvite(&s);
    CHECK_INT(0, session_on_reinvite_response(&s, 500, 100, 0, 8000)); /* no faster than anything is repeated */
    CHECK_INT(8000 + T1, s.again_at);
}

TEST(the_second_try_waits_for_their_reinvite)
{
    struct session s = talking_callee(0);

    session_reinvite(&s);
    session_on_reinvite_response(&s, 491, 100, NEVER, 0);
    CHECK_INT(SESSION_TELL_REINVITE, session_on_reinvite(&s));
    CHECK_INT(0, session_on_timer(&s, 100));
    CHECK_INT(100 + T1, session_deadline(&s));
    CHECK_INT(SESSION_SEND_REFUSAL, session_refuse(&s));
    CHECK_INT(SESSION_SEND_REINVITE, session_on_timer(&s, 100 + T1));
}

TEST(the_second_try_can_be_put_off)
{
    struct session s = talking_callee(0);

    session_put_off(&s, 50);
    CHECK(session_deadline(&s) == NEVER || session_deadline(&s) > 50);
    session_reinvite(&s);
    session_on_reinvite_response(&s, 491, 100, NEVER, 0);
    session_put_off(&s, 50);
    CHECK_INT(100, session_deadline(&s));
    session_put_off(&s, 600);
    CHECK_INT(0, session_on_timer(&s, 100));
    CHECK_INT(SESSION_SEND_REINVITE, session_on_timer(&s, 600));
}

/* RFC 3261 14.1: "if the call was already hung up with a BYE". */
TEST(no_second_try_after_the_call_has_ended)
{
    struct session s = talking_callee(0);

    session_reinvite(&s);
    session_on_reinvite_response(&s, 491, 100, NEVER, 0);
    session_hang_up(&s, 50);
    CHECK_INT(0, session_on_timer(&s, 100));
    CHECK_INT(NEVER, session_deadline(&s));
}

/* RFC 3261 14.2, 13.3.1.4 */
TEST(a_2xx_to_a_reinvite_is_repeated_and_unacked_ends_the_call)
{
    struct session s = talking_callee(0);

    session_on_reinvite(&s);
    CHECK_INT(SESSION_SEND_2XX, session_answer(&s, 1000));
    CHECK_INT(SESSION_SEND_2XX, session_on_timer(&s, 1500));
    CHECK_INT(SESSION_REPLY_491, session_on_reinvite(&s));
    CHECK_INT(SESSION_SEND_BYE | SESSION_TELL_ENDED, session_on_timer(&s, 1000 + 64 * T1));
}

/* RFC 3261 15.1.2: pending requests of a dialog that ends are answered 487. */
TEST(a_bye_answers_their_open_reinvite_too)
{
    struct session s = talking_callee(0);

    session_on_reinvite(&s);
    CHECK_INT(SESSION_SEND_487 | SESSION_REPLY_200 | SESSION_TELL_ENDED | SESSION_GONE, session_on_bye(&s));
}

TEST(a_cancelled_reinvite_changes_nothing)
{
    struct session s = talking_callee(0);

    session_on_reinvite(&s);
    CHECK_INT(SESSION_SEND_487, session_on_cancel(&s));
    CHECK(session_is_up(&s));
    CHECK_INT(SESSION_TELL_REINVITE, session_on_reinvite(&s));
}

TEST(a_late_2xx_to_a_reinvite_is_acked_though_the_call_is_over)
{
    struct session s = talking_callee(0);

    session_reinvite(&s);
    session_hang_up(&s, 10);
    CHECK_INT(SESSION_SEND_ACK, session_on_reinvite_response(&s, 200, 0, NEVER, 20));
    CHECK_INT(0, session_on_reinvite_response(&s, 486, 0, NEVER, 20));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(caller_goes_from_calling_over_early_to_confirmed),
        cmocka_unit_test(caller_that_is_refused_is_done_at_once),
        cmocka_unit_test(each_repeated_2xx_is_acked_again),
        cmocka_unit_test(a_2xx_of_another_branch_is_acked_and_ended),
        cmocka_unit_test(caller_stays_for_late_branches_after_the_call),
        cmocka_unit_test(a_long_call_ends_without_waiting_for_branches),
        cmocka_unit_test(hanging_up_before_the_answer_cancels),
        cmocka_unit_test(a_cancel_without_effect_is_given_up_after_64_t1),
        cmocka_unit_test(a_2xx_after_cancel_is_acked_then_ended_by_bye),
        cmocka_unit_test(callee_repeats_its_2xx_until_64_t1_then_sends_bye),
        cmocka_unit_test(the_ack_silences_the_2xx),
        cmocka_unit_test(an_answer_is_given_once),
        cmocka_unit_test(callee_refuses_and_is_done),
        cmocka_unit_test(cancel_ends_a_ringing_call_with_487),
        cmocka_unit_test(cancel_after_the_answer_changes_nothing),
        cmocka_unit_test(callee_that_hangs_up_before_the_ack_sends_bye_after_it),
        cmocka_unit_test(callee_that_hangs_up_and_gets_no_ack_sends_bye_in_the_end),
        cmocka_unit_test(a_bye_ends_an_answered_call_even_if_the_ack_was_lost),
        cmocka_unit_test(a_bye_ends_a_ringing_call_and_487_ends_its_invite),
        cmocka_unit_test(byes_that_cross_are_both_answered),
        cmocka_unit_test(a_reinvite_is_sent_and_its_2xx_acked),
        cmocka_unit_test(no_reinvite_while_theirs_is_open_or_before_the_answer),
        cmocka_unit_test(a_refused_reinvite_leaves_the_session_as_it_was),
        cmocka_unit_test(a_reinvite_that_finds_no_dialog_ends_the_call),
        cmocka_unit_test(glare_is_refused_with_491),
        cmocka_unit_test(a_second_reinvite_before_the_first_is_answered_gets_500),
        cmocka_unit_test(the_pause_after_491_depends_on_who_owns_the_call_id),
        cmocka_unit_test(a_reinvite_that_met_491_is_tried_again_after_the_pause),
        cmocka_unit_test(a_reinvite_that_meets_491_for_ever_is_refused_in_the_end),
        cmocka_unit_test(a_reinvite_that_met_500_is_tried_again_if_it_says_when),
        cmocka_unit_test(the_second_try_waits_for_their_reinvite),
        cmocka_unit_test(the_second_try_can_be_put_off),
        cmocka_unit_test(no_second_try_after_the_call_has_ended),
        cmocka_unit_test(a_2xx_to_a_reinvite_is_repeated_and_unacked_ends_the_call),
        cmocka_unit_test(a_bye_answers_their_open_reinvite_too),
        cmocka_unit_test(a_cancelled_reinvite_changes_nothing),
        cmocka_unit_test(a_late_2xx_to_a_reinvite_is_acked_though_the_call_is_over),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
