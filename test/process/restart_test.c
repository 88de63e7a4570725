/* SPDX-License-Identifier: BSD-2-Clause */
#include "process/restart.h"

#include "support/test.h"

#include <signal.h>

static struct restart_decision life(struct restart *r, bool ready, int code, int number, msec from, msec until)
{
    restart_started(r);
    if (ready)
        restart_ready(r, from);
    return restart_ended(r, code, number, until);
}

TEST(a_crash_is_followed_by_another_child_at_once)
{
    struct restart          r = { 0 };
    struct restart_decision d = life(&r, true, 0, SIGSEGV, 10, 20);

    CHECK_INT(RESTART_AGAIN, d.verdict);
    CHECK_INT(0, d.delay);
    CHECK_INT(1, r.count);
}

/* A sanitizer, or exit() where nobody expects it. */
TEST(so_is_an_end_that_nobody_asked_for)
{
    struct restart r = { 0 };

    CHECK_INT(RESTART_AGAIN, life(&r, true, 1, 0, 10, 20).verdict);
}

static struct restart_decision asked_to_end(int code, int number)
{
    struct restart r = { 0 };

    restart_started(&r);
    restart_ready(&r, 10);
    restart_stopping(&r);
    return restart_ended(&r, code, number, 20);
}

TEST(a_child_that_was_asked_to_end_is_not_followed)
{
    struct restart_decision d = asked_to_end(23, 0);

    CHECK_INT(RESTART_END, d.verdict);
    CHECK_INT(23, d.code);
}

TEST(a_crash_while_it_ends_is_not_forgotten)
{
    struct restart_decision d = asked_to_end(0, SIGSEGV);

    CHECK_INT(RESTART_END, d.verdict);
    CHECK_INT(128 + SIGSEGV, d.code);
}

TEST(success_is_the_end)
{
    struct restart r = { 0 };

    CHECK_INT(RESTART_END, life(&r, true, 0, 0, 10, 20).verdict);
}

/* A wrong configuration does not get better. */
TEST(what_never_was_ready_ends_with_its_own_code)
{
    struct restart          r = { 0 };
    struct restart_decision d = life(&r, false, 12, 0, 0, 5);

    CHECK_INT(RESTART_END, d.verdict);
    CHECK_INT(12, d.code);
    CHECK_INT(RESTART_END, life(&r, false, 0, SIGSEGV, 0, 5).verdict);
}

TEST(who_dies_again_and_again_waits_longer_and_longer)
{
    static const msec want[] = { 0, 0, 0, 200, 400, 800, 1600, 3200, 6400, 10000, 10000 };
    struct restart    r      = { 0 };
    msec              now    = 0;

    for (unsigned i = 0; i < sizeof want / sizeof *want; i++) {
        struct restart_decision d = life(&r, true, 0, SIGSEGV, now, now + 10);

        CHECK_INT(RESTART_AGAIN, d.verdict);
        CHECK_INT(want[i], d.delay);
        now += 10 + d.delay;
    }
}

TEST(a_minute_without_fault_is_a_new_beginning)
{
    struct restart r = { 0 };

    for (unsigned i = 0; i < 6; i++)
        life(&r, true, 0, SIGSEGV, 0, 10);
    CHECK(life(&r, true, 0, SIGSEGV, 100, 100 + RESTART_FORGIVEN - 1).delay > 0);
    CHECK_INT(0, life(&r, true, 0, SIGSEGV, 100, 100 + RESTART_FORGIVEN).delay);
}

TEST(it_gives_up_when_no_child_becomes_ready_any_more)
{
    struct restart r = { 0 };

    CHECK_INT(RESTART_AGAIN, life(&r, true, 0, SIGSEGV, 0, 10).verdict);
    for (unsigned i = 1; i < RESTART_TRIES; i++)
        CHECK_INT(RESTART_AGAIN, life(&r, false, 4, 0, 0, 10).verdict);
    CHECK_INT(RESTART_END, life(&r, false, 4, 0, 0, 10).verdict);
}

TEST(one_that_was_ready_in_between_counts)
{
    struct restart r = { 0 };

    for (unsigned i = 0; i < 3 * RESTART_TRIES; i++)
        CHECK_INT(RESTART_AGAIN, life(&r, i % RESTART_TRIES == 0, 4, 0, 0, 10).verdict);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_crash_is_followed_by_another_child_at_once),
        cmocka_unit_test(so_is_an_end_that_nobody_asked_for),
        cmocka_unit_test(a_child_that_was_asked_to_end_is_not_followed),
        cmocka_unit_test(a_crash_while_it_ends_is_not_forgotten),
        cmocka_unit_test(success_is_the_end),
        cmocka_unit_test(what_never_was_ready_ends_with_its_own_code),
        cmocka_unit_test(who_dies_again_and_again_waits_longer_and_longer),
        cmocka_unit_test(a_minute_without_fault_is_a_new_beginning),
        cmocka_unit_test(it_gives_up_when_no_child_becomes_ready_any_more),
        cmocka_unit_test(one_that_was_ready_in_between_counts),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
