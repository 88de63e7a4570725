/* SPDX-License-Identifier: BSD-2-Clause */
#include "base/spreading.h"

#include "support/test.h"

enum { LOOK = 100 };

static struct spreading      s;
static struct spreading_look l;
static msec                  now;

static void begin(void)
{
    now = 7000;
    l   = (struct spreading_look){ .first = 123456, .all = 223456 };
    spreading_init(&s, now, &l);
}

/* A time passes in which the first one uses so much of a processor, and all so much: percent. */
static enum spreading_event pass(msec span, unsigned first, unsigned all)
{
    now += span;
    l.first += span * first * 10;
    l.all += span * all * 10;
    return spreading_look(&s, now, &l);
}

/* Until it is gathered again, or that lasts too long. */
static msec calm_down(void)
{
    msec began = now;

    while (now - began < 200000)
        if (pass(1000, 10, 49) == SPREADING_CALM)
            return now - began;
    return 0;
}

TEST(one_who_is_not_busy_serves_all)
{
    begin();
    for (int i = 0; i < 100; i++)
        CHECK_INT(SPREADING_SAME, pass(LOOK, 79, 150));
    CHECK(!s.spread);
}

TEST(one_who_is_busy_through_two_looks_does_no_longer)
{
    begin();
    for (int i = 0; i < 10; i++) {
        CHECK_INT(SPREADING_SAME, pass(LOOK, 100, 100));
        CHECK_INT(SPREADING_SAME, pass(LOOK, 70, 70));
    }
    CHECK_INT(SPREADING_SAME, pass(LOOK, 80, 80));
    CHECK_INT(SPREADING_BUSY, pass(LOOK, 80, 80));
    CHECK(s.spread);
    CHECK_INT(SPREADING_SAME, pass(LOOK, 100, 200));
}

TEST(nor_one_for_whom_something_waits)
{
    begin();
    CHECK_INT(SPREADING_SAME, pass(LOOK, 10, 10));
    l.waiting = true;
    CHECK_INT(SPREADING_WAITING, pass(LOOK, 10, 10));
    CHECK(s.spread);
}

TEST(after_five_seconds_of_calm_in_a_row_he_does_again)
{
    begin();
    l.waiting = true;
    pass(LOOK, 10, 10);
    l.waiting = false;
    for (int i = 0; i < 4; i++)
        CHECK_INT(SPREADING_SAME, pass(1000, 20, 49));
    CHECK_INT(SPREADING_SAME, pass(1000, 20, 50));
    for (int i = 0; i < 4; i++)
        CHECK_INT(SPREADING_SAME, pass(1000, 20, 49));
    l.waiting = true;
    CHECK_INT(SPREADING_SAME, pass(1000, 20, 49));
    l.waiting = false;
    CHECK_INT(5000, calm_down());
    CHECK(!s.spread);
}

TEST(where_it_does_not_last_calm_has_to_last_longer)
{
    static const msec lasts[] = { 5000, 10000, 20000, 40000, 80000, 80000 };

    begin();
    for (unsigned i = 0; i < sizeof lasts / sizeof lasts[0]; i++) {
        CHECK_INT(SPREADING_SAME, pass(LOOK, 90, 90));
        CHECK_INT(SPREADING_BUSY, pass(LOOK, 90, 90));
        CHECK_INT(lasts[i], calm_down());
    }
    CHECK_INT(SPREADING_SAME, pass(60000, 20, 20));
    CHECK_INT(SPREADING_SAME, pass(LOOK, 90, 90));
    CHECK_INT(SPREADING_BUSY, pass(LOOK, 90, 90));
    CHECK_INT(5000, calm_down());
}

/* Two of them: one each 100 ms of the clock, when what has been used is known, the other 10 ms before. */
static enum spreading_event two_looks(unsigned first, unsigned all)
{
    enum spreading_event event;

    now += LOOK - 10;
    event = spreading_look(&s, now, &l);
    if (event != SPREADING_SAME)
        return event;
    now -= LOOK - 10;
    return pass(LOOK, first, all);
}

TEST(what_is_known_in_steps_is_judged_over_whole_windows)
{
    msec began;

    begin();
    l.waiting = true;
    CHECK_INT(SPREADING_WAITING, pass(LOOK, 10, 10));
    l.waiting = false;
    began     = now;
    while (now - began < 60000 && two_looks(20, 40) == SPREADING_SAME)
        ;
    CHECK_INT(5000, now - began);
    for (int i = 0; i < 100; i++) /* nor does what is all of 10 ms spread them */
        CHECK_INT(SPREADING_SAME, two_looks(70, 70));
}

TEST(one_window_is_not_two_however_often_somebody_looks)
{
    begin();
    CHECK_INT(SPREADING_SAME, two_looks(10, 10));
    for (int i = 0; i < 10; i++) {
        CHECK_INT(SPREADING_SAME, two_looks(100, 100));
        CHECK_INT(SPREADING_SAME, pass(2, 2500, 2500)); /* what the look before did not know yet */
        CHECK_INT(SPREADING_SAME, pass(98, 10, 10));
    }
}

TEST(what_has_waited_at_any_look_of_a_window_is_no_calm)
{
    begin();
    l.waiting = true;
    pass(LOOK, 10, 10);
    for (int i = 0; i < 20; i++) {
        l.waiting = true;
        CHECK_INT(SPREADING_SAME, pass(500, 10, 10));
        l.waiting = false;
        CHECK_INT(SPREADING_SAME, pass(500, 10, 10));
    }
    CHECK_INT(5000, calm_down());
}

TEST(a_look_at_the_same_time_is_none)
{
    begin();
    pass(LOOK, 100, 100);
    CHECK_INT(SPREADING_SAME, pass(0, 0, 0));
    CHECK_INT(SPREADING_BUSY, pass(LOOK, 100, 100));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_who_is_not_busy_serves_all),
        cmocka_unit_test(one_who_is_busy_through_two_looks_does_no_longer),
        cmocka_unit_test(nor_one_for_whom_something_waits),
        cmocka_unit_test(after_five_seconds_of_calm_in_a_row_he_does_again),
        cmocka_unit_test(where_it_does_not_last_calm_has_to_last_longer),
        cmocka_unit_test(what_is_known_in_steps_is_judged_over_whole_windows),
        cmocka_unit_test(one_window_is_not_two_however_often_somebody_looks),
        cmocka_unit_test(what_has_waited_at_any_look_of_a_window_is_no_calm),
        cmocka_unit_test(a_look_at_the_same_time_is_none),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
