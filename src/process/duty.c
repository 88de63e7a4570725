/* SPDX-License-Identifier: BSD-2-Clause */
#include "process/duty.h"

#include "process/crash.h"

int duty_begin(struct duty *d, const struct child *c, struct world *w, unsigned worker)
{
    *d = (struct duty){ .worker = worker };
    if (c->hearts != NULL && c->watchdog > 0)
        heartbeat_start(&d->heartbeat, w, &c->hearts->of[worker], c->watchdog);
    return crash_enter(worker, &w->in_hand);
}

void duty_end(struct duty *d)
{
    heartbeat_stop(&d->heartbeat);
    crash_leave(d->worker);
}
