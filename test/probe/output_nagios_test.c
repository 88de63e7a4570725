/* SPDX-License-Identifier: BSD-2-Clause */
#include "probe/output.h"

#include "support/sample_call.h"
#include "support/test.h"

#define CHECK_TEXT(want, got) CHECK_SLICE((want), slice_from(got))

TEST(a_good_call_is_one_line_with_its_figures)
{
    struct summary s;

    sample_answered(&s);
    CHECK_TEXT("CALL OK - sip:bob@example.test: answered after 350 ms, up for 10.0 s, hung up here | pdd=0.020s;;;0 "
               "setup=0.350s;;;0 media=0.380s;;;0 duration=10.000s;;;0 sent=500;;;0 heard=490;;;0 loss=2.00%;;;0;100 "
               "jitter=0.0015s;;;0 mos=4.19;;;1;5 rtt=0.0040s;;;0 peer_loss=1.00%;;;0;100\n",
               sample_output(output_nagios, &s, "answered", NULL, END_GOOD));
}

TEST(what_was_not_met_comes_first)
{
    struct summary s;

    sample_refused(&s, 486, "Busy Here");
    CHECK_TEXT("CALL CRITICAL - answered not met: no; max-pdd=1s not met: not measured; "
               "sip:bob@example.test: refused (486 Busy Here) | duration=0.000s;;;0\n",
               sample_output(output_nagios, &s, "answered", "max-pdd=1s", END_BAD));
}

TEST(warnings_and_what_was_broken_off_have_their_words)
{
    struct summary s;

    sample_answered(&s);
    CHECK(strncmp("CALL WARNING - max-loss=1% not met: 2.00 %; ",
                  sample_output(output_nagios, &s, NULL, "max-loss=1%", END_GOOD), 44) == 0);
    CHECK(strncmp("CALL UNKNOWN - ", sample_output(output_nagios, &s, NULL, NULL, END_INTERRUPTED), 15) == 0);
}

TEST(an_account_that_cannot_register_is_critical_without_figures)
{
    struct summary s;

    sample_not_registered(&s, 403, "Forbidden");
    CHECK_TEXT("CALL CRITICAL - sip:bob@example.test: cannot register (403 Forbidden)\n",
               sample_output(output_nagios, &s, "answered", NULL, END_BAD));
}

/* What stands behind a bar is data. */
TEST(a_reason_cannot_forge_figures)
{
    struct summary s;

    sample_refused(&s, 486, "x | loss=0\nCALL OK");
    CHECK_TEXT("CALL CRITICAL - sip:bob@example.test: refused (486 x ? loss=0?CALL OK) | duration=0.000s;;;0\n",
               sample_output(output_nagios, &s, NULL, NULL, END_BAD));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_good_call_is_one_line_with_its_figures),
        cmocka_unit_test(what_was_not_met_comes_first),
        cmocka_unit_test(warnings_and_what_was_broken_off_have_their_words),
        cmocka_unit_test(an_account_that_cannot_register_is_critical_without_figures),
        cmocka_unit_test(a_reason_cannot_forge_figures),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
