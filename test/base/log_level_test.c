/* SPDX-License-Identifier: BSD-2-Clause */
#include "base/log_level.h"

#include "base/error.h"
#include "support/test.h"

TEST(levels_and_parts_have_names_that_read_back)
{
    enum log_level level = LOG_NOTICE;
    enum log_part  part;

    for (int i = LOG_DEBUG; i <= LOG_ERROR; i++) {
        CHECK(log_level_parse(slice_from(log_level_name((enum log_level)i)), &level));
        CHECK_INT(i, level);
    }
    for (unsigned i = 0; i < LOG_PARTS; i++) {
        CHECK(log_part_parse(slice_from(log_part_name((enum log_part)i)), &part));
        CHECK_INT(i, part);
        CHECK(strlen(log_part_help((enum log_part)i)) > 0);
    }
    CHECK(log_level_parse(SLICE("WARNING"), &level));
    CHECK(!log_level_parse(SLICE("loud"), &level) && !log_level_parse(SLICE(""), &level));
    CHECK_INT(LOG_WARNING, level);
    CHECK(!log_part_parse(SLICE("transpor"), &part));
}

TEST(one_part_has_its_own_level)
{
    struct log_levels levels;

    log_levels_init(&levels, LOG_INFO);
    CHECK_INT(0, log_levels_set(&levels, "transport", LOG_DEBUG));
    CHECK_INT(LOG_DEBUG, log_levels_get(&levels, LOG_PART_TRANSPORT));
    CHECK_INT(LOG_INFO, log_levels_get(&levels, LOG_PART_PROXY));
    CHECK_INT(0, log_levels_set(&levels, NULL, LOG_ERROR));
    for (unsigned i = 0; i < LOG_PARTS; i++)
        CHECK_INT(LOG_ERROR, log_levels_get(&levels, (enum log_part)i));
    CHECK_INT(-ERR_NOT_FOUND, log_levels_set(&levels, "nose", LOG_DEBUG));
}

TEST(a_word_is_for_all_and_a_pair_for_one_part)
{
    struct log_levels levels;
    const char       *why = NULL;

    log_levels_init(&levels, LOG_INFO);
    CHECK(log_levels_assign(&levels, SLICE("notice"), &why));
    CHECK(log_levels_assign(&levels, SLICE("Proxy=Debug"), &why));
    CHECK_INT(LOG_NOTICE, log_levels_get(&levels, LOG_PART_CALL));
    CHECK_INT(LOG_DEBUG, log_levels_get(&levels, LOG_PART_PROXY));
    CHECK(why == NULL);
}

TEST(what_is_neither_sets_nothing_and_says_what_would_be_right)
{
    static const char *const wrong[] = {
        "", "=", "loud", "proxy", "proxy=", "=debug", "proxy=loud", "nose=debug", "proxy=debug=info", "proxy =debug"
    };
    struct log_levels levels;

    log_levels_init(&levels, LOG_INFO);
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        const char *why = NULL;

        CHECK(!log_levels_assign(&levels, test_guarded(slice_from(wrong[i])), &why));
        CHECK(why != NULL && strstr(why, "transport=debug") != NULL);
    }
    for (unsigned i = 0; i < LOG_PARTS; i++)
        CHECK_INT(LOG_INFO, log_levels_get(&levels, (enum log_part)i));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(levels_and_parts_have_names_that_read_back),
        cmocka_unit_test(one_part_has_its_own_level),
        cmocka_unit_test(a_word_is_for_all_and_a_pair_for_one_part),
        cmocka_unit_test(what_is_neither_sets_nothing_and_says_what_would_be_right),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
