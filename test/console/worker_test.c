/* SPDX-License-Identifier: BSD-2-Clause */
#include "console/worker.h"

#include "base/error.h"
#include "console/log_writer.h"
#include "net/world_uv.h"
#include "support/test.h"

#include <sched.h>
#include <stdatomic.h>
#include <string.h>
#include <unistd.h>

static struct log_writer   *writer;
static struct log_levels    levels;
static const struct config *config;
static struct child         child;
static struct place         place = { NULL, &child };

static struct budget budget;

static void setup(const char *text)
{
    char problem[256];

    accounts_init(&budget, 1 << 20);
    log_levels_init(&levels, LOG_WARNING);
    assert_int_equal(0, config_parse(slice_from(text), "test", NULL, NULL, &config));
    assert_int_equal(0, log_writer_start(NULL, &levels, LOG_RING_BYTES, &writer, problem, sizeof problem));
    child_alone(&child);
}

static void teardown(void)
{
    log_writer_stop(writer);
    config_free(config);
}

TEST(there_are_as_many_workers_as_configured_or_one_for_each_processor)
{
    cpu_set_t cpus;

    setup("domain = a.test\nworkers = 7\n");
    CHECK_INT(7, workers_wanted(config));
    teardown();
    setup("domain = a.test\n");
    assert_int_equal(0, sched_getaffinity(0, sizeof cpus, &cpus));
    CHECK_INT(CPU_COUNT(&cpus) < WORKERS_MAX ? CPU_COUNT(&cpus) : WORKERS_MAX, workers_wanted(config));
    teardown();
}

static void note_thread(void *arg)
{
    pthread_t self = pthread_self();

    memcpy(arg, &self, sizeof self);
}

/* rcu is joined by the thread, so its reader sections are legal there. */
static void enter_and_leave(void *arg)
{
    struct rcu *rcu = arg;

    rcu_enter(rcu);
    rcu_leave(rcu);
}

TEST(a_worker_turns_its_world_on_a_thread_of_its_own_until_it_is_stopped)
{
    struct common common;
    struct worker w;
    struct rcu   *rcu = rcu_threads_new();
    pthread_t     ran = pthread_self();
    char          problem[256];

    setup("domain = a.test\n");
    common = (struct common){ writer, &budget, NULL, &place };
    CHECK_INT(0, worker_open(&w, 3, config, &common, problem, sizeof problem));
    w.rcu = rcu;
    CHECK_INT(0, worker_start(&w));
    CHECK_INT(0, w.world->ops->post(w.world, note_thread, &ran));
    CHECK_INT(0, w.world->ops->post(w.world, enter_and_leave, rcu));
    worker_stop(&w);
    CHECK(pthread_equal(ran, pthread_self()) == 0);
    worker_stop(&w); /* once more: nothing */
    CHECK_INT(0, worker_close(&w));
    CHECK(w.world == NULL);
    rcu_free(rcu);
    teardown();
}

TEST(what_cannot_be_opened_is_said_and_closed_again)
{
    struct common common;
    struct worker w;
    char          problem[256] = "";

    setup("domain = a.test\ntrace = \"/nonexistent/folder/trace\"\n");
    common = (struct common){ writer, &budget, NULL, &place };
    CHECK_INT(-ERR_NOT_FOUND, worker_open(&w, 0, config, &common, problem, sizeof problem));
    CHECK(strstr(problem, "/nonexistent/folder/trace") != NULL);
    CHECK_INT(0, worker_close(&w));
    teardown();
    setup("domain = a.test\ndns_servers = \"127.0.0.1\"\n");
    common = (struct common){ writer, &budget, NULL, &place };
    CHECK_INT(0, worker_open(&w, 0, config, &common, problem, sizeof problem));
    CHECK_INT(0, worker_close(&w));
    teardown();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(there_are_as_many_workers_as_configured_or_one_for_each_processor),
        cmocka_unit_test(a_worker_turns_its_world_on_a_thread_of_its_own_until_it_is_stopped),
        cmocka_unit_test(what_cannot_be_opened_is_said_and_closed_again),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
