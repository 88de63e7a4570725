/* SPDX-License-Identifier: BSD-2-Clause */
#include "store/wait.h"

#include "support/test.h"

#include <errno.h>
#include <time.h>

static bool is_behind(struct timespec a, struct timespec b)
{
    return a.tv_sec != b.tv_sec ? a.tv_sec > b.tv_sec : a.tv_nsec >= b.tv_nsec;
}

TEST(a_deadline_is_whole_and_so_far_from_now)
{
    struct timespec now;

    for (msec pause = 0; pause < 3000; pause += 123) {
        struct timespec at;

        clock_gettime(CLOCK_MONOTONIC, &now);
        at = wait_deadline(pause);
        CHECK(at.tv_nsec >= 0 && at.tv_nsec < 1000000000);
        now.tv_sec += (time_t)(pause / 1000);
        now.tv_nsec += (long)(pause % 1000) * 1000000;
        now.tv_sec += now.tv_nsec / 1000000000;
        now.tv_nsec %= 1000000000;
        CHECK(is_behind(at, now));
    }
}

TEST(a_wait_that_nobody_ends_ends_by_itself)
{
    pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
    pthread_cond_t  wake;
    struct timespec until = wait_deadline(1);
    int             error;

    wait_init(&wake);
    pthread_mutex_lock(&mutex);
    while ((error = pthread_cond_timedwait(&wake, &mutex, &until)) == 0)
        ;
    pthread_mutex_unlock(&mutex);
    CHECK_INT(ETIMEDOUT, error);
    pthread_cond_destroy(&wake);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_deadline_is_whole_and_so_far_from_now),
        cmocka_unit_test(a_wait_that_nobody_ends_ends_by_itself),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
