/* SPDX-License-Identifier: BSD-2-Clause */
#include "probe/outcome.h"

#include "support/sample_call.h"
#include "support/test.h"

static struct outcome      outcome;
static struct expectations expectations;

static enum outcome_grade judge(const struct summary *s, const char *expect, const char *warn, enum outcome_end end)
{
    struct expectation_fault fault;

    expectations = (struct expectations){ .count = 0 };
    CHECK(expect == NULL || expectations_add(&expectations, slice_from(expect), false, &fault));
    CHECK(warn == NULL || expectations_add(&expectations, slice_from(warn), true, &fault));
    outcome_judge(&outcome, s, &expectations, end);
    return outcome.grade;
}

static const char *headline(const struct summary *s)
{
    static char memory[1024];
    struct buf  b = BUF_ON(memory);

    judge(s, NULL, NULL, END_BAD);
    outcome_write_headline(&b, &outcome);
    return buf_cstr(&b);
}

TEST(without_conditions_the_end_of_the_call_decides)
{
    struct summary s;

    sample_answered(&s);
    CHECK_INT(OUTCOME_OK, judge(&s, NULL, NULL, END_GOOD));
    CHECK_INT(OUTCOME_CRITICAL, judge(&s, NULL, NULL, END_BAD));
    CHECK(!outcome.judged && !outcome.unmet);
    CHECK_INT(OUTCOME_UNKNOWN, judge(&s, NULL, NULL, END_INTERRUPTED));
}

TEST(conditions_decide_whatever_the_end)
{
    struct summary s;

    sample_refused(&s, 486, "Busy Here");
    CHECK_INT(OUTCOME_OK, judge(&s, "status=486", NULL, END_BAD));
    CHECK(outcome.judged && !outcome.unmet);
    CHECK_INT(OUTCOME_CRITICAL, judge(&s, "status=486,answered", NULL, END_BAD));
    CHECK(outcome.judged && outcome.unmet);
    CHECK(outcome.verdicts[0].met && !outcome.verdicts[1].met);
    CHECK_SLICE("no", slice_from(outcome.verdicts[1].measured));
}

TEST(a_warning_warns_and_decides_nothing)
{
    struct summary s;

    sample_answered(&s);
    CHECK_INT(OUTCOME_WARNING, judge(&s, NULL, "max-loss=1%", END_GOOD));
    CHECK(!outcome.judged && !outcome.unmet);
    CHECK_INT(OUTCOME_CRITICAL, judge(&s, NULL, "max-loss=1%", END_BAD));
    CHECK_INT(OUTCOME_OK, judge(&s, NULL, "max-loss=5%", END_GOOD));
    CHECK_INT(OUTCOME_WARNING, judge(&s, "max-loss=5%", "max-loss=1%", END_BAD));
    CHECK_INT(OUTCOME_CRITICAL, judge(&s, "max-loss=1%", "max-loss=1%", END_GOOD));
}

TEST(a_call_that_was_never_tried_is_critical_whatever_was_expected)
{
    struct summary s;

    sample_not_registered(&s, 403, "Forbidden");
    CHECK_INT(OUTCOME_CRITICAL, judge(&s, "status=403", NULL, END_BAD));
}

TEST(a_call_that_the_user_broke_off_proves_nothing)
{
    struct summary s;

    sample_answered(&s);
    CHECK_INT(OUTCOME_UNKNOWN, judge(&s, "answered", NULL, END_INTERRUPTED));
}

TEST(the_outcome_is_one_sentence)
{
    struct summary s;

    sample_answered(&s);
    CHECK_SLICE("answered after 350 ms, up for 10.0 s, hung up here", slice_from(headline(&s)));
    s.side = SIDE_REMOTE;
    CHECK_SLICE("answered after 350 ms, up for 10.0 s, hung up by the other side", slice_from(headline(&s)));
    sample_refused(&s, 486, "Busy Here");
    CHECK_SLICE("refused (486 Busy Here)", slice_from(headline(&s)));
    s.cause = CALL_TIMED_OUT;
    CHECK_SLICE("no response at all", slice_from(headline(&s)));
    s.cause = CALL_CANCELLED;
    s.side  = SIDE_LOCAL;
    CHECK_SLICE("not answered, given up here", slice_from(headline(&s)));
    sample_not_registered(&s, 403, "Forbidden");
    CHECK_SLICE("cannot register (403 Forbidden)", slice_from(headline(&s)));
    summary_begin(&s, SLICE("sip:bob@example.test"), true);
    CHECK_SLICE("no call was made", slice_from(headline(&s)));
    summary_begin(&s, SLICE(""), false);
    CHECK_SLICE("nobody has called", slice_from(headline(&s)));
}

TEST(every_cause_has_words)
{
    struct summary s;

    for (int answered = 0; answered < 2; answered++)
        for (int cause = CALL_NORMAL; cause <= CALL_LOCAL_FAULT; cause++) {
            sample_answered(&s);
            s.answered = answered != 0;
            s.cause    = (enum call_cause)cause;
            CHECK(strlen(headline(&s)) > 3);
        }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(without_conditions_the_end_of_the_call_decides),
        cmocka_unit_test(conditions_decide_whatever_the_end),
        cmocka_unit_test(a_warning_warns_and_decides_nothing),
        cmocka_unit_test(a_call_that_was_never_tried_is_critical_whatever_was_expected),
        cmocka_unit_test(a_call_that_the_user_broke_off_proves_nothing),
        cmocka_unit_test(the_outcome_is_one_sentence),
        cmocka_unit_test(every_cause_has_words),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
