/* SPDX-License-Identifier: BSD-2-Clause */
#include "dialog/register_pace.h"

#include "support/test.h"

/* RFC 5626 4.5 */
TEST(a_failure_is_waited_for_twice_as_long_as_the_one_before_up_to_half_an_hour)
{
    static const msec alone[] = { 60, 120, 240, 480, 960, 1800, 1800 }, beside[] = { 180, 360, 720, 1440, 1800, 1800 };

    for (unsigned i = 0; i < sizeof alone / sizeof *alone; i++) {
        CHECK_INT(alone[i] * 500, register_back_off(i + 1, false, 0, 0));
        CHECK_INT(alone[i] * 1000, register_back_off(i + 1, false, 0, UINT32_MAX));
    }
    for (unsigned i = 0; i < sizeof beside / sizeof *beside; i++)
        CHECK_INT(beside[i] * 500, register_back_off(i + 1, true, 0, 0));
    CHECK_INT(1800000, register_back_off(UINT32_MAX, false, 0, UINT32_MAX));
}

TEST(retry_after_makes_it_longer_and_never_shorter)
{
    CHECK_INT(500000, register_back_off(1, false, 500, 0));
    CHECK_INT(30000, register_back_off(1, false, 1, 0));
}

TEST(what_is_about_this_user_is_final_unless_a_time_is_named)
{
    CHECK(register_is_final(403, 0) && register_is_final(403, 60) && register_is_final(423, 0));
    CHECK(register_is_final(404, 0) && !register_is_final(404, 60));
    CHECK(register_is_final(603, 0) && !register_is_final(600, 60));
    CHECK(!register_is_final(500, 0) && !register_is_final(503, 0) && !register_is_final(408, 0));
    CHECK(!register_is_final(302, 0) && !register_is_final(480, 0));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_failure_is_waited_for_twice_as_long_as_the_one_before_up_to_half_an_hour),
        cmocka_unit_test(retry_after_makes_it_longer_and_never_shorter),
        cmocka_unit_test(what_is_about_this_user_is_final_unless_a_time_is_named),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
