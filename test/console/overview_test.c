/* SPDX-License-Identifier: BSD-2-Clause */
#include "console/overview.h"

#include "base/error.h"
#include "support/server_bench.h"
#include "support/test.h"

static struct bench b;

static struct overview overview_of_bench(void)
{
    return (struct overview){ b.shared, b.store, &b.at_server, 1, NULL, NULL, &b.memory };
}

TEST(the_numbers_of_workers_and_of_what_they_share_come_together)
{
    struct overview       o;
    struct numbers_source source;
    struct numbers       *numbers;
    struct counters_sum   sum;

    bench_open(&b, "max_bindings = 50\n");
    o       = overview_of_bench();
    source  = overview_source(&o);
    numbers = numbers_new(b.at_server, &source);
    counter_add(&b.at_server->counters.requests_received, 1);
    gauge_set(&b.at_server->counters.connections, 4);
    gauge_set(&b.at_server->counters.connections, 2);
    bench_live(&b, 1000);
    numbers_sum(numbers, &sum);
    CHECK_INT(1, sum.counters[COUNTER_requests_received]);
    CHECK_INT(4, sum.gauges[GAUGE_connections].high);
    CHECK_INT(0, sum.gauges[GAUGE_bindings].value);
    CHECK_INT(50, sum.gauges[GAUGE_bindings].limit);
    CHECK_INT(b.store_queue, sum.gauges[GAUGE_store_queue].limit);
    overview_forget_high(&o);
    numbers_sum(numbers, &sum);
    CHECK_INT(2, sum.gauges[GAUGE_connections].high);
    numbers_free(numbers);
    bench_close(&b);
}

TEST(memory_is_shown_by_account_with_its_level)
{
    struct overview       o;
    struct numbers_source source;
    struct counters       shared = { 0 };
    json_t               *memory;
    const json_t         *messages;
    size_t                taken = 0;

    bench_open_small(&b, "", 100000000);
    o      = overview_of_bench();
    source = overview_source(&o);
    world_recount(b.at_server, ACCOUNT_MESSAGES, &taken, 85000000);
    bench_live(&b, 1000);
    memory   = overview_memory_to_json(&o);
    messages = json_object_get(json_object_get(memory, "accounts"), "messages");
    assert_string_equal("high", json_string_value(json_object_get(memory, "level")));
    CHECK_INT(100000000, json_integer_value(json_object_get(json_object_get(memory, "total"), "limit")));
    CHECK_INT(85000000, json_integer_value(json_object_get(messages, "bytes")));
    CHECK(json_real_value(json_object_get(messages, "percent")) == 85.0);
    json_decref(memory);
    source.sample(source.arg, &shared);
    CHECK(gauge_read(&shared.memory_bytes) >= 85000000);
    CHECK_INT(BUDGET_HIGH, gauge_read(&shared.memory_level));
    world_recount(b.at_server, ACCOUNT_MESSAGES, &taken, 0);
    bench_live(&b, 1000);
    overview_forget_high(&o);
    CHECK_INT(0, budget_figures(&b.memory, ACCOUNT_MESSAGES).high_water);
    o.memory = NULL;
    memory   = overview_memory_to_json(&o);
    CHECK(json_is_null(memory));
    json_decref(memory);
    bench_close(&b);
}

TEST(what_the_log_holds_is_accounted_for)
{
    struct overview       o;
    struct numbers_source source;
    struct counters       shared = { 0 };
    struct log_levels     levels;
    char                  problem[256];

    bench_open(&b, "");
    o = overview_of_bench();
    log_levels_init(&levels, LOG_ERROR);
    CHECK_INT(0, log_writer_start(NULL, &levels, LOG_RING_BYTES, &o.log, problem, sizeof problem));
    CHECK(log_writer_source(o.log, 1) != NULL);
    source = overview_source(&o);
    source.sample(source.arg, &shared);
    source.sample(source.arg, &shared);
    CHECK(budget_figures(&b.memory, ACCOUNT_LOG).bytes > LOG_RING_BYTES);
    CHECK_INT(log_writer_memory(o.log), budget_figures(&b.memory, ACCOUNT_LOG).bytes);
    budget_move(&b.memory, ACCOUNT_LOG, -(int64_t)log_writer_memory(o.log));
    log_writer_stop(o.log);
    bench_close(&b);
}

TEST(the_high_water_mark_of_the_store_begins_anew_with_the_others)
{
    struct overview       o;
    struct numbers_source source;
    struct numbers       *numbers;
    struct counters_sum   sum;

    bench_open(&b, "");
    o       = overview_of_bench();
    source  = overview_source(&o);
    numbers = numbers_new(b.at_server, &source);
    bench_live(&b, 1000);
    numbers_sum(numbers, &sum);
    CHECK(sum.gauges[GAUGE_store_queue].high > 0); /* the realm, at the start */
    overview_forget_high(&o);
    numbers_forget_high(numbers);
    bench_live(&b, 1000);
    numbers_sum(numbers, &sum);
    CHECK_INT(0, sum.gauges[GAUGE_store_queue].high);
    numbers_free(numbers);
    bench_close(&b);
}

TEST(the_store_says_how_it_is)
{
    struct overview o;
    json_t         *store;

    bench_open(&b, "");
    o     = overview_of_bench();
    store = overview_store_to_json(&o);
    CHECK_INT(b.store_queue, json_integer_value(json_object_get(store, "limit")));
    CHECK(json_is_null(json_object_get(store, "error")));
    json_decref(store);
    bench_close(&b);
}

TEST(lines_of_the_log_are_counted_with_the_rest)
{
    struct overview       o;
    struct numbers_source source;
    struct numbers       *numbers;
    struct counters_sum   sum;
    struct log_writer    *log;
    struct log_levels     levels;
    char                  problem[256];

    bench_open(&b, "");
    log_levels_init(&levels, LOG_INFO);
    CHECK_INT(0, log_writer_start("/dev/full", &levels, LOG_RING_BYTES, &log, problem, sizeof problem));
    log_say(log_writer_source(log, 1), LOG_INFO, LOG_PART_NET, "lost");
    CHECK(log_writer_settle(log, 60000));
    o        = overview_of_bench();
    o.log    = log;
    o.memory = NULL;
    source   = overview_source(&o);
    numbers  = numbers_new(b.at_server, &source);
    bench_live(&b, 1000);
    numbers_sum(numbers, &sum);
    CHECK_INT(0, sum.counters[COUNTER_log_lines]);
    CHECK_INT(1, sum.counters[COUNTER_log_lines_lost]);
    numbers_free(numbers);
    log_writer_stop(log);
    bench_close(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_numbers_of_workers_and_of_what_they_share_come_together),
        cmocka_unit_test(memory_is_shown_by_account_with_its_level),
        cmocka_unit_test(what_the_log_holds_is_accounted_for),
        cmocka_unit_test(the_high_water_mark_of_the_store_begins_anew_with_the_others),
        cmocka_unit_test(the_store_says_how_it_is),
        cmocka_unit_test(lines_of_the_log_are_counted_with_the_rest),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
