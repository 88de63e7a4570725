/* SPDX-License-Identifier: BSD-2-Clause */
#include "dialog/pace.h"

#include "support/test.h"

TEST(a_refresh_comes_between_75_and_90_percent_of_the_time)
{
    CHECK_INT(750000, pace_refresh_after(1000, 0));
    CHECK_INT(900000, pace_refresh_after(1000, UINT32_MAX));
}

TEST(a_short_time_is_used_to_its_half_at_least)
{
    CHECK_INT(68000, pace_refresh_after(100, UINT32_MAX));
    CHECK_INT(10000, pace_refresh_after(20, UINT32_MAX));
    CHECK_INT(500, pace_refresh_after(1, 0));
}

TEST(the_pause_doubles_from_its_base_up_to_half_an_hour)
{
    CHECK_INT(15000, pace_back_off(0, PACE_BASE, 0, 0));
    CHECK_INT(30000, pace_back_off(0, PACE_BASE, 0, UINT32_MAX));
    CHECK_INT(120000, pace_back_off(2, PACE_BASE, 0, UINT32_MAX));
    CHECK_INT(1800000, pace_back_off(6, PACE_BASE, 0, UINT32_MAX));
    CHECK_INT(1800000, pace_back_off(UINT32_MAX, 1, 0, UINT32_MAX));
}

TEST(retry_after_is_the_least)
{
    CHECK_INT(86400000, pace_back_off(0, PACE_BASE, 86400, 0));
    CHECK_INT(15000, pace_back_off(0, PACE_BASE, 1, 0));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_refresh_comes_between_75_and_90_percent_of_the_time),
        cmocka_unit_test(a_short_time_is_used_to_its_half_at_least),
        cmocka_unit_test(the_pause_doubles_from_its_base_up_to_half_an_hour),
        cmocka_unit_test(retry_after_is_the_least),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
