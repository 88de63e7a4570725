/* SPDX-License-Identifier: BSD-2-Clause */
#include "console/prometheus.h"

#include "support/test.h"
#include "support/tls_lab.h"

#include <stdio.h>

static const struct prometheus_facts facts = { "1.2.3", 4, 1700000000250, NULL, NULL };

static char text[PROMETHEUS_TEXT_MAX];

static const char *written(const struct counters_sum *sum)
{
    struct buf b = BUF_ON(text);

    prometheus_write(&b, sum, &facts);
    CHECK(buf_ok(&b));
    return buf_cstr(&b);
}

static void check_has(const char *whole, const char *part)
{
    if (strstr(whole, part) == NULL)
        CHECK_SLICE(part, slice_from(whole));
}

TEST(a_counter_has_help_type_and_total)
{
    struct counters_sum sum = { .counters[COUNTER_requests_received] = UINT64_MAX };

    check_has(written(&sum), "# HELP ahoy_requests_received_total Requests received.\n"
                             "# TYPE ahoy_requests_received_total counter\n"
                             "ahoy_requests_received_total 18446744073709551615\n");
}

TEST(a_gauge_has_its_high_water_mark_and_its_limit)
{
    struct counters_sum sum = { .gauges[GAUGE_connections] = { 3, 5, 10, 500 } };

    check_has(written(&sum), "# HELP ahoy_connections Stream connections that are open.\n"
                             "# TYPE ahoy_connections gauge\n"
                             "ahoy_connections 3\n"
                             "# HELP ahoy_connections_high High-water mark: stream connections that are open.\n"
                             "# TYPE ahoy_connections_high gauge\n"
                             "ahoy_connections_high 5\n"
                             "# HELP ahoy_connections_limit Limit: stream connections that are open.\n"
                             "# TYPE ahoy_connections_limit gauge\n"
                             "ahoy_connections_limit 10\n");
}

TEST(what_has_no_limit_says_none)
{
    struct counters_sum sum = { .gauges[GAUGE_connections] = { 3, 5, 0, 0 } };

    CHECK(strstr(written(&sum), "ahoy_connections_limit") == NULL);
}

TEST(each_certificate_in_use_has_the_time_of_its_end)
{
    struct counters_sum     sum  = { 0 };
    struct prometheus_facts with = facts;
    struct buf              b    = BUF_ON(text);
    struct tls_lab          lab;
    char                    line[128];

    tls_lab_init(&lab);
    tls_lab_add(&lab, "a.example");
    tls_lab_load(&lab);
    with.tls = lab.shared;
    prometheus_write(&b, &sum, &with);
    snprintf(line, sizeof line, "ahoy_certificate_not_after_timestamp_seconds{domain=\"a.example\"} %llu\n",
             (unsigned long long)(world_wall(lab.world) / 1000 + 9 * 86400));
    check_has(buf_cstr(&b), line);
    with.tls = lab.client_shared; /* has none */
    b.len    = 0;
    prometheus_write(&b, &sum, &with);
    CHECK(strstr(buf_cstr(&b), "ahoy_certificate") == NULL);
    CHECK(strstr(written(&sum), "ahoy_certificate") == NULL);
    tls_lab_fini(&lab);
}

TEST(version_start_and_workers_are_there)
{
    struct counters_sum sum = { 0 };

    check_has(written(&sum), "\nahoy_build_info{version=\"1.2.3\"} 1\n");
    check_has(text, "\nahoy_start_time_seconds 1700000000.250\n");
    check_has(text, "\nahoy_workers 4\n");
}

TEST(accounts_of_memory_are_told_apart_by_a_label)
{
    struct counters_sum     sum = { 0 };
    struct budget           memory;
    struct prometheus_facts with = facts;
    struct buf              b    = BUF_ON(text);

    budget_init(&memory, 1000);
    budget_move(&memory, (unsigned)budget_open(&memory, "messages", 0), 70);
    budget_move(&memory, 0, -20);
    with.memory = &memory;
    prometheus_write(&b, &sum, &with);
    check_has(buf_cstr(&b), "# HELP ahoy_memory_account_bytes Memory accounted for, by what it is for.\n"
                            "# TYPE ahoy_memory_account_bytes gauge\n"
                            "ahoy_memory_account_bytes{account=\"messages\"} 50\n");
    check_has(text, "ahoy_memory_account_high_bytes{account=\"messages\"} 70\n");
}

TEST(what_does_not_fit_is_known)
{
    struct counters_sum sum = { 0 };
    struct buf          b   = buf_on(text, 1000);

    prometheus_write(&b, &sum, &facts);
    CHECK(!buf_ok(&b));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_counter_has_help_type_and_total),
        cmocka_unit_test(a_gauge_has_its_high_water_mark_and_its_limit),
        cmocka_unit_test(what_has_no_limit_says_none),
        cmocka_unit_test(each_certificate_in_use_has_the_time_of_its_end),
        cmocka_unit_test(version_start_and_workers_are_there),
        cmocka_unit_test(accounts_of_memory_are_told_apart_by_a_label),
        cmocka_unit_test(what_does_not_fit_is_known),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
