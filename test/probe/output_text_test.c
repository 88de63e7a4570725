/* SPDX-License-Identifier: BSD-2-Clause */
#include "probe/output.h"

#include "support/sample_call.h"
#include "support/test.h"

#define CHECK_TEXT(want, got) CHECK_SLICE((want), slice_from(got))

TEST(an_answered_call_is_told_with_times_stream_and_digits)
{
    struct summary s;

    sample_answered(&s);
    CHECK_TEXT("sip:bob@example.test: answered after 350 ms, up for 10.0 s, hung up here\n"
               "  set-up    trying 2 ms, ringing 20 ms, answered 350 ms, acknowledged 350 ms, sound 380 ms\n"
               "  PCMU      500 packets sent, 490 heard, lost 2.0 %, jitter 1.5 ms, round trip 4.0 ms, "
               "the other side missed 1.0 %, MOS 4.19\n"
               "  digits    42#\n",
               sample_output(output_text, &s, NULL, NULL, END_GOOD));
}

TEST(conditions_are_told_with_what_was_measured)
{
    struct summary s;

    sample_refused(&s, 486, "Busy Here");
    CHECK_TEXT("sip:bob@example.test: refused (486 Busy Here)\n"
               "  met       status=486: 486\n"
               "  NOT MET   answered: no\n"
               "  warning   max-loss=1%: not measured\n",
               sample_output(output_text, &s, "status=486,answered", "max-loss=1%", END_BAD));
}

TEST(reason_warning_and_retry_after_have_their_lines)
{
    struct summary s;

    sample_refused(&s, 488, "Not Acceptable Here");
    strcpy(s.why, "Q.850 88 Incompatible");
    strcpy(s.warning, "305 Incompatible media format");
    s.has_retry_after = true;
    s.retry_after     = 7;
    CHECK_TEXT("sip:bob@example.test: refused (488 Not Acceptable Here)\n"
               "  reason    Q.850 88 Incompatible\n"
               "  warning   305 Incompatible media format\n"
               "  retry     after 7 s\n",
               sample_output(output_text, &s, NULL, NULL, END_BAD));
}

TEST(who_fell_silent_before_the_end_is_told)
{
    struct summary s;

    sample_answered(&s);
    s.streams[0].stats.silent = 2500;
    CHECK(strstr(sample_output(output_text, &s, NULL, NULL, END_GOOD), ", then nothing for 2.5 s,") != NULL);
}

TEST(a_reason_cannot_drive_the_terminal)
{
    struct summary s;

    sample_refused(&s, 486, "\x1b[2J");
    CHECK_TEXT("sip:bob@example.test: refused (486 ?[2J)\n", sample_output(output_text, &s, NULL, NULL, END_BAD));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_answered_call_is_told_with_times_stream_and_digits),
        cmocka_unit_test(conditions_are_told_with_what_was_measured),
        cmocka_unit_test(reason_warning_and_retry_after_have_their_lines),
        cmocka_unit_test(who_fell_silent_before_the_end_is_told),
        cmocka_unit_test(a_reason_cannot_drive_the_terminal),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
