/* SPDX-License-Identifier: BSD-2-Clause */
#include "console/taken.h"

#include "base/error.h"
#include "support/temp_folder.h"
#include "support/test.h"

#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

static struct temp_folder   temp;
static const struct config *start, *now;
static char                 path[160];

static const struct config *parse(const char *more, const char *name)
{
    const struct config *c = NULL;
    char                 text[512], folder[128];

    snprintf(text, sizeof text, "domain = a.test\nstate = \"%s\"\n%s\n", temp_folder_file(&temp, "state", folder),
             more);
    CHECK_INT(0, config_parse(slice_from(text), name, NULL, NULL, &c));
    return c;
}

static int setup(void **state)
{
    char folder[128];

    (void)state;
    temp_folder_init(&temp);
    CHECK_INT(0, mkdir(temp_folder_file(&temp, "state", folder), 0700));
    snprintf(path, sizeof path, "%s/configuration", folder);
    start = parse("# that of the start", "/etc/a.conf");
    now   = parse("max_contacts = 3 # \xff is no UTF-8", "/etc/b \xc3\xa4.conf");
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    config_free(start);
    config_free(now);
    temp_folder_fini(&temp);
    return 0;
}

TEST(what_was_taken_and_what_before_it_comes_back)
{
    const struct taken t = { 7, 1732350000123, now, start };
    struct taken       back;
    struct stat        s;

    CHECK_INT(0, taken_write(&t));
    CHECK_INT(0, stat(path, &s));
    CHECK_INT(0600, s.st_mode & 0777);
    CHECK_INT(0, taken_read(start, &back));
    CHECK_INT(7, back.number);
    CHECK_INT(1732350000123, back.at);
    CHECK_INT(3, back.now->max_contacts);
    CHECK_SLICE("/etc/b \xc3\xa4.conf", back.now->name);
    CHECK(slice_eq(now->text, back.now->text));
    CHECK_SLICE("/etc/a.conf", back.before->name);
    CHECK_INT(10, back.before->max_contacts);
    taken_fini(&back);
}

TEST(at_the_start_there_is_none_before)
{
    const struct taken t = { 1, 5, start, NULL };
    struct taken       back;

    CHECK_INT(0, taken_write(&t));
    CHECK_INT(0, taken_read(start, &back));
    CHECK(back.before == NULL);
    taken_fini(&back);
}

TEST(nothing_is_kept_that_was_forgotten)
{
    const struct taken t = { 2, 5, now, start };
    struct taken       back;

    CHECK_INT(-ERR_NOT_FOUND, taken_read(start, &back));
    CHECK_INT(0, taken_write(&t));
    taken_forget(start);
    CHECK_INT(-ERR_NOT_FOUND, taken_read(start, &back));
}

/* Whatever is cut off. */
TEST(what_is_damaged_is_said_to_be)
{
    const struct taken t = { 2, 5, now, start };
    struct taken       back;
    struct stat        s;

    CHECK_INT(0, taken_write(&t));
    CHECK_INT(0, stat(path, &s));
    for (off_t size = s.st_size - 1; size >= 0; size -= 7) {
        int error;

        CHECK_INT(0, truncate(path, size));
        error = taken_read(start, &back);
        CHECK(error == -ERR_CORRUPT || error == -ERR_SYNTAX);
        CHECK(back.now == NULL && back.before == NULL);
    }
}

TEST(a_folder_that_is_gone_keeps_nothing_and_says_so)
{
    const struct taken t = { 2, 5, now, start };
    char               folder[128];

    CHECK_INT(0, rmdir(temp_folder_file(&temp, "state", folder)));
    CHECK_INT(-ERR_NOT_FOUND, taken_write(&t));
}

#define TAKEN_TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TAKEN_TEST(what_was_taken_and_what_before_it_comes_back),
        TAKEN_TEST(at_the_start_there_is_none_before),
        TAKEN_TEST(nothing_is_kept_that_was_forgotten),
        TAKEN_TEST(what_is_damaged_is_said_to_be),
        TAKEN_TEST(a_folder_that_is_gone_keeps_nothing_and_says_so),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
