/* SPDX-License-Identifier: BSD-2-Clause */
#include "server/purse.h"

#include "support/test.h"

#include <stdio.h>

static struct random_seeded seeded;
static const struct random  random_ = { random_seeded_fill, &seeded };

/* A hundred a second, of which 320 may come at once: twenty are taken ahead at most. */
static const struct limit_rule rule = { .key = 7, .interval = 10000, .burst = 320 };
enum { AHEAD = 20, WORKERS = 3 };

static struct limiter *l;
static struct purse    purses[WORKERS];

static int open_all(void **state)
{
    (void)state;
    random_seed(&seeded, 1);
    l = limiter_new(&random_);
    memset(purses, 0, sizeof purses);
    return l == NULL;
}

static int close_all(void **state)
{
    (void)state;
    limiter_free(l);
    return 0;
}

static bool passes_by(const struct limit_rule *r, unsigned worker, const char *source, msec now)
{
    struct address a;

    CHECK(address_parse_ip(slice_from(source), &a));
    return purse_take(&purses[worker], l, r, &a, now) == LIMITER_PASSES;
}

static bool passes(unsigned worker, msec now)
{
    return passes_by(&rule, worker, "192.0.2.66", now);
}

TEST(one_worker_gives_neither_more_nor_less_than_the_rule)
{
    unsigned passed = 0;

    for (int i = 0; i < 1000; i++)
        passed += passes(0, 1000);
    CHECK_INT(320, passed);
    for (msec now = 1000; now < 11000; now += 5)
        passed += passes(0, now);
    CHECK(passed >= 320 + 1000 - 2 && passed <= 320 + 1000);
}

/* No more than the rule gives; and too few only by what the others hold. */
TEST(several_workers_give_no_more_than_the_rule)
{
    unsigned passed = 0;

    for (int i = 0; i < 1000; i++)
        passed += passes((unsigned)i % WORKERS, 1000);
    CHECK(passed <= 320);
    CHECK(passed >= 320 - (WORKERS - 1) * AHEAD);
    for (msec now = 1000; now < 11000; now++)
        passed += passes((unsigned)(now % 7 % WORKERS), now);
    CHECK(passed <= 320 + 1000);
    CHECK(passed >= 320 + 1000 - WORKERS * AHEAD);
}

/* What was taken ahead and not used comes back: who asks a worker for a while and then another one gets his burst. */
TEST(what_was_not_needed_is_given_back)
{
    const struct limit_rule slow   = { .key = 7, .interval = 1000000, .burst = 320 };
    unsigned                passed = 0;

    for (int i = 0; i < 40; i++)
        CHECK(passes_by(&slow, 0, "192.0.2.66", 1000));
    CHECK(passes_by(&slow, 0, "192.0.2.66", 1000 + PURSE_TIME));
    for (int i = 0; i < 1000; i++)
        passed += passes_by(&slow, 1, "192.0.2.66", 1000 + PURSE_TIME);
    CHECK_INT(320 - 41 + 1, passed);
}

/* What was taken ahead and not used has been paid for by waiting, as the bucket has emptied meanwhile: to give it back
 * then would be a second burst beside the first. */
TEST(what_the_bucket_has_forgotten_is_not_given_back)
{
    unsigned passed = 0;

    for (int i = 0; i < 40; i++)
        for (unsigned worker = 1; worker < WORKERS; worker++)
            CHECK(passes(worker, 1000));
    for (int i = 0; i < 310; i++)
        passed += passes(0, 101000);
    for (int i = 0; i < 1000; i++)
        for (unsigned worker = 0; worker < WORKERS; worker++)
            passed += passes(worker, 101000);
    CHECK(passed <= 320);
}

/* One now and then is never more than one. */
TEST(who_asks_seldom_takes_one_at_a_time)
{
    unsigned passed = 0;

    for (msec now = 1000; now <= 100000; now += PURSE_TIME)
        CHECK(passes(0, now));
    for (int i = 0; i < 1000; i++)
        passed += passes(1, 100000);
    CHECK(passed >= 318 && passed <= 320);
}

TEST(a_small_burst_is_kept_to_the_letter)
{
    for (unsigned burst = 1; burst < 2 * PURSE_PART; burst += 5) {
        const struct limit_rule small  = { .key = 100 + burst, .interval = 100000, .burst = burst };
        unsigned                passed = 0;

        for (int i = 0; i < 100; i++)
            passed += passes_by(&small, (unsigned)i % WORKERS, "192.0.2.66", 1000);
        CHECK_INT(burst, passed);
    }
}

/* Their slots may be one: all have their own buckets all the same. */
TEST(sources_and_rules_are_told_apart)
{
    const struct limit_rule other = { .key = 9, .interval = 10000, .burst = 320 };
    char                    text[32];

    for (int i = 0; i < 1000; i++) {
        (void)passes(0, 1000);
        (void)passes_by(&other, 0, "192.0.2.66", 1000);
    }
    CHECK(!passes(0, 1000));
    CHECK(!passes_by(&other, 0, "192.0.2.66", 1000));
    for (int round = 0; round < 300; round++)
        for (int i = 1; i < 250; i += 60) {
            snprintf(text, sizeof text, "198.51.100.%d", i);
            CHECK(passes_by(&rule, 0, text, 1000));
        }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(one_worker_gives_neither_more_nor_less_than_the_rule, open_all, close_all),
        cmocka_unit_test_setup_teardown(several_workers_give_no_more_than_the_rule, open_all, close_all),
        cmocka_unit_test_setup_teardown(what_was_not_needed_is_given_back, open_all, close_all),
        cmocka_unit_test_setup_teardown(what_the_bucket_has_forgotten_is_not_given_back, open_all, close_all),
        cmocka_unit_test_setup_teardown(who_asks_seldom_takes_one_at_a_time, open_all, close_all),
        cmocka_unit_test_setup_teardown(a_small_burst_is_kept_to_the_letter, open_all, close_all),
        cmocka_unit_test_setup_teardown(sources_and_rules_are_told_apart, open_all, close_all),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
