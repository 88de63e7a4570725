/* SPDX-License-Identifier: BSD-2-Clause */
#include "base/overload.h"

enum {
    CUT     = 7,  /* a seventh less: where 15 % too much comes one is enough */
    GROW    = 64, /* a look 1.5 %, the next 3 %, ...: back in four, and soon where a cut went too deep */
    FASTEST = 10,
    LATE    = 3, /* delays: T1 is not far */
    EASED   = 8, /* an eighth less waits: in a second it is over */
    CALM    = 1000 / OVERLOAD_LOOK,
};

void overload_init(struct overload *o, msec now)
{
    *o = (struct overload){ .looked_at = now, .credit_at = now };
}

/* Of `taken` in `elapsed` what is taken between two looks. */
static uint32_t per_look(uint32_t taken, msec elapsed)
{
    return elapsed <= OVERLOAD_LOOK ? taken : (uint32_t)(taken * (uint64_t)OVERLOAD_LOOK / elapsed);
}

static void note_usual(struct overload *o, msec now)
{
    uint32_t taken = per_look(o->taken, now - o->looked_at);

    o->usual -= o->usual / 4;
    if (o->usual < taken)
        o->usual = taken;
}

static void cut(struct overload *o)
{
    if (o->rate > o->usual)
        o->rate = o->usual;
    o->rate -= o->rate / CUT;
    if (o->rate == 0)
        o->rate = 1;
}

static void begin(struct overload *o, msec now)
{
    o->active    = true;
    o->rate      = UINT32_MAX;
    o->credit    = 0;
    o->credit_at = now;
    o->draining  = false;
    o->calm = o->growing = 0;
    o->began_at          = now;
    o->total_refused     = 0;
    cut(o);
}

/* What has waited so long that it is repeated will be done twice: first it has to be gone. */
static void drain(struct overload *o, bool pressed, bool late)
{
    o->draining = pressed && (o->draining || late);
}

static void go_on(struct overload *o, bool pressed, bool eased)
{
    o->calm    = pressed || o->refused > 0 ? 0 : o->calm + 1;
    o->growing = pressed ? 0 : o->growing < FASTEST ? o->growing + 1 : FASTEST;
    if (pressed && !eased && !o->draining)
        cut(o);
    else if (!pressed && o->refused > 0)
        o->rate += (uint32_t)((uint64_t)o->rate * o->growing / GROW) + 1;
    else if (!pressed && o->rate < UINT32_MAX / 2)
        o->rate *= 2;
}

enum overload_event overload_look(struct overload *o, msec now, msec delay, const struct backlog *b)
{
    bool                lost    = b->lost != o->last.lost;
    bool                pressed = delay != 0 && (lost || b->waited >= delay);
    bool                eased   = !lost && b->bytes <= o->last.bytes - o->last.bytes / EASED;
    enum overload_event event   = OVERLOAD_SAME;

    if (!o->draining)
        note_usual(o, now);
    if (o->active) {
        go_on(o, pressed, eased);
        drain(o, pressed, b->waited >= LATE * delay);
        if (delay == 0 || o->calm == CALM) {
            o->active = false;
            event     = OVERLOAD_ENDED;
        }
    } else if (pressed) {
        begin(o, now);
        event = OVERLOAD_BEGAN;
    }
    o->last      = *b;
    o->looked_at = now;
    o->taken = o->refused = 0;
    return event;
}

static void save_up(struct overload *o, msec now)
{
    int64_t most = (int64_t)o->rate * OVERLOAD_LOOK;

    o->credit += (int64_t)o->rate * (int64_t)(now - o->credit_at);
    if (o->credit > most)
        o->credit = most;
    if (o->draining && o->credit > 0)
        o->credit = 0;
    o->credit_at = now;
}

bool overload_take(struct overload *o, msec now, bool begun)
{
    int64_t least;

    if (!o->active) {
        o->taken++;
        return true;
    }
    save_up(o, now);
    least = begun ? -(int64_t)o->rate * OVERLOAD_LOOK : 0;
    if (o->credit - OVERLOAD_LOOK < least || (o->draining && !begun)) {
        o->refused++;
        o->total_refused++;
        return false;
    }
    o->credit -= OVERLOAD_LOOK;
    o->taken++;
    return true;
}
