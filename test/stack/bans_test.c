/* SPDX-License-Identifier: BSD-2-Clause */
#include "stack/bans.h"

#include "base/error.h"
#include "support/alloc.h"
#include "support/test.h"

#include <pthread.h>
#include <stdatomic.h>

static struct rcu *rcu;

static struct bans *open_bans(void)
{
    rcu = rcu_single_new();
    return bans_new(rcu);
}

static void close_bans(struct bans *b)
{
    bans_free(b);
    rcu_free(rcu);
}

static struct prefix prefix(const char *text)
{
    struct prefix p;

    CHECK(prefix_parse(slice_from(text), &p));
    return p;
}

static void ban(struct bans *b, const char *network, uint64_t until)
{
    const struct ban one = { .network = prefix(network), .until = until, .reason = SLICE("a nuisance") };

    CHECK_INT(0, bans_put(b, &one, 0));
}

static void ban_datagrams(struct bans *b, const char *network)
{
    const struct ban one = { .network = prefix(network), .until = BAN_FOR_EVER, .strikes = 1, .datagrams_only = true };

    CHECK_INT(0, bans_put(b, &one, 0));
}

static bool hears(struct bans *b, const char *address, const char *datagram)
{
    const struct slice text = slice_from(datagram != NULL ? datagram : "");
    struct address     a;

    CHECK(address_parse_ip(slice_from(address), &a));
    a.port = 5060;
    return !bans_hit(b, &a, datagram != NULL ? &text : NULL);
}

static const char request[] = "OPTIONS sip:a SIP/2.0\r\n", response[] = "SIP/2.0 200 OK\r\n";

TEST(who_is_banned_is_not_heard_whatever_he_says)
{
    struct bans *b = open_bans();

    CHECK(hears(b, "192.0.2.66", request));
    ban(b, "192.0.2.66", BAN_FOR_EVER);
    ban(b, "2001:db8:bad::/48", BAN_FOR_EVER);
    CHECK(!hears(b, "192.0.2.66", request) && !hears(b, "192.0.2.66", response) && !hears(b, "192.0.2.66", NULL));
    CHECK(!hears(b, "2001:db8:bad:1::7", request));
    CHECK(hears(b, "192.0.2.67", request) && hears(b, "2001:db8:bae::7", NULL));
    CHECK_INT(2, bans_count(b));
    close_bans(b);
}

static void note_hits(void *arg, const struct ban *one)
{
    *(uint64_t *)arg = *(uint64_t *)arg * 10 + one->hits;
}

TEST(each_ban_counts_whom_it_keeps_away)
{
    struct bans *b    = open_bans();
    uint64_t     hits = 0;

    ban(b, "10.0.0.0/8", BAN_FOR_EVER);
    ban(b, "192.0.2.66", BAN_FOR_EVER);
    for (int i = 0; i < 3; i++)
        CHECK(!hears(b, "192.0.2.66", request));
    CHECK(!hears(b, "10.9.8.7", NULL));
    bans_each(b, 0, note_hits, &hits);
    CHECK_INT(13, hits);
    ban(b, "192.0.2.66", 99); /* another time: it goes on counting */
    hits = 0;
    bans_each(b, 0, note_hits, &hits);
    CHECK_INT(13, hits);
    close_bans(b);
}

TEST(who_is_allowed_is_heard_whatever_the_list_says)
{
    struct bans  *b       = open_bans();
    struct prefix allowed = prefix("192.0.2.0/28");

    ban(b, "192.0.2.0/24", BAN_FOR_EVER);
    ban(b, "192.0.2.7", BAN_FOR_EVER);
    CHECK_INT(0, bans_allow(b, &allowed, 1, 0));
    CHECK(hears(b, "192.0.2.7", request) && hears(b, "192.0.2.15", NULL));
    CHECK(!hears(b, "192.0.2.16", request));
    CHECK_INT(0, bans_allow(b, NULL, 0, 0));
    CHECK(!hears(b, "192.0.2.7", request));
    close_bans(b);
}

TEST(who_is_banned_for_datagrams_may_connect_and_answer)
{
    struct bans *b = open_bans();

    ban_datagrams(b, "192.0.2.66");
    CHECK(!hears(b, "192.0.2.66", request) && !hears(b, "192.0.2.66", "") && !hears(b, "192.0.2.66", "SIP/2.0"));
    CHECK(hears(b, "192.0.2.66", response));
    CHECK(hears(b, "192.0.2.66", NULL));
    close_bans(b);
}

TEST(a_ban_of_datagrams_makes_no_hole_in_that_of_its_network)
{
    struct bans *b = open_bans();

    ban_datagrams(b, "192.0.2.66");
    ban(b, "192.0.2.0/24", BAN_FOR_EVER);
    CHECK(!hears(b, "192.0.2.66", NULL) && !hears(b, "192.0.2.66", response));
    close_bans(b);
}

static void note_one(void *arg, const struct ban *one)
{
    *(struct prefix *)arg = one->network;
}

TEST(a_ban_ends_and_is_remembered_if_behaviour_has_earned_it)
{
    struct bans  *b     = open_bans();
    struct prefix three = prefix("192.0.2.3"), two = prefix("192.0.2.2"), forgotten = { .bits = 0 };
    struct ban    found;

    ban(b, "192.0.2.2", 6000);
    CHECK_INT(0, bans_put(b, &(struct ban){ .network = three, .until = 5000, .strikes = 2 }, 0));
    bans_expire(b, 4999, note_one, &forgotten);
    CHECK(!hears(b, "192.0.2.2", request) && !hears(b, "192.0.2.3", request));
    bans_expire(b, 5000, note_one, &forgotten);
    CHECK(!hears(b, "192.0.2.2", request) && hears(b, "192.0.2.3", request));
    bans_expire(b, 6000, note_one, &forgotten);
    CHECK(hears(b, "192.0.2.2", request));
    CHECK_INT(0, prefix_compare(&two, &forgotten)); /* somebody decided it: over is over */
    CHECK(bans_get(b, &three, &found));
    CHECK_INT(2, found.strikes);
    CHECK(!bans_remove(b, &three, 5000));
    bans_expire(b, 5000 + BANS_REMEMBERED, note_one, &forgotten);
    CHECK_INT(0, prefix_compare(&three, &forgotten));
    CHECK(!bans_get(b, &three, &found));
    close_bans(b);
}

TEST(what_is_taken_back_counts_no_more)
{
    struct bans  *b    = open_bans();
    struct prefix host = prefix("192.0.2.66"), network = prefix("192.0.2.0/24");

    ban(b, "192.0.2.66", BAN_FOR_EVER);
    ban(b, "192.0.2.0/24", BAN_FOR_EVER);
    CHECK(bans_remove(b, &network, 0));
    CHECK(!bans_remove(b, &network, 0));
    CHECK(!hears(b, "192.0.2.66", request) && hears(b, "192.0.2.67", request));
    CHECK(bans_remove(b, &host, 0));
    CHECK(hears(b, "192.0.2.66", request));
    CHECK_INT(0, bans_count(b));
    close_bans(b);
}

TEST(a_reason_is_kept_as_far_as_there_is_room)
{
    struct bans *b = open_bans();
    char         text[2 * BAN_REASON];
    struct ban   one = { .network = prefix("192.0.2.66"), .until = BAN_FOR_EVER, .reason = { text, sizeof text } };

    memset(text, 'x', sizeof text);
    CHECK_INT(0, bans_put(b, &one, 0));
    memset(text, 'y', sizeof text);
    close_bans(b);
}

static struct prefix nth(unsigned i)
{
    struct address a = address_v4(10, (uint8_t)(i >> 16), (uint8_t)(i >> 8), (uint8_t)i, 0);

    return prefix_of(&a, 32);
}

static void ignore(void *arg, const struct ban *one)
{
    (void)arg;
    (void)one;
}

TEST(of_very_many_all_are_heeded_within_a_second)
{
    struct bans   *b = open_bans();
    struct address a;
    unsigned       i;

    for (i = 0; i < 3 * BANS_AT_ONCE; i++)
        CHECK_INT(0, bans_put(b, &(struct ban){ .network = nth(i), .until = BAN_FOR_EVER }, 0));
    bans_expire(b, 1, ignore, NULL);
    for (i = 0; i < 3 * BANS_AT_ONCE; i++) {
        a = nth(i).address;
        CHECK(bans_hit(b, &a, NULL));
    }
    a = nth(i).address;
    CHECK(!bans_hit(b, &a, NULL));
    a = nth(7).address;
    for (i = 0; i < BANS_AT_ONCE; i++) /* readers may still have those that go */
        CHECK(bans_remove(b, &(struct prefix){ nth(i).address, 32 }, 1));
    CHECK(bans_hit(b, &a, NULL));
    bans_expire(b, 2, ignore, NULL);
    CHECK(!bans_hit(b, &a, NULL));
    close_bans(b);
}

TEST(there_is_a_bound_to_the_list_and_room_for_what_people_decide)
{
    struct bans *b = open_bans();

    for (unsigned i = 0; i < BANS_EARNED; i++)
        CHECK_INT(0, bans_put(b, &(struct ban){ .network = nth(i), .until = BAN_FOR_EVER, .strikes = 1 }, 0));
    CHECK_INT(-ERR_LIMIT,
              bans_put(b, &(struct ban){ .network = nth(BANS_MAX), .until = BAN_FOR_EVER, .strikes = 1 }, 0));
    for (unsigned i = BANS_EARNED; i < BANS_MAX; i++)
        CHECK_INT(0, bans_put(b, &(struct ban){ .network = nth(i), .until = BAN_FOR_EVER }, 0));
    CHECK_INT(-ERR_LIMIT, bans_put(b, &(struct ban){ .network = nth(BANS_MAX), .until = BAN_FOR_EVER }, 0));
    CHECK_INT(0, bans_put(b, &(struct ban){ .network = nth(7), .until = BAN_FOR_EVER }, 0));
    close_bans(b);
}

TEST(its_memory_is_accounted_for)
{
    struct bans  *b       = open_bans();
    struct prefix network = prefix("192.0.2.0/24"), allowed = prefix("10.0.0.0/8");
    struct budget budget;

    accounts_init(&budget, 1 << 20);
    ban(b, "192.0.2.0/24", BAN_FOR_EVER);
    bans_account(b, &budget);
    CHECK(budget_total(&budget).bytes > 0);
    ban(b, "192.0.2.66", 5);
    ban(b, "192.0.2.66", 6);
    CHECK_INT(0, bans_allow(b, &allowed, 1, 0));
    CHECK(bans_remove(b, &network, 0));
    bans_expire(b, 6, ignore, NULL);
    bans_free(b);
    CHECK_INT(0, budget_total(&budget).bytes);
    rcu_free(rcu);
}

/* The list is right even if no table could be made of it; the next second makes one. */
TEST(without_memory_a_ban_is_refused_or_comes_later)
{
    for (unsigned n = 1;; n++) {
        struct bans  *b       = open_bans();
        struct prefix allowed = prefix("10.0.0.0/8");
        int           error;

        ban(b, "192.0.2.1", BAN_FOR_EVER);
        alloc_fail_at(n);
        error = bans_put(b, &(struct ban){ .network = prefix("192.0.2.66"), .until = BAN_FOR_EVER }, 0);
        if (error == 0)
            (void)bans_allow(b, &allowed, 1, 0);
        alloc_fail_at(0);
        CHECK(!hears(b, "192.0.2.1", request));
        bans_expire(b, 1, ignore, NULL);
        CHECK(error == 0 || error == -ERR_NO_MEMORY);
        CHECK(hears(b, "192.0.2.66", request) == (error != 0));
        close_bans(b);
        if (error == 0 && n > 12)
            break;
    }
}

/* ---- readers and a writer at once ---- */

static atomic_bool done;

static void *read_on(void *bans)
{
    uint64_t wrong = 0;

    rcu_join(rcu);
    while (!atomic_load(&done)) {
        wrong += hears(bans, "10.0.0.1", request) ? 1 : 0; /* it is banned all the time */
        (void)hears(bans, "10.0.0.2", request);
        wrong += hears(bans, "192.0.2.1", request) ? 0 : 1;
    }
    rcu_quit(rcu);
    return wrong > 0 ? bans : NULL;
}

TEST(readers_see_one_state_or_the_other)
{
    struct bans  *b;
    struct prefix two = prefix("10.0.0.2");
    pthread_t     threads[2];
    void         *wrong;

    rcu = rcu_threads_new();
    rcu_join(rcu);
    b = bans_new(rcu);
    ban(b, "10.0.0.1", BAN_FOR_EVER);
    atomic_store(&done, false);
    for (int i = 0; i < 2; i++)
        CHECK_INT(0, pthread_create(&threads[i], NULL, read_on, b));
    for (unsigned i = 0; i < 2000; i++) {
        ban(b, "10.0.0.2", BAN_FOR_EVER);
        ban(b, "10.0.0.1", BAN_FOR_EVER - i % 2);
        CHECK(bans_remove(b, &two, 0));
    }
    atomic_store(&done, true);
    for (int i = 0; i < 2; i++) {
        CHECK_INT(0, pthread_join(threads[i], &wrong));
        CHECK(wrong == NULL);
    }
    rcu_quit(rcu);
    close_bans(b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(who_is_banned_is_not_heard_whatever_he_says),
        cmocka_unit_test(each_ban_counts_whom_it_keeps_away),
        cmocka_unit_test(who_is_allowed_is_heard_whatever_the_list_says),
        cmocka_unit_test(who_is_banned_for_datagrams_may_connect_and_answer),
        cmocka_unit_test(a_ban_of_datagrams_makes_no_hole_in_that_of_its_network),
        cmocka_unit_test(a_ban_ends_and_is_remembered_if_behaviour_has_earned_it),
        cmocka_unit_test(what_is_taken_back_counts_no_more),
        cmocka_unit_test(a_reason_is_kept_as_far_as_there_is_room),
        cmocka_unit_test(of_very_many_all_are_heeded_within_a_second),
        cmocka_unit_test(there_is_a_bound_to_the_list_and_room_for_what_people_decide),
        cmocka_unit_test(its_memory_is_accounted_for),
        cmocka_unit_test(without_memory_a_ban_is_refused_or_comes_later),
        cmocka_unit_test(readers_see_one_state_or_the_other),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
