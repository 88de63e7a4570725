/* SPDX-License-Identifier: BSD-2-Clause */
#include "server/location.h"

#include "base/error.h"
#include "base/limits.h"
#include "support/alloc.h"
#include "support/test.h"

#include <stdio.h>

static struct random_seeded seeded;
static struct random        dice = { random_seeded_fill, &seeded };
static struct rcu          *rcu;
static unsigned             expired;
static uint64_t             expired_row;

static void on_expired(void *owner, const struct aor *a, const struct binding *b)
{
    CHECK(owner == &expired);
    CHECK(aor_count(a) > 0);
    expired++;
    expired_row = b->row;
}

static struct location *setup(size_t limit)
{
    struct location *l;

    rcu     = rcu_single_new();
    expired = 0;
    l       = location_new(rcu, &dice, limit, 0);
    CHECK(l != NULL);
    return l;
}

/* Freed with what is in it. */
static void teardown(struct location *l)
{
    rcu_barrier(rcu);
    location_free(l);
    rcu_free(rcu);
}

static void advance(struct location *l, msec now)
{
    while (location_expire(l, 0, 1, now, on_expired, &expired))
        ;
}

/* One more binding, whose texts are gone when it has been put; 0 or the error. */
static int put(struct location *l, const char *key, const char *contact, msec expires_at)
{
    char                  text[64];
    struct location_guard g;
    struct binding        all[LIMIT_LIST + 1];
    unsigned              count;
    int                   error;

    snprintf(text, sizeof text, "%s", contact);
    location_lock(l, slice_from(key), &g);
    count = g.aor != NULL ? aor_count(g.aor) : 0;
    for (unsigned i = 0; i < count; i++)
        aor_binding(g.aor, i, &all[i]);
    all[count] = (struct binding){
        .row = location_next_row(l), .contact = slice_from(text), .user_agent = SLICE("ua"), .expires_at = expires_at
    };
    error = location_prepare(&g, all, count + 1, false);
    memset(text, 'x', sizeof text);
    if (error == 0)
        location_publish(&g);
    location_unlock(&g);
    return error;
}

/* The only binding of `key`, or none. */
static void set(struct location *l, const char *key, const struct binding *only)
{
    struct location_guard g;

    location_lock(l, slice_from(key), &g);
    CHECK_INT(0, location_prepare(&g, only, only != NULL, false));
    location_publish(&g);
    location_unlock(&g);
}

static unsigned count_of(struct location *l, const char *key)
{
    const struct aor *a;
    unsigned          count;

    rcu_enter(rcu);
    a     = location_find(l, slice_from(key));
    count = a != NULL ? aor_count(a) : 0;
    rcu_leave(rcu);
    return count;
}

TEST(what_is_put_is_copied_and_found_in_its_order)
{
    struct location  *l = setup(10);
    const struct aor *a;
    struct binding    b;

    CHECK_INT(0, count_of(l, "bob"));
    CHECK_INT(0, put(l, "bob", "sip:1", 1000));
    CHECK_INT(0, put(l, "bob", "sip:2", 1000));
    CHECK_INT(0, put(l, "carol", "sip:3", 1000));
    rcu_enter(rcu);
    a = location_find(l, SLICE("bob"));
    CHECK_SLICE("bob", aor_key(a));
    CHECK_INT(2, aor_count(a));
    aor_binding(a, 0, &b);
    CHECK_SLICE("sip:1", b.contact);
    CHECK_SLICE("ua", b.user_agent);
    aor_binding(a, 1, &b);
    CHECK_SLICE("sip:2", b.contact);
    rcu_leave(rcu);
    CHECK_INT(3, location_count(l));
    CHECK_INT(2, location_aors(l));
    teardown(l);
}

static struct slice key_by_gruu_at(struct location *l, uint64_t hash, uint64_t epoch, msec now)
{
    const struct aor *a;
    struct slice      key;

    rcu_enter(rcu);
    a   = location_find_gruu(l, hash, epoch, now);
    key = a != NULL ? aor_key(a) : SLICE("");
    rcu_leave(rcu);
    return key;
}

static struct slice key_by_gruu(struct location *l, uint64_t hash, uint64_t epoch)
{
    return key_by_gruu_at(l, hash, epoch, 0);
}

/* RFC 5627 5.4: of a GRUU the registrar tells the AOR. */
TEST(an_aor_is_found_by_its_hash_and_an_epoch_of_its_bindings)
{
    struct location *l   = setup(10);
    struct binding   bob = { .contact = SLICE("sip:1"), .instance = SLICE("<a>"), .gruu = 7, .expires_at = 1000 };
    uint64_t         hash;

    location_set_hash_key(l, (struct hash_key){ 1, 2 });
    hash = location_hash(l, SLICE("bob"));
    CHECK(hash == siphash(&(struct hash_key){ 1, 2 }, SLICE("bob")));
    CHECK_INT(0, put(l, "carol", "sip:3", 1000));
    set(l, "bob", &bob);
    CHECK_SLICE("bob", key_by_gruu(l, hash, 7));
    CHECK_SLICE("", key_by_gruu(l, hash, 8));
    CHECK_SLICE("", key_by_gruu(l, hash ^ 1, 7));
    CHECK_SLICE("", key_by_gruu(l, location_hash(l, SLICE("carol")), 0));
    /* it ends with the binding, in its millisecond, and not when that is taken out (5.3) */
    CHECK_SLICE("bob", key_by_gruu_at(l, hash, 7, 999));
    CHECK_SLICE("", key_by_gruu_at(l, hash, 7, 1000));
    set(l, "bob", NULL);
    CHECK_SLICE("", key_by_gruu(l, hash, 7));
    teardown(l);
}

TEST(bindings_are_accounted_for_while_they_are_there)
{
    struct location *l = setup(10);
    struct budget    budget;
    uint64_t         one, two;

    accounts_init(&budget, 1 << 20);
    location_account(l, &budget);
    CHECK_INT(0, put(l, "bob", "sip:1", 1000));
    one = budget_figures(&budget, ACCOUNT_LOCATION).bytes;
    CHECK_INT(0, put(l, "bob", "sip:2", 2000));
    two = budget_figures(&budget, ACCOUNT_LOCATION).bytes;
    CHECK(one > 50 && two > one && two < 2 * one);
    advance(l, 1500);
    CHECK_INT(one, budget_figures(&budget, ACCOUNT_LOCATION).bytes);
    set(l, "bob", NULL);
    CHECK_INT(0, budget_figures(&budget, ACCOUNT_LOCATION).bytes);
    CHECK_INT(0, put(l, "carol", "sip:3", 1000));
    teardown(l);
    CHECK_INT(0, budget_total(&budget).bytes);
}

/* A reader's moment: what he found stays as it was until he leaves. */
TEST(a_reader_sees_an_aor_as_it_was)
{
    struct location  *l = setup(10);
    const struct aor *before;
    struct binding    b;

    put(l, "bob", "sip:1", 1000);
    rcu_enter(rcu);
    before = location_find(l, SLICE("bob"));
    put(l, "bob", "sip:2", 1000);
    CHECK(location_find(l, SLICE("bob")) != before);
    set(l, "bob", NULL);
    CHECK(location_find(l, SLICE("bob")) == NULL);
    CHECK_INT(1, aor_count(before));
    aor_binding(before, 0, &b);
    CHECK_SLICE("sip:1", b.contact);
    rcu_leave(rcu);
    CHECK_INT(0, location_count(l));
    CHECK_INT(0, location_aors(l));
    teardown(l);
}

TEST(what_is_prepared_and_not_published_has_not_happened)
{
    struct location      *l     = setup(2);
    const struct binding  two[] = { { .row = 50, .expires_at = 9 }, { .row = 51, .expires_at = 9 } };
    struct location_guard g;

    location_lock(l, SLICE("bob"), &g);
    CHECK_INT(0, location_prepare(&g, two, 2, false));
    CHECK_INT(2, location_count(l)); /* its room is kept */
    CHECK(location_find(l, SLICE("bob")) == NULL);
    location_unlock(&g);
    CHECK_INT(0, location_count(l));
    CHECK_INT(0, count_of(l, "bob"));
    put(l, "bob", "sip:1", 1000);
    location_lock(l, SLICE("bob"), &g);
    CHECK_INT(0, location_prepare(&g, NULL, 0, false));
    location_unlock(&g);
    CHECK_INT(1, count_of(l, "bob"));
    CHECK_INT(1, location_count(l));
    teardown(l);
}

TEST(the_limit_holds_but_not_for_what_was_promised)
{
    struct location      *l      = setup(2);
    struct binding        stored = { .row = 77, .contact = SLICE("sip:s"), .expires_at = 9000 };
    struct location_guard g;

    CHECK_INT(0, put(l, "a", "sip:1", 1000));
    CHECK_INT(0, put(l, "b", "sip:2", 1000));
    CHECK_INT(-ERR_LIMIT, put(l, "c", "sip:3", 1000));
    CHECK_INT(-ERR_LIMIT, put(l, "a", "sip:3", 1000));
    CHECK_INT(0, count_of(l, "c"));
    set(l, "a", &stored); /* in the place of another */
    location_lock(l, SLICE("c"), &g);
    CHECK_INT(0, location_prepare(&g, &stored, 1, true));
    location_publish(&g);
    location_unlock(&g);
    CHECK_INT(3, location_count(l));
    set(l, "b", NULL);
    CHECK_INT(-ERR_LIMIT, put(l, "d", "sip:3", 1000));
    set(l, "c", NULL);
    CHECK_INT(0, put(l, "d", "sip:3", 1000));
    CHECK_INT(80, location_next_row(l)); /* 77 was seen, two more were tried */
    teardown(l);
}

TEST(no_aor_has_more_bindings_than_a_list)
{
    struct location *l = setup(1000);

    for (unsigned i = 0; i < LIMIT_LIST; i++)
        CHECK_INT(0, put(l, "bob", "sip:1", 1000));
    CHECK_INT(-ERR_LIMIT, put(l, "bob", "sip:1", 1000));
    CHECK_INT(LIMIT_LIST, location_count(l));
    advance(l, 1000);
    CHECK_INT(LIMIT_LIST, expired);
    teardown(l);
}

TEST(a_binding_ends_at_its_time_unless_refreshed)
{
    struct location      *l = setup(10);
    struct location_guard g;

    put(l, "bob", "sip:1", 1000);
    put(l, "bob", "sip:2", 2000);
    put(l, "carol", "sip:3", 1000);
    location_lock(l, SLICE("bob"), &g);
    location_refresh(&g, 0, 3000, 7, 0);
    location_unlock(&g);
    advance(l, 999);
    CHECK_INT(0, expired);
    advance(l, 1000);
    CHECK_INT(1, expired);
    CHECK_INT(0, count_of(l, "carol"));
    advance(l, 2500);
    CHECK_INT(2, expired);
    CHECK_INT(2, expired_row);
    CHECK_INT(1, count_of(l, "bob"));
    location_lock(l, SLICE("bob"), &g);
    location_refresh(&g, 0, 2600, 8, 0); /* and a shorter life */
    location_unlock(&g);
    advance(l, 2600);
    CHECK_INT(3, expired);
    CHECK_INT(0, location_count(l));
    CHECK_INT(0, location_aors(l));
    teardown(l);
}

/* A clock that jumps, times of days and of none, one after the other. */
TEST(each_ends_at_its_time_however_far_that_is)
{
    enum { STEPS = 450, FIRST = 1000, DAY = 86400000 };
    struct location *l = setup(1000);
    char             key[16];
    msec             at = FIRST;

    for (unsigned i = 0; i < STEPS; i++, at += at / 29) {
        snprintf(key, sizeof key, "user%u", i);
        CHECK_INT(0, put(l, key, "sip:x", at));
    }
    CHECK(at > 30 * (msec)DAY);
    CHECK_INT(0, put(l, "always", "sip:x", NEVER));
    at = FIRST;
    for (unsigned i = 0; i < STEPS; i++, at += at / 29) {
        advance(l, at - 1);
        CHECK_INT(i, expired);
        if (i % 3 == 0)
            advance(l, at);
    }
    advance(l, 400 * (msec)DAY);
    CHECK_INT(STEPS, expired);
    CHECK_INT(1, count_of(l, "always"));
    teardown(l);
}

/* More than are taken at once, and none is due yet of others in the same moment. */
TEST(many_end_in_steps_and_then_there_is_nothing_more)
{
    struct location *l = setup(20000);
    char             key[16];

    for (unsigned i = 0; i < 6000; i++) {
        snprintf(key, sizeof key, "user%u", i);
        CHECK_INT(0, put(l, key, "sip:x", i % 2 == 0 ? 1000 : 1001));
    }
    CHECK(location_expire(l, 0, 1, 1000, on_expired, &expired));
    CHECK(expired > 0 && expired <= LOCATION_SHARDS * 64);
    advance(l, 1000);
    CHECK_INT(3000, expired);
    CHECK(!location_expire(l, 0, 1, 1000, on_expired, &expired));
    advance(l, 1001);
    CHECK_INT(6000, expired);
    teardown(l);
}

TEST(each_shard_belongs_to_one_worker)
{
    struct location *l = setup(1000);
    char             key[16];

    for (unsigned i = 0; i < 300; i++) {
        snprintf(key, sizeof key, "user%u", i);
        put(l, key, "sip:x", 1000);
    }
    for (unsigned worker = 0; worker < 3; worker++) {
        unsigned before = expired;

        while (location_expire(l, worker, 3, 1000, on_expired, &expired))
            ;
        CHECK(expired > before && expired - before < 300);
    }
    CHECK_INT(300, expired);
    CHECK_INT(0, location_count(l));
    teardown(l);
}

TEST(without_memory_nothing_has_changed)
{
    struct location *l     = setup(10);
    int              error = -1;

    put(l, "bob", "sip:1", 1000);
    put(l, "bob", "sip:2", 2000);
    for (unsigned n = 1; error != 0; n++) {
        alloc_fail_at(n);
        error = put(l, "carol", "sip:2", 9000);
        CHECK(alloc_failed() == (error != 0));
        alloc_fail_at(0);
        CHECK_INT(error != 0 ? 2 : 3, location_count(l));
        CHECK_INT(error == 0, count_of(l, "carol"));
    }
    alloc_fail_at(1);
    advance(l, 1000); /* what is left of bob's needs memory: later then */
    alloc_fail_at(0);
    CHECK_INT(0, expired);
    advance(l, 1999);
    CHECK_INT(0, expired);
    advance(l, 2000);
    CHECK_INT(2, expired);
    teardown(l);
}

TEST(a_change_is_known_by_its_number_and_a_removal_too)
{
    struct location      *l = setup(10);
    struct location_guard g;

    put(l, "bob", "sip:1", 1000);
    location_lock(l, SLICE("bob"), &g);
    CHECK_INT(0, location_last_change(&g));
    location_note_change(&g, 5);
    CHECK_INT(5, location_last_change(&g));
    location_unlock(&g);
    put(l, "bob", "sip:2", 1000);
    location_lock(l, SLICE("bob"), &g);
    CHECK_INT(5, location_last_change(&g));
    CHECK_INT(0, location_prepare(&g, NULL, 0, false));
    location_publish(&g);
    location_note_change(&g, 6);
    location_unlock(&g);
    location_lock(l, SLICE("bob"), &g);
    CHECK_INT(6, location_last_change(&g));
    location_unlock(&g);
    teardown(l);
}

/* What has ended takes with it the AOR, but not what is not on the disk yet. */
TEST(an_aor_that_ends_leaves_the_number_of_its_last_change)
{
    struct location      *l = setup(10);
    struct location_guard g;

    put(l, "bob", "sip:1", 1000);
    location_lock(l, SLICE("bob"), &g);
    location_note_change(&g, 5);
    location_unlock(&g);
    advance(l, 1000);
    CHECK_INT(1, expired);
    location_lock(l, SLICE("bob"), &g);
    CHECK(g.aor == NULL);
    CHECK_INT(5, location_last_change(&g));
    location_unlock(&g);
    teardown(l);
}

static void add_rows(void *arg, const struct aor *a)
{
    struct binding b;

    for (unsigned i = 0; i < aor_count(a); i++) {
        aor_binding(a, i, &b);
        *(uint64_t *)arg += b.row;
    }
}

TEST(a_listing_gives_each_once_in_steps_of_any_size)
{
    struct location *l = setup(1000);
    char             key[16];

    for (int i = 0; i < 1000; i++) {
        snprintf(key, sizeof key, "user%d", i / 3);
        CHECK_INT(0, put(l, key, "sip:x", 1000));
    }
    for (size_t want = 1; want < 2000; want *= 3) {
        uint64_t cursor = 0, sum = 0;

        do
            cursor = location_list(l, cursor, want, add_rows, &sum);
        while (cursor != 0);
        CHECK_INT(1000 * 1001 / 2, sum);
    }
    teardown(l);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_put_is_copied_and_found_in_its_order),
        cmocka_unit_test(an_aor_is_found_by_its_hash_and_an_epoch_of_its_bindings),
        cmocka_unit_test(bindings_are_accounted_for_while_they_are_there),
        cmocka_unit_test(a_reader_sees_an_aor_as_it_was),
        cmocka_unit_test(what_is_prepared_and_not_published_has_not_happened),
        cmocka_unit_test(the_limit_holds_but_not_for_what_was_promised),
        cmocka_unit_test(no_aor_has_more_bindings_than_a_list),
        cmocka_unit_test(a_binding_ends_at_its_time_unless_refreshed),
        cmocka_unit_test(each_ends_at_its_time_however_far_that_is),
        cmocka_unit_test(many_end_in_steps_and_then_there_is_nothing_more),
        cmocka_unit_test(each_shard_belongs_to_one_worker),
        cmocka_unit_test(without_memory_nothing_has_changed),
        cmocka_unit_test(a_change_is_known_by_its_number_and_a_removal_too),
        cmocka_unit_test(an_aor_that_ends_leaves_the_number_of_its_last_change),
        cmocka_unit_test(a_listing_gives_each_once_in_steps_of_any_size),
    };

    random_seed(&seeded, 1);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
