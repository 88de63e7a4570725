/* SPDX-License-Identifier: BSD-2-Clause */
/* Six dials of 64 slots, like the digits of a clock in base 64.  A timer sits on
 * the dial of the highest digit in which its deadline differs from `now`, in the
 * slot of that digit.  When `now` reaches the start of a slot, its timers are
 * dealt out again to lower dials, in their order.
 *
 * So at any moment all timers with one deadline are in one slot (which gives
 * first-in first-out), a timer's slot follows from its deadline alone (which
 * gives stop in O(1)), and on each dial only slots above the digit of `now` are
 * in use.  That leaves slot 0 of the highest dial free: it holds the deadlines
 * beyond the wheel's span, to be dealt out when the highest dial has gone round. */
#include "base/wheel.h"

enum { BITS = 6, SPAN_BITS = BITS * WHEEL_LEVELS, TOP = WHEEL_LEVELS - 1 };

struct place {
    unsigned level, slot;
};

static struct place place_of(const struct wheel *w, msec at)
{
    unsigned level = (63u - (unsigned)__builtin_clzll(w->now ^ at)) / BITS;

    if (level > TOP)
        return (struct place){ TOP, 0 };
    return (struct place){ level, (unsigned)(at >> level * BITS) % WHEEL_SLOTS };
}

/* The time at which a slot starts. */
static msec start_of(const struct wheel *w, struct place p)
{
    unsigned shift = p.level * BITS;

    if (p.level == TOP && p.slot == 0) {
        msec round = (w->now >> SPAN_BITS) + 1;

        return round > NEVER >> SPAN_BITS ? NEVER : round << SPAN_BITS;
    }
    return (w->now >> shift >> BITS << BITS | p.slot) << shift;
}

/* The first slot in use: the lowest dial comes first, as its slots lie within
 * the current slot of the dial above. */
static bool next_place(const struct wheel *w, struct place *p)
{
    for (unsigned level = 0; level < WHEEL_LEVELS; level++) {
        uint64_t used = w->occupied[level];

        if (level == TOP && (used & ~1ull) != 0)
            used &= ~1ull;
        if (used == 0)
            continue;
        *p = (struct place){ level, (unsigned)__builtin_ctzll(used) };
        return true;
    }
    return false;
}

void wheel_init(struct wheel *w, msec now)
{
    *w = (struct wheel){ .now = now };
    list_init(&w->due);
    for (unsigned level = 0; level < WHEEL_LEVELS; level++)
        for (unsigned slot = 0; slot < WHEEL_SLOTS; slot++)
            list_init(&w->slots[level][slot]);
}

/* Into its slot, or into `due` if its time has come. */
static void put(struct wheel *w, struct timer *t, struct link *due)
{
    struct place p;

    if (t->at <= w->now) {
        list_append(due, &t->link);
        return;
    }
    p = place_of(w, t->at);
    list_append(&w->slots[p.level][p.slot], &t->link);
    w->occupied[p.level] |= 1ull << p.slot;
}

void timer_start(struct wheel *w, struct timer *t, timer_fn *on_expiry, msec at)
{
    timer_stop(w, t);
    if (at == NEVER)
        return;
    t->at        = at;
    t->on_expiry = on_expiry;
    put(w, t, &w->due);
    w->running++;
}

void timer_stop(struct wheel *w, struct timer *t)
{
    struct place p;

    if (!timer_running(t))
        return;
    list_unlink(&t->link);
    w->running--;
    if (t->at <= w->now)
        return; /* it was due, in no slot */
    p = place_of(w, t->at);
    if (list_empty(&w->slots[p.level][p.slot]))
        w->occupied[p.level] &= ~(1ull << p.slot);
}

bool timer_running(const struct timer *t)
{
    return link_in_list(&t->link);
}

/* Empty the slot at whose start `now` has arrived. */
static void deal_out(struct wheel *w, struct place p, struct link *due)
{
    struct link  held;
    struct link *l;

    list_init(&held);
    list_move(&w->slots[p.level][p.slot], &held);
    w->occupied[p.level] &= ~(1ull << p.slot);
    while ((l = list_shift(&held)) != NULL)
        put(w, CONTAINER_OF(l, struct timer, link), due);
}

/* A callback may stop any timer, also one that waits its turn in `due`. */
static void fire(struct wheel *w, struct link *due, msec now)
{
    struct link *l;

    while ((l = list_shift(due)) != NULL) {
        struct timer *t = CONTAINER_OF(l, struct timer, link);

        w->running--;
        t->on_expiry(t, now);
    }
}

/* What a callback starts for a time already passed waits for the next call:
 * it goes to w->due, which is taken over only once. */
static __attribute__((noinline)) void advance(struct wheel *w, msec now)
{
    struct link  due;
    struct place p;

    list_init(&due);
    list_move(&w->due, &due);
    fire(w, &due, now);
    while (next_place(w, &p) && start_of(w, p) <= now) {
        w->now = start_of(w, p);
        deal_out(w, p, &due);
        fire(w, &due, now);
    }
}

/* Mostly there is nothing to be done. */
void wheel_advance(struct wheel *w, msec now)
{
    struct place p;

    if (!list_empty(&w->due) || (next_place(w, &p) && start_of(w, p) <= now))
        advance(w, now);
    if (now > w->now)
        w->now = now;
}

struct timer *wheel_take(struct wheel *w, msec now)
{
    struct place p;
    struct link *l;

    while (list_empty(&w->due) && next_place(w, &p) && start_of(w, p) <= now) {
        w->now = start_of(w, p);
        deal_out(w, p, &w->due);
    }
    l = list_shift(&w->due);
    if (l == NULL) {
        if (now > w->now)
            w->now = now;
        return NULL;
    }
    w->running--;
    return CONTAINER_OF(l, struct timer, link);
}

msec wheel_deadline(const struct wheel *w)
{
    struct place p;

    if (!list_empty(&w->due))
        return w->now;
    return next_place(w, &p) ? start_of(w, p) : NEVER;
}
