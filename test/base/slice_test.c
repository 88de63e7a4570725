/* SPDX-License-Identifier: BSD-2-Clause */
#include "base/slice.h"
#include "support/test.h"

#include <ctype.h>

enum { LONGEST = 40 };

/* Two bytes in the middle of texts that are the same in another case; `end` is the end of a page. */
static bool are_same(char *end, size_t len, size_t at, int byte, int other)
{
    char  text[LONGEST];
    char *last = end - len;

    memset(text, 'x', len);
    memset(last, 'X', len);
    text[at] = (char)byte;
    last[at] = (char)other;
    CHECK_INT(slice_eq_nocase((struct slice){ text, len }, (struct slice){ last, len }),
              slice_eq_nocase((struct slice){ last, len }, (struct slice){ text, len }));
    return slice_eq_nocase((struct slice){ text, len }, (struct slice){ last, len });
}

TEST(letters_are_the_same_in_either_case_and_nothing_else_is)
{
    struct slice page = test_guarded(SLICE("x"));

    for (size_t len = 1; len <= LONGEST; len++)
        for (size_t at = 0; at < len; at++)
            for (int byte = 0; byte < 256; byte++) {
                char *end = (char *)(uintptr_t)page.ptr + 1;

                CHECK(are_same(end, len, at, byte, byte));
                CHECK_INT(byte < 128 && isalpha(byte), are_same(end, len, at, byte, byte ^ 0x20));
                CHECK(!are_same(end, len, at, byte, byte ^ 0x80));
                CHECK(!are_same(end, len, at, byte, byte ^ 1));
            }
}

TEST(a_text_of_another_length_is_another_one_and_none_is_none)
{
    CHECK(slice_eq_nocase(SLICE(""), (struct slice){ NULL, 0 }));
    CHECK(!slice_eq_nocase(SLICE("a"), (struct slice){ NULL, 0 }));
    CHECK(!slice_eq_nocase(SLICE("example.test"), SLICE("example.tes")));
    CHECK(slice_eq_nocase(SLICE("Example.TEST"), SLICE("eXAMPLE.test")));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(letters_are_the_same_in_either_case_and_nothing_else_is),
        cmocka_unit_test(a_text_of_another_length_is_another_one_and_none_is_none),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
