/* SPDX-License-Identifier: BSD-2-Clause */
#include "probe/output.h"

#include "support/sample_call.h"
#include "support/test.h"

#define CHECK_TEXT(want, got) CHECK_SLICE((want), slice_from(got))

TEST(a_call_without_conditions_is_one_case)
{
    struct summary s;

    sample_answered(&s);
    CHECK_TEXT("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
               "<testsuite name=\"ahoy call sip:bob@example.test\" tests=\"1\" failures=\"0\" errors=\"0\" "
               "time=\"10.350\">\n"
               "  <testcase classname=\"ahoy.call\" name=\"call\" time=\"10.350\"/>\n"
               "  <system-out>answered after 350 ms, up for 10.0 s, hung up here</system-out>\n"
               "</testsuite>\n",
               sample_output(output_junit, &s, NULL, NULL, END_GOOD));
}

TEST(each_condition_is_a_case_and_a_warning_does_not_fail)
{
    struct summary s;

    sample_refused(&s, 486, "Busy Here");
    CHECK_TEXT("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
               "<testsuite name=\"ahoy call sip:bob@example.test\" tests=\"3\" failures=\"1\" errors=\"0\" "
               "time=\"0.000\">\n"
               "  <testcase classname=\"ahoy.call\" name=\"call\" time=\"0.000\"/>\n"
               "  <testcase classname=\"ahoy.call\" name=\"answered\" time=\"0.000\">\n"
               "    <failure message=\"measured: no\">sip:bob@example.test</failure>\n"
               "  </testcase>\n"
               "  <testcase classname=\"ahoy.call\" name=\"max-loss=1%\" time=\"0.000\"/>\n"
               "  <system-out>refused (486 Busy Here)</system-out>\n"
               "</testsuite>\n",
               sample_output(output_junit, &s, "answered", "max-loss=1%", END_BAD));
}

TEST(a_reason_cannot_break_the_xml)
{
    struct summary s;
    const char    *text;

    sample_refused(&s, 486, "<&\"]]>\x01\xff");
    text = sample_output(output_junit, &s, NULL, NULL, END_BAD);
    CHECK(strstr(text, "message=\"refused (486 &lt;&amp;&quot;]]&gt;?\?)\"") != NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_call_without_conditions_is_one_case),
        cmocka_unit_test(each_condition_is_a_case_and_a_warning_does_not_fail),
        cmocka_unit_test(a_reason_cannot_break_the_xml),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
