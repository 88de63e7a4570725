/* SPDX-License-Identifier: BSD-2-Clause */
#include "base/overload.h"

#include "support/test.h"

enum { DELAY = 100, START = 5000 };

static struct overload o;
static struct backlog  b;
static msec            now;

static void begin(void)
{
    now = START;
    b   = (struct backlog){ .looks = 0 };
    overload_init(&o, now);
}

/* A look's time passes in which `count` new requests come, evenly; how many are taken. */
static unsigned offer(unsigned count)
{
    unsigned taken = 0;

    for (unsigned i = 0; i < count; i++)
        taken += overload_take(&o, now + (i + 1) * OVERLOAD_LOOK / count, false);
    now += OVERLOAD_LOOK;
    return taken;
}

static enum overload_event look(msec waited, uint64_t bytes, uint64_t lost)
{
    b.looks++;
    b.waited = waited;
    b.bytes  = bytes;
    b.lost += lost;
    return overload_look(&o, now, DELAY, &b);
}

TEST(while_nothing_waits_for_long_all_pass)
{
    begin();
    for (int i = 0; i < 20; i++) {
        CHECK_INT(1000, offer(1000));
        CHECK_INT(OVERLOAD_SAME, look(DELAY - 1, 100000, 0));
    }
    CHECK(!o.active);
}

TEST(what_waits_without_end_begins_it_and_less_than_was_taken_is_taken_then)
{
    unsigned taken;

    begin();
    offer(1000);
    CHECK_INT(OVERLOAD_BEGAN, look(DELAY, 100000, 0));
    CHECK(o.active);
    taken = offer(1000);
    CHECK(taken >= 850 && taken <= 865);
    CHECK_INT(OVERLOAD_SAME, look(2 * DELAY, 200000, 0));
    CHECK(offer(1000) < taken);
}

TEST(what_was_lost_begins_it_too)
{
    begin();
    offer(1000);
    CHECK_INT(OVERLOAD_BEGAN, look(0, 0, 1));
}

TEST(while_it_becomes_less_that_waits_the_rate_stays)
{
    uint32_t rate;

    begin();
    offer(1000);
    look(DELAY, 100000, 0);
    rate = o.rate;
    offer(1000);
    look(2 * DELAY, 87500, 0);
    CHECK_INT(rate, o.rate);
    offer(1000);
    look(2 * DELAY, 70000, 1); /* but not if some was lost */
    CHECK(o.rate < rate);
}

TEST(the_rate_comes_back_while_nothing_waits_for_long)
{
    unsigned taken, before = 0;

    begin();
    offer(1000);
    look(DELAY, 100000, 0);
    for (int i = 0; i < 4; i++) {
        taken = offer(2000);
        CHECK(taken > before);
        before = taken;
        CHECK_INT(OVERLOAD_SAME, look(0, 0, 0));
    }
}

/* RFC 7415 rather than 7339: a cap is no matter to those who are fewer. */
TEST(when_less_comes_than_is_taken_nobody_is_refused_any_more)
{
    begin();
    offer(1000);
    look(DELAY, 100000, 0);
    offer(3000);
    look(2 * DELAY, 100000, 0);
    CHECK_INT(500, offer(500));
}

/* Those who come back after a flood come all at once. */
TEST(when_nobody_was_refused_a_crowd_passes_soon)
{
    begin();
    offer(1000);
    look(DELAY, 100000, 0);
    for (int i = 0; i < 3; i++) {
        offer(100);
        look(0, 0, 0);
    }
    CHECK_INT(5000, offer(5000));
}

/* RFC 3261 17.1.1.2: from T1 on all that waits is there twice. */
TEST(when_all_is_late_nothing_new_passes_until_what_waits_is_served)
{
    uint32_t rate;

    begin();
    offer(1000);
    look(DELAY, 100000, 0);
    offer(1000);
    look(3 * DELAY, 100000, 0);
    rate = o.rate;
    CHECK_INT(0, offer(1000));
    look(4 * DELAY, 100000, 0);
    CHECK_INT(0, offer(1000));
    CHECK_INT(rate, o.rate); /* who takes nothing shows nothing of what he can do */
    look(0, 0, 0);
    CHECK(offer(1000) > 500);
}

TEST(it_ends_when_for_a_second_nobody_was_refused)
{
    begin();
    offer(1000);
    look(DELAY, 100000, 0);
    for (int i = 0; i < 9; i++) {
        offer(100);
        CHECK_INT(OVERLOAD_SAME, look(0, 0, 0));
    }
    offer(100);
    CHECK_INT(OVERLOAD_ENDED, look(0, 0, 0));
    CHECK_INT(5000, offer(5000));
}

TEST(a_delay_of_0_is_never_and_ends_what_there_is)
{
    begin();
    offer(1000);
    look(DELAY, 100000, 0);
    b.waited = 1000;
    b.lost += 1000;
    CHECK_INT(OVERLOAD_ENDED, overload_look(&o, now, 0, &b));
    CHECK_INT(OVERLOAD_SAME, overload_look(&o, now, 0, &b));
    CHECK_INT(1000, offer(1000));
}

TEST(who_goes_on_with_what_was_begun_passes_before_who_is_new)
{
    unsigned passed = 0, refused = 0;

    begin();
    offer(100);
    look(DELAY, 100000, 0);
    while (overload_take(&o, now, false))
        ;
    while (overload_take(&o, now, true))
        passed++;
    CHECK_INT(o.rate, passed); /* and no more than that */
    now += OVERLOAD_LOOK;
    while (!overload_take(&o, now + refused, false))
        refused++;
    CHECK(refused < 10); /* it is paid back, and then it is over */
}

/* A worker that was held says nothing of what it can do. */
TEST(what_one_short_turn_took_is_no_measure)
{
    begin();
    for (int i = 0; i < 3; i++) {
        offer(1000);
        look(0, 0, 0);
    }
    now += 1000;
    overload_take(&o, now, false);
    look(0, 0, 5);
    CHECK(o.active && o.rate > 600);
}

TEST(the_rate_never_becomes_nothing)
{
    begin();
    for (int i = 0; i < 100; i++)
        look(DELAY, 100000 + (unsigned)i, 1);
    now += 10 * OVERLOAD_LOOK;
    CHECK(overload_take(&o, now, false));
    CHECK(!overload_take(&o, now, false));
}

/* ---- a worker that can do so much in a millisecond, and what waits for it ---- */

enum { WORK = 1000, PER_CALL = 100, PER_REFUSAL = 5, LATER_PARTS = 5, ROOM = 3000 };

struct plant {
    unsigned queue[ROOM]; /* of each datagram: 0 a new call, else a part of one */
    unsigned head, count, lost, completed, refused;
    msec     busy_since; /* not empty since */
    unsigned later[16];  /* parts of calls that come in so many ms */
};

static void arrive(struct plant *p, unsigned part)
{
    if (p->count == ROOM) {
        p->lost++;
        return;
    }
    if (p->count == 0)
        p->busy_since = now;
    p->queue[(p->head + p->count++) % ROOM] = part;
}

static unsigned serve(struct plant *p)
{
    unsigned part = p->queue[p->head];

    p->head = (p->head + 1) % ROOM;
    p->count--;
    if (part == 0 && !overload_take(&o, now, false)) {
        p->refused++;
        return PER_REFUSAL;
    }
    if (part == LATER_PARTS)
        p->completed++;
    else
        p->later[(now + 10) % 16] += 1; /* of whatever part: they are counted, not told apart */
    return PER_CALL / (LATER_PARTS + 1);
}

/* One millisecond; `held`: it gets no time in it. */
static void live(struct plant *p, unsigned calls, bool held, unsigned *part)
{
    unsigned work = held ? 0 : WORK, due = p->later[now % 16];

    p->later[now % 16] = 0;
    for (unsigned i = 0; i < due; i++)
        arrive(p, 1 + (*part)++ % LATER_PARTS);
    for (unsigned i = 0; i < calls; i++)
        arrive(p, 0);
    while (p->count > 0 && work > PER_CALL / (LATER_PARTS + 1)) {
        unsigned spent = serve(p);

        work -= spent < work ? spent : work;
    }
    now++;
    if (now % OVERLOAD_LOOK == 0) {
        struct backlog seen = { 0, p->count == 0 ? 0 : now - p->busy_since, p->count, p->lost };

        overload_look(&o, now, DELAY, &seen);
    }
}

static unsigned run_plant(struct plant *p, unsigned calls, unsigned held_of_four, msec time)
{
    unsigned before = p->completed, part = 0;

    for (msec end = now + time; now < end;)
        live(p, calls, now / 25 % 4 < held_of_four, &part);
    return p->completed - before;
}

TEST(at_three_times_what_can_be_done_four_fifths_of_it_are_done)
{
    for (unsigned held = 0; held < 4; held += 3) { /* held: all of a core; a quarter of it, at once */
        static struct plant p;
        unsigned            peak, done;

        begin();
        p = (struct plant){ .head = 0 };
        (void)run_plant(&p, 30 / (held + 1), held, 2000); /* it finds its rate */
        done = run_plant(&p, 30 / (held + 1), held, 10000);
        peak = 10 * 10000 / (held + 1);
        CHECK(done * 5 >= peak * 4);
        CHECK(p.refused > done);
        (void)run_plant(&p, 0, held, 1000);
        p.refused = 0;
        (void)run_plant(&p, 5 / (held + 1), held, 2000);
        CHECK_INT(0, p.refused);
        CHECK(!o.active);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(while_nothing_waits_for_long_all_pass),
        cmocka_unit_test(what_waits_without_end_begins_it_and_less_than_was_taken_is_taken_then),
        cmocka_unit_test(what_was_lost_begins_it_too),
        cmocka_unit_test(while_it_becomes_less_that_waits_the_rate_stays),
        cmocka_unit_test(the_rate_comes_back_while_nothing_waits_for_long),
        cmocka_unit_test(when_less_comes_than_is_taken_nobody_is_refused_any_more),
        cmocka_unit_test(when_nobody_was_refused_a_crowd_passes_soon),
        cmocka_unit_test(when_all_is_late_nothing_new_passes_until_what_waits_is_served),
        cmocka_unit_test(it_ends_when_for_a_second_nobody_was_refused),
        cmocka_unit_test(a_delay_of_0_is_never_and_ends_what_there_is),
        cmocka_unit_test(who_goes_on_with_what_was_begun_passes_before_who_is_new),
        cmocka_unit_test(what_one_short_turn_took_is_no_measure),
        cmocka_unit_test(the_rate_never_becomes_nothing),
        cmocka_unit_test(at_three_times_what_can_be_done_four_fifths_of_it_are_done),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
