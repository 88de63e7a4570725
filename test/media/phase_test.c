/* SPDX-License-Identifier: BSD-2-Clause */
#include "media/phase.h"

#include "support/test.h"

TEST(who_is_alone_begins_at_once)
{
    struct phases p = { { 0 } };

    CHECK_INT(1234, phase_take(&p, 1234));
    phase_leave(&p, 1234);
    CHECK_INT(5234, phase_take(&p, 5234));
}

TEST(two_hundred_that_begin_together_are_ten_in_each_millisecond)
{
    struct phases p               = { { 0 } };
    unsigned      counted[PHASES] = { 0 };

    for (unsigned i = 0; i < 200; i++) {
        msec at = phase_take(&p, 77);

        CHECK(at >= 77 && at < 77 + PHASES);
        counted[at % PHASES]++;
    }
    for (unsigned i = 0; i < PHASES; i++)
        CHECK_INT(10, counted[i]);
}

TEST(the_next_millisecond_is_taken_that_is_as_free_as_any)
{
    struct phases p = { { 0 } };

    CHECK_INT(40, phase_take(&p, 40));
    CHECK_INT(41, phase_take(&p, 41));
    CHECK_INT(42, phase_take(&p, 40));
    CHECK_INT(62 + 1, phase_take(&p, 62)); /* 62 is 42's */
}

TEST(who_has_left_makes_room)
{
    struct phases p = { { 0 } };

    for (unsigned i = 0; i < PHASES; i++)
        CHECK_INT(100 + i, phase_take(&p, 100));
    phase_leave(&p, 107);
    CHECK_INT(107, phase_take(&p, 100));
    CHECK_INT(100, phase_take(&p, 100));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(who_is_alone_begins_at_once),
        cmocka_unit_test(two_hundred_that_begin_together_are_ten_in_each_millisecond),
        cmocka_unit_test(the_next_millisecond_is_taken_that_is_as_free_as_any),
        cmocka_unit_test(who_has_left_makes_room),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
