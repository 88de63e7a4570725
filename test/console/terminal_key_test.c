/* SPDX-License-Identifier: BSD-2-Clause */
#include "console/terminal_key.h"

#include "support/test.h"

#include <string.h>

/* After how many of its bytes a key is whole; 0: not even with the last one. */
static size_t whole_after(const char *bytes)
{
    for (size_t count = 1; count <= strlen(bytes); count++)
        if (terminal_key_is_whole((const unsigned char *)bytes, count))
            return count;
    return 0;
}

static size_t length_of(const char *bytes)
{
    return terminal_key_length((const unsigned char *)bytes, strlen(bytes));
}

TEST(a_byte_of_ascii_is_a_key)
{
    for (char c = 1; c < 0x7f; c++) {
        char bytes[] = { c, '\0' };

        if (c != TERMINAL_KEY_ESCAPE)
            CHECK_INT(1, whole_after(bytes));
        CHECK_INT(1, length_of(bytes));
    }
}

TEST(a_character_waits_for_its_last_byte)
{
    CHECK_INT(2, whole_after("\xc3\xa4"));
    CHECK_INT(3, whole_after("\xe2\x82\xac"));
    CHECK_INT(4, whole_after("\xf0\x9f\x98\x80"));
    CHECK_INT(2, length_of("\xc3\xa4"
                           "b"));
    CHECK_INT(4, length_of("\xf0\x9f\x98\x80"));
}

TEST(what_is_no_utf8_is_taken_byte_by_byte)
{
    CHECK_INT(1, whole_after("\x80"));
    CHECK_INT(1, whole_after("\xc0"));
    CHECK_INT(2, whole_after("\xc3"
                             "b"));
    CHECK_INT(1, length_of("\xc3"
                           "b"));
    CHECK_INT(1, length_of("\xff"));
}

TEST(an_escape_sequence_waits_for_its_end)
{
    CHECK_INT(0, whole_after("\x1b"));
    CHECK_INT(2, whole_after("\x1b"
                             "b"));
    CHECK_INT(3, whole_after("\x1b[A"));
    CHECK_INT(3, whole_after("\x1bOP"));
    CHECK_INT(6, whole_after("\x1b[1;5C"));
    CHECK_INT(0, whole_after("\x1b[1;5"));
}

TEST(what_never_ends_is_no_sequence)
{
    CHECK_INT(TERMINAL_KEY_MAX + 1, whole_after("\x1b[1111111111111111111111111111"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_byte_of_ascii_is_a_key),
        cmocka_unit_test(a_character_waits_for_its_last_byte),
        cmocka_unit_test(what_is_no_utf8_is_taken_byte_by_byte),
        cmocka_unit_test(an_escape_sequence_waits_for_its_end),
        cmocka_unit_test(what_never_ends_is_no_sequence),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
