/* SPDX-License-Identifier: BSD-2-Clause */
#include "net/alarm.h"

#include "base/error.h"
#include "net/loop.h"
#include "support/live.h"

#include <string.h>
#include <sys/resource.h>

static uv_loop_t    uv;
static struct alarm a;

static int setup(void **state)
{
    (void)state;
    memset(&a, 0, sizeof a);
    return uv_loop_init(&uv);
}

static void close_handle(uv_handle_t *handle, void *arg)
{
    (void)arg;
    if (!uv_is_closing(handle))
        uv_close(handle, NULL);
}

static int teardown(void **state)
{
    (void)state;
    uv_walk(&uv, close_handle, NULL);
    uv_run(&uv, UV_RUN_DEFAULT);
    alarm_close(&a);
    return uv_loop_close(&uv);
}

static void on_guard(uv_timer_t *timer)
{
    (void)timer;
}

/* One sleep of the loop, of a minute at most if nothing ends it. */
static void sleep_once(void)
{
    uv_timer_t guard;

    uv_timer_init(&uv, &guard);
    uv_timer_start(&guard, on_guard, 60000, 0);
    uv_run(&uv, UV_RUN_ONCE);
    uv_close((uv_handle_t *)&guard, NULL);
    uv_run(&uv, UV_RUN_NOWAIT);
}

TEST(a_sleep_ends_at_the_millisecond_and_not_before_it)
{
    msec start = loop_clock();

    CHECK_INT(0, alarm_open(&a, &uv));
    for (msec at = start + 2; at < start + 40; at += 2) {
        alarm_set(&a, at);
        sleep_once();
        CHECK(loop_clock() >= at); /* and it was the alarm: */
        CHECK(a.at == NEVER);
    }
    CHECK(loop_clock() < start + 60000);
}

TEST(what_has_passed_is_at_once)
{
    CHECK_INT(0, alarm_open(&a, &uv));
    alarm_set(&a, 0);
    sleep_once();
    CHECK(a.at == NEVER);
    alarm_set(&a, loop_clock() - 1);
    sleep_once();
    CHECK(a.at == NEVER);
}

TEST(an_alarm_that_was_taken_back_does_not_end_a_sleep)
{
    msec       start = loop_clock();
    uv_timer_t longer;

    CHECK_INT(0, alarm_open(&a, &uv));
    alarm_set(&a, start + 5);
    alarm_set(&a, NEVER);
    uv_update_time(&uv);
    uv_timer_init(&uv, &longer);
    uv_timer_start(&longer, on_guard, 40, 0);
    uv_run(&uv, UV_RUN_ONCE);
    CHECK(loop_clock() >= start + 40);
    uv_close((uv_handle_t *)&longer, NULL);
    uv_run(&uv, UV_RUN_NOWAIT);
}

TEST(without_a_descriptor_left_it_is_a_limit)
{
    struct rlimit was, none;

    CHECK_INT(0, getrlimit(RLIMIT_NOFILE, &was));
    none = (struct rlimit){ 0, was.rlim_max };
    CHECK_INT(0, setrlimit(RLIMIT_NOFILE, &none));
    CHECK_INT(-ERR_LIMIT, alarm_open(&a, &uv));
    CHECK_INT(0, setrlimit(RLIMIT_NOFILE, &was));
    CHECK(!a.open);
}

#define LIVE_TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        LIVE_TEST(a_sleep_ends_at_the_millisecond_and_not_before_it),
        LIVE_TEST(what_has_passed_is_at_once),
        LIVE_TEST(an_alarm_that_was_taken_back_does_not_end_a_sleep),
        LIVE_TEST(without_a_descriptor_left_it_is_a_limit),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
