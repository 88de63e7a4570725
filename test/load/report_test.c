/* SPDX-License-Identifier: BSD-2-Clause */
#include "load/report.h"

#include "support/test.h"

#include <jansson.h>

static struct tally       tally;
static struct load_plan   plan;
static struct load_report report;
static char               memory[LOAD_REPORT_SIZE];
static struct buf         out;

/* 1000 calls in two seconds, ten of which failed. */
static int setup(void **state)
{
    (void)state;
    memset(&tally, 0, sizeof tally);
    memset(&plan, 0, sizeof plan);
    plan.scenario  = LOAD_OF_INVITE;
    plan.transport = TRANSPORT_TCP;
    plan.callers = plan.callees = true;
    strcpy(plan.domain, "example.test");
    tally.started = 1000;
    tally.ok      = 990;
    tally.failed  = 10;

    tally.failures[LOAD_FAILED_STATUS]  = 7;
    tally.failures[LOAD_FAILED_TIMEOUT] = 3;

    tally.status[503]   = 6;
    tally.status[486]   = 1;
    tally.retry_after   = 6;
    tally.finished      = 990;
    tally.counting_from = 5000000;
    tally.counting_to   = 7000000;
    for (uint64_t i = 1; i <= 990; i++)
        histogram_add(&tally.latency, i);
    report =
        (struct load_report){ .plan = &plan, .tally = &tally, .phase = "runs", .own_user = 0.5, .own_system = 0.25 };
    out = BUF_ON(memory);
    return 0;
}

static void check_says(const char *text)
{
    assert_non_null(strstr(buf_cstr(&out), text));
}

static void check_silent(const char *text)
{
    assert_null(strstr(buf_cstr(&out), text));
}

TEST(people_are_told_what_was_done_and_what_failed)
{
    load_report_text(&report, &out);
    check_says("done         990 calls in 2.00 s, 495.0 a second\n");
    check_says("began        1000: 990 well, 10 failed\n");
    check_says("failed       3: timeout\n");
    check_says("failed       6: 503 Service Unavailable\n             6 of these with Retry-After\n");
    check_says("failed       1: 486 Busy Here\n");
    check_says("set-up time  p50 0.49 ms, p90 0.89 ms, p99 0.98 ms, p99.9 0.99 ms, max 0.99 ms\n");
    check_says("generator    38 % of one core, 757.6 us an operation (user 505.1, system 252.5)\n");
    check_silent("server");
    check_silent("warning");
    check_silent("media");
}

TEST(who_is_his_own_limit_says_so)
{
    report.own_user   = 1.7;
    tally.late        = 11;
    tally.not_started = 5;
    load_report_text(&report, &out);
    check_says("warning      the generator itself was busy");
    check_says("warning      11 began more than 10 ms after their time\n");
    check_says("warning      5 that were due never began");
    CHECK_INT(LOAD_SATURATED | LOAD_WAS_LATE | LOAD_WAS_FULL, load_report_doubts(&report));
    tally.late = 10; /* one in a hundred may be */
    CHECK_INT(LOAD_SATURATED | LOAD_WAS_FULL, load_report_doubts(&report));
}

TEST(the_server_has_its_cost_for_each)
{
    report.has_server = true;
    report.server     = (struct process_cpu){ .user = 0.099, .system = 0.198, .total = 0.297 };
    load_report_text(&report, &out);
    check_says("server       15 % of one core, 300.0 us an operation (user 100.0, system 200.0)\n");
}

static double real(const json_t *o, const char *key)
{
    return json_number_value(json_object_get(o, key));
}

TEST(scripts_get_one_object_whose_sums_hold)
{
    json_t     *o, *errors, *value;
    double      sum = 0;
    const char *at;

    report.has_server = true;
    load_report_json(&report, &out);
    CHECK(buf_ok(&out));
    o = json_loads(buf_cstr(&out), JSON_REJECT_DUPLICATES, NULL);
    assert_non_null(o);
    errors = json_object_get(o, "errors");
    json_object_foreach(json_object_get(errors, "status"), at, value) sum += json_number_value(value);
    CHECK(sum == 7);
    sum +=
        real(errors, "timeout") + real(errors, "transport") + real(errors, "unexpected") + real(errors, "interrupted");
    CHECK(sum == real(o, "failed"));
    CHECK(real(o, "started") == real(o, "ok") + real(o, "failed"));
    CHECK(real(o, "rate") == 495);
    assert_string_equal("tcp", json_string_value(json_object_get(o, "transport")));
    CHECK(real(json_object_get(o, "latency_us"), "p50") == 495);
    CHECK(json_is_null(json_object_get(o, "ringing_us")));
    CHECK(json_is_null(json_object_get(o, "media")));
    CHECK(json_is_object(json_object_get(o, "server")));
    json_decref(o);
}

TEST(nothing_done_is_no_division_by_it)
{
    json_t *o;

    memset(&tally, 0, sizeof tally);
    load_report_text(&report, &out);
    check_silent("nan");
    check_silent("inf");
    out.len = 0;
    load_report_json(&report, &out);
    o = json_loads(buf_cstr(&out), 0, NULL);
    assert_non_null(o);
    json_decref(o);
}

TEST(all_codes_at_once_fit)
{
    for (unsigned i = 0; i <= STATUS_MAX; i++)
        tally.status[i] = UINT64_MAX / 2;
    report.has_server = true;
    load_report_json(&report, &out);
    CHECK(buf_ok(&out));
    out.len = 0;
    load_report_text(&report, &out);
    CHECK(buf_ok(&out));
}

TEST(progress_is_one_line)
{
    tally.all_ok     = 12;
    tally.all_failed = 3;
    histogram_add(&tally.recent, 1500);
    report.in_progress = 4;
    load_progress_text(&report, 495, 0.25, &out);
    CHECK_SLICE("runs     495/s, 12 ok, 3 failed, 4 under way, p50 1.50 ms, p99 1.50 ms, own CPU 25 %",
                buf_slice(&out));
    out.len = 0;
    load_progress_json(&report, 495, 0.25, &out);
    check_says("{\"event\":\"progress\",\"phase\":\"runs\",\"rate\":495.000,\"ok\":12,\"failed\":3,");
}

#define CASE(name) cmocka_unit_test_setup(name, setup)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(people_are_told_what_was_done_and_what_failed),
        CASE(who_is_his_own_limit_says_so),
        CASE(the_server_has_its_cost_for_each),
        CASE(scripts_get_one_object_whose_sums_hold),
        CASE(nothing_done_is_no_division_by_it),
        CASE(all_codes_at_once_fit),
        CASE(progress_is_one_line),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
