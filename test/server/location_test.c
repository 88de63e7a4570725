/* SPDX-License-Identifier: BSD-2-Clause */
#include "server/location.h"

#include "base/error.h"
#include "base/limits.h"
#include "support/alloc.h"
#include "support/location_lab.h"
#include "support/test.h"

#include <stdio.h>

static struct location_lab lab;

/* The only binding of `key`, or none. */
static void set(struct location *l, const char *key, const struct binding *only)
{
    struct location_guard g;

    location_lock(l, slice_from(key), &g);
    CHECK_INT(0, location_prepare(&g, only, only != NULL, false));
    location_publish(&g);
    location_unlock(&g);
}

TEST(what_is_put_is_copied_and_found_in_its_order)
{
    struct location  *l = location_lab_open(&lab, 10);
    const struct aor *a;
    struct binding    b;

    CHECK_INT(0, location_lab_count(&lab, "bob"));
    CHECK_INT(0, location_lab_put(&lab, "bob", "sip:1", 1000));
    CHECK_INT(0, location_lab_put(&lab, "bob", "sip:2", 1000));
    CHECK_INT(0, location_lab_put(&lab, "carol", "sip:3", 1000));
    rcu_enter(lab.rcu);
    a = location_find(l, SLICE("bob"));
    CHECK_SLICE("bob", aor_key(a));
    CHECK_INT(2, aor_count(a));
    aor_binding(a, 0, &b);
    CHECK_SLICE("sip:1", b.contact);
    CHECK_SLICE("ua", b.user_agent);
    aor_binding(a, 1, &b);
    CHECK_SLICE("sip:2", b.contact);
    rcu_leave(lab.rcu);
    CHECK_INT(3, location_count(l));
    CHECK_INT(2, location_aors(l));
    location_lab_close(&lab);
}

static struct slice key_by_gruu_at(struct location *l, uint64_t hash, uint64_t epoch, msec now)
{
    const struct aor *a;
    struct slice      key;

    rcu_enter(lab.rcu);
    a   = location_find_gruu(l, hash, epoch, now);
    key = a != NULL ? aor_key(a) : SLICE("");
    rcu_leave(lab.rcu);
    return key;
}

static struct slice key_by_gruu(struct location *l, uint64_t hash, uint64_t epoch)
{
    return key_by_gruu_at(l, hash, epoch, 0);
}

/* RFC 5627 5.4: of a GRUU the registrar tells the AOR. */
TEST(an_aor_is_found_by_its_hash_and_an_epoch_of_its_bindings)
{
    struct location *l   = location_lab_open(&lab, 10);
    struct binding   bob = { .contact = SLICE("sip:1"), .instance = SLICE("<a>"), .gruu = 7, .expires_at = 1000 };
    uint64_t         hash;

    location_set_hash_key(l, (struct hash_key){ 1, 2 });
    hash = location_hash(l, SLICE("bob"));
    CHECK(hash == siphash(&(struct hash_key){ 1, 2 }, SLICE("bob")));
    CHECK_INT(0, location_lab_put(&lab, "carol", "sip:3", 1000));
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
    location_lab_close(&lab);
}

TEST(bindings_are_accounted_for_while_they_are_there)
{
    struct location *l = location_lab_open(&lab, 10);
    struct budget    budget;
    uint64_t         one, two;

    accounts_init(&budget, 1 << 20);
    location_account(l, &budget);
    CHECK_INT(0, location_lab_put(&lab, "bob", "sip:1", 1000));
    one = budget_figures(&budget, ACCOUNT_LOCATION).bytes;
    CHECK_INT(0, location_lab_put(&lab, "bob", "sip:2", 2000));
    two = budget_figures(&budget, ACCOUNT_LOCATION).bytes;
    CHECK(one > 50 && two > one && two < 2 * one);
    location_lab_advance(&lab, 1500);
    CHECK_INT(one, budget_figures(&budget, ACCOUNT_LOCATION).bytes);
    set(l, "bob", NULL);
    CHECK_INT(0, budget_figures(&budget, ACCOUNT_LOCATION).bytes);
    CHECK_INT(0, location_lab_put(&lab, "carol", "sip:3", 1000));
    location_lab_close(&lab);
    CHECK_INT(0, budget_total(&budget).bytes);
}

/* A reader's moment: what he found stays as it was until he leaves. */
TEST(a_reader_sees_an_aor_as_it_was)
{
    struct location  *l = location_lab_open(&lab, 10);
    const struct aor *before;
    struct binding    b;

    location_lab_put(&lab, "bob", "sip:1", 1000);
    rcu_enter(lab.rcu);
    before = location_find(l, SLICE("bob"));
    location_lab_put(&lab, "bob", "sip:2", 1000);
    CHECK(location_find(l, SLICE("bob")) != before);
    set(l, "bob", NULL);
    CHECK(location_find(l, SLICE("bob")) == NULL);
    CHECK_INT(1, aor_count(before));
    aor_binding(before, 0, &b);
    CHECK_SLICE("sip:1", b.contact);
    rcu_leave(lab.rcu);
    CHECK_INT(0, location_count(l));
    CHECK_INT(0, location_aors(l));
    location_lab_close(&lab);
}

TEST(what_is_prepared_and_not_published_has_not_happened)
{
    struct location      *l     = location_lab_open(&lab, 2);
    const struct binding  two[] = { { .row = 50, .expires_at = 9 }, { .row = 51, .expires_at = 9 } };
    struct location_guard g;

    location_lock(l, SLICE("bob"), &g);
    CHECK_INT(0, location_prepare(&g, two, 2, false));
    CHECK_INT(2, location_count(l)); /* its room is kept */
    CHECK(location_find(l, SLICE("bob")) == NULL);
    location_unlock(&g);
    CHECK_INT(0, location_count(l));
    CHECK_INT(0, location_lab_count(&lab, "bob"));
    location_lab_put(&lab, "bob", "sip:1", 1000);
    location_lock(l, SLICE("bob"), &g);
    CHECK_INT(0, location_prepare(&g, NULL, 0, false));
    location_unlock(&g);
    CHECK_INT(1, location_lab_count(&lab, "bob"));
    CHECK_INT(1, location_count(l));
    location_lab_close(&lab);
}

TEST(the_limit_holds_but_not_for_what_was_promised)
{
    struct location      *l      = location_lab_open(&lab, 2);
    struct binding        stored = { .row = 77, .contact = SLICE("sip:s"), .expires_at = 9000 };
    struct location_guard g;

    CHECK_INT(0, location_lab_put(&lab, "a", "sip:1", 1000));
    CHECK_INT(0, location_lab_put(&lab, "b", "sip:2", 1000));
    CHECK_INT(-ERR_LIMIT, location_lab_put(&lab, "c", "sip:3", 1000));
    CHECK_INT(-ERR_LIMIT, location_lab_put(&lab, "a", "sip:3", 1000));
    CHECK_INT(0, location_lab_count(&lab, "c"));
    set(l, "a", &stored); /* in the place of another */
    location_lock(l, SLICE("c"), &g);
    CHECK_INT(0, location_prepare(&g, &stored, 1, true));
    location_publish(&g);
    location_unlock(&g);
    CHECK_INT(3, location_count(l));
    set(l, "b", NULL);
    CHECK_INT(-ERR_LIMIT, location_lab_put(&lab, "d", "sip:3", 1000));
    set(l, "c", NULL);
    CHECK_INT(0, location_lab_put(&lab, "d", "sip:3", 1000));
    CHECK_INT(80, location_next_row(l)); /* 77 was seen, two more were tried */
    location_lab_close(&lab);
}

TEST(no_aor_has_more_bindings_than_a_list)
{
    struct location *l = location_lab_open(&lab, 1000);

    for (unsigned i = 0; i < LIMIT_LIST; i++)
        CHECK_INT(0, location_lab_put(&lab, "bob", "sip:1", 1000));
    CHECK_INT(-ERR_LIMIT, location_lab_put(&lab, "bob", "sip:1", 1000));
    CHECK_INT(LIMIT_LIST, location_count(l));
    location_lab_advance(&lab, 1000);
    CHECK_INT(LIMIT_LIST, lab.expired);
    location_lab_close(&lab);
}

TEST(without_memory_nothing_has_changed)
{
    struct location *l     = location_lab_open(&lab, 10);
    int              error = -1;

    location_lab_put(&lab, "bob", "sip:1", 1000);
    location_lab_put(&lab, "bob", "sip:2", 2000);
    for (unsigned n = 1; error != 0; n++) {
        alloc_fail_at(n);
        error = location_lab_put(&lab, "carol", "sip:2", 9000);
        CHECK(alloc_failed() == (error != 0));
        alloc_fail_at(0);
        CHECK_INT(error != 0 ? 2 : 3, location_count(l));
        CHECK_INT(error == 0, location_lab_count(&lab, "carol"));
    }
    alloc_fail_at(1);
    location_lab_advance(&lab, 1000); /* what is left of bob's needs memory: later then */
    alloc_fail_at(0);
    CHECK_INT(0, lab.expired);
    location_lab_advance(&lab, 1999);
    CHECK_INT(0, lab.expired);
    location_lab_advance(&lab, 2000);
    CHECK_INT(2, lab.expired);
    location_lab_close(&lab);
}

TEST(a_change_is_known_by_its_number_and_a_removal_too)
{
    struct location      *l = location_lab_open(&lab, 10);
    struct location_guard g;

    location_lab_put(&lab, "bob", "sip:1", 1000);
    location_lock(l, SLICE("bob"), &g);
    CHECK_INT(0, location_last_change(&g));
    location_note_change(&g, 5);
    CHECK_INT(5, location_last_change(&g));
    location_unlock(&g);
    location_lab_put(&lab, "bob", "sip:2", 1000);
    location_lock(l, SLICE("bob"), &g);
    CHECK_INT(5, location_last_change(&g));
    CHECK_INT(0, location_prepare(&g, NULL, 0, false));
    location_publish(&g);
    location_note_change(&g, 6);
    location_unlock(&g);
    location_lock(l, SLICE("bob"), &g);
    CHECK_INT(6, location_last_change(&g));
    location_unlock(&g);
    location_lab_close(&lab);
}

/* What has ended takes with it the AOR, but not what is not on the disk yet. */
TEST(an_aor_that_ends_leaves_the_number_of_its_last_change)
{
    struct location      *l = location_lab_open(&lab, 10);
    struct location_guard g;

    location_lab_put(&lab, "bob", "sip:1", 1000);
    location_lock(l, SLICE("bob"), &g);
    location_note_change(&g, 5);
    location_unlock(&g);
    location_lab_advance(&lab, 1000);
    CHECK_INT(1, lab.expired);
    location_lock(l, SLICE("bob"), &g);
    CHECK(g.aor == NULL);
    CHECK_INT(5, location_last_change(&g));
    location_unlock(&g);
    location_lab_close(&lab);
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
    struct location *l = location_lab_open(&lab, 1000);
    char             key[16];

    for (int i = 0; i < 1000; i++) {
        snprintf(key, sizeof key, "user%d", i / 3);
        CHECK_INT(0, location_lab_put(&lab, key, "sip:x", 1000));
    }
    for (size_t want = 1; want < 2000; want *= 3) {
        uint64_t cursor = 0, sum = 0;

        do
            cursor = location_list(l, cursor, want, add_rows, &sum);
        while (cursor != 0);
        CHECK_INT(1000 * 1001 / 2, sum);
    }
    location_lab_close(&lab);
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
        cmocka_unit_test(without_memory_nothing_has_changed),
        cmocka_unit_test(a_change_is_known_by_its_number_and_a_removal_too),
        cmocka_unit_test(an_aor_that_ends_leaves_the_number_of_its_last_change),
        cmocka_unit_test(a_listing_gives_each_once_in_steps_of_any_size),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
