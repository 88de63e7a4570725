/* SPDX-License-Identifier: BSD-2-Clause */
#include "store/wait.h"

#include <time.h>

void wait_init(pthread_cond_t *wake)
{
    pthread_condattr_t clock;

    pthread_condattr_init(&clock);
    pthread_condattr_setclock(&clock, CLOCK_MONOTONIC);
    pthread_cond_init(wake, &clock);
    pthread_condattr_destroy(&clock);
}

struct timespec wait_deadline(msec pause)
{
    struct timespec until;

    clock_gettime(CLOCK_MONOTONIC, &until);
    until.tv_sec += (time_t)(pause / 1000);
    until.tv_nsec += (long)(pause % 1000) * 1000000;
    if (until.tv_nsec >= 1000000000) {
        until.tv_sec++;
        until.tv_nsec -= 1000000000;
    }
    return until;
}
