/* SPDX-License-Identifier: BSD-2-Clause */
#include "probe/summary.h"

#include "support/sample_call.h"
#include "support/test.h"

#include <math.h>

TEST(a_call_is_summed_up_from_its_events)
{
    struct summary s;

    sample_answered(&s);
    CHECK_INT(SUMMARY_ENDED, s.state);
    CHECK(s.rang && s.answered && s.heard);
    CHECK_INT(200, s.status);
    CHECK_INT(350, s.times.answered);
    CHECK_INT(10000, s.duration);
    CHECK_SLICE("42#", slice_from(s.digits));
    CHECK_SLICE("3848276298220188511", slice_from(s.call_id));
    CHECK_INT(330, summary_ring_time(&s));
    CHECK_INT(20, summary_post_dial_delay(&s));
}

/* 10 of 500 never came; 20 ms of a packet, 40 ms held back and half of the round trip. */
TEST(a_stream_is_judged_by_loss_and_delay)
{
    struct summary s;

    sample_answered(&s);
    CHECK_INT(1, s.stream_count);
    CHECK(s.streams[0].heard);
    CHECK(fabs(s.streams[0].loss - 0.02) < 1e-9);
    CHECK(fabs(s.streams[0].peer_loss - 0.01) < 1e-9);
    CHECK(fabs(s.streams[0].delay - 62) < 1e-9);
    CHECK(s.streams[0].mos > 4.1 && s.streams[0].mos < 4.4);
    CHECK_SLICE("PCMU", slice_from(s.streams[0].codec));
}

TEST(a_refusal_has_its_status_and_no_times)
{
    struct summary s;

    sample_refused(&s, 486, "Busy Here");
    CHECK(!s.answered && !s.rang);
    CHECK_INT(486, s.status);
    CHECK_SLICE("Busy Here", slice_from(s.reason));
    CHECK(summary_ring_time(&s) == NEVER);
    CHECK(summary_post_dial_delay(&s) == NEVER);
    CHECK_INT(0, s.stream_count);
}

TEST(a_registration_that_fails_before_the_call_is_the_outcome)
{
    struct summary     s;
    struct phone_event e = { .kind = PHONE_REGISTER_FAILED, .status = 503 };

    sample_not_registered(&s, 403, "Forbidden");
    CHECK_INT(SUMMARY_NOT_REGISTERED, s.state);
    CHECK_INT(403, s.status);
    sample_answered(&s);
    summary_note(&s, &e);
    CHECK_INT(SUMMARY_ENDED, s.state);
    CHECK_INT(200, s.status);
}

TEST(who_answers_without_ringing_has_no_time_of_ringing)
{
    struct summary s;

    sample_answered(&s);
    s.times.ringing = NEVER;
    CHECK(summary_ring_time(&s) == NEVER);
    CHECK_INT(350, summary_post_dial_delay(&s));
    s.times.progress = 100;
    CHECK_INT(250, summary_ring_time(&s));
}

/* RFC 3326, RFC 3261 20.43, 20.33. */
TEST(what_was_said_about_the_end_is_kept)
{
    struct summary     s;
    struct phone_event e = { .kind            = PHONE_ENDED,
                             .call            = 1,
                             .setup           = NEVER,
                             .reason_protocol = SLICE_INIT("Q.850"),
                             .reason_cause    = 16,
                             .reason_text     = SLICE_INIT("Terminated"),
                             .warning_code    = 304,
                             .warning         = SLICE_INIT("Media type not available"),
                             .has_retry_after = true,
                             .retry_after     = 5 };

    summary_begin(&s, SLICE("sip:bob@example.test"), true);
    summary_note(&s, &e);
    CHECK_SLICE("Q.850 16 Terminated", slice_from(s.why));
    CHECK_SLICE("304 Media type not available", slice_from(s.warning));
    CHECK(s.has_retry_after && s.retry_after == 5);
}

TEST(every_stream_is_kept)
{
    struct summary     s;
    struct phone_event e = { .kind = PHONE_ENDED, .call = 1, .setup = 10, .stream_count = PHONE_STREAMS };

    for (size_t i = 0; i < PHONE_STREAMS; i++)
        e.streams[i] = (struct phone_stream){ .codec     = SLICE("PCMA"),
                                              .has_stats = i != 1,
                                              .stats     = { .packets_received = 1 + i, .peer_lost = -1 } };
    summary_begin(&s, SLICE("sip:bob@example.test"), true);
    summary_note(&s, &e);
    CHECK_INT(PHONE_STREAMS - 1, s.stream_count);
    CHECK_INT(3, s.streams[1].stats.packets_received);
}

TEST(a_text_within_the_call_changes_nothing)
{
    struct summary     s;
    struct phone_event e = { .kind = PHONE_MESSAGE, .call = 1 };

    sample_answered(&s);
    summary_note(&s, &e);
    CHECK_INT(350, s.times.answered);
    CHECK_INT(SUMMARY_ENDED, s.state);
}

TEST(nothing_heard_is_not_judged)
{
    struct summary     s;
    struct phone_event e = { .kind         = PHONE_ENDED,
                             .call         = 1,
                             .setup        = 10,
                             .stream_count = 1,
                             .streams      = { { .has_stats = true,
                                                 .stats     = { .packets_sent = 5, .peer_lost = -1, .round_trip = -1 } } } };

    summary_begin(&s, SLICE("sip:bob@example.test"), true);
    summary_note(&s, &e);
    CHECK_INT(1, s.stream_count);
    CHECK(!s.streams[0].heard);
    CHECK(s.streams[0].peer_loss < 0);
}

TEST(texts_of_any_length_are_cut_and_digits_stop)
{
    struct summary     s;
    static char        text[1000];
    struct phone_event e = { .kind = PHONE_DIGIT, .call = 1, .digit = '7' };

    memset(text, 'x', sizeof text);
    e.peer = e.call_id = e.reason = (struct slice){ text, sizeof text };
    summary_begin(&s, SLICE(""), false);
    for (int i = 0; i < 200; i++)
        summary_note(&s, &e);
    CHECK_INT(SUMMARY_TEXT - 1, strlen(s.peer));
    CHECK_INT(SUMMARY_TEXT - 1, strlen(s.call_id));
    CHECK_INT(SUMMARY_DIGITS, strlen(s.digits));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_call_is_summed_up_from_its_events),
        cmocka_unit_test(a_stream_is_judged_by_loss_and_delay),
        cmocka_unit_test(a_refusal_has_its_status_and_no_times),
        cmocka_unit_test(a_registration_that_fails_before_the_call_is_the_outcome),
        cmocka_unit_test(who_answers_without_ringing_has_no_time_of_ringing),
        cmocka_unit_test(what_was_said_about_the_end_is_kept),
        cmocka_unit_test(every_stream_is_kept),
        cmocka_unit_test(a_text_within_the_call_changes_nothing),
        cmocka_unit_test(nothing_heard_is_not_judged),
        cmocka_unit_test(texts_of_any_length_are_cut_and_digits_stop),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
