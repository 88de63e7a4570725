/* SPDX-License-Identifier: BSD-2-Clause */
#include "server/limiter.h"

#include "support/test.h"

static struct random_seeded seeded;
static const struct random  random_ = { random_seeded_fill, &seeded };

/* Ten a second, of which three may come at once. */
static const struct limit_rule rule = { .key = 7, .interval = 100000, .burst = 3 };

static struct limiter *open_limiter(void)
{
    random_seed(&seeded, 1);
    return limiter_new(&random_);
}

static enum limiter_verdict ask_by(struct limiter *l, const struct limit_rule *r, const char *source, const char *name,
                                   msec now)
{
    struct address a;
    struct limited who = { source != NULL ? &a : NULL, slice_from(name), SLICE("example.test") };

    if (source != NULL)
        CHECK(address_parse_ip(slice_from(source), &a));
    return limiter_take(l, r, &who, now);
}

static enum limiter_verdict ask(struct limiter *l, const char *source, msec now)
{
    return ask_by(l, &rule, source, "", now);
}

TEST(so_many_at_once_and_then_one_in_each_interval)
{
    struct limiter *l = open_limiter();

    for (int i = 0; i < 3; i++)
        CHECK_INT(LIMITER_PASSES, ask(l, "192.0.2.66", 1000));
    CHECK(ask(l, "192.0.2.66", 1000) != LIMITER_PASSES);
    CHECK(ask(l, "192.0.2.66", 1099) != LIMITER_PASSES);
    CHECK_INT(LIMITER_PASSES, ask(l, "192.0.2.66", 1100));
    CHECK(ask(l, "192.0.2.66", 1100) != LIMITER_PASSES);
    for (int i = 0; i < 3; i++)
        CHECK_INT(LIMITER_PASSES, ask(l, "192.0.2.66", 1400));
    CHECK(ask(l, "192.0.2.66", 1400) != LIMITER_PASSES);
    limiter_free(l);
}

TEST(who_goes_on_asking_gets_no_less_than_his_rate)
{
    struct limiter *l      = open_limiter();
    unsigned        passed = 0;

    for (msec now = 1000; now < 11000; now += 10)
        passed += ask(l, "192.0.2.66", now) == LIMITER_PASSES;
    CHECK(passed >= 100 && passed <= 103);
    limiter_free(l);
}

TEST(he_is_answered_once_a_second)
{
    struct limiter *l    = open_limiter();
    unsigned        said = 0;

    for (msec now = 1000; now < 6000; now++)
        said += ask(l, "192.0.2.66", now) == LIMITER_SAYS_NO;
    CHECK(said >= 4 && said <= 6);
    limiter_free(l);
}

TEST(each_source_rule_user_and_domain_has_a_bucket_of_its_own)
{
    struct limiter   *l     = open_limiter();
    struct limit_rule other = rule;

    other.key = 8;
    for (int i = 0; i < 4; i++)
        (void)ask(l, "192.0.2.66", 1000);
    CHECK(ask(l, "192.0.2.66", 1000) != LIMITER_PASSES);
    CHECK_INT(LIMITER_PASSES, ask(l, "192.0.2.67", 1000));
    CHECK_INT(LIMITER_PASSES, ask_by(l, &other, "192.0.2.66", "", 1000));
    CHECK_INT(LIMITER_PASSES, ask_by(l, &rule, "192.0.2.66", "bob", 1000));
    CHECK_INT(LIMITER_PASSES, ask_by(l, &rule, NULL, "bob", 1000));
    CHECK_INT(LIMITER_PASSES, ask_by(l, &rule, NULL, "alice", 1000));
    limiter_free(l);
}

TEST(a_host_of_ipv6_has_one_bucket_for_its_64_bits)
{
    struct limiter *l = open_limiter();

    for (int i = 0; i < 3; i++)
        CHECK_INT(LIMITER_PASSES, ask(l, "2001:db8::1", 1000));
    CHECK(ask(l, "2001:db8::ffff:2", 1000) != LIMITER_PASSES);
    CHECK_INT(LIMITER_PASSES, ask(l, "2001:db8:0:1::1", 1000));
    limiter_free(l);
}

/* Whoever makes up addresses cannot make room for one that is held. */
TEST(who_sends_most_is_not_forgotten_for_a_crowd)
{
    struct limiter *l = open_limiter();

    for (int i = 0; i < 4; i++)
        (void)ask(l, "192.0.2.66", 1000);
    for (unsigned i = 0; i < 4 * LIMITER_BUCKETS; i++) {
        struct address a   = address_v4(10, (uint8_t)(i >> 16), (uint8_t)(i >> 8), (uint8_t)i, 0);
        struct limited who = { &a, SLICE(""), SLICE("") };

        (void)limiter_take(l, &rule, &who, 1000);
    }
    CHECK(ask(l, "192.0.2.66", 1000) != LIMITER_PASSES);
    limiter_free(l);
}

TEST(its_memory_is_accounted_for)
{
    struct limiter *l = open_limiter();
    struct budget   budget;

    accounts_init(&budget, 1 << 30);
    limiter_account(l, &budget);
    CHECK(budget_total(&budget).bytes > 0);
    limiter_free(l);
    CHECK_INT(0, budget_total(&budget).bytes);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(so_many_at_once_and_then_one_in_each_interval),
        cmocka_unit_test(who_goes_on_asking_gets_no_less_than_his_rate),
        cmocka_unit_test(he_is_answered_once_a_second),
        cmocka_unit_test(each_source_rule_user_and_domain_has_a_bucket_of_its_own),
        cmocka_unit_test(a_host_of_ipv6_has_one_bucket_for_its_64_bits),
        cmocka_unit_test(who_sends_most_is_not_forgotten_for_a_crowd),
        cmocka_unit_test(its_memory_is_accounted_for),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
