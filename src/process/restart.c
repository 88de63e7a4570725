/* SPDX-License-Identifier: BSD-2-Clause */
#include "process/restart.h"

enum { CODE_OF_SIGNAL = 128 }; /* as a shell says it */

void restart_started(struct restart *r)
{
    r->ready    = false;
    r->stopping = false;
}

void restart_ready(struct restart *r, msec now)
{
    r->ready = r->ever_ready = true;
    r->ready_at              = now;
    r->not_ready             = 0;
}

void restart_stopping(struct restart *r)
{
    r->stopping = true;
}

static msec delay_of(unsigned deaths)
{
    msec delay = RESTART_FIRST;

    if (deaths <= RESTART_QUICK)
        return 0;
    for (unsigned n = RESTART_QUICK + 1; n < deaths && delay < RESTART_SLOWEST; n++)
        delay *= 2;
    return delay < RESTART_SLOWEST ? delay : RESTART_SLOWEST;
}

struct restart_decision restart_ended(struct restart *r, int code, int signal, msec now)
{
    struct restart_decision end = { RESTART_END, 0, signal != 0 ? CODE_OF_SIGNAL + signal : code };

    if (r->stopping || (signal == 0 && code == 0) || !r->ever_ready)
        return end;
    if (r->ready && now - r->ready_at >= RESTART_FORGIVEN)
        r->deaths = 0;
    r->deaths++;
    if (!r->ready && ++r->not_ready == RESTART_TRIES)
        return end;
    r->count++;
    return (struct restart_decision){ RESTART_AGAIN, delay_of(r->deaths), 0 };
}
