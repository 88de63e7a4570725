/* SPDX-License-Identifier: BSD-2-Clause */
#include "probe/expectation.h"

#include "support/sample_call.h"
#include "support/test.h"

static struct expectation_fault fault;
static char                     measured[128];

/* One condition on one summary. */
static bool met(const struct summary *s, const char *text)
{
    struct expectations e = { .count = 0 };
    struct buf          b = BUF_ON(measured);
    bool                is;

    CHECK(expectations_add(&e, slice_from(text), false, &fault));
    CHECK_INT(1, e.count);
    is = expectation_is_met(&e.list[0], s, &b);
    buf_cstr(&b);
    return is;
}

TEST(each_condition_is_met_and_missed_by_what_was_measured)
{
    static const struct {
        const char *text;
        bool        met;
        const char *measured;
    } rows[] = {
        { "answered", true, "yes" },
        { "media", true, "yes" },
        { "status=200", true, "200" },
        { "status=486", false, "200" },
        { "max-setup=350ms", true, "350 ms" },
        { "max-setup=349ms", false, "350 ms" },
        { "max-setup=2", true, "350 ms" },
        { "max-pdd=20ms", true, "20 ms" },
        { "max-pdd=19ms", false, "20 ms" },
        { "max-ring=330ms", true, "330 ms" },
        { "max-ring=0.3s", false, "330 ms" },
        { "min-duration=10s", true, "10.0 s" },
        { "min-duration=10001ms", false, "10.0 s" },
        { "max-loss=2%", true, "2.00 %" },
        { "max-loss=1.9%", false, "2.00 %" },
        { "max-loss=2", true, "2.00 %" },
        { "max-silence=20ms", true, "12.0 ms" },
        { "max-silence=0.01s", false, "12.0 ms" },
        { "max-peer-loss=1%", true, "1.00 %" },
        { "max-peer-loss=0.5%", false, "1.00 %" },
        { "max-jitter=2ms", true, "1.5 ms" },
        { "max-jitter=1ms", false, "1.5 ms" },
        { "max-rtt=4ms", true, "4.0 ms" },
        { "max-rtt=3ms", false, "4.0 ms" },
        { "min-mos=4", true, "4.19" },
        { "min-mos=4.3", false, "4.19" },
        { "codec=pcmu", true, "PCMU" },
        { "codec=opus", false, "PCMU" },
        { "digits=42#", true, "42#" },
        { "digits=2#", true, "42#" },
        { "digits=24", false, "42#" },
        { "digits=42##", false, "42#" },
        { "ended-by=local", true, "local" },
        { "ended-by=remote", false, "local" },
        { "cause=normal", true, "normal" },
        { "cause=refused", false, "normal" },
    };
    struct summary s;

    sample_answered(&s);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        if (met(&s, rows[i].text) != rows[i].met)
            fail_msg("%s: %s", rows[i].text, measured);
        CHECK_SLICE(rows[i].measured, slice_from(measured));
    }
}

TEST(what_was_not_measured_is_not_met)
{
    static const char *const texts[] = { "answered",       "media",           "max-setup=1h",  "max-pdd=1h",
                                         "max-ring=1h",    "min-duration=0s", "max-loss=100%", "max-peer-loss=100%",
                                         "max-silence=1h", "max-jitter=1h",   "max-rtt=1h",    "min-mos=1",
                                         "codec=PCMU",     "digits=1",        "status=200" };
    struct summary           s;

    sample_refused(&s, 486, "Busy Here");
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        CHECK(!met(&s, texts[i]));
    CHECK(met(&s, "status=486"));
    CHECK(met(&s, "cause=refused"));
    CHECK(met(&s, "ended-by=remote"));
    summary_begin(&s, SLICE("sip:bob@example.test"), true);
    CHECK(!met(&s, "cause=normal"));
    CHECK(!met(&s, "ended-by=local"));
    CHECK(!met(&s, "status=100"));
}

TEST(who_answers_at_once_has_not_rung_for_too_long)
{
    struct summary s;

    sample_answered(&s);
    s.times.ringing = NEVER;
    CHECK(met(&s, "max-ring=0s"));
}

TEST(of_several_streams_the_worst_counts)
{
    struct summary s;

    sample_answered(&s);
    s.streams[1]      = s.streams[0];
    s.streams[1].loss = 0.2;
    s.streams[1].mos  = 2;
    strcpy(s.streams[1].codec, "PCMA");
    s.stream_count = 2;
    CHECK(!met(&s, "max-loss=10%"));
    CHECK(!met(&s, "min-mos=3"));
    CHECK(met(&s, "codec=PCMA"));
    CHECK(met(&s, "codec=PCMU"));
    s.streams[1].heard = false;
    CHECK(met(&s, "max-loss=10%"));
}

TEST(conditions_are_listed_with_commas)
{
    struct expectations e = { .count = 0 };

    CHECK(expectations_add(&e, SLICE("answered,max-setup=2s, max-loss=1%"), false, &fault));
    CHECK(expectations_add(&e, SLICE("max-jitter=30ms"), true, &fault));
    CHECK_INT(4, e.count);
    CHECK_SLICE("max-loss=1%", e.list[2].text);
    CHECK(!e.list[2].warning);
    CHECK(e.list[3].warning);
}

TEST(a_wrong_condition_is_told_with_its_right_form)
{
    static const struct {
        const char *text, *wrong, *expected;
    } rows[] = {
        { "", "", "a condition of 'ahoy call --help'" },
        { "answered,", "", "a condition of 'ahoy call --help'" },
        { "answered,quick", "quick", "a condition of 'ahoy call --help'" },
        { "answered=yes", "answered=yes", "answered" },
        { "max-setup", "max-setup", "max-setup=DURATION" },
        { "max-setup=", "max-setup=", "max-setup=DURATION" },
        { "max-setup=soon", "max-setup=soon", "max-setup=DURATION" },
        { "max-loss=101%", "max-loss=101%", "max-loss=PERCENT" },
        { "max-loss=1%%", "max-loss=1%%", "max-loss=PERCENT" },
        { "max-loss=1.", "max-loss=1.", "max-loss=PERCENT" },
        { "status=99", "status=99", "status=CODE" },
        { "status=4e2", "status=4e2", "status=CODE" },
        { "min-mos=good", "min-mos=good", "min-mos=NUMBER" },
        { "min-mos=9", "min-mos=9", "min-mos=NUMBER" },
        { "min-mos=0.9", "min-mos=0.9", "min-mos=NUMBER" },
        { "min-mos=4.42", "min-mos=4.42", "min-mos=NUMBER" },
        { "digits=1,2", "2", "a condition of 'ahoy call --help'" },
        { "digits=x", "digits=x", "digits=KEYS" },
        { "ended-by=me", "ended-by=me", "ended-by=local|remote|network" },
        { "cause=rain", "cause=rain", "cause=NAME" },
    };

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct expectations e = { .count = 0 };

        CHECK(!expectations_add(&e, test_guarded(slice_from(rows[i].text)), false, &fault));
        CHECK_SLICE(rows[i].wrong, fault.text);
        CHECK_SLICE(rows[i].expected, slice_from(fault.expected));
    }
}

TEST(a_wrong_value_is_told_with_what_it_means)
{
    struct expectations e = { .count = 0 };

    CHECK(!expectations_add(&e, SLICE("min-mos=5"), false, &fault));
    CHECK_SLICE("the estimated score of ITU-T G.107, from 1 to 4.41", slice_from(fault.meaning));
    CHECK(!expectations_add(&e, SLICE("quick"), false, &fault));
    CHECK_SLICE("", slice_from(fault.meaning));
}

TEST(there_is_an_end_to_conditions)
{
    struct expectations e = { .count = 0 };

    for (int i = 0; i < EXPECTATIONS_MAX; i++)
        CHECK(expectations_add(&e, SLICE("answered"), false, &fault));
    CHECK(!expectations_add(&e, SLICE("answered"), false, &fault));
    CHECK_INT(EXPECTATIONS_MAX, e.count);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_condition_is_met_and_missed_by_what_was_measured),
        cmocka_unit_test(what_was_not_measured_is_not_met),
        cmocka_unit_test(who_answers_at_once_has_not_rung_for_too_long),
        cmocka_unit_test(of_several_streams_the_worst_counts),
        cmocka_unit_test(conditions_are_listed_with_commas),
        cmocka_unit_test(a_wrong_condition_is_told_with_its_right_form),
        cmocka_unit_test(a_wrong_value_is_told_with_what_it_means),
        cmocka_unit_test(there_is_an_end_to_conditions),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
