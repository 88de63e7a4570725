/* SPDX-License-Identifier: BSD-2-Clause */
#include "dialog/update.h"

void update_init(struct update *u)
{
    *u = (struct update){ .again_at = NEVER };
}

unsigned update_start(struct update *u)
{
    if (u->state != UPDATE_IDLE)
        return 0;
    u->state = UPDATE_UNDER_WAY;
    u->tries = 1;
    return UPDATE_SEND;
}

static unsigned finish(struct update *u, unsigned actions)
{
    update_init(u);
    return actions;
}

unsigned update_on_response(struct update *u, unsigned status, msec pause, msec retry_after, msec now)
{
    msec wait = status == 491 ? pause : status == 500 ? retry_after : NEVER;

    if (u->state != UPDATE_UNDER_WAY)
        return 0;
    if (status >= 200 && status < 300)
        return finish(u, UPDATE_TELL_CHANGED);
    if (status == 481 || status == 408)
        return finish(u, UPDATE_TELL_LOST);
    if (wait > UPDATE_RETRY_MAX || u->tries == UPDATE_TRIES)
        return finish(u, UPDATE_TELL_UNCHANGED);
    u->tries++;
    update_postpone(u, now + wait);
    return 0;
}

unsigned update_on_timer(struct update *u, msec now)
{
    if (u->state != UPDATE_WAITING || now < u->again_at)
        return 0;
    u->state    = UPDATE_UNDER_WAY;
    u->again_at = NEVER;
    return UPDATE_SEND;
}

void update_postpone(struct update *u, msec until)
{
    u->state    = UPDATE_WAITING;
    u->again_at = until;
}

void update_stop(struct update *u)
{
    update_init(u);
}

msec update_deadline(const struct update *u)
{
    return u->again_at;
}
