/* SPDX-License-Identifier: BSD-2-Clause */
/* Guessing passwords: who waits for how long, and who does not. */
#include "server/attempts.h"

#include "support/alloc.h"
#include "support/test.h"

#include <stdio.h>

enum { MINUTE = 60000, HOUR = 60 * MINUTE, WINDOW = 10 * MINUTE, DELAY_MAX = 5 * MINUTE, FREE = 5 };

static struct random_seeded seeded;
static struct random        dice = { random_seeded_fill, &seeded };

static const struct attempts_rules rules = { FREE, WINDOW, DELAY_MAX, 4096 };

struct place {
    struct attempts     *attempts;
    struct address       source;
    msec                 now, wait;
    struct attempts_news news;
};

static void setup(struct place *p)
{
    *p = (struct place){ .attempts = attempts_new(&dice, &rules), .now = 12345678 };
    assert_non_null(p->attempts);
    CHECK(address_parse_ip(SLICE("192.0.2.1"), &p->source));
}

static void teardown(struct place *p)
{
    attempts_free(p->attempts);
}

static void from(struct place *p, const char *ip)
{
    CHECK(address_parse_ip(slice_from(ip), &p->source));
}

static struct attempt by(const struct place *p, const char *user)
{
    return (struct attempt){ &p->source, slice_from(user), SLICE("example.test") };
}

static bool may(struct place *p, const char *user)
{
    struct attempt t = by(p, user);

    return attempts_allow(p->attempts, &t, p->now, &p->wait);
}

static void fails(struct place *p, const char *user, unsigned times)
{
    struct attempt t = by(p, user);

    for (unsigned i = 0; i < times; i++)
        attempts_failed(p->attempts, &t, p->now, &p->news);
}

static void proves(struct place *p, const char *user)
{
    struct attempt t = by(p, user);

    attempts_proved(p->attempts, &t, p->now);
}

static void from_number(struct place *p, unsigned number)
{
    p->source = address_v4(10, (uint8_t)(number >> 16), (uint8_t)(number >> 8), (uint8_t)number, 5060);
}

/* `count` strangers try in the user's name, once each. */
static void is_attacked(struct place *p, const char *user, unsigned count)
{
    const struct address own = p->source;

    for (unsigned i = 1; i <= count; i++) {
        from_number(p, i);
        fails(p, user, 1);
    }
    p->source = own;
}

TEST(a_few_wrong_proofs_are_free_and_each_further_one_doubles_the_delay)
{
    static const msec delays[] = { 1000, 2000, 4000, 8000, 16000, 32000, 64000, 128000, 256000, DELAY_MAX, DELAY_MAX };
    struct place      p;

    setup(&p);
    for (unsigned i = 0; i < FREE; i++) {
        CHECK(may(&p, "bob"));
        fails(&p, "bob", 1);
    }
    for (unsigned i = 0; i < sizeof delays / sizeof delays[0]; i++) {
        CHECK(!may(&p, "bob"));
        CHECK_INT(delays[i], p.wait);
        p.now += delays[i] - 1;
        CHECK(!may(&p, "bob"));
        CHECK_INT(1, p.wait);
        p.now += 1;
        CHECK(may(&p, "bob"));
        fails(&p, "bob", 1);
    }
    teardown(&p);
}

TEST(a_source_waits_whatever_names_and_ports_it_tries)
{
    struct place p;
    char         name[16];

    setup(&p);
    for (unsigned i = 0; i < FREE; i++) {
        snprintf(name, sizeof name, "user%u", i);
        p.source.port = (uint16_t)(1024 + i);
        fails(&p, name, 1);
    }
    CHECK(!may(&p, "somebody"));
    from(&p, "192.0.2.2");
    CHECK(may(&p, "somebody"));
    CHECK(may(&p, "user0"));
    teardown(&p);
}

TEST(of_an_ipv6_address_the_network_is_the_source)
{
    struct place p;

    setup(&p);
    from(&p, "2001:db8:1:2::1");
    fails(&p, "bob", FREE);
    from(&p, "2001:db8:1:2:ffff:1:2:3");
    CHECK(!may(&p, "carol"));
    from(&p, "2001:db8:1:3::1");
    CHECK(may(&p, "carol"));
    teardown(&p);
}

TEST(a_user_is_held_when_many_sources_try_in_his_name)
{
    struct place p;

    setup(&p);
    is_attacked(&p, "bob", FREE);
    CHECK(!may(&p, "bob"));
    CHECK(may(&p, "carol"));
    teardown(&p);
}

TEST(the_case_of_a_domain_makes_no_other_user)
{
    struct place   p;
    struct attempt t;

    setup(&p);
    is_attacked(&p, "bob", FREE);
    t        = by(&p, "bob");
    t.domain = SLICE("EXAMPLE.Test");
    CHECK(!attempts_allow(p.attempts, &t, p.now, &p.wait));
    t.user = SLICE("Bob");
    CHECK(attempts_allow(p.attempts, &t, p.now, &p.wait));
    teardown(&p);
}

TEST(a_user_under_attack_is_let_in_where_he_was_known_and_nowhere_else)
{
    struct place p;

    setup(&p);
    proves(&p, "bob");
    is_attacked(&p, "bob", 100);
    CHECK(may(&p, "bob"));
    proves(&p, "bob");
    from(&p, "192.0.2.9");
    CHECK(!may(&p, "bob"));
    teardown(&p);
}

TEST(a_proof_at_a_known_place_gives_no_further_guesses_to_strangers)
{
    struct place p;

    setup(&p);
    proves(&p, "bob");
    is_attacked(&p, "bob", FREE);
    proves(&p, "bob");
    from(&p, "192.0.2.9");
    CHECK(!may(&p, "bob"));
    teardown(&p);
}

TEST(a_place_is_known_for_a_day)
{
    struct place p;

    setup(&p);
    proves(&p, "bob");
    p.now += 23 * HOUR;
    is_attacked(&p, "bob", 100);
    CHECK(may(&p, "bob"));
    p.now += 2 * HOUR;
    is_attacked(&p, "bob", 100);
    CHECK(!may(&p, "bob"));
    teardown(&p);
}

TEST(who_fails_at_a_known_place_waits_and_holds_nobody_elsewhere)
{
    struct place p;

    setup(&p);
    proves(&p, "bob");
    fails(&p, "bob", FREE);
    CHECK(!may(&p, "bob"));
    from(&p, "192.0.2.9");
    CHECK(may(&p, "bob"));
    teardown(&p);
}

TEST(a_right_proof_at_a_new_place_ends_the_users_count)
{
    struct place p;

    setup(&p);
    fails(&p, "bob", FREE - 1);
    proves(&p, "bob");
    from(&p, "192.0.2.9");
    fails(&p, "bob", FREE - 1);
    CHECK(may(&p, "bob"));
    fails(&p, "bob", 1);
    CHECK(!may(&p, "bob"));
    teardown(&p);
}

TEST(a_right_proof_at_a_known_place_ends_the_count_of_that_place)
{
    struct place p;

    setup(&p);
    proves(&p, "bob");
    for (unsigned i = 0; i < 3; i++) {
        fails(&p, "bob", FREE - 1);
        CHECK(may(&p, "bob"));
        proves(&p, "bob");
    }
    teardown(&p);
}

/* Behind a NAT somebody's phone has an old password. */
TEST(an_office_is_not_held_for_one_phone)
{
    struct place p;
    char         name[16];

    setup(&p);
    for (unsigned i = 0; i < 20; i++) {
        snprintf(name, sizeof name, "user%u", i);
        proves(&p, name);
    }
    fails(&p, "old", FREE + 3);
    CHECK(!may(&p, "newcomer"));
    CHECK(may(&p, "user7"));
    p.now += WINDOW + MINUTE;
    fails(&p, "old", FREE + 3);
    for (unsigned i = 0; i < 20; i++) { /* they refresh */
        snprintf(name, sizeof name, "user%u", i);
        proves(&p, name);
    }
    CHECK(may(&p, "newcomer"));
    teardown(&p);
}

TEST(who_has_a_password_of_his_own_cannot_guess_others_with_it)
{
    struct place p;
    char         name[16];
    unsigned     guesses = 0;

    setup(&p);
    proves(&p, "mallory");
    for (unsigned i = 0; i < 1000; i++) {
        snprintf(name, sizeof name, "user%u", i);
        if (may(&p, name)) {
            fails(&p, name, 1);
            guesses++;
        }
        proves(&p, "mallory");
        p.now += 100;
    }
    CHECK(guesses <= FREE + 7); /* 100 s: 1 + 2 + 4 + ... + 64 */
    teardown(&p);
}

TEST(what_is_older_than_the_window_is_forgotten)
{
    struct place p;

    setup(&p);
    fails(&p, "bob", FREE - 1);
    p.now += WINDOW;
    fails(&p, "bob", 1);
    CHECK(may(&p, "bob"));
    fails(&p, "bob", FREE + 20);
    p.now += DELAY_MAX + WINDOW - 1;
    fails(&p, "bob", 1);
    CHECK(!may(&p, "bob"));
    p.now += DELAY_MAX + WINDOW;
    fails(&p, "bob", 1);
    CHECK(may(&p, "bob"));
    teardown(&p);
}

TEST(who_begins_to_be_held_is_news_once)
{
    struct place p;
    unsigned     news = 0;

    setup(&p);
    fails(&p, "bob", FREE - 1);
    CHECK(!p.news.source && !p.news.user);
    fails(&p, "bob", 1);
    CHECK(p.news.source && p.news.user);
    CHECK_INT(FREE, p.news.failures);
    CHECK_INT(1000, p.news.delay);
    for (unsigned i = 0; i < 20; i++) {
        fails(&p, "bob", 1);
        news += p.news.source || p.news.user;
    }
    CHECK_INT(0, news);
    fails(&p, "carol", FREE);
    CHECK(!p.news.source && p.news.user);
    teardown(&p);
}

TEST(who_is_held_is_counted)
{
    struct place p;

    setup(&p);
    CHECK_INT(0, attempts_held(p.attempts, p.now));
    fails(&p, "bob", FREE);
    CHECK_INT(2, attempts_held(p.attempts, p.now)); /* he and his address */
    fails(&p, "carol", FREE);
    CHECK_INT(3, attempts_held(p.attempts, p.now));
    p.now += 2 * MINUTE;
    CHECK_INT(0, attempts_held(p.attempts, p.now));
    teardown(&p);
}

TEST(a_flood_of_sources_and_names_does_not_free_who_is_held)
{
    struct place p;
    char         name[16];

    setup(&p);
    proves(&p, "alice");
    from(&p, "192.0.2.66");
    fails(&p, "bob", FREE + 7);
    for (unsigned i = 0; i < 4 * ATTEMPTS_COUNTS; i++) {
        snprintf(name, sizeof name, "x%u", i);
        from_number(&p, i);
        fails(&p, name, 1);
    }
    from(&p, "192.0.2.66");
    CHECK(!may(&p, "nobody"));
    from(&p, "192.0.2.67");
    CHECK(!may(&p, "bob"));
    from(&p, "192.0.2.1");
    CHECK(may(&p, "alice"));
    teardown(&p);
}

TEST(places_are_bounded_and_the_oldest_makes_room)
{
    struct place p;
    char         name[16];
    unsigned     known = 0;

    setup(&p);
    for (unsigned i = 0; i < 20000; i++) {
        snprintf(name, sizeof name, "user%u", i);
        proves(&p, name);
        p.now += 1000;
    }
    for (unsigned i = 0; i < 20000; i++) {
        snprintf(name, sizeof name, "user%u", i);
        is_attacked(&p, name, FREE);
        if (may(&p, name)) {
            CHECK(i > 20000 - 4 * rules.places);
            known++;
        }
    }
    CHECK(known > rules.places / 2 && known <= rules.places);
    teardown(&p);
}

TEST(its_memory_is_accounted_for_and_given_back)
{
    struct budget b;
    struct place  p;

    accounts_init(&b, UINT64_MAX);
    setup(&p);
    attempts_account(p.attempts, &b);
    CHECK(budget_figures(&b, ACCOUNT_ATTEMPTS).bytes > 32768 * 24);
    teardown(&p);
    CHECK_INT(0, budget_figures(&b, ACCOUNT_ATTEMPTS).bytes);
}

TEST(users_of_one_name_in_two_domains_are_two)
{
    struct place   p;
    struct attempt here, there;
    msec           wait;

    setup(&p);
    is_attacked(&p, "bob", FREE);
    here  = by(&p, "bob");
    there = (struct attempt){ here.source, here.user, SLICE("example.net") };
    CHECK(!attempts_allow(p.attempts, &here, p.now, &wait));
    CHECK(attempts_allow(p.attempts, &there, p.now, &wait));
    teardown(&p);
}

TEST(without_memory_there_are_none)
{
    for (unsigned i = 1; i <= 2; i++) {
        alloc_fail_at(i);
        CHECK(attempts_new(&dice, &rules) == NULL);
        alloc_fail_at(0);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_few_wrong_proofs_are_free_and_each_further_one_doubles_the_delay),
        cmocka_unit_test(a_source_waits_whatever_names_and_ports_it_tries),
        cmocka_unit_test(of_an_ipv6_address_the_network_is_the_source),
        cmocka_unit_test(a_user_is_held_when_many_sources_try_in_his_name),
        cmocka_unit_test(the_case_of_a_domain_makes_no_other_user),
        cmocka_unit_test(users_of_one_name_in_two_domains_are_two),
        cmocka_unit_test(a_user_under_attack_is_let_in_where_he_was_known_and_nowhere_else),
        cmocka_unit_test(a_proof_at_a_known_place_gives_no_further_guesses_to_strangers),
        cmocka_unit_test(a_place_is_known_for_a_day),
        cmocka_unit_test(who_fails_at_a_known_place_waits_and_holds_nobody_elsewhere),
        cmocka_unit_test(a_right_proof_at_a_new_place_ends_the_users_count),
        cmocka_unit_test(a_right_proof_at_a_known_place_ends_the_count_of_that_place),
        cmocka_unit_test(an_office_is_not_held_for_one_phone),
        cmocka_unit_test(who_has_a_password_of_his_own_cannot_guess_others_with_it),
        cmocka_unit_test(what_is_older_than_the_window_is_forgotten),
        cmocka_unit_test(who_begins_to_be_held_is_news_once),
        cmocka_unit_test(who_is_held_is_counted),
        cmocka_unit_test(a_flood_of_sources_and_names_does_not_free_who_is_held),
        cmocka_unit_test(places_are_bounded_and_the_oldest_makes_room),
        cmocka_unit_test(its_memory_is_accounted_for_and_given_back),
        cmocka_unit_test(without_memory_there_are_none),
    };

    random_seed(&seeded, 1);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
