/* SPDX-License-Identifier: BSD-2-Clause */
/* What is read is looked at as a whole, and taken or not. */
#include "console/reloading.h"

#include "base/error.h"
#include "support/server_bench.h"
#include "support/temp_folder.h"
#include "support/test.h"

#include <stdio.h>

static struct bench       b;
static struct temp_folder folder;
static struct descriptors descriptors;
static struct child       child;
static struct place       place = { &descriptors, &child };
static struct reloading   r;
static char               path[128], common[256];
static int                prepare_says;
static unsigned           prepared, taken, given_up, answers;
static json_t            *answer;

static int on_prepare(void *arg, const struct config *next, char *problem, size_t problem_size)
{
    (void)arg;
    (void)next;
    prepared++;
    snprintf(problem, problem_size, "the address of metrics is in use");
    return prepare_says;
}

static void on_take(void *arg, const struct config *next, const struct config *before)
{
    (void)arg;
    CHECK(next != before);
    taken++;
}

static void on_give_up(void *arg)
{
    (void)arg;
    given_up++;
}

static const struct reloading_events events = { on_prepare, on_take, on_give_up };

static void on_answer(void *arg, json_t *said)
{
    (void)arg;
    json_decref(answer);
    answer = said;
    answers++;
}

static void write_file(const char *more)
{
    FILE *file = fopen(path, "we");

    CHECK(file != NULL);
    fprintf(file, "domain = \"example.test\"\nlisten = {\"udp:192.0.2.1:5060\", \"tcp:192.0.2.1:5060\"}\n%s%s\n",
            common, more);
    CHECK_INT(0, fclose(file));
}

static int setup(void **state)
{
    struct taken start = { .number = 1 };
    char         why[256];

    (void)state;
    temp_folder_init(&folder);
    temp_folder_file(&folder, "ahoy.conf", path);
    snprintf(common, sizeof common, "authentication = no\nstate = \"%s\"\n", folder.path);
    bench_open(&b, common);
    CHECK_INT(0, shared_reload_certificates(b.shared, 0, why, sizeof why));
    descriptors_init(&descriptors);
    child_alone(&child);
    r = (struct reloading){
        .path = path, .shared = b.shared, .world = b.at_server, .place = &place, .events = &events, .count = 1
    };

    r.servers[0] = b.server;
    start.now    = b.config;
    reloading_begin(&r, &start);
    prepare_says = 0;
    prepared = taken = given_up = answers = 0;
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    reloading_end(&r);
    json_decref(answer);
    answer = NULL;
    bench_close(&b);
    temp_folder_fini(&folder);
    return 0;
}

static void order(bool dry_run, bool undo)
{
    reloading_order(&r, &(struct reloading_order){ .dry_run = dry_run, .undo = undo }, on_answer, NULL);
    bench_live(&b, 50);
    CHECK(!reloading_is_busy(&r));
}

static bool is_taken(void)
{
    return json_is_true(json_object_get(answer, "taken"));
}

static const char *error(void)
{
    return json_string_value(json_object_get(answer, "error"));
}

static const char *problem(void)
{
    return json_string_value(json_array_get(json_object_get(answer, "problems"), 0));
}

static size_t changes(void)
{
    return json_array_size(json_object_get(answer, "changes"));
}

TEST(what_is_good_is_taken_and_told)
{
    write_file("timer_c = 200s\nmax_contacts = 3");
    order(false, false);
    CHECK(is_taken());
    CHECK_INT(2, changes());
    CHECK_INT(2, r.taken.number);
    CHECK_INT(200000, r.taken.now->timer_c);
    CHECK(prepared == 1 && taken == 1 && given_up == 0 && answers == 1);
}

TEST(a_file_with_mistakes_changes_nothing_and_each_is_told_with_its_line)
{
    write_file("timer_c = 200s\ntimer_d = 3\nmax_contacts = none");
    order(false, false);
    CHECK(!is_taken());
    CHECK_INT(2, json_array_size(json_object_get(answer, "problems")));
    CHECK(strstr(problem(), "ahoy.conf:6: ") != NULL);
    CHECK_INT(1, r.taken.number);
    CHECK_INT(0, prepared);
}

TEST(what_needs_a_restart_refuses_all_of_it)
{
    write_file("timer_c = 200s\nworkers = 7");
    order(false, false);
    CHECK(!is_taken());
    CHECK(strncmp(problem(), "workers: ", 9) == 0 && strstr(problem(), "restart") != NULL);
    CHECK_INT(185000, r.taken.now->timer_c);
}

TEST(a_dry_run_tells_what_would_change_and_changes_nothing)
{
    write_file("timer_c = 200s");
    order(true, false);
    CHECK(!is_taken() && error() == NULL);
    CHECK_INT(1, changes());
    CHECK(prepared == 0 && r.taken.number == 1);
}

TEST(undo_takes_the_one_before_and_once_more_the_one_after)
{
    order(false, true);
    assert_string_equal(error_name(-ERR_NOT_FOUND), error());
    write_file("timer_c = 200s");
    order(false, false);
    write_file("this is no configuration");
    order(false, true);
    CHECK(is_taken());
    CHECK_INT(185000, r.taken.now->timer_c);
    order(false, true);
    CHECK_INT(200000, r.taken.now->timer_c);
    CHECK_INT(4, r.taken.number);
}

TEST(who_cannot_get_ready_stops_it)
{
    prepare_says = -ERR_IN_USE;
    write_file("timer_c = 200s");
    order(false, false);
    CHECK(!is_taken() && taken == 0);
    assert_string_equal("the address of metrics is in use", problem());
    CHECK_INT(1, r.taken.number);
}

TEST(one_at_a_time_and_what_is_under_way_at_the_end_is_answered)
{
    write_file("timer_c = 200s");
    reloading_order(&r, &(struct reloading_order){ .path = NULL }, on_answer, NULL);
    CHECK(reloading_is_busy(&r));
    reloading_order(&r, &(struct reloading_order){ .path = NULL }, on_answer, NULL);
    CHECK_INT(1, answers);
    assert_string_equal(error_name(-ERR_LIMIT), error());
    reloading_end(&r);
    CHECK(answers == 2 && given_up == 1 && taken == 0);
    assert_string_equal(error_name(-ERR_CLOSED), error());
    bench_live(&b, 50);
    CHECK_INT(185000, b.config->timer_c);
    reloading_begin(&r, &(struct taken){ .number = 1, .now = b.config });
}

TEST(a_configuration_that_cannot_be_kept_is_not_taken)
{
    char away[128], file[160];

    write_file("timer_c = 200s");
    snprintf(away, sizeof away, "%s-away", folder.path);
    snprintf(file, sizeof file, "%s/ahoy.conf", away);
    CHECK_INT(0, rename(folder.path, away));
    r.path = file;
    order(false, false);
    CHECK_INT(0, rename(away, folder.path));
    CHECK(!is_taken() && given_up == 1 && taken == 0);
    CHECK(strstr(problem(), "cannot keep the configuration in ") != NULL);
    CHECK_INT(1, r.taken.number);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(what_is_good_is_taken_and_told, setup, teardown),
        cmocka_unit_test_setup_teardown(a_file_with_mistakes_changes_nothing_and_each_is_told_with_its_line, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(what_needs_a_restart_refuses_all_of_it, setup, teardown),
        cmocka_unit_test_setup_teardown(a_dry_run_tells_what_would_change_and_changes_nothing, setup, teardown),
        cmocka_unit_test_setup_teardown(undo_takes_the_one_before_and_once_more_the_one_after, setup, teardown),
        cmocka_unit_test_setup_teardown(who_cannot_get_ready_stops_it, setup, teardown),
        cmocka_unit_test_setup_teardown(one_at_a_time_and_what_is_under_way_at_the_end_is_answered, setup, teardown),
        cmocka_unit_test_setup_teardown(a_configuration_that_cannot_be_kept_is_not_taken, setup, teardown),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
