/* SPDX-License-Identifier: BSD-2-Clause */
#include "probe/finding.h"

#include "support/test.h"

static const struct finding_rule rules[] = {
    { "good", TEST_IS, "good", FIGURE_FLAG, "it is good" },
    { "status=CODE", TEST_IS, "status", FIGURE_CODE, "this was the status" },
    { "max-time=DURATION", TEST_MOST, "time", FIGURE_MS, "it took so long" },
    { "min-expires=DURATION", TEST_LEAST, "expires", FIGURE_SECONDS, "it is kept so long" },
    { "max-tries=NUMBER", TEST_MOST, "tries", FIGURE_COUNT, "so many" },
    { "max-loss=PERCENT", TEST_MOST, "loss", FIGURE_PART, "so much" },
    { NULL, TEST_IS, NULL, FIGURE_FLAG, NULL },
};

static const struct finding_kind kind = { "sample", "SAMPLE", rules };

static struct finding_conditions conditions;
static struct expectation_fault  fault;

static void measure(struct finding *f)
{
    finding_begin(f, &kind, SLICE("sip:alice@example.test"));
    finding_figure(f, (struct figure){ "good", "", FIGURE_FLAG, 1 });
    finding_figure(f, (struct figure){ "status", "", FIGURE_CODE, 200 });
    finding_figure(f, (struct figure){ "time", "", FIGURE_MS, 350 });
    finding_figure(f, (struct figure){ "expires", "", FIGURE_SECONDS, 3600 });
    finding_figure(f, (struct figure){ "tries", "", FIGURE_COUNT, 2 });
    finding_figure(f, (struct figure){ "loss", "", FIGURE_PART, 0.02 });
}

static enum outcome_grade judge(struct finding *f, const char *expect, const char *warn, enum outcome_end end)
{
    memset(&conditions, 0, sizeof conditions);
    if (expect != NULL)
        CHECK(finding_expect(&conditions, &kind, slice_from(expect), false, &fault));
    if (warn != NULL)
        CHECK(finding_expect(&conditions, &kind, slice_from(warn), true, &fault));
    f->judged = f->unmet = false;
    finding_judge(f, &conditions, end, true);
    return f->grade;
}

TEST(each_condition_is_met_and_missed_by_what_was_measured)
{
    static const struct {
        const char *text;
        bool        met;
        const char *measured;
    } rows[] = {
        { "good", true, "yes" },
        { "status=200", true, "200" },
        { "status=404", false, "200" },
        { "max-time=350ms", true, "350 ms" },
        { "MAX-TIME=349ms", false, "350 ms" },
        { "min-expires=1h", true, "1:00:00" },
        { "min-expires=3601", false, "1:00:00" },
        { "max-tries=2", true, "2" },
        { "max-tries=1", false, "2" },
        { "max-loss=2%", true, "2.00 %" },
        { "max-loss=1", false, "2.00 %" },
    };

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct finding f;

        measure(&f);
        CHECK_INT(rows[i].met ? OUTCOME_OK : OUTCOME_CRITICAL, judge(&f, rows[i].text, NULL, END_BAD));
        CHECK_INT(rows[i].met, f.verdicts[0].met);
        CHECK_SLICE(rows[i].measured, slice_from(f.verdicts[0].measured));
    }
}

TEST(what_was_not_measured_is_not_met)
{
    struct finding f;

    finding_begin(&f, &kind, SLICE("sip:alice@example.test"));
    CHECK_INT(OUTCOME_CRITICAL, judge(&f, "max-time=1h", NULL, END_GOOD));
    CHECK_SLICE("not measured", slice_from(f.verdicts[0].measured));
}

TEST(conditions_decide_whatever_the_end_and_warnings_warn)
{
    struct finding f;

    measure(&f);
    CHECK_INT(OUTCOME_OK, judge(&f, NULL, NULL, END_GOOD));
    CHECK_INT(OUTCOME_CRITICAL, judge(&f, NULL, NULL, END_BAD));
    CHECK_INT(OUTCOME_OK, judge(&f, "status=200", NULL, END_BAD));
    CHECK(f.judged && !f.unmet);
    CHECK_INT(OUTCOME_WARNING, judge(&f, NULL, "max-tries=1", END_GOOD));
    CHECK(!f.judged);
    CHECK_INT(OUTCOME_CRITICAL, judge(&f, "status=404", "max-tries=1", END_GOOD));
    CHECK_INT(OUTCOME_UNKNOWN, judge(&f, "status=200", NULL, END_INTERRUPTED));
}

TEST(what_was_never_tried_is_critical_whatever_was_expected)
{
    struct finding f;

    measure(&f);
    memset(&conditions, 0, sizeof conditions);
    CHECK(finding_expect(&conditions, &kind, SLICE("status=200"), false, &fault));
    finding_judge(&f, &conditions, END_BAD, false);
    CHECK_INT(OUTCOME_CRITICAL, f.grade);
}

TEST(a_wrong_condition_is_told_with_its_right_form)
{
    static const struct {
        const char *text, *wrong, *expected;
    } rows[] = {
        { "", "", "a condition of its --help" },
        { "good,", "", "a condition of its --help" },
        { "good,better", "better", "a condition of its --help" },
        { "good=1", "good=1", "good" },
        { "status", "status", "status=CODE" },
        { "status=99", "status=99", "status=CODE" },
        { "status=700", "status=700", "status=CODE" },
        { "max-time=", "max-time=", "max-time=DURATION" },
        { "max-time=soon", "max-time=soon", "max-time=DURATION" },
        { "max-tries=-1", "max-tries=-1", "max-tries=NUMBER" },
        { "max-loss=101%", "max-loss=101%", "max-loss=PERCENT" },
    };

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct finding_conditions c = { .count = 0 };

        CHECK(!finding_expect(&c, &kind, test_guarded(slice_from(rows[i].text)), false, &fault));
        CHECK_SLICE(rows[i].wrong, fault.text);
        CHECK_SLICE(rows[i].expected, slice_from(fault.expected));
    }
    CHECK_SLICE("so much", slice_from(fault.meaning));
}

TEST(there_is_an_end_to_conditions)
{
    struct finding_conditions c = { .count = 0 };

    for (int i = 0; i < FINDING_CONDITIONS; i++)
        CHECK(finding_expect(&c, &kind, SLICE("good"), false, &fault));
    CHECK(!finding_expect(&c, &kind, SLICE("good"), false, &fault));
    CHECK_INT(FINDING_CONDITIONS, c.count);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_condition_is_met_and_missed_by_what_was_measured),
        cmocka_unit_test(what_was_not_measured_is_not_met),
        cmocka_unit_test(conditions_decide_whatever_the_end_and_warnings_warn),
        cmocka_unit_test(what_was_never_tried_is_critical_whatever_was_expected),
        cmocka_unit_test(a_wrong_condition_is_told_with_its_right_form),
        cmocka_unit_test(there_is_an_end_to_conditions),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
