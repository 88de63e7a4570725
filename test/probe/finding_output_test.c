/* SPDX-License-Identifier: BSD-2-Clause */
#include "probe/finding_output.h"

#include "probe/exchange.h"
#include "probe/output.h"
#include "support/test.h"

static char memory[OUTPUT_MAX];

/* A registration that was refused by the words `reason`, where something was expected. */
static const char *written(finding_fn *write, const char *target, const char *reason)
{
    static struct finding            f;
    static struct finding_conditions conditions;
    static char                      headline[EXCHANGE_HEADLINE];
    struct expectation_fault         fault;
    struct exchange                  e;
    struct buf                       b       = BUF_ON(memory);
    struct phone_event               refused = { .kind = PHONE_REGISTER_FAILED, .status = 403 };

    refused.reason = slice_from(reason);
    exchange_init(&e, EXCHANGE_REGISTER, slice_from(target));
    exchange_begin(&e, 0);
    exchange_note(&e, &refused, 20);
    exchange_find(&e, &f, headline);
    conditions.count = 0;
    CHECK(finding_expect(&conditions, exchange_kind(EXCHANGE_REGISTER), SLICE("status=403"), false, &fault));
    CHECK(finding_expect(&conditions, exchange_kind(EXCHANGE_REGISTER), SLICE("max-time=1ms"), true, &fault));
    finding_judge(&f, &conditions, END_BAD, true);
    f.exit_code = 0;
    write(&b, &f);
    CHECK(buf_ok(&b));
    return buf_cstr(&b);
}

#define CHECK_WRITTEN(want, write) CHECK_SLICE(want, slice_from(written(write, "sip:alice@example.test", "Forbidden")))

TEST(people_read_lines)
{
    CHECK_WRITTEN("sip:alice@example.test: not registered (403 Forbidden)\n"
                  "  met       status=403: 403\n"
                  "  warning   max-time=1ms: 20 ms\n",
                  finding_text);
}

TEST(a_monitor_reads_one_line_with_performance_data)
{
    CHECK_WRITTEN("REGISTER WARNING - max-time=1ms not met: 20 ms; "
                  "sip:alice@example.test: not registered (403 Forbidden) | time=0.020s;;;0 tries=1;;;0 lost=0;;;0\n",
                  finding_nagios);
}

TEST(json_is_one_object_on_one_line)
{
    CHECK_WRITTEN("{\"event\":\"probe\",\"probe\":\"register\",\"outcome\":\"warning\",\"exit_code\":0,"
                  "\"target\":\"sip:alice@example.test\",\"summary\":\"not registered (403 Forbidden)\","
                  "\"registered\":false,\"status\":403,\"time_ms\":20,\"tries\":1,\"lost\":0,\"expectations\":["
                  "{\"expect\":\"status=403\",\"met\":true,\"warning\":false,\"measured\":\"403\"},"
                  "{\"expect\":\"max-time=1ms\",\"met\":false,\"warning\":true,\"measured\":\"20 ms\"}]}\n",
                  finding_json);
}

TEST(junit_has_a_case_for_each_condition)
{
    CHECK_WRITTEN("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
                  "<testsuite name=\"ahoy register sip:alice@example.test\" tests=\"3\" failures=\"0\" errors=\"0\">\n"
                  "  <testcase classname=\"ahoy.register\" name=\"register\"/>\n"
                  "  <testcase classname=\"ahoy.register\" name=\"status=403\"/>\n"
                  "  <testcase classname=\"ahoy.register\" name=\"max-time=1ms\"/>\n"
                  "  <system-out>not registered (403 Forbidden)</system-out>\n"
                  "</testsuite>\n",
                  finding_junit);
}

TEST(prometheus_has_a_gauge_for_each_figure)
{
    const char *text = written(finding_prometheus, "sip:alice@example.test", "Forbidden");

    CHECK(strstr(text, "# TYPE ahoy_register_success gauge\n"
                       "ahoy_register_success{target=\"sip:alice@example.test\"} 1\n") != NULL);
    CHECK(strstr(text, "\nahoy_register_status{target=\"sip:alice@example.test\"} 403\n") != NULL);
    CHECK(strstr(text, "\nahoy_register_expectation_met{target=\"sip:alice@example.test\","
                       "expectation=\"max-time=1ms\"} 0\n") != NULL);
    CHECK(strstr(text, "\nahoy_register_time_seconds{target=\"sip:alice@example.test\"} 0.02\n") != NULL);
    CHECK(strstr(text, "expires") == NULL);
}

TEST(what_a_peer_says_breaks_no_form)
{
    const char *target = "sip:a\"|\\<\x1b@b", *reason = "x|y=1\n\"</failure>&\xff";
    const char *line = written(finding_nagios, target, reason);

    CHECK(strchr(line, '|') == strrchr(line, '|') && strchr(line, '\n') == line + strlen(line) - 1);
    CHECK(strchr(line, '\x1b') == NULL);
    CHECK(strstr(written(finding_prometheus, target, reason), "{target=\"sip:a\\\"|\\\\<?@b\"}") != NULL);
    CHECK(strstr(written(finding_junit, target, reason), "x|y=1?&quot;&lt;/failure&gt;&amp;?") != NULL);
    CHECK(strchr(written(finding_text, target, reason), '\x1b') == NULL);
}

TEST(outputs_are_found_by_name)
{
    CHECK(finding_output_find("nagios") == finding_nagios && finding_output_find("junit") == finding_junit);
    CHECK(finding_output_find("yaml") == NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(people_read_lines),
        cmocka_unit_test(a_monitor_reads_one_line_with_performance_data),
        cmocka_unit_test(json_is_one_object_on_one_line),
        cmocka_unit_test(junit_has_a_case_for_each_condition),
        cmocka_unit_test(prometheus_has_a_gauge_for_each_figure),
        cmocka_unit_test(what_a_peer_says_breaks_no_form),
        cmocka_unit_test(outputs_are_found_by_name),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
