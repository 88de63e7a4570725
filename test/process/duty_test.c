/* SPDX-License-Identifier: BSD-2-Clause */
#include "process/duty.h"

#include "support/test.h"

static struct world world; /* only its wheel is used */

static int setup(void **state)
{
    (void)state;
    world.now = 0;
    wheel_init(&world.wheel, 0);
    return 0;
}

TEST(a_watched_worker_beats_until_its_duty_ends)
{
    struct hearts     *hearts = hearts_new();
    const struct child c      = { .hearts = hearts, .watchdog = 1000, .pipe = -1 };
    struct duty        d;

    CHECK(hearts != NULL);
    CHECK_INT(0, duty_begin(&d, &c, &world, 5));
    CHECK_INT(1, atomic_load(&hearts->of[5].beats));
    duty_end(&d);
    CHECK_INT(0, atomic_load(&hearts->of[5].beats));
    hearts_free(hearts);
}

TEST(one_that_nobody_watches_sleeps)
{
    struct child c;
    struct duty  d;

    child_alone(&c);
    CHECK_INT(0, duty_begin(&d, &c, &world, 0));
    CHECK(wheel_deadline(&world.wheel) == NEVER);
    duty_end(&d);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(a_watched_worker_beats_until_its_duty_ends, setup),
        cmocka_unit_test_setup(one_that_nobody_watches_sleeps, setup),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
