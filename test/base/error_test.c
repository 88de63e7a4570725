/* SPDX-License-Identifier: BSD-2-Clause */
#include "base/error.h"
#include "support/test.h"

TEST(both_signs_name_the_same_error)
{
    CHECK(strcmp(error_name(ERR_NO_MEMORY), "NO_MEMORY") == 0);
    CHECK(strcmp(error_name(-ERR_NO_MEMORY), "NO_MEMORY") == 0);
    CHECK(strcmp(error_text(-ERR_NO_MEMORY), "out of memory") == 0);
    CHECK(strcmp(error_name(0), "NONE") == 0);
}

TEST(every_code_has_a_name_and_a_text)
{
    for (int code = -ERR_COUNT - 1; code <= ERR_COUNT + 1; code++) {
        CHECK(error_name(code) != NULL && *error_name(code) != '\0');
        CHECK(error_text(code) != NULL && *error_text(code) != '\0');
    }
    CHECK(strcmp(error_name(ERR_COUNT), "UNKNOWN") == 0);
    CHECK(strcmp(error_text(-ERR_COUNT), "unknown error") == 0);
    CHECK(strcmp(error_name(INT32_MIN), "UNKNOWN") == 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(both_signs_name_the_same_error),
        cmocka_unit_test(every_code_has_a_name_and_a_text),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
