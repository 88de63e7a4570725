/* SPDX-License-Identifier: BSD-2-Clause */
#include "process/heartbeat.h"

#include "support/test.h"

enum { PATIENCE = 1000, LOOK = 250 };

static struct hearts     *hearts;
static struct heart_watch watch;
static struct world       world; /* only its wheel is used */

static int setup(void **state)
{
    (void)state;
    hearts    = hearts_new();
    world.now = 0;
    wheel_init(&world.wheel, 0);
    heart_watch_start(&watch, hearts, 0);
    return hearts == NULL;
}

static int teardown(void **state)
{
    (void)state;
    hearts_free(hearts);
    return 0;
}

static void live_until(msec end)
{
    for (; world.now < end; world.now++)
        wheel_advance(&world.wheel, world.now);
}

TEST(a_worker_beats_four_times_in_the_span_it_is_given)
{
    struct heartbeat b;

    heartbeat_start(&b, &world, &hearts->of[3], PATIENCE);
    CHECK_INT(1, atomic_load(&hearts->of[3].beats));
    live_until(PATIENCE + 1);
    CHECK_INT(5, atomic_load(&hearts->of[3].beats));
    heartbeat_stop(&b);
    CHECK_INT(0, atomic_load(&hearts->of[3].beats));
    CHECK(wheel_deadline(&world.wheel) == NEVER);
    heartbeat_stop(&b); /* harmless */
}

TEST(who_beats_is_not_overdue)
{
    struct heartbeat b;

    heartbeat_start(&b, &world, &hearts->of[0], PATIENCE);
    for (msec now = 0; now < 10 * PATIENCE; now += LOOK) {
        live_until(now);
        CHECK_INT(-1, heart_watch_overdue(&watch, PATIENCE, now));
    }
}

TEST(who_stops_beating_is_named_after_its_time)
{
    atomic_store(&hearts->of[1].beats, 7);
    for (msec now = 0; now <= 2 * PATIENCE; now += LOOK) {
        atomic_store(&hearts->of[2].beats, 8 + (uint32_t)now);
        CHECK_INT(now <= PATIENCE ? -1 : 1, heart_watch_overdue(&watch, PATIENCE, now));
    }
}

TEST(who_has_not_begun_or_has_ended_is_not_watched)
{
    CHECK_INT(-1, heart_watch_overdue(&watch, PATIENCE, 0));
    atomic_store(&hearts->of[0].beats, 5);
    CHECK_INT(-1, heart_watch_overdue(&watch, PATIENCE, LOOK));
    atomic_store(&hearts->of[0].beats, 0);
    for (msec now = 2 * LOOK; now < 5 * PATIENCE; now += LOOK)
        CHECK_INT(-1, heart_watch_overdue(&watch, PATIENCE, now));
}

/* A machine that slept, a process that was stopped: nobody could beat. */
TEST(after_a_gap_everybody_has_the_whole_time_again)
{
    atomic_store(&hearts->of[0].beats, 5);
    CHECK_INT(-1, heart_watch_overdue(&watch, PATIENCE, 0));
    for (msec later = 0; later <= PATIENCE; later += LOOK)
        CHECK_INT(-1, heart_watch_overdue(&watch, PATIENCE, 100 * PATIENCE + later));
    CHECK_INT(0, heart_watch_overdue(&watch, PATIENCE, 101 * PATIENCE + LOOK));
}

#define HEART_TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        HEART_TEST(a_worker_beats_four_times_in_the_span_it_is_given),
        HEART_TEST(who_beats_is_not_overdue),
        HEART_TEST(who_stops_beating_is_named_after_its_time),
        HEART_TEST(who_has_not_begun_or_has_ended_is_not_watched),
        HEART_TEST(after_a_gap_everybody_has_the_whole_time_again),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
