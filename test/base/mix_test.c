/* SPDX-License-Identifier: BSD-2-Clause */
#include "base/mix.h"
#include "base/scan.h"
#include "support/test.h"

static const struct hash_key key = { 1, 2 };

static uint64_t of(const char *text, size_t len)
{
    return mix_text(7, test_guarded((struct slice){ text, len }), &key);
}

static uint64_t nocase_of(const char *text, size_t len)
{
    return mix_text_nocase(7, test_guarded((struct slice){ text, len }), &key);
}

/* By eights, by sixteens, and what is left by loads that overlap. */
TEST(every_byte_of_every_length_matters)
{
    char text[50];

    memset(text, 'x', sizeof text);
    for (size_t len = 1; len <= sizeof text; len++) {
        uint64_t was = of(text, len), was_nocase = nocase_of(text, len);

        for (size_t at = 0; at < len; at++) {
            text[at] = 'y';
            CHECK(of(text, len) != was);
            CHECK(nocase_of(text, len) != was_nocase);
            text[at] = 'X';
            CHECK(of(text, len) != was);
            CHECK(nocase_of(text, len) == was_nocase);
            text[at] = 'x';
        }
    }
}

TEST(nocase_folds_ascii_letters_and_nothing_else)
{
    for (size_t len = 1; len <= 20; len++) {
        for (int c = 0; c < 256; c++) {
            char text[20], folded[20];

            memset(text, c, len);
            memset(folded, ascii_lower((char)c), len);
            CHECK(nocase_of(text, len) == of(folded, len));
        }
    }
}

TEST(no_text_changes_nothing)
{
    CHECK(mix_text(7, (struct slice){ NULL, 0 }, &key) == 7);
}

TEST(what_was_before_and_the_key_matter)
{
    const struct hash_key other = { 1, 3 }, another = { 3, 2 };
    struct slice          text = SLICE("z9hG4bKabc");

    CHECK(mix_text(7, text, &key) != mix_text(8, text, &key));
    CHECK(mix_text(7, text, &key) != mix_text(7, text, &other));
    CHECK(mix_text(7, text, &key) != mix_text(7, text, &another));
    CHECK(mix(7, 1, 2, &key) != mix(7, 2, 1, &key));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_byte_of_every_length_matters),
        cmocka_unit_test(nocase_folds_ascii_letters_and_nothing_else),
        cmocka_unit_test(no_text_changes_nothing),
        cmocka_unit_test(what_was_before_and_the_key_matter),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
