/* SPDX-License-Identifier: BSD-2-Clause */
#include "base/random.h"
#include "base/wheel.h"
#include "support/test.h"

enum { TIMERS = 60, LOG = 4096 };

struct probe {
    struct timer timer;
    unsigned     number;
    uint64_t     order; /* the model's: when it was set */
    bool         set;   /* the model's                  */
};

/* What fired, in order.  Callbacks have no argument but their timer. */
static struct {
    unsigned fired[LOG];
    unsigned count;
} heard;

static void hear(struct timer *t, msec now)
{
    (void)now;
    CHECK(!timer_running(t));
    CHECK(heard.count < LOG);
    heard.fired[heard.count++] = CONTAINER_OF(t, struct probe, timer)->number;
}

TEST(a_timer_fires_at_its_deadline_and_not_before)
{
    static const msec deadlines[] = {
        1, 63, 64, 65, 4095, 4096, 262144, 32000, 3600000, 0xfffffffffull, 0x1000000000ull, 0x123456789abcull
    };

    for (size_t i = 0; i < sizeof deadlines / sizeof *deadlines; i++) {
        struct wheel w;
        struct probe p = { .number = 1 };

        heard.count = 0;
        wheel_init(&w, 1000);
        timer_start(&w, &p.timer, hear, 1000 + deadlines[i]);
        CHECK_INT(1, w.running);
        wheel_advance(&w, 1000 + deadlines[i] - 1);
        CHECK_INT(0, heard.count);
        CHECK(wheel_deadline(&w) == 1000 + deadlines[i] || deadlines[i] > 63);
        wheel_advance(&w, 1000 + deadlines[i]);
        CHECK_INT(1, heard.count);
        CHECK_INT(0, w.running);
        CHECK(wheel_deadline(&w) == NEVER);
    }
}

/* The driver of a loop sleeps until wheel_deadline and advances to it. */
TEST(sleeping_until_the_deadline_reaches_every_timer)
{
    static const msec deadlines[] = { 500, 32000, 86400000, 0x1000000000ull + 77 };

    for (size_t i = 0; i < sizeof deadlines / sizeof *deadlines; i++) {
        struct wheel w;
        struct probe p     = { .number = 1 };
        int          turns = 0;

        heard.count = 0;
        wheel_init(&w, 12345);
        timer_start(&w, &p.timer, hear, 12345 + deadlines[i]);
        while (heard.count == 0) {
            msec next = wheel_deadline(&w);

            CHECK(next > w.now && next <= 12345 + deadlines[i]);
            CHECK(turns++ < 10);
            wheel_advance(&w, next);
        }
        CHECK(w.now == 12345 + deadlines[i]);
    }
}

TEST(equal_deadlines_fire_in_the_order_of_their_start)
{
    struct wheel w;
    struct probe p[6] = { { .number = 0 } };

    heard.count = 0;
    wheel_init(&w, 0);
    for (unsigned i = 0; i < 6; i++) { /* each from nearer, so from another dial at first */
        p[i].number = i;
        timer_start(&w, &p[i].timer, hear, 300000);
        wheel_advance(&w, i < 5 ? 300000u - (300000u >> 4 * (i + 1)) : 300000u);
    }
    CHECK_INT(6, heard.count);
    for (unsigned i = 0; i < 6; i++)
        CHECK_INT(i, heard.fired[i]);
}

TEST(a_passed_deadline_fires_at_the_next_advance)
{
    struct wheel w;
    struct probe p = { .number = 3 };

    heard.count = 0;
    wheel_init(&w, 5000);
    timer_start(&w, &p.timer, hear, 4000);
    CHECK(timer_running(&p.timer));
    CHECK(wheel_deadline(&w) <= 5000);
    wheel_advance(&w, 5000);
    CHECK_INT(1, heard.count);
}

TEST(never_stops_a_timer_and_starting_again_moves_it)
{
    struct wheel w;
    struct probe p = { .number = 3 };

    heard.count = 0;
    wheel_init(&w, 0);
    timer_start(&w, &p.timer, hear, 100);
    timer_start(&w, &p.timer, hear, 200);
    CHECK_INT(1, w.running);
    wheel_advance(&w, 199);
    CHECK_INT(0, heard.count);
    timer_start(&w, &p.timer, hear, NEVER);
    CHECK(!timer_running(&p.timer));
    timer_stop(&w, &p.timer);
    CHECK_INT(0, w.running);
    CHECK(wheel_deadline(&w) == NEVER);
}

TEST(time_that_goes_back_changes_nothing)
{
    struct wheel w;
    struct probe p = { .number = 3 };

    heard.count = 0;
    wheel_init(&w, 1000);
    timer_start(&w, &p.timer, hear, 1500);
    wheel_advance(&w, 10);
    CHECK_INT(1000, w.now);
    wheel_advance(&w, 1500);
    CHECK_INT(1, heard.count);
}

static struct wheel turning;
static struct probe other;
static int          rounds;

static void stop_other(struct timer *t, msec now)
{
    hear(t, now);
    timer_stop(&turning, &other.timer);
}

TEST(a_callback_may_stop_a_timer_that_is_due_with_it)
{
    struct probe p = { .number = 1 };

    heard.count = 0;
    other       = (struct probe){ .number = 2 };
    wheel_init(&turning, 0);
    timer_start(&turning, &p.timer, stop_other, 70);
    timer_start(&turning, &other.timer, hear, 70);
    wheel_advance(&turning, 100);
    CHECK_INT(1, heard.count);
    CHECK_INT(0, turning.running);
}

static void again_at_once(struct timer *t, msec now)
{
    rounds++;
    timer_start(&turning, t, again_at_once, now > 100 ? 100 : now);
}

TEST(a_timer_that_starts_itself_for_now_waits_for_the_next_advance)
{
    struct probe p = { .number = 1 };

    rounds = 0;
    wheel_init(&turning, 0);
    timer_start(&turning, &p.timer, again_at_once, 100);
    wheel_advance(&turning, 200);
    CHECK_INT(1, rounds);
    wheel_advance(&turning, 200);
    CHECK_INT(2, rounds);
    timer_stop(&turning, &p.timer);
}

static void again_in_ten(struct timer *t, msec now)
{
    (void)now;
    rounds++;
    timer_start(&turning, t, again_in_ten, t->at + 10);
}

TEST(what_a_callback_starts_within_the_advance_fires_in_it)
{
    struct probe p = { .number = 1 };

    rounds = 0;
    wheel_init(&turning, 0);
    timer_start(&turning, &p.timer, again_in_ten, 10);
    wheel_advance(&turning, 1000);
    CHECK_INT(100, rounds);
    timer_stop(&turning, &p.timer);
    CHECK_INT(0, turning.running);
}

/* The earliest of the model: by deadline, then by order of setting. */
static struct probe *model_next(struct probe *all, msec now)
{
    struct probe *best = NULL;

    for (int i = 0; i < TIMERS; i++) {
        struct probe *p = &all[i];

        if (!p->set || p->timer.at > now)
            continue;
        if (best == NULL || p->timer.at < best->timer.at || (p->timer.at == best->timer.at && p->order < best->order))
            best = p;
    }
    return best;
}

static msec model_deadline(const struct probe *all)
{
    msec first = NEVER;

    for (int i = 0; i < TIMERS; i++)
        if (all[i].set && all[i].timer.at < first)
            first = all[i].timer.at;
    return first;
}

static void check_advance(struct wheel *w, struct probe *all, msec to)
{
    struct probe *want;
    unsigned      i = 0;

    heard.count = 0;
    wheel_advance(w, to);
    for (; (want = model_next(all, to)) != NULL; i++) {
        CHECK(i < heard.count);
        CHECK_INT(want->number, heard.fired[i]);
        want->set = false;
    }
    CHECK_INT(i, heard.count);
}

static void live_through(uint64_t seed, unsigned span_bits)
{
    struct random_seeded seeded;
    struct random        r           = { random_seeded_fill, &seeded };
    struct probe         all[TIMERS] = { { .number = 0 } };
    struct wheel         w;
    msec                 now = 987654321;

    random_seed(&seeded, seed);
    wheel_init(&w, now);
    for (unsigned step = 0; step < 4000; step++) {
        struct probe *p    = &all[random_below(&r, TIMERS)];
        msec          gap  = random_u64(&r) >> (64 - 1 - random_below(&r, span_bits));
        unsigned      what = random_below(&r, 10);
        size_t        set  = 0;

        p->number = (unsigned)(p - all);
        if (what < 6) {
            timer_start(&w, &p->timer, hear, now + 1 + (gap & ~(msec)random_below(&r, 8)));
            p->order = step;
            p->set   = true;
        } else if (what < 7) {
            timer_stop(&w, &p->timer);
            p->set = false;
        } else {
            now += gap >> random_below(&r, 6);
            check_advance(&w, all, now);
        }
        for (int i = 0; i < TIMERS; i++) {
            CHECK(timer_running(&all[i].timer) == all[i].set);
            set += all[i].set;
        }
        CHECK_INT(set, w.running);
        CHECK(wheel_deadline(&w) <= model_deadline(all));
        CHECK((wheel_deadline(&w) == NEVER) == (set == 0));
    }
}

TEST(the_wheel_agrees_with_a_plain_list_of_timers)
{
    for (uint64_t seed = 1; seed <= 6; seed++) {
        live_through(seed, 8);  /* within a dial or two         */
        live_through(seed, 20); /* minutes                      */
        live_through(seed, 40); /* past the span of the dials   */
    }
}

TEST(taken_timers_come_in_order_of_deadline_and_are_not_called)
{
    static const msec deadlines[] = { 5, 5, 64, 4095, 4096, 70000, 300000 };
    enum { COUNT = sizeof deadlines / sizeof *deadlines };
    struct wheel  w;
    struct probe  p[COUNT];
    struct timer *t;

    wheel_init(&w, 100);
    for (unsigned i = COUNT; i-- > 0;) {
        p[i] = (struct probe){ .number = i };
        timer_start(&w, &p[i].timer, NULL, 100 + deadlines[i]);
    }
    CHECK(wheel_take(&w, 104) == NULL);
    for (unsigned i = 0; i < COUNT - 1; i++) {
        t = wheel_take(&w, 100000);
        CHECK(t != NULL && !timer_running(t));
        CHECK(t->at == 100 + deadlines[i]);
    }
    CHECK(wheel_take(&w, 100000) == NULL);
    CHECK_INT(1, w.running);
    CHECK(w.now == 100000);
    timer_start(&w, &p[0].timer, NULL, 99999); /* due already */
    CHECK(wheel_take(&w, 100000) == &p[0].timer);
    CHECK(wheel_take(&w, 400000) == &p[COUNT - 1].timer);
    CHECK_INT(0, w.running);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_timer_fires_at_its_deadline_and_not_before),
        cmocka_unit_test(sleeping_until_the_deadline_reaches_every_timer),
        cmocka_unit_test(equal_deadlines_fire_in_the_order_of_their_start),
        cmocka_unit_test(a_passed_deadline_fires_at_the_next_advance),
        cmocka_unit_test(never_stops_a_timer_and_starting_again_moves_it),
        cmocka_unit_test(time_that_goes_back_changes_nothing),
        cmocka_unit_test(a_callback_may_stop_a_timer_that_is_due_with_it),
        cmocka_unit_test(a_timer_that_starts_itself_for_now_waits_for_the_next_advance),
        cmocka_unit_test(what_a_callback_starts_within_the_advance_fires_in_it),
        cmocka_unit_test(the_wheel_agrees_with_a_plain_list_of_timers),
        cmocka_unit_test(taken_timers_come_in_order_of_deadline_and_are_not_called),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
