/* SPDX-License-Identifier: BSD-2-Clause */
#include "load/pace.h"

#include "support/test.h"

TEST(an_open_loop_is_due_at_even_distances)
{
    struct pace p = { .rate = 2000, .window = 1 };

    for (uint64_t n = 0; n < 5000; n++)
        CHECK_INT(n * 500, pace_due(&p, n));
}

TEST(a_ramp_grows_the_rate_from_nothing)
{
    struct pace p = { .rate = 1000, .ramp = 2000000 };

    CHECK_INT(0, pace_due(&p, 0));
    CHECK_INT(1000000, pace_due(&p, 250)); /* half of the ramp: a quarter of what it begins */
    CHECK_INT(2000000, pace_due(&p, 1000));
    CHECK_INT(2001000, pace_due(&p, 1001));
    CHECK_INT(3000000, pace_due(&p, 2000));
    for (uint64_t n = 1; n < 3000; n++)
        CHECK(pace_due(&p, n) > pace_due(&p, n - 1));
}

TEST(what_is_due_is_counted_as_it_comes)
{
    struct pace p = { .rate = 333, .ramp = 1000000 };

    for (uint64_t n = 0; n < 2000; n++) {
        CHECK_INT(n + 1, pace_count(&p, pace_due(&p, n)));
        CHECK_INT(n, pace_count(&p, pace_due(&p, n) - (n > 0)) - (n == 0));
    }
}

TEST(a_closed_loop_begins_at_once)
{
    struct pace p = { .window = 64 };

    CHECK_INT(0, pace_due(&p, 0));
    CHECK_INT(0, pace_due(&p, 1000000));
}

TEST(a_closed_loop_with_a_ramp_begins_its_window_evenly)
{
    struct pace p = { .window = 10, .ramp = 1000000 };

    CHECK_INT(0, pace_due(&p, 0));
    CHECK_INT(500000, pace_due(&p, 5));
    CHECK_INT(900000, pace_due(&p, 9));
    CHECK_INT(0, pace_due(&p, 10)); /* in the place of one that has ended */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_open_loop_is_due_at_even_distances),
        cmocka_unit_test(a_ramp_grows_the_rate_from_nothing),
        cmocka_unit_test(what_is_due_is_counted_as_it_comes),
        cmocka_unit_test(a_closed_loop_begins_at_once),
        cmocka_unit_test(a_closed_loop_with_a_ramp_begins_its_window_evenly),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
