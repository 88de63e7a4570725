/* SPDX-License-Identifier: BSD-2-Clause */
/* Changes of users: one after the other, acknowledged after their commit. */
#include "server/user_change.h"

#include "base/error.h"
#include "support/users_bench.h"

#include <stdio.h>

static const char secret[] = "4842575394a190ef4c973253ba19099c"; /* alice:example.test:secret */

static void setup(size_t queue)
{
    users_bench_open(100, queue);
}

TEST(a_change_is_in_force_at_once_and_acknowledged_after_its_commit)
{
    setup(100);
    store_fake_hold(ub.store, true);
    CHECK_INT(0, users_add(ub.users, DOMAIN, SLICE("alice"), SLICE("secret"), users_bench_done, &ub));
    users_bench_turn();
    CHECK_INT(0, ub.calls);
    assert_string_equal(secret, users_bench_ha1("alice"));
    store_fake_hold(ub.store, false);
    users_bench_turn();
    CHECK_INT(1, ub.calls);
    CHECK_INT(0, ub.error);
    assert_string_equal(secret, users_bench_ha1("alice"));
    users_bench_close();
}

TEST(a_commit_that_failed_is_told_once_and_the_change_is_kept)
{
    setup(100);
    store_fake_fail(ub.store, -ERR_DISK_FULL);
    CHECK_INT(-ERR_DISK_FULL, users_bench_add("alice", "secret"));
    assert_string_equal(secret, users_bench_ha1("alice"));
    CHECK_INT(-ERR_EXISTS, users_bench_add("alice", "secret"));
    store_fake_fail(ub.store, 0);
    users_bench_turn();
    CHECK_INT(2, ub.calls);
    CHECK_INT(2, fake_disk_rows(ub.disk)); /* the realm and alice */
    users_bench_close();
}

TEST(a_store_that_cannot_be_read_lets_nothing_be_changed)
{
    setup(100);
    store_fake_fail_reads(ub.store, -ERR_IO);
    CHECK_INT(-ERR_IO, users_bench_add("alice", "secret"));
    store_fake_fail_reads(ub.store, 0);
    assert_string_equal("unknown", users_bench_ha1("alice"));
    CHECK_INT(0, users_bench_add("alice", "secret"));
    users_bench_close();
}

/* What the store does not know yet is not asked of it. */
TEST(changes_of_one_user_follow_each_other_before_any_commit)
{
    setup(100);
    store_fake_hold(ub.store, true);
    CHECK_INT(0, users_add(ub.users, DOMAIN, SLICE("alice"), SLICE("secret"), users_bench_done, &ub));
    users_bench_turn();
    CHECK_INT(-ERR_EXISTS, users_bench_add("alice", "other"));
    CHECK_INT(0, users_set_password(ub.users, DOMAIN, SLICE("alice"), SLICE("other"), users_bench_done, &ub));
    CHECK_INT(0, users_remove(ub.users, DOMAIN, SLICE("alice"), users_bench_done, &ub));
    CHECK_INT(0, users_add(ub.users, DOMAIN, SLICE("alice"), SLICE("secret"), users_bench_done, &ub));
    users_bench_turn();
    CHECK_INT(1, ub.calls);
    CHECK_INT(1, users_count(ub.users));
    assert_string_equal(secret, users_bench_ha1("alice"));
    store_fake_hold(ub.store, false);
    users_bench_turn();
    CHECK_INT(5, ub.calls);
    users_bench_restart(DOMAIN);
    assert_string_equal(secret, users_bench_ha1("alice"));
    CHECK_INT(1, users_count(ub.users));
    users_bench_close();
}

/* The check of the second was read before the commit of the first, which is reported
 * before its answer comes. */
TEST(a_commit_during_a_check_is_not_forgotten_before_it)
{
    setup(100);
    store_fake_hold(ub.store, true);
    CHECK_INT(0, users_add(ub.users, DOMAIN, SLICE("alice"), SLICE("secret"), users_bench_done, &ub));
    users_bench_turn();
    store_fake_hold_answers(ub.store, true);
    CHECK_INT(0, users_add(ub.users, DOMAIN, SLICE("alice"), SLICE("other"), users_bench_done, &ub));
    users_bench_turn();
    store_fake_hold(ub.store, false);
    users_bench_turn();
    CHECK_INT(1, ub.calls);
    CHECK_INT(0, ub.error);
    store_fake_hold_answers(ub.store, false);
    users_bench_turn();
    CHECK_INT(2, ub.calls);
    CHECK_INT(-ERR_EXISTS, ub.error);
    assert_string_equal(secret, users_bench_ha1("alice"));
    users_bench_close();
}

TEST(nothing_changes_when_the_queue_of_the_store_is_full)
{
    char name[16];

    setup(10);
    store_fake_hold(ub.store, true);
    for (int i = 0; i < 10; i++) {
        snprintf(name, sizeof name, "user%d", i);
        CHECK_INT(0, users_add(ub.users, DOMAIN, slice_from(name), SLICE("secret"), users_bench_done, &ub));
        users_bench_turn();
    }
    CHECK_INT(0, ub.calls);
    CHECK_INT(-ERR_LIMIT, users_bench_add("alice", "secret"));
    CHECK_INT(-ERR_LIMIT, users_bench_remove("user0"));
    assert_string_equal("unknown", users_bench_ha1("alice"));
    assert_string_equal("found", users_bench_look("user0"));
    CHECK_INT(10, users_count(ub.users));
    store_fake_hold(ub.store, false);
    users_bench_turn();
    CHECK_INT(12, ub.calls);
    users_bench_close();
}

TEST(only_so_many_changes_wait)
{
    int error = 0, asked = 0;

    setup(100);
    store_fake_hold_reads(ub.store, true);
    while (error == 0) {
        error = users_remove(ub.users, DOMAIN, SLICE("alice"), users_bench_done, &ub);
        asked += error == 0;
    }
    CHECK_INT(-ERR_LIMIT, error);
    CHECK_INT(USER_CHANGES_MAX, asked);
    store_fake_hold_reads(ub.store, false);
    for (int i = 0; i < USER_CHANGES_MAX; i++)
        users_bench_turn();
    CHECK_INT(USER_CHANGES_MAX, ub.calls);
    CHECK_INT(-ERR_NOT_FOUND, ub.error);
    users_bench_close();
}

TEST(who_waits_when_all_ends_is_told_so)
{
    setup(100);
    store_fake_hold(ub.store, true);
    CHECK_INT(0, users_add(ub.users, DOMAIN, SLICE("alice"), SLICE("secret"), users_bench_done, &ub));
    users_bench_turn();
    store_fake_hold_reads(ub.store, true);
    CHECK_INT(0, users_add(ub.users, DOMAIN, SLICE("bob"), SLICE("secret"), users_bench_done, &ub));
    CHECK_INT(0, users_add(ub.users, DOMAIN, SLICE("carol"), SLICE("secret"), users_bench_done, &ub));
    users_bench_close();
    CHECK_INT(3, ub.calls);
    CHECK_INT(-ERR_CLOSED, ub.error);
}

/* ---- many at once ---- */

enum { MANY = 50 };

static unsigned many_calls;

static void on_many(void *arg, int error, const enum user_outcome *outcomes, size_t count)
{
    CHECK(arg == &ub);
    CHECK_INT(0, error);
    for (size_t i = 0; i < count; i++)
        CHECK_INT(USER_ADDED, outcomes[i]);
    many_calls++;
}

static void put_many(unsigned first, unsigned count)
{
    static char        names[MANY][16];
    struct stored_user users[MANY];

    assert_true(count <= MANY);
    for (unsigned i = 0; i < count; i++) {
        snprintf(names[i], sizeof names[i], "user%u", first + i);
        users[i] =
            (struct stored_user){ .domain = DOMAIN, .name = slice_from(names[i]), .ha1_md5 = slice_from(secret) };
    }
    CHECK_INT(0, users_put_many(ub.users, users, count, USER_PUT_NEW, on_many, &ub));
}

/* The queue takes a batch and a half: the others wait for their commits, and none is
 * refused. */
TEST(many_wait_for_room_in_the_queue)
{
    setup(MANY + MANY / 2);
    many_calls = 0;
    store_fake_hold(ub.store, true);
    for (unsigned i = 0; i < 5; i++)
        put_many(i * MANY, MANY);
    users_bench_turn();
    CHECK_INT(0, many_calls);
    CHECK_INT(MANY, store_fake_waiting(ub.store));
    store_fake_hold(ub.store, false);
    for (int i = 0; i < 10; i++)
        users_bench_turn();
    CHECK_INT(5, many_calls);
    CHECK_INT(5 * MANY, users_count(ub.users));
    CHECK_INT(0, user_cache_count(users_cache(ub.users))); /* they cost nothing until they are used */
    assert_string_equal(secret, users_bench_ha1("user0"));
    users_bench_close();
}

/* Batches leave room for REGISTERs. */
TEST(only_a_few_batches_are_in_the_queue)
{
    setup(1000);
    many_calls = 0;
    store_fake_hold(ub.store, true);
    for (unsigned i = 0; i < 5; i++)
        put_many(i * MANY, MANY);
    users_bench_turn();
    CHECK_INT(2 * MANY, store_fake_waiting(ub.store));
    assert_string_equal(secret, users_bench_ha1("user60")); /* in force */
    store_fake_hold(ub.store, false);
    for (int i = 0; i < 10; i++)
        users_bench_turn();
    CHECK_INT(5, many_calls);
    users_bench_close();
}

static void try_again(void *error_of_second, int error)
{
    CHECK_INT(-ERR_CLOSED, error);
    *(int *)error_of_second = users_add(ub.users, DOMAIN, SLICE("bob"), SLICE("secret"), users_bench_done, &ub);
}

/* Its client of the store is gone. */
TEST(who_hears_that_all_ends_can_begin_nothing_more)
{
    int second = 0;

    setup(100);
    store_fake_hold_reads(ub.store, true);
    CHECK_INT(0, users_add(ub.users, DOMAIN, SLICE("alice"), SLICE("secret"), try_again, &second));
    users_bench_close();
    CHECK_INT(-ERR_CLOSED, second);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_change_is_in_force_at_once_and_acknowledged_after_its_commit),
        cmocka_unit_test(a_commit_that_failed_is_told_once_and_the_change_is_kept),
        cmocka_unit_test(a_store_that_cannot_be_read_lets_nothing_be_changed),
        cmocka_unit_test(changes_of_one_user_follow_each_other_before_any_commit),
        cmocka_unit_test(a_commit_during_a_check_is_not_forgotten_before_it),
        cmocka_unit_test(nothing_changes_when_the_queue_of_the_store_is_full),
        cmocka_unit_test(only_so_many_changes_wait),
        cmocka_unit_test(who_waits_when_all_ends_is_told_so),
        cmocka_unit_test(many_wait_for_room_in_the_queue),
        cmocka_unit_test(only_a_few_batches_are_in_the_queue),
        cmocka_unit_test(who_hears_that_all_ends_can_begin_nothing_more),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
