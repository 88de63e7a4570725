/* SPDX-License-Identifier: BSD-2-Clause */
#include "probe/ping_summary.h"

#include "support/test.h"

#include <math.h>

static struct ping_summary summary;
static char                memory[8192], unmet_memory[2048];
static struct buf          out, unmet;

/* Of 10 sent, 8 are answered after 1 to 8 ms. */
static int setup(void **state)
{
    (void)state;
    ping_summary_begin(&summary, SLICE("sip:example.test"));
    summary.sent = 10;
    for (int i = 1; i <= 8; i++)
        ping_summary_answer(&summary, 200, i);
    out   = BUF_ON(memory);
    unmet = BUF_ON(unmet_memory);
    return 0;
}

static enum ping_grade judge(const char *text, const char *warn)
{
    struct ping_conditions c = { .count = 0 };
    struct slice           wrong;

    unmet = BUF_ON(unmet_memory);
    CHECK(text == NULL || ping_conditions_add(&c, test_guarded(slice_from(text)), false, &wrong));
    CHECK(warn == NULL || ping_conditions_add(&c, slice_from(warn), true, &wrong));
    return ping_judge(&summary, &c, &unmet);
}

TEST(figures_are_those_of_ping)
{
    CHECK(fabs(ping_loss(&summary) - 0.2) < 1e-9);
    CHECK(fabs(ping_average(&summary) - 4.5) < 1e-9);
    CHECK(fabs(ping_deviation(&summary) - 2.2913) < 1e-3);
    CHECK(summary.least == 1 && summary.most == 8);
    CHECK(fabs(ping_percentile(&summary, 50) - 4) < 0.01);
    CHECK(fabs(ping_percentile(&summary, 95) - 8) < 0.01);
}

TEST(each_condition_is_met_and_missed)
{
    static const struct {
        const char     *text, *unmet;
        enum ping_grade grade;
    } table[] = {
        { "alive", "", PING_OK },
        { "status=200", "", PING_OK },
        { "status=404", "status=404 not met: 200; ", PING_CRITICAL },
        { "max-loss=20%", "", PING_OK },
        { "max-loss=19", "max-loss=19 not met: 20.0 %; ", PING_CRITICAL },
        { "max-avg=5ms", "", PING_OK },
        { "max-avg=4ms", "max-avg=4ms not met: 4.5 ms; ", PING_CRITICAL },
        { "max-p50=5ms", "", PING_OK },
        { "max-p95=7ms", "max-p95=7ms not met: 8.0 ms; ", PING_CRITICAL },
        { "max-p99=1", "", PING_OK },
        { "max-time=7ms, max-loss=1%", "max-time=7ms not met: 8.0 ms; max-loss=1% not met: 20.0 %; ", PING_CRITICAL },
    };

    for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
        CHECK_INT(table[i].grade, judge(table[i].text, NULL));
        CHECK_SLICE(table[i].unmet, buf_slice(&unmet));
    }
}

TEST(without_conditions_an_answer_is_enough)
{
    CHECK_INT(PING_OK, judge(NULL, NULL));
    CHECK_INT(PING_WARNING, judge(NULL, "max-loss=1%"));
    ping_summary_begin(&summary, SLICE("sip:example.test"));
    summary.sent = 3;
    CHECK_INT(PING_CRITICAL, judge(NULL, NULL));
    CHECK_INT(PING_CRITICAL, judge("max-p95=1h", NULL));
    CHECK_SLICE("max-p95=1h not met: no answer; ", buf_slice(&unmet));
    CHECK_INT(PING_CRITICAL, judge("alive", NULL));
    CHECK_INT(PING_OK, judge("max-loss=100%", NULL));
}

TEST(what_is_no_condition_is_refused)
{
    static const char *const bad[] = { "",           ",",         "alive,",   "alive=1",
                                       "quick",      "status=20", "status=x", "max-loss=101",
                                       "max-loss=%", "max-p95",   "max-p95=", "max-p95=fast",
                                       "alive=",     "=" };

    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        struct ping_conditions c = { .count = 0 };
        struct slice           wrong;

        CHECK(!ping_conditions_add(&c, test_guarded(slice_from(bad[i])), false, &wrong));
    }
}

TEST(there_is_an_end_to_conditions)
{
    struct ping_conditions c = { .count = 0 };
    struct slice           wrong;

    for (int i = 0; i < PING_CONDITIONS_MAX; i++)
        CHECK(ping_conditions_add(&c, SLICE("alive"), false, &wrong));
    CHECK(!ping_conditions_add(&c, SLICE("alive"), false, &wrong));
}

TEST(people_and_monitors_get_their_forms)
{
    ping_output_text(&out, &summary, PING_OK, SLICE(""));
    CHECK_SLICE("--- sip:example.test ---\n10 sent, 8 answered, 20% lost\n"
                "min/avg/max/mdev = 1.000/4.500/8.000/2.291 ms\np50/p95/p99 = 4.001/8.000/8.000 ms\n",
                buf_slice(&out));
    out = BUF_ON(memory);
    ping_output_nagios(&out, &summary, PING_WARNING, SLICE("max-loss=1% not met: 20.0 %; "));
    CHECK_SLICE(
        "SIP WARNING - max-loss=1% not met: 20.0 %; sip:example.test: 8 of 10 answered (200), 4.5 ms on average | "
        "loss=20%;;;0;100 avg=0.004500s;;;0 p95=0.008000s;;;0 max=0.008000s;;;0\n",
        buf_slice(&out));
    out = BUF_ON(memory);
    ping_output_prometheus(&out, &summary, PING_OK, SLICE(""));
    CHECK(strstr(buf_cstr(&out), "\nahoy_ping_average_seconds{target=\"sip:example.test\"} 0.0045\n") != NULL);
    out = BUF_ON(memory);
    ping_output_json(&out, &summary, PING_OK, SLICE(""));
    CHECK(strstr(buf_cstr(&out), "\"answered\":8,\"loss_percent\":20.000,") != NULL);
    CHECK(ping_output_find("nagios") == ping_output_nagios && ping_output_find("yaml") == NULL);
}

TEST(a_build_gets_a_case)
{
    ping_output_junit(&out, &summary, PING_CRITICAL, SLICE("max-loss=1% not met: 20.0 %; "));
    CHECK_SLICE("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
                "<testsuite name=\"ahoy ping sip:example.test\" tests=\"1\" failures=\"1\" errors=\"0\">\n"
                "  <testcase classname=\"ahoy.ping\" name=\"ping\">\n"
                "    <failure message=\"max-loss=1% not met: 20.0 %\"/>\n"
                "  </testcase>\n"
                "  <system-out>10 sent, 8 answered, 4.500 ms on average</system-out>\n"
                "</testsuite>\n",
                buf_slice(&out));
    out = BUF_ON(memory);
    ping_output_junit(&out, &summary, PING_OK, SLICE(""));
    CHECK(strstr(buf_cstr(&out), "failures=\"0\"") != NULL && strstr(buf_cstr(&out), "name=\"ping\"/>") != NULL);
}

TEST(a_target_cannot_break_a_form)
{
    summary.target = SLICE("sip:a\"|\n\\b");
    ping_output_nagios(&out, &summary, PING_OK, SLICE(""));
    CHECK(strchr(buf_cstr(&out), '|') == strrchr(buf_cstr(&out), '|'));
    out = BUF_ON(memory);
    ping_output_prometheus(&out, &summary, PING_OK, SLICE(""));
    CHECK(strstr(buf_cstr(&out), "{target=\"sip:a?|?\?b\"} 1\n") != NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(figures_are_those_of_ping, setup),
        cmocka_unit_test_setup(each_condition_is_met_and_missed, setup),
        cmocka_unit_test_setup(without_conditions_an_answer_is_enough, setup),
        cmocka_unit_test(what_is_no_condition_is_refused),
        cmocka_unit_test(there_is_an_end_to_conditions),
        cmocka_unit_test_setup(people_and_monitors_get_their_forms, setup),
        cmocka_unit_test_setup(a_build_gets_a_case, setup),
        cmocka_unit_test_setup(a_target_cannot_break_a_form, setup),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
