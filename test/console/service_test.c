/* SPDX-License-Identifier: BSD-2-Clause */
#include "console/service_private.h"

#include "console/log_writer.h"
#include "support/temp_folder.h"
#include "support/test.h"

#include <signal.h>
#include <stdio.h>

static struct log_writer   *writer;
static struct log_levels    levels;
static const struct config *config;
static struct temp_folder   temp;
static struct child         child;
static struct house         house;
static struct place         place = { &house.descriptors, &child };
static struct service      *service;
static struct service_setup serving;

static void ignore(void *arg, const char *text)
{
    (void)arg;
    (void)text;
}

static int setup(void **state)
{
    char text[512], path[128], problem[256];

    (void)state;
    temp_folder_init(&temp);
    snprintf(text, sizeof text, "domain = a.test\nlisten = \"udp:127.0.0.1:0\"\nworkers = 2\nstate = \"%s\"\n",
             temp_folder_file(&temp, "state", path));
    log_levels_init(&levels, LOG_ERROR);
    assert_int_equal(0, config_parse(slice_from(text), "test", NULL, NULL, &config));
    assert_int_equal(0, log_writer_start(NULL, &levels, LOG_RING_BYTES, &writer, problem, sizeof problem));
    child_alone(&child);
    assert_int_equal(0, house_open(&house, config, 2, ignore, NULL, problem, sizeof problem));
    serving.taken = (struct taken){ .number = 1, .now = config };
    assert_int_equal(0, service_open(&serving, writer, &place, &service, problem, sizeof problem));
    CHECK(problem[0] == '\0');
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    house_close(&house);
    log_writer_stop(writer);
    config_free(config);
    temp_folder_fini(&temp);
    return 0;
}

TEST(it_serves_until_it_is_stopped)
{
    CHECK_INT(1, service_listener_count(service));
    CHECK(service_listener(service, 0).local.port != 0);
    CHECK_INT(0, service_user_count(service));
    service_stop(service);
    CHECK_INT(0, service_run(service));
    CHECK_INT(0, service_close(service));
}

TEST(sigterm_ends_it)
{
    CHECK_INT(0, raise(SIGTERM));
    CHECK_INT(0, service_run(service));
    CHECK_INT(0, service_close(service));
}

/* A terminal signals parent and child, and the parent passes it on. */
TEST(a_signal_that_comes_during_the_end_is_too_late_to_be_obeyed)
{
    service_stop(service);
    CHECK_INT(0, service_run(service));
    CHECK_INT(0, raise(SIGTERM));
    CHECK_INT(0, raise(SIGINT));
    CHECK_INT(0, raise(SIGHUP));
    CHECK_INT(0, service_close(service));
}

static unsigned prepared, given_up;

static int on_prepare(void *arg, const struct config *next, char *problem, size_t problem_size)
{
    (void)arg, (void)next, (void)problem, (void)problem_size;
    prepared++;
    return 0;
}

static void on_take(void *arg, const struct config *next, const struct config *before)
{
    (void)arg, (void)next, (void)before;
    fail_msg("nobody has turned since");
}

static void on_give_up(void *arg)
{
    (void)arg;
    given_up++;
}

/* What was made for it (metrics) is unmade. */
TEST(a_reload_that_is_under_way_at_the_end_is_given_up)
{
    static const struct reloading_events mine = { on_prepare, on_take, on_give_up };
    char                                 path[128];
    FILE                                *file = fopen(temp_folder_file(&temp, "ahoy.conf", path), "w");

    CHECK(file != NULL);
    fprintf(file, "%.*s", SLICE_ARG(config->text));
    CHECK_INT(0, fclose(file));
    service->reloading.path   = path;
    service->reloading.events = &mine;
    service_on_hangup(service);
    CHECK_INT(1, prepared);
    CHECK_INT(0, service_close(service));
    CHECK_INT(1, given_up);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(it_serves_until_it_is_stopped, setup, teardown),
        cmocka_unit_test_setup_teardown(sigterm_ends_it, setup, teardown),
        cmocka_unit_test_setup_teardown(a_signal_that_comes_during_the_end_is_too_late_to_be_obeyed, setup, teardown),
        cmocka_unit_test_setup_teardown(a_reload_that_is_under_way_at_the_end_is_given_up, setup, teardown),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
