/* SPDX-License-Identifier: BSD-2-Clause */
#include "probe/output.h"

#include "support/sample_call.h"
#include "support/test.h"

#include <stdio.h>

static bool has(const char *text, const char *line)
{
    return strstr(text, line) != NULL;
}

TEST(a_good_call_has_a_sample_for_each_figure)
{
    struct summary s;
    const char    *text;

    sample_answered(&s);
    text = sample_output(output_prometheus, &s, "answered,max-loss=1%", NULL, END_GOOD);
    CHECK(has(text, "# TYPE ahoy_call_success gauge\nahoy_call_success{target=\"sip:bob@example.test\"} 0\n"));
    CHECK(has(text, "\nahoy_call_status{target=\"sip:bob@example.test\"} 200\n"));
    CHECK(has(text, "\nahoy_call_setup_seconds{target=\"sip:bob@example.test\",stage=\"answered\"} 0.35\n"));
    CHECK(!has(text, "progress"));
    CHECK(has(text, "\nahoy_call_loss_ratio{target=\"sip:bob@example.test\",stream=\"1\"} 0.02\n"));
    CHECK(has(text, "\nahoy_call_expectation_met{target=\"sip:bob@example.test\",expectation=\"answered\"} 1\n"));
    CHECK(has(text, "\nahoy_call_expectation_met{target=\"sip:bob@example.test\",expectation=\"max-loss=1%\"} 0\n"));
}

/* The format wants all samples of a metric behind its one head. */
TEST(each_metric_has_one_head)
{
    struct summary s;
    const char    *text;

    sample_answered(&s);
    text = sample_output(output_prometheus, &s, "answered,media", NULL, END_GOOD);
    for (const char *at = text; (at = strstr(at, "# HELP ")) != NULL; at++) {
        char head[160];

        CHECK_INT(1, sscanf(at + 7, "%120s", head + 7));
        memcpy(head, "# HELP ", 7);
        strcat(head, " ");
        CHECK(strstr(at + 1, head) == NULL);
    }
}

TEST(a_refused_call_has_a_status_and_no_figures_of_sound)
{
    struct summary s;
    const char    *text;

    sample_refused(&s, 486, "Busy Here");
    text = sample_output(output_prometheus, &s, NULL, NULL, END_BAD);
    CHECK(has(text, "ahoy_call_success{target=\"sip:bob@example.test\"} 0\n"));
    CHECK(has(text, "ahoy_call_status{target=\"sip:bob@example.test\"} 486\n"));
    CHECK(!has(text, "setup_seconds") && !has(text, "loss") && !has(text, "expectation"));
}

TEST(a_target_cannot_break_out_of_its_quotes)
{
    struct summary s;

    sample_refused(&s, 486, "Busy Here");
    strcpy(s.peer, "sip:a\"\\\n@b");
    CHECK(has(sample_output(output_prometheus, &s, NULL, NULL, END_BAD), "{target=\"sip:a\\\"\\\\?@b\"} 0\n"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_good_call_has_a_sample_for_each_figure),
        cmocka_unit_test(each_metric_has_one_head),
        cmocka_unit_test(a_refused_call_has_a_status_and_no_figures_of_sound),
        cmocka_unit_test(a_target_cannot_break_out_of_its_quotes),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
