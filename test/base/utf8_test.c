/* SPDX-License-Identifier: BSD-2-Clause */
#include "base/utf8.h"
#include "support/test.h"

static bool is_valid(const char *text)
{
    return utf8_is_valid(test_guarded(slice_from(text)));
}

TEST(characters_of_every_length_are_utf8)
{
    CHECK(is_valid(""));
    CHECK(is_valid("Zoe"));
    CHECK(is_valid("Zo\xc3\xab \xe2\x82\xac \xf0\x9f\x93\x9e"));
    CHECK(is_valid(
        "\xc2\x80 \xdf\xbf \xe0\xa0\x80 \xed\x9f\xbf \xee\x80\x80 \xef\xbf\xbf \xf0\x90\x80\x80 \xf4\x8f\xbf\xbf"));
    CHECK(utf8_is_valid((struct slice){ "a\0b", 3 }));
}

/* RFC 3629 4 */
TEST(overlong_forms_surrogates_and_what_is_above_the_last_plane_are_not)
{
    static const char *const bad[] = {
        "\x80",         "\xbf",         "\xc0\x80",         "\xc1\xbf",         "\xe0\x9f\xbf",
        "\xed\xa0\x80", "\xed\xbf\xbf", "\xf0\x8f\xbf\xbf", "\xf4\x90\x80\x80", "\xf5\x80\x80\x80",
        "\xfe",         "\xff"
    };

    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        CHECK(!is_valid(bad[i]));
}

TEST(a_character_that_is_cut_off_or_broken_is_not)
{
    static const char *const bad[] = { "\xc3",  "\xe2\x82", "\xf0\x9f\x93", "a\xe2",
                                       "\xc3(", "\xe2\x28", "\xe2\x82\x28", "\xf0\x9f\x93(" };

    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        CHECK(!is_valid(bad[i]));
}

TEST(a_character_has_a_length_and_ascii_is_none_of_several_bytes)
{
    CHECK_INT(2, utf8_length((const unsigned char *)"\xc3\xab!", 3));
    CHECK_INT(0, utf8_length((const unsigned char *)"\xc3\xab!", 1));
    CHECK_INT(0, utf8_length((const unsigned char *)"a", 1));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(characters_of_every_length_are_utf8),
        cmocka_unit_test(overlong_forms_surrogates_and_what_is_above_the_last_plane_are_not),
        cmocka_unit_test(a_character_that_is_cut_off_or_broken_is_not),
        cmocka_unit_test(a_character_has_a_length_and_ascii_is_none_of_several_bytes),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
