/* SPDX-License-Identifier: BSD-2-Clause */
#include "cmd/load_alarm.h"

#include "base/error.h"
#include "net/world_uv.h"

#include <sys/prctl.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

enum { SECOND = 1000000 };

uint64_t load_clock(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (uint64_t)t.tv_sec * SECOND + (uint64_t)t.tv_nsec / 1000;
}

static void on_turn(struct timer *timer, msec now)
{
    struct load_alarm *a = CONTAINER_OF(timer, struct load_alarm, turn);

    (void)now;
    a->fn(a->arg);
}

static void on_ready(uv_poll_t *poll, int status, int events)
{
    struct load_alarm *a = poll->data;
    uint64_t           fired;

    (void)status;
    (void)events;
    if (read(a->fd, &fired, sizeof fired) != (ssize_t)sizeof fired)
        return; /* set anew meanwhile */
    a->at = 0;
    world_timer(a->world, &a->turn, on_turn, 0);
}

int load_alarm_open(struct load_alarm *a, struct world *w, void (*fn)(void *arg), void *arg)
{
    *a = (struct load_alarm){ .world = w, .fn = fn, .arg = arg };
    (void)prctl(PR_SET_TIMERSLACK, 1UL); /* the kernel's usual 50 us would be in each time measured */
    a->fd = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC);
    if (a->fd < 0)
        return -ERR_LIMIT;
    a->poll.data = a;
    if (uv_poll_init(world_uv_loop(w), &a->poll, a->fd) == 0 && uv_poll_start(&a->poll, UV_READABLE, on_ready) == 0)
        return 0;
    close(a->fd);
    a->fd = -1;
    return -ERR_LIMIT;
}

void load_alarm_close(struct load_alarm *a)
{
    if (a->fd >= 0)
        close(a->fd);
    a->fd = -1;
}

void load_alarm_set(struct load_alarm *a, uint64_t us)
{
    struct itimerspec when = { .it_value = { .tv_sec = (time_t)(us / SECOND), .tv_nsec = (long)(us % SECOND) * 1000 } };

    if (us == a->at) /* most calls are about the same operation still */
        return;
    a->at = us;
    (void)timerfd_settime(a->fd, TFD_TIMER_ABSTIME, &when, NULL);
}
