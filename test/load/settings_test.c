/* SPDX-License-Identifier: BSD-2-Clause */
#include "load/settings.h"

#include "base/error.h"
#include "support/alloc.h"
#include "support/test.h"

static struct load_settings s;
static char                 memory[4096], reason[256];
static struct buf           out, why;

static int setup(void **state)
{
    (void)state;
    out = BUF_ON(memory);
    why = BUF_ON(reason);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    load_settings_fini(&s);
    return 0;
}

static int read_text(const char *text)
{
    return load_settings_read(&s, test_guarded(slice_from(text)), &why);
}

TEST(what_is_saved_reads_back_the_same)
{
    char       again[4096];
    struct buf second = BUF_ON(again);

    CHECK_INT(0, load_settings_aim(&s, "invite", "example.test"));
    for (unsigned i = 0; i < LOAD_OPTION_COUNT; i++)
        CHECK_INT(0, load_settings_set(&s, (enum load_option)i,
                                       load_option_table()[i].argument == NULL ? "yes" : "a value = with signs"));
    load_settings_write(&s, &out);
    load_settings_fini(&s);
    CHECK_INT(0, load_settings_read(&s, test_guarded(buf_slice(&out)), &why));
    load_settings_write(&s, &second);
    CHECK(buf_ok(&out) && slice_eq(buf_slice(&out), buf_slice(&second)));
}

TEST(what_was_given_before_goes_before_the_file)
{
    CHECK_INT(0, load_settings_set(&s, LOAD_WINDOW, "7"));
    CHECK_INT(0, read_text("window = 64\nusers=5\n"));
    assert_string_equal("7", s.values[LOAD_WINDOW]);
    assert_string_equal("5", s.values[LOAD_USERS]);
}

TEST(comments_blanks_and_a_missing_last_line_end_are_fine)
{
    CHECK_INT(0, read_text("# a comment\n\n  \t\n  rate =  2000 \r\n#\nmedia = yes"));
    assert_string_equal("2000", s.values[LOAD_RATE]);
    assert_string_equal("yes", s.values[LOAD_MEDIA]);
}

TEST(a_mistake_is_told_with_its_line)
{
    CHECK_INT(-ERR_SYNTAX, read_text("users = 1\nwindows = 5\n"));
    CHECK_SLICE("line 2: unknown name 'windows'", buf_slice(&why));
    why.len = 0;
    CHECK_INT(-ERR_SYNTAX, read_text("media = perhaps\n"));
    CHECK_SLICE("line 1: yes or no, not 'perhaps'", buf_slice(&why));
    why.len = 0;
    CHECK_INT(-ERR_SYNTAX, read_text("media\n"));
    why.len = 0;
    CHECK_INT(-ERR_SYNTAX, read_text("users =\n"));
    why.len = 0;
    CHECK_INT(-ERR_SYNTAX, read_text("server = a\033b\n"));
}

TEST(without_memory_it_says_so)
{
    CHECK_INT(0, load_settings_set(&s, LOAD_WINDOW, "7"));
    alloc_fail_at(1);
    CHECK_INT(-ERR_NO_MEMORY, load_settings_set(&s, LOAD_WINDOW, "8"));
    alloc_fail_at(1);
    CHECK_INT(-ERR_NO_MEMORY, read_text("users = 5\n"));
    alloc_fail_at(0);
    assert_string_equal("7", s.values[LOAD_WINDOW]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(what_is_saved_reads_back_the_same, setup, teardown),
        cmocka_unit_test_setup_teardown(what_was_given_before_goes_before_the_file, setup, teardown),
        cmocka_unit_test_setup_teardown(comments_blanks_and_a_missing_last_line_end_are_fine, setup, teardown),
        cmocka_unit_test_setup_teardown(a_mistake_is_told_with_its_line, setup, teardown),
        cmocka_unit_test_setup_teardown(without_memory_it_says_so, setup, teardown),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
