/* SPDX-License-Identifier: BSD-2-Clause */
#include "base/error.h"
#include "console/admin.h"
#include "support/test.h"
#include "support/world_fake.h"

#include <stdlib.h>

struct bench {
    struct network      *network;
    const struct config *config;
    struct log_levels    levels;
    struct admin         admin;
    unsigned             stops, resets;
    bool                 answered_first;
    json_t              *outcome;
};

struct local_call {
    struct control_call call;
    struct bench       *bench;
};

static void finish(struct control_call *call, json_t *outcome)
{
    CONTAINER_OF(call, struct local_call, call)->bench->outcome = outcome;
}

static void on_stop(void *arg)
{
    struct bench *b = arg;

    b->stops++;
    b->answered_first = b->outcome != NULL;
}

static void on_reset(void *arg)
{
    ((struct bench *)arg)->resets++;
}

static void add_status(void *arg, json_t *status)
{
    (void)arg;
    json_object_set_new(status, "extra", json_integer(1));
}

static void sum(void *arg, struct counters_sum *out)
{
    counters_sum_add(out, &((struct bench *)arg)->admin.world->counters);
}

static void sample(void *arg, struct counters *shared)
{
    (void)arg;
    gauge_set(&shared->bindings, 5);
}

static void setup(struct bench *b)
{
    struct world *world;

    *b    = (struct bench){ .network = network_new(1) };
    world = world_fake_new(network_host(b->network, "server"));
    CHECK_INT(0, config_parse(SLICE("domain = {a.test, b.test}"), "t", NULL, NULL, &b->config));
    log_levels_init(&b->levels, LOG_INFO);
    b->admin = (struct admin){
        .config      = b->config,
        .users       = users_new(world, NULL, 100),
        .world       = world,
        .levels      = &b->levels,
        .forget_high = on_reset,
        .add_status  = add_status,
        .stop        = on_stop,
        .arg         = b,
        .workers     = 3,
        .started_at  = world_wall(world),
    };
    b->admin.numbers = numbers_new(world, &(struct numbers_source){ sum, sample, b });
    users_on_setting(b->admin.users, SLICE("realm"), SLICE("a.test"));
}

static void teardown(struct bench *b)
{
    numbers_free(b->admin.numbers);
    users_free(b->admin.users);
    config_free(b->config);
    world_fake_free(b->admin.world);
    network_free(b->network);
}

/* The result, to be freed with b->outcome; or NULL and an error. */
static json_t *call(struct bench *b, const char *method, const char *params, int *error)
{
    struct local_call            l       = { .call = { finish }, .bench = b };
    json_t                      *given   = params == NULL ? NULL : json_loads(params, 0, NULL), *result;
    const char                  *message = "";
    size_t                       count;
    const struct control_method *methods = admin_methods(&count);

    b->outcome = NULL;
    control_dispatch(methods, count, &b->admin, &l.call, method, given);
    json_decref(given);
    assert_non_null(b->outcome);
    *error = control_outcome_read(b->outcome, &result, &message);
    return result;
}

static json_t *good(struct bench *b, const char *method, const char *params)
{
    int     error;
    json_t *result = call(b, method, params, &error);

    CHECK_INT(0, error);
    return result;
}

static void check_bad(struct bench *b, const char *method, const char *params, int want)
{
    int error;

    call(b, method, params, &error);
    CHECK_INT(want, error);
    json_decref(b->outcome);
}

TEST(status_tells_who_the_server_is_and_all_its_numbers)
{
    struct bench b;
    json_t      *status;

    setup(&b);
    counter_add(&b.admin.world->counters.requests_received, 7);
    network_run_until(b.network, network_now(b.network) + 2500);
    status = good(&b, "server.status", NULL);
    CHECK_SLICE("a.test", slice_from(json_string_value(json_object_get(status, "realm"))));
    CHECK_INT(2, json_array_size(json_object_get(status, "domains")));
    CHECK_INT(1, json_integer_value(json_object_get(status, "extra")));
    CHECK_INT(3, json_integer_value(json_object_get(status, "workers")));
    CHECK_INT(2500, json_integer_value(json_object_get(status, "uptime_msec")));
    CHECK_INT(7, json_integer_value(json_object_get(json_object_get(status, "counters"), "requests_received")));
    CHECK_INT(GAUGES, json_object_size(json_object_get(status, "gauges")));
    json_decref(b.outcome);
    teardown(&b);
}

TEST(metrics_are_the_same_as_text)
{
    struct bench b;
    json_t      *metrics;

    setup(&b);
    counter_add(&b.admin.world->counters.requests_received, 7);
    metrics = good(&b, "server.metrics", NULL);
    assert_non_null(strstr(json_string_value(json_object_get(metrics, "text")), "\nahoy_requests_received_total 7\n"));
    assert_non_null(strstr(json_string_value(json_object_get(metrics, "text")), "\nahoy_workers 3\n"));
    json_decref(b.outcome);
    teardown(&b);
}

TEST(stop_is_answered_before_it_stops)
{
    struct bench b;

    setup(&b);
    good(&b, "server.stop", NULL);
    CHECK_INT(1, b.stops);
    CHECK(b.answered_first);
    json_decref(b.outcome);
    teardown(&b);
}

TEST(reset_lets_the_marks_begin_anew)
{
    struct bench b;

    setup(&b);
    good(&b, "server.reset", NULL);
    CHECK_INT(1, b.resets);
    json_decref(b.outcome);
    teardown(&b);
}

TEST(levels_are_told_and_set_for_one_part_or_all)
{
    struct bench b;
    json_t      *levels;

    setup(&b);
    levels = json_object_get(good(&b, "log.level", NULL), "levels");
    CHECK_INT(LOG_PARTS, json_object_size(levels));
    CHECK_SLICE("info", slice_from(json_string_value(json_object_get(levels, "proxy"))));
    json_decref(b.outcome);
    levels = json_object_get(good(&b, "log.level", "{\"part\":\"proxy\",\"level\":\"debug\"}"), "levels");
    CHECK_SLICE("debug", slice_from(json_string_value(json_object_get(levels, "proxy"))));
    CHECK_SLICE("info", slice_from(json_string_value(json_object_get(levels, "server"))));
    json_decref(b.outcome);
    CHECK_INT(LOG_DEBUG, log_levels_get(&b.levels, LOG_PART_PROXY));
    good(&b, "log.level", "[\"error\"]");
    json_decref(b.outcome);
    CHECK_INT(LOG_ERROR, log_levels_get(&b.levels, LOG_PART_PROXY));
    CHECK_INT(LOG_ERROR, log_levels_get(&b.levels, LOG_PART_SERVER));
    teardown(&b);
}

TEST(a_level_or_part_that_does_not_exist_changes_nothing)
{
    struct bench b;

    setup(&b);
    check_bad(&b, "log.level", "{\"level\":\"loud\"}", -ERR_SYNTAX);
    check_bad(&b, "log.level", "{\"part\":\"kitchen\",\"level\":\"debug\"}", -ERR_NOT_FOUND);
    check_bad(&b, "log.level", "{\"part\":\"proxy\"}", -ERR_SYNTAX);
    check_bad(&b, "log.level", "{\"level\":4}", -ERR_SYNTAX);
    for (int part = 0; part < LOG_PARTS; part++)
        CHECK_INT(LOG_INFO, log_levels_get(&b.levels, (enum log_part)part));
    teardown(&b);
}

TEST(without_a_server_its_methods_say_so)
{
    static const char *const of_server[] = { "server.status", "server.counters", "server.metrics",
                                             "server.reset",  "server.stop",     "log.level" };
    struct bench             b;
    struct admin             whole;

    setup(&b);
    whole   = b.admin;
    b.admin = (struct admin){ .config = whole.config, .users = whole.users };
    for (size_t i = 0; i < sizeof of_server / sizeof *of_server; i++)
        check_bad(&b, of_server[i], NULL, -ERR_UNSUPPORTED);
    b.admin = whole;
    teardown(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(status_tells_who_the_server_is_and_all_its_numbers),
        cmocka_unit_test(metrics_are_the_same_as_text),
        cmocka_unit_test(stop_is_answered_before_it_stops),
        cmocka_unit_test(reset_lets_the_marks_begin_anew),
        cmocka_unit_test(levels_are_told_and_set_for_one_part_or_all),
        cmocka_unit_test(a_level_or_part_that_does_not_exist_changes_nothing),
        cmocka_unit_test(without_a_server_its_methods_say_so),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
