/* SPDX-License-Identifier: BSD-2-Clause */
#include "process/machine.h"

#include "support/temp_folder.h"
#include "support/test.h"

#include <stdio.h>
#include <sys/stat.h>

static struct temp_folder folder;

static void write_file(const char *name, const char *text)
{
    char  path[128];
    FILE *f = fopen(temp_folder_file(&folder, name, path), "w");

    assert_non_null(f);
    fputs(text, f);
    CHECK_INT(0, fclose(f));
}

TEST(a_group_without_a_limit_has_the_memory_of_the_machine)
{
    uint64_t all;

    temp_folder_init(&folder);
    all = machine_memory(folder.path);
    CHECK(all > 64 << 20);
    write_file("memory.max", "max\n");
    CHECK_INT(all, machine_memory(folder.path));
    temp_folder_fini(&folder);
    CHECK(machine_memory(NULL) > 0 && machine_memory(NULL) <= all);
}

TEST(the_limit_of_a_control_group_counts_if_it_is_lower)
{
    char     path[128];
    uint64_t all;

    temp_folder_init(&folder);
    all = machine_memory(folder.path);
    write_file("memory.max", "33554432\n");
    CHECK_INT(33554432, machine_memory(folder.path));
    write_file("memory.max", "9223372036854771712\n");
    CHECK_INT(all, machine_memory(folder.path));
    CHECK_INT(0, mkdir(temp_folder_file(&folder, "memory", path), 0700));
    write_file("memory/memory.limit_in_bytes", "16777216\n"); /* cgroup v1 */
    CHECK_INT(16777216, machine_memory(folder.path));
    write_file("memory/memory.limit_in_bytes", "nonsense\n");
    CHECK_INT(all, machine_memory(folder.path));
    temp_folder_fini(&folder);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_group_without_a_limit_has_the_memory_of_the_machine),
        cmocka_unit_test(the_limit_of_a_control_group_counts_if_it_is_lower),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
