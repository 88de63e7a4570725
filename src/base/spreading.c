/* SPDX-License-Identifier: BSD-2-Clause */
#include "base/spreading.h"

enum {
    BUSY          = 80, /* percent of a processor */
    BUSY_FOR      = 2,  /* windows */
    CALM          = 50,
    CALM_FOR      = 5000,
    CALM_MOST     = 80000,
    SOON          = 60000,
    WINDOW        = 100,  /* ms, gathered */
    WINDOW_OF_ALL = 1000, /* spread */
};

void spreading_init(struct spreading *s, msec now, const struct spreading_look *look)
{
    *s = (struct spreading){
        .first = look->first, .all = look->all, .since = now, .changed_at = now - SOON, .enough = CALM_FOR
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

static void begin_window(struct spreading *s, msec now, const struct spreading_look *look)
{
    s->first   = look->first;
    s->all     = look->all;
    s->since   = now;
    s->waiting = false;
}

static enum spreading_event judge_first(struct spreading *s, msec now, uint64_t first)
{
    s->busy = first >= BUSY ? s->busy + 1 : 0;
    return s->busy < BUSY_FOR ? SPREADING_SAME : spread(s, now, SPREADING_BUSY);
}

static enum spreading_event judge_all(struct spreading *s, msec now, uint64_t all)
{
    s->calm = s->waiting || all >= CALM ? 0 : s->calm + (now - s->since);
    return s->calm < s->enough ? SPREADING_SAME : change(s, now, SPREADING_CALM);
}

enum spreading_event spreading_look(struct spreading *s, msec now, const struct spreading_look *look)
{
    enum spreading_event event   = SPREADING_SAME;
    msec                 elapsed = now - s->since;

    s->waiting = s->waiting || look->waiting;
    if (s->waiting && !s->spread)
        event = spread(s, now, SPREADING_WAITING);
    else if (elapsed < (s->spread ? WINDOW_OF_ALL : WINDOW))
        return SPREADING_SAME;
    else if (s->spread)
        event = judge_all(s, now, percent(look->all - s->all, elapsed));
    else
        event = judge_first(s, now, percent(look->first - s->first, elapsed));
    begin_window(s, now, look);
    return event;
}
