/* SPDX-License-Identifier: BSD-2-Clause */
#include "store/gather.h"

#include "support/test.h"

TEST(a_quarter_of_what_the_last_commit_took_is_waited)
{
    assert_int_equal(gather_us(600), 150);
    assert_int_equal(gather_us(4000), 1000);
}

TEST(a_commit_in_no_time_is_followed_at_once)
{
    assert_int_equal(gather_us(0), 0);
    assert_int_equal(gather_us(3), 0);
}

TEST(a_slow_disk_makes_nobody_wait_for_more_than_a_millisecond)
{
    assert_int_equal(gather_us(4004), 1000);
    assert_int_equal(gather_us(20 * 1000 * 1000), 1000);
    assert_int_equal(gather_us(UINT64_MAX), 1000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_quarter_of_what_the_last_commit_took_is_waited),
        cmocka_unit_test(a_commit_in_no_time_is_followed_at_once),
        cmocka_unit_test(a_slow_disk_makes_nobody_wait_for_more_than_a_millisecond),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
