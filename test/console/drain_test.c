/* SPDX-License-Identifier: BSD-2-Clause */
#include "console/drain.h"

#include "support/test.h"

static struct world world; /* only its wheel is used */
static struct drain drain;
static size_t       waiting;
static unsigned     given_up, done;
static msec         done_at;

static size_t count_waiting(void *arg)
{
    (void)arg;
    return waiting;
}

static void on_give_up(void *arg)
{
    (void)arg;
    given_up++;
}

static void on_done(void *arg)
{
    (void)arg;
    done++;
    done_at = world.now;
}

static const struct drain_events events = { count_waiting, on_give_up, on_done };

static int setup(void **state)
{
    (void)state;
    world.now = 1000;
    wheel_init(&world.wheel, 1000);
    memset(&drain, 0, sizeof drain);
    waiting = given_up = done = 0;
    return 0;
}

static void live_until(msec end)
{
    for (; world.now <= end; world.now++)
        wheel_advance(&world.wheel, world.now);
}

static void begin(void)
{
    drain_begin(&drain, &world, 5000, &events, NULL);
}

TEST(with_nothing_in_progress_it_ends_at_once)
{
    begin();
    live_until(1001);
    CHECK_INT(1, done);
    CHECK_INT(0, given_up);
}

TEST(it_waits_for_what_is_in_progress)
{
    waiting = 2;
    begin();
    live_until(3000);
    CHECK_INT(0, done);
    waiting = 0;
    live_until(3000 + DRAIN_LOOK + 1);
    CHECK_INT(1, done);
    CHECK_INT(0, given_up);
}

TEST(it_does_not_wait_for_ever)
{
    waiting = 1;
    begin();
    live_until(10000);
    CHECK_INT(1, given_up);
    CHECK_INT(1, done);
    CHECK_INT(6000 + DRAIN_LEAVE, done_at);
}

TEST(a_second_request_ends_the_patience)
{
    waiting = 1;
    begin();
    live_until(2000);
    begin();
    live_until(2001);
    CHECK_INT(1, given_up);
    live_until(2100);
    CHECK_INT(1, done);
}

/* Control-C reaches the parent and the child, and the parent passes it on. */
TEST(requests_that_come_together_are_one)
{
    waiting = 1;
    begin();
    begin();
    live_until(1000 + DRAIN_TOGETHER - 2);
    begin();
    live_until(5999);
    CHECK_INT(0, given_up);
}

TEST(a_third_request_changes_nothing)
{
    waiting = 1;
    begin();
    live_until(2000);
    begin();
    live_until(2010);
    begin();
    live_until(9000);
    CHECK_INT(1, given_up);
    CHECK_INT(1, done);
}

TEST(what_was_stopped_is_done_never)
{
    drain_stop(&drain); /* not begun: harmless */
    begin();
    drain_stop(&drain);
    live_until(9000);
    CHECK_INT(0, done);
}

#define DRAIN_TEST(name) cmocka_unit_test_setup(name, setup)

int main(void)
{
    const struct CMUnitTest tests[] = {
        DRAIN_TEST(with_nothing_in_progress_it_ends_at_once),
        DRAIN_TEST(it_waits_for_what_is_in_progress),
        DRAIN_TEST(it_does_not_wait_for_ever),
        DRAIN_TEST(a_second_request_ends_the_patience),
        DRAIN_TEST(requests_that_come_together_are_one),
        DRAIN_TEST(a_third_request_changes_nothing),
        DRAIN_TEST(what_was_stopped_is_done_never),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
