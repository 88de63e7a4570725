/* SPDX-License-Identifier: BSD-2-Clause */
#include "net/alarm.h"

#include "base/error.h"

#include <sys/timerfd.h>
#include <unistd.h>

static void on_ready(uv_poll_t *poll, int status, int events)
{
    struct alarm *a = poll->data;
    uint64_t      fired;

    (void)status;
    (void)events;
    if (read(a->fd, &fired, sizeof fired) == (ssize_t)sizeof fired)
        a->at = NEVER;
}

int alarm_open(struct alarm *a, uv_loop_t *loop)
{
    a->at = NEVER;
    a->fd = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC);
    if (a->fd < 0)
        return -ERR_LIMIT;
    a->open      = true;
    a->poll.data = a;
    if (uv_poll_init(loop, &a->poll, a->fd) == 0 && uv_poll_start(&a->poll, UV_READABLE, on_ready) == 0)
        return 0;
    alarm_close(a);
    return -ERR_LIMIT;
}

void alarm_close(struct alarm *a)
{
    if (a->open)
        close(a->fd);
    a->open = false;
}

void alarm_set(struct alarm *a, msec at)
{
    /* Zero would disarm it; the clock stood there when the machine was started. */
    msec              ms   = at == 0 ? 1 : at;
    struct itimerspec when = { .it_value = { .tv_sec = (time_t)(ms / 1000), .tv_nsec = (long)(ms % 1000) * 1000000 } };

    if (a->at == at) /* most turns change nothing */
        return;
    a->at = at;
    if (at == NEVER)
        when = (struct itimerspec){ .it_value = { 0, 0 } };
    (void)timerfd_settime(a->fd, TFD_TIMER_ABSTIME, &when, NULL); /* fails for no value made here */
}
