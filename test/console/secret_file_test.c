/* SPDX-License-Identifier: BSD-2-Clause */
#include "console/secret_file.h"

#include "base/error.h"
#include "support/temp_folder.h"
#include "support/test.h"

#include <stdio.h>
#include <sys/stat.h>

static struct temp_folder folder;
static char               path[128], secret[SECRET_SIZE], why[256];

static int setup(void **state)
{
    (void)state;
    temp_folder_init(&folder);
    temp_folder_file(&folder, "secret", path);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    temp_folder_fini(&folder);
    return 0;
}

static int read_of(const char *text, mode_t mode)
{
    FILE *file = fopen(path, "w");

    fputs(text, file);
    fclose(file);
    chmod(path, mode);
    return secret_file_read(path, secret, why, sizeof why);
}

TEST(the_first_line_is_the_secret)
{
    CHECK_INT(0, read_of("wonder land\nmore\n", 0600));
    CHECK_SLICE("wonder land", slice_from(secret));
    CHECK_INT(0, read_of("wonderland\r\n", 0400));
    CHECK_SLICE("wonderland", slice_from(secret));
    CHECK_INT(0, read_of("wonderland", 0600));
    CHECK_SLICE("wonderland", slice_from(secret));
}

TEST(a_file_that_others_may_read_is_refused)
{
    CHECK_INT(-ERR_PERMISSION, read_of("wonderland\n", 0640));
    CHECK_INT(-ERR_PERMISSION, read_of("wonderland\n", 0604));
    CHECK(strstr(why, "chmod 600") != NULL);
    CHECK(strstr(why, "wonderland") == NULL);
}

TEST(what_holds_no_secret_is_told)
{
    char long_line[SECRET_SIZE + 10];

    memset(long_line, 'x', sizeof long_line - 1);
    long_line[sizeof long_line - 1] = '\0';
    CHECK_INT(-ERR_SYNTAX, read_of("\n", 0600));
    CHECK_INT(-ERR_SYNTAX, read_of("", 0600));
    CHECK_INT(-ERR_TOO_LARGE, read_of(long_line, 0600));
    CHECK_INT(-ERR_NOT_FOUND, secret_file_read("/nowhere/at/all", secret, why, sizeof why));
    CHECK_INT(-ERR_IO, secret_file_read("/dev/null", secret, why, sizeof why));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(the_first_line_is_the_secret, setup, teardown),
        cmocka_unit_test_setup_teardown(a_file_that_others_may_read_is_refused, setup, teardown),
        cmocka_unit_test_setup_teardown(what_holds_no_secret_is_told, setup, teardown),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
