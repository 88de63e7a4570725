/* SPDX-License-Identifier: BSD-2-Clause */
#include "base/spreading.h"

enum {
    BUSY      = 80, /* percent of a processor */
    BUSY_FOR  = 2,  /* looks */
    CALM      = 50,
    CALM_FOR  = 5000,
    CALM_MOST = 80000,
    SOON      = 60000,
};

void spreading_init(struct spreading *s, msec now, const struct spreading_look *look)
{
    *s = (struct spreading){
        .first = look->first, .all = look->all, .looked_at = now, .changed_at = now, .enough = CALM_FOR
    };
}

/* A millisecond has ten times a hundredth of it in microseconds. */
static uint64_t percent(uint64_t used, msec elapsed)
{
    return used / (10 * (uint64_t)elapsed);
}

static enum spreading_event change(struct spreading *s, msec now, enum spreading_event event)
{
    s->spread     = !s->spread;
    s->changed_at = now;
    s->busy       = 0;
    s->calm       = 0;
    return event;
}

static enum spreading_event spread(struct spreading *s, msec now, enum spreading_event event)
{
    if (now - s->changed_at >= SOON)
        s->enough = CALM_FOR;
    else if (s->enough < CALM_MOST)
        s->enough *= 2;
    return change(s, now, event);
}

enum spreading_event spreading_look(struct spreading *s, msec now, const struct spreading_look *look)
{
    msec     elapsed = now - s->looked_at;
    uint64_t first   = elapsed > 0 ? percent(look->first - s->first, elapsed) : 0;
    uint64_t all     = elapsed > 0 ? percent(look->all - s->all, elapsed) : 0;

    if (elapsed == 0)
        return SPREADING_SAME;
    s->first     = look->first;
    s->all       = look->all;
    s->looked_at = now;
    if (s->spread) {
        s->calm = look->waiting || all >= CALM ? 0 : s->calm + elapsed;
        return s->calm < s->enough ? SPREADING_SAME : change(s, now, SPREADING_CALM);
    }
    if (look->waiting)
        return spread(s, now, SPREADING_WAITING);
    s->busy = first >= BUSY ? s->busy + 1 : 0;
    return s->busy < BUSY_FOR ? SPREADING_SAME : spread(s, now, SPREADING_BUSY);
}
