/* SPDX-License-Identifier: BSD-2-Clause */
#include "server/crowd.h"

#include "support/test.h"

enum { LIFE = 1000, WAYS = 8, SETS = 64 };

struct one {
    struct crowd_entry entry;
    msec               until;
    unsigned           weight;
};

static const struct one *one_of(const struct crowd_entry *e)
{
    return (const struct one *)(const void *)e;
}

static bool is_over(const struct crowd_entry *e, msec now, const void *arg)
{
    (void)arg;
    return now >= one_of(e)->until;
}

static bool is_weaker(const struct crowd_entry *e, const struct crowd_entry *than)
{
    return one_of(e)->weight < one_of(than)->weight;
}

static const struct crowd_kind kind = { sizeof(struct one), is_over, is_weaker };

/* Of one and the same set. */
static uint64_t hash(unsigned i)
{
    return ((uint64_t)i + 1) << 40 | 7;
}

static void put(struct crowd *c, uint64_t h, unsigned weight, msec now)
{
    struct one *o;

    crowd_lock(c, h);
    o         = crowd_take(c, h, now);
    o->weight = weight;
    o->until  = now + LIFE;
    crowd_unlock(c, h);
}

static unsigned weight_of(struct crowd *c, uint64_t h, msec now)
{
    const struct one *o;
    unsigned          weight;

    crowd_lock(c, h);
    o      = crowd_find(c, h, now);
    weight = o != NULL ? o->weight : 0;
    crowd_unlock(c, h);
    return weight;
}

TEST(what_is_noted_is_found_until_it_is_over)
{
    struct crowd *c = crowd_new(&kind, NULL, SETS * WAYS);

    CHECK_INT(0, weight_of(c, hash(1), 0));
    put(c, hash(1), 5, 0);
    put(c, hash(2), 6, 0);
    CHECK_INT(5, weight_of(c, hash(1), LIFE - 1));
    CHECK_INT(6, weight_of(c, hash(2), LIFE - 1));
    CHECK_INT(0, weight_of(c, hash(1), LIFE));
    crowd_free(c);
}

TEST(a_new_one_begins_with_zeros_in_the_place_of_its_old_self)
{
    struct crowd *c = crowd_new(&kind, NULL, SETS * WAYS);
    struct one   *o;

    put(c, hash(1), 5, 0);
    crowd_lock(c, hash(1));
    o = crowd_take(c, hash(1), LIFE);
    CHECK_INT(0, o->weight);
    crowd_unlock(c, hash(1));
    crowd_free(c);
}

TEST(when_there_is_no_room_the_weakest_goes)
{
    struct crowd *c = crowd_new(&kind, NULL, SETS * WAYS);

    for (unsigned i = 0; i < WAYS; i++)
        put(c, hash(i), i == 3 ? 1 : 10 + i, 0);
    put(c, hash(WAYS), 99, 0);
    CHECK_INT(0, weight_of(c, hash(3), 0));
    CHECK_INT(99, weight_of(c, hash(WAYS), 0));
    CHECK_INT(10, weight_of(c, hash(0), 0));
    crowd_free(c);
}

TEST(who_is_over_goes_before_the_weakest)
{
    struct crowd *c = crowd_new(&kind, NULL, SETS * WAYS);

    put(c, hash(0), 50, 0);
    for (unsigned i = 1; i < WAYS; i++)
        put(c, hash(i), 1, LIFE / 2);
    put(c, hash(WAYS), 1, LIFE);
    for (unsigned i = 1; i <= WAYS; i++)
        CHECK_INT(1, weight_of(c, hash(i), LIFE));
    crowd_free(c);
}

static void count(void *arg, const struct crowd_entry *e)
{
    *(unsigned *)arg += one_of(e)->weight;
}

TEST(all_that_are_not_over_can_be_looked_at)
{
    struct crowd *c   = crowd_new(&kind, NULL, 4096);
    unsigned      sum = 0;

    for (unsigned i = 0; i < 100; i++)
        put(c, (uint64_t)i * UINT64_C(0x9e3779b97f4a7c15) + 1, 1, i < 40 ? 0 : 500);
    crowd_each(c, LIFE, count, &sum);
    CHECK_INT(60, sum);
    CHECK(crowd_size(c) >= 4096 * sizeof(struct one));
    crowd_free(c);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_noted_is_found_until_it_is_over),
        cmocka_unit_test(a_new_one_begins_with_zeros_in_the_place_of_its_old_self),
        cmocka_unit_test(when_there_is_no_room_the_weakest_goes),
        cmocka_unit_test(who_is_over_goes_before_the_weakest),
        cmocka_unit_test(all_that_are_not_over_can_be_looked_at),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
