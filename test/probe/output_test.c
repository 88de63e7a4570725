/* SPDX-License-Identifier: BSD-2-Clause */
#include "probe/output.h"

#include "support/sample_call.h"
#include "support/test.h"

TEST(outputs_are_found_by_name)
{
    CHECK(output_find("nagios")->write == output_nagios);
    CHECK(output_find("json")->write == output_json);
    CHECK(output_find("xml") == NULL);
    CHECK(output_find("") == NULL);
}

static const char *safe(struct slice text, const char *never)
{
    static char memory[256];
    struct buf  b = BUF_ON(memory);

    output_put_safe(&b, test_guarded(text), never);
    return buf_cstr(&b);
}

TEST(what_drives_a_terminal_becomes_a_question_mark)
{
    CHECK_SLICE("a?[31mb?c?", slice_from(safe(SLICE("a\x1b[31mb\nc\x7f"), "")));
    CHECK_SLICE("?x", slice_from(safe((struct slice){ "\0x", 2 }, "")));
    CHECK_SLICE("a?b", slice_from(safe(SLICE("a|b"), "|")));
}

TEST(utf_8_stays_and_what_is_none_does_not)
{
    CHECK_SLICE("J\xc3\xbcrgen \xe2\x82\xac", slice_from(safe(SLICE("J\xc3\xbcrgen \xe2\x82\xac"), "")));
    CHECK_SLICE("J?rgen?", slice_from(safe(SLICE("J\xfcrgen\xe2"), "")));
    CHECK_SLICE("?", slice_from(safe(SLICE("\xc2\x9b"), "")));
    CHECK_SLICE("?", slice_from(safe(SLICE("\xef\xbf\xbf"), "")));
}

/* The longest of everything, of what needs most room. */
TEST(the_worst_case_fits)
{
    static output_fn *const writers[]    = { output_text, output_json, output_nagios, output_prometheus, output_junit };
    char                    expect[2048] = "";
    struct summary          s;

    sample_answered(&s);
    for (int i = 0; i < EXPECTATIONS_MAX; i++) {
        strcat(expect, i > 0 ? ",digits=" : "digits=");
        strcat(expect, "1234567890123456789012345678901234567890");
    }
    memset(s.peer, '&', sizeof s.peer - 1);
    memset(s.call_id, '\x01', sizeof s.call_id - 1);
    memset(s.reason, '"', sizeof s.reason - 1);
    s.answered = false;
    for (size_t i = 0; i < sizeof writers / sizeof *writers; i++)
        CHECK(sample_output(writers[i], &s, expect, NULL, END_BAD)[0] != '\0');
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(outputs_are_found_by_name),
        cmocka_unit_test(what_drives_a_terminal_becomes_a_question_mark),
        cmocka_unit_test(utf_8_stays_and_what_is_none_does_not),
        cmocka_unit_test(the_worst_case_fits),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
