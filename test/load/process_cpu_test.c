/* SPDX-License-Identifier: BSD-2-Clause */
#include "load/process_cpu.h"

#include "support/temp_folder.h"
#include "support/test.h"

#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

static struct temp_folder folder;

static int setup(void **state)
{
    (void)state;
    temp_folder_init(&folder);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    temp_folder_fini(&folder);
    return 0;
}

static void write_file(const char *name, const char *text)
{
    char  path[128];
    FILE *f = fopen(temp_folder_file(&folder, name, path), "w");

    assert_non_null(f);
    fputs(text, f);
    fclose(f);
}

static void make_folder(const char *name)
{
    char path[128];

    assert_int_equal(0, mkdir(temp_folder_file(&folder, name, path), 0700));
}

/* A process with one thread: ticks of user and system time, nanoseconds. */
static void put_process(int pid, int parent, const char *name, int user, int system, long long ns)
{
    char at[64], text[200];

    snprintf(at, sizeof at, "%d", pid);
    make_folder(at);
    snprintf(at, sizeof at, "%d/stat", pid);
    snprintf(text, sizeof text, "%d (%s) S %d 1 1 0 -1 4194560 1 0 0 0 %d %d 99 99 20 0 1 0 5 6 7\n", pid, name, parent,
             user, system);
    write_file(at, text);
    snprintf(at, sizeof at, "%d/task", pid);
    make_folder(at);
    snprintf(at, sizeof at, "%d/task/%d", pid, pid);
    make_folder(at);
    snprintf(at, sizeof at, "%d/task/%d/schedstat", pid, pid);
    snprintf(text, sizeof text, "%lld 5 6\n", ns);
    write_file(at, text);
}

static bool near(double want, double got)
{
    return got > want - 1e-6 && got < want + 1e-6;
}

TEST(a_process_counts_with_its_children_and_theirs)
{
    struct process_cpu cpu;
    int                pids[1] = { 10 };
    double             tick    = 1.0 / (double)sysconf(_SC_CLK_TCK);

    put_process(10, 1, "parent", 1, 2, 100000000);
    put_process(11, 10, "child", 10, 20, 200000000);
    put_process(12, 11, "its child", 100, 200, 400000000);
    put_process(13, 1, "a stranger", 1000, 1000, 800000000);
    CHECK(process_cpu_read(folder.path, pids, 1, &cpu));
    CHECK(near(111 * tick, cpu.user));
    CHECK(near(222 * tick, cpu.system));
    CHECK(near(0.7, cpu.total));
}

TEST(a_name_may_hold_anything)
{
    struct process_cpu cpu;
    int                pids[1] = { 20 };

    put_process(20, 1, "a) S 7 (b c) R", 100, 0, 0);
    CHECK(process_cpu_read(folder.path, pids, 1, &cpu));
    CHECK(near(100.0 / (double)sysconf(_SC_CLK_TCK), cpu.user));
}

TEST(who_is_not_there_is_told)
{
    struct process_cpu cpu;
    int                pids[2] = { 30, 31 };

    CHECK(!process_cpu_read(folder.path, pids, 2, &cpu));
    CHECK(!process_cpu_read("/nowhere", pids, 2, &cpu));
    put_process(31, 1, "half", 1, 1, 1);
    CHECK(process_cpu_read(folder.path, pids, 2, &cpu));
}

TEST(this_process_has_used_some)
{
    struct process_cpu cpu;
    int                pids[1] = { getpid() };

    CHECK(process_cpu_read("/proc", pids, 1, &cpu));
}

TEST(numbers_are_read_and_nothing_else)
{
    int      pids[PROCESS_CPU_MAX];
    unsigned count;

    CHECK(process_cpu_parse("1", pids, &count));
    CHECK_INT(1, count);
    CHECK(process_cpu_parse("12,345,6", pids, &count));
    CHECK_INT(3, count);
    CHECK_INT(345, pids[1]);
    CHECK(!process_cpu_parse("", pids, &count));
    CHECK(!process_cpu_parse("0", pids, &count));
    CHECK(!process_cpu_parse("-1", pids, &count));
    CHECK(!process_cpu_parse("1,", pids, &count));
    CHECK(!process_cpu_parse("ahoy", pids, &count));
    CHECK(!process_cpu_parse("99999999999", pids, &count));
    CHECK(!process_cpu_parse("1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17", pids, &count));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_process_counts_with_its_children_and_theirs, setup, teardown),
        cmocka_unit_test_setup_teardown(a_name_may_hold_anything, setup, teardown),
        cmocka_unit_test_setup_teardown(who_is_not_there_is_told, setup, teardown),
        cmocka_unit_test_setup_teardown(this_process_has_used_some, setup, teardown),
        cmocka_unit_test_setup_teardown(numbers_are_read_and_nothing_else, setup, teardown),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
