/* SPDX-License-Identifier: BSD-2-Clause */
#include "net/name_files.h"

#include "support/test.h"

/* What stat says of the two files is up to the test. */
static struct stat hosts, servers;
static bool        hosts_exist, servers_exist;
static unsigned    looks;

__attribute__((visibility("default"))) int stat(const char *restrict path, struct stat *restrict out)
{
    looks++;
    *out = strcmp(path, "/etc/hosts") == 0 ? hosts : servers;
    return (strcmp(path, "/etc/hosts") == 0 ? hosts_exist : servers_exist) ? 0 : -1;
}

static struct name_files files;

static int setup(void **state)
{
    (void)state;
    hosts       = (struct stat){ .st_size = 100, .st_ino = 7, .st_mtim = { 1000, 0 } };
    servers     = (struct stat){ .st_size = 50, .st_ino = 8, .st_mtim = { 2000, 0 } };
    hosts_exist = servers_exist = true;
    name_files_init(&files, 0);
    looks = 0;
    return 0;
}

TEST(nothing_has_changed_at_first)
{
    CHECK_INT(0, name_files_changed(&files, 5000, 5000));
    CHECK_INT(2, looks);
}

TEST(there_is_no_look_before_the_pause_is_over)
{
    hosts.st_size++;
    CHECK_INT(0, name_files_changed(&files, 4999, 5000));
    CHECK_INT(0, looks);
    CHECK_INT(NAME_FILES_HOSTS, name_files_changed(&files, 5000, 5000));
    CHECK_INT(0, name_files_changed(&files, 10000, 5000));
}

TEST(a_file_that_was_written_to_or_replaced_or_goes_or_comes_has_changed)
{
    servers.st_mtim.tv_nsec = 1;
    CHECK_INT(NAME_FILES_SERVERS, name_files_changed(&files, 5000, 5000));
    servers.st_ino = 9;
    hosts_exist    = false;
    CHECK_INT(NAME_FILES_SERVERS | NAME_FILES_HOSTS, name_files_changed(&files, 10000, 5000));
    CHECK_INT(0, name_files_changed(&files, 15000, 5000));
    hosts_exist = true;
    CHECK_INT(NAME_FILES_HOSTS, name_files_changed(&files, 20000, 5000));
}

#define FILES_TEST(name) cmocka_unit_test_setup(name, setup)

int main(void)
{
    const struct CMUnitTest tests[] = {
        FILES_TEST(nothing_has_changed_at_first),
        FILES_TEST(there_is_no_look_before_the_pause_is_over),
        FILES_TEST(a_file_that_was_written_to_or_replaced_or_goes_or_comes_has_changed),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
