/* SPDX-License-Identifier: BSD-2-Clause */
#include "console/numbers.h"

#include "support/alloc.h"
#include "support/test.h"
#include "support/world_fake.h"

struct bench {
    struct network *network;
    struct world   *world;
    struct numbers *numbers;
    struct counters workers[2];
    uint64_t        bindings;
};

static void sum(void *arg, struct counters_sum *out)
{
    struct bench *b = arg;

    counters_sum_add(out, &b->workers[0]);
    counters_sum_add(out, &b->workers[1]);
}

static void sample(void *arg, struct counters *shared)
{
    struct bench *b = arg;

    gauge_set(&shared->bindings, b->bindings);
    gauge_set_limit(&shared->bindings, 100);
}

static void setup(struct bench *b)
{
    *b         = (struct bench){ .network = network_new(1) };
    b->world   = world_fake_new(network_host(b->network, "server"));
    b->numbers = numbers_new(b->world, &(struct numbers_source){ sum, sample, b });
    assert_non_null(b->numbers);
}

static void teardown(struct bench *b)
{
    numbers_free(b->numbers);
    world_fake_free(b->world);
    network_free(b->network);
}

static void live(struct bench *b, msec span)
{
    network_run_until(b->network, network_now(b->network) + span);
}

static int rate(struct bench *b, enum numbers_span span)
{
    double rates[COUNTERS];

    numbers_rates(b->numbers, span, rates);
    return (int)(rates[COUNTER_requests_received] * 1000);
}

TEST(the_sum_is_that_of_all_workers_and_of_what_they_share)
{
    struct bench        b;
    struct counters_sum all;

    setup(&b);
    counter_add(&b.workers[0].requests_received, 2);
    counter_add(&b.workers[1].requests_received, 3);
    b.bindings = 7;
    live(&b, 1000);
    b.bindings = 4;
    live(&b, 1000);
    numbers_sum(b.numbers, &all);
    CHECK_INT(5, all.counters[COUNTER_requests_received]);
    CHECK_INT(4, all.gauges[GAUGE_bindings].value);
    CHECK_INT(7, all.gauges[GAUGE_bindings].high);
    CHECK_INT(100, all.gauges[GAUGE_bindings].limit);
    teardown(&b);
}

TEST(rates_are_events_per_second_of_the_span)
{
    struct bench b;

    setup(&b);
    for (int i = 0; i < 20; i++) { /* ten seconds of 100 a second, then ten of 20 */
        counter_add(&b.workers[0].requests_received, i < 10 ? 100 : 20);
        live(&b, 1000);
    }
    CHECK_INT(20000, rate(&b, NUMBERS_1S));
    CHECK_INT(20000, rate(&b, NUMBERS_10S));
    CHECK_INT(60000, rate(&b, NUMBERS_ALL));
    live(&b, 5000);
    CHECK_INT(0, rate(&b, NUMBERS_1S));
    CHECK_INT(10000, rate(&b, NUMBERS_10S));
    CHECK_INT(48000, rate(&b, NUMBERS_ALL));
    teardown(&b);
}

TEST(a_rate_between_two_samples_covers_the_time_that_has_passed)
{
    struct bench b;

    setup(&b);
    live(&b, 3000);
    counter_add(&b.workers[0].requests_received, 30);
    live(&b, 500);
    CHECK_INT(20000, rate(&b, NUMBERS_1S)); /* 30 in the 1.5 s since the sample before */
    teardown(&b);
}

TEST(before_the_span_has_passed_the_rate_is_that_since_the_start)
{
    struct bench b;

    setup(&b);
    CHECK_INT(0, rate(&b, NUMBERS_1S)); /* not a division by zero */
    counter_add(&b.workers[0].requests_received, 10);
    live(&b, 500);
    CHECK_INT(20000, rate(&b, NUMBERS_1S));
    CHECK_INT(20000, rate(&b, NUMBERS_10S));
    live(&b, 3500);
    CHECK_INT(2500, rate(&b, NUMBERS_10S));
    teardown(&b);
}

TEST(json_has_every_row_of_the_table)
{
    struct bench b;
    json_t      *json, *gauge;

    setup(&b);
    b.bindings = 50;
    gauge_set(&b.workers[1].registers_pending, 3);
    json  = numbers_to_json(b.numbers);
    gauge = json_object_get(json_object_get(json, "gauges"), "bindings");
    CHECK_INT(COUNTERS, json_object_size(json_object_get(json, "counters")));
    CHECK_INT(COUNTERS, json_object_size(json_object_get(json, "rates")));
    CHECK_INT(GAUGES, json_object_size(json_object_get(json, "gauges")));
    CHECK_INT(50, json_integer_value(json_object_get(gauge, "value")));
    CHECK_INT(500, json_integer_value(json_object_get(gauge, "full")));
    gauge = json_object_get(json_object_get(json, "gauges"), "registers_pending");
    CHECK_INT(3, json_integer_value(json_object_get(gauge, "value")));
    CHECK(json_is_null(json_object_get(gauge, "limit")));
    json_decref(json);
    teardown(&b);
}

TEST(without_memory_there_are_none)
{
    struct bench b;

    setup(&b);
    alloc_fail_at(1);
    CHECK(numbers_new(b.world, &(struct numbers_source){ sum, sample, &b }) == NULL);
    alloc_fail_at(0);
    numbers_free(NULL);
    teardown(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_sum_is_that_of_all_workers_and_of_what_they_share),
        cmocka_unit_test(rates_are_events_per_second_of_the_span),
        cmocka_unit_test(a_rate_between_two_samples_covers_the_time_that_has_passed),
        cmocka_unit_test(before_the_span_has_passed_the_rate_is_that_since_the_start),
        cmocka_unit_test(json_has_every_row_of_the_table),
        cmocka_unit_test(without_memory_there_are_none),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
