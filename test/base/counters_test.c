/* SPDX-License-Identifier: BSD-2-Clause */
#include "base/counters.h"

#include "support/test.h"

#include <pthread.h>
#include <string.h>

TEST(a_counter_grows_by_what_is_added)
{
    struct counters c = { 0 };

    counter_add(&c.requests_sent, 1);
    counter_add(&c.requests_sent, 0);
    counter_add(&c.requests_sent, 41);
    CHECK_INT(42, counter_read(&c.requests_sent));
    CHECK_INT(0, counter_read(&c.responses_sent));
}

TEST(a_gauge_remembers_how_high_it_was)
{
    struct counters     c   = { 0 };
    struct counters_sum sum = { 0 };

    gauge_set_limit(&c.connections, 8);
    gauge_set(&c.connections, 5);
    gauge_set(&c.connections, 2);
    counters_sum_add(&sum, &c);
    CHECK_INT(2, sum.gauges[GAUGE_connections].value);
    CHECK_INT(5, sum.gauges[GAUGE_connections].high);
    CHECK_INT(8, sum.gauges[GAUGE_connections].limit);
    CHECK_INT(625, sum.gauges[GAUGE_connections].fullest);
}

TEST(high_water_marks_begin_anew_from_the_present_value)
{
    struct counters     c   = { 0 };
    struct counters_sum sum = { 0 };

    gauge_set(&c.connections, 5);
    gauge_set(&c.connections, 2);
    counters_forget_high(&c);
    counters_sum_add(&sum, &c);
    CHECK_INT(2, sum.gauges[GAUGE_connections].high);
    CHECK_INT(2, sum.gauges[GAUGE_connections].value);
}

TEST(a_sum_adds_the_workers_up_and_names_the_fullest)
{
    struct counters     first = { 0 }, second = { 0 };
    struct counters_sum sum = { 0 };

    counter_add(&first.registers, 3);
    counter_add(&second.registers, 4);
    gauge_set_limit(&first.contexts, 10);
    gauge_set_limit(&second.contexts, 10);
    gauge_set(&first.contexts, 9);
    gauge_set(&second.contexts, 1);
    counters_sum_add(&sum, &first);
    counters_sum_add(&sum, &second);
    CHECK_INT(7, sum.counters[COUNTER_registers]);
    CHECK_INT(10, sum.gauges[GAUGE_contexts].value);
    CHECK_INT(20, sum.gauges[GAUGE_contexts].limit);
    CHECK_INT(10, sum.gauges[GAUGE_contexts].high);
    CHECK_INT(900, sum.gauges[GAUGE_contexts].fullest);
}

TEST(a_gauge_without_limit_is_never_full)
{
    struct counters     c   = { 0 };
    struct counters_sum sum = { 0 };

    gauge_set(&c.contexts, UINT64_MAX);
    counters_sum_add(&sum, &c);
    CHECK_INT(0, sum.gauges[GAUGE_contexts].fullest);
}

/* What Prometheus wants of names and units (promtool check metrics). */
static void check_entry(const struct counter_entry *e)
{
    const char *last = strrchr(e->name, '_');

    assert_int_equal(strlen(e->name), strspn(e->name, "abcdefghijklmnopqrstuvwxyz_"));
    CHECK(e->help[0] != '\0' && e->help[strlen(e->help) - 1] != '.');
    CHECK(e->part[0] != '\0');
    CHECK(strcmp(e->unit, "") == 0 || (last != NULL && strcmp(last + 1, e->unit) == 0));
    CHECK(last == NULL || (strcmp(last, "_total") != 0 && strcmp(last, "_count") != 0 && strcmp(last, "_sum") != 0 &&
                           strcmp(last, "_bucket") != 0 && strcmp(last, "_limit") != 0 && strcmp(last, "_high") != 0));
}

TEST(every_row_has_a_name_of_its_own_a_help_and_its_unit_in_the_name)
{
    for (size_t i = 0; i < COUNTERS; i++) {
        check_entry(&counter_table[i]);
        for (size_t j = 0; j < i; j++)
            assert_string_not_equal(counter_table[i].name, counter_table[j].name);
    }
    for (size_t i = 0; i < GAUGES; i++) {
        check_entry(&gauge_table[i]);
        for (size_t j = 0; j < i; j++)
            assert_string_not_equal(gauge_table[i].name, gauge_table[j].name);
    }
}

enum { EVENTS = 100000 };

static void *count_events(void *arg)
{
    struct counters *c = arg;

    for (uint64_t i = 1; i <= EVENTS; i++) {
        counter_add(&c->requests_received, 1);
        gauge_set(&c->contexts, i % 7);
    }
    return NULL;
}

TEST(what_was_only_tried_is_taken_back)
{
    struct counters     c   = { 0 };
    struct counters_sum was = { 0 };

    counter_add(&c.requests_received, 3);
    counters_sum_add(&was, &c);
    counter_add(&c.requests_received, 2);
    counter_add(&c.requests_refused, 1);
    gauge_set(&c.contexts, 4);
    counters_restore(&c, &was);
    CHECK_INT(3, counter_read(&c.requests_received));
    CHECK_INT(0, counter_read(&c.requests_refused));
    CHECK_INT(4, gauge_read(&c.contexts)); /* it says what is, not what was */
}

/* Under ThreadSanitizer this is the proof that reading needs no lock. */
TEST(another_thread_may_read_while_the_worker_counts)
{
    struct counters     c    = { 0 };
    struct counters_sum sum  = { 0 };
    uint64_t            last = 0;
    pthread_t           worker;

    assert_int_equal(0, pthread_create(&worker, NULL, count_events, &c));
    while (last < EVENTS) {
        memset(&sum, 0, sizeof sum);
        counters_sum_add(&sum, &c);
        CHECK(sum.counters[COUNTER_requests_received] >= last);
        CHECK(sum.gauges[GAUGE_contexts].value < 7);
        last = sum.counters[COUNTER_requests_received];
    }
    pthread_join(worker, NULL);
    CHECK_INT(EVENTS, last);
    CHECK_INT(6, sum.gauges[GAUGE_contexts].high);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_counter_grows_by_what_is_added),
        cmocka_unit_test(a_gauge_remembers_how_high_it_was),
        cmocka_unit_test(high_water_marks_begin_anew_from_the_present_value),
        cmocka_unit_test(a_sum_adds_the_workers_up_and_names_the_fullest),
        cmocka_unit_test(a_gauge_without_limit_is_never_full),
        cmocka_unit_test(every_row_has_a_name_of_its_own_a_help_and_its_unit_in_the_name),
        cmocka_unit_test(what_was_only_tried_is_taken_back),
        cmocka_unit_test(another_thread_may_read_while_the_worker_counts),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
