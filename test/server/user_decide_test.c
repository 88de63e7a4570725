/* SPDX-License-Identifier: BSD-2-Clause */
/* Which changes may be made, given what there is. */
#include "server/user_change.h"

#include "base/error.h"
#include "support/users_bench.h"

#include <stdio.h>

static void setup(void)
{
    users_bench_open(100, 1000);
    CHECK_INT(0, users_bench_add("alice", "secret"));
}

TEST(a_user_is_added_once_and_only_one_that_is_there_is_changed_or_removed)
{
    setup();
    CHECK_INT(-ERR_EXISTS, users_bench_add("alice", "other"));
    CHECK_INT(-ERR_NOT_FOUND, users_bench_remove("bob"));
    CHECK_INT(0, users_set_password(ub.users, DOMAIN, SLICE("bob"), SLICE("x"), users_bench_done, &ub));
    users_bench_turn();
    CHECK_INT(-ERR_NOT_FOUND, ub.error);
    CHECK_INT(0,
              users_set_password(ub.users, SLICE("Example.TEST"), SLICE("alice"), SLICE("x"), users_bench_done, &ub));
    users_bench_turn();
    CHECK_INT(0, ub.error);
    CHECK_INT(0, users_bench_remove("alice"));
    CHECK_INT(-ERR_NOT_FOUND, users_bench_remove("alice"));
    users_bench_close();
}

TEST(an_alias_is_for_a_user_and_has_a_name_of_its_own)
{
    setup();
    CHECK_INT(0, users_bench_add("bob", "secret"));
    CHECK_INT(0, users_bench_alias("example.test", "boss", "alice"));
    CHECK_INT(-ERR_EXISTS, users_bench_alias("example.test", "boss", "bob"));
    CHECK_INT(-ERR_EXISTS, users_bench_alias("example.test", "bob", "alice"));
    CHECK_INT(-ERR_NOT_FOUND, users_bench_alias("example.test", "chef", "boss")); /* no alias of an alias */
    CHECK_INT(-ERR_NOT_FOUND, users_bench_alias("example.test", "chef", "nobody"));
    CHECK_INT(-ERR_EXISTS, users_bench_add("boss", "secret"));
    CHECK_INT(-ERR_NOT_FOUND, users_bench_remove("boss"));
    users_bench_restart(DOMAIN); /* and the same when only the store knows */
    CHECK_INT(-ERR_EXISTS, users_bench_add("boss", "secret"));
    CHECK_INT(-ERR_NOT_FOUND, users_bench_alias("example.test", "chef", "boss"));
    CHECK_INT(-ERR_EXISTS, users_bench_alias("Example.TEST", "boss", "bob"));
    users_bench_close();
}

TEST(an_alias_is_removed_but_no_user_by_its_name)
{
    setup();
    CHECK_INT(0, users_bench_alias("", "+4930123", "alice"));
    CHECK_INT(0, users_remove_alias(ub.users, DOMAIN, SLICE("alice"), users_bench_done, &ub));
    users_bench_turn();
    CHECK_INT(-ERR_NOT_FOUND, ub.error);
    CHECK_INT(0, users_remove_alias(ub.users, SLICE(""), SLICE("+4930123"), users_bench_done, &ub));
    users_bench_turn();
    CHECK_INT(0, ub.error);
    assert_string_equal("unknown", users_bench_resolve("", "+4930123"));
    users_bench_close();
}

TEST(one_user_has_a_hundred_aliases_at_most)
{
    char name[16];

    setup();
    for (int i = 0; i < USER_ALIASES_MAX; i++) {
        snprintf(name, sizeof name, "+%d", 1000 + i);
        CHECK_INT(0, users_bench_alias("", name, "alice"));
    }
    CHECK_INT(-ERR_LIMIT, users_bench_alias("", "+2", "alice"));
    CHECK_INT(0, users_bench_remove("alice"));
    assert_string_equal("unknown", users_bench_resolve("", "+1000"));
    assert_string_equal("unknown", users_bench_resolve("", "+1099"));
    CHECK_INT(1, fake_disk_rows(ub.disk)); /* the realm */
    users_bench_close();
}

/* ---- many ---- */

static enum user_outcome outcomes[8];
static size_t            outcome_count;

static void on_many(void *arg, int error, const enum user_outcome *told, size_t count)
{
    (void)arg;
    CHECK_INT(0, error);
    assert_true(count <= 8);
    memcpy(outcomes, told, count * sizeof *told);
    outcome_count = count;
}

static void put(const char *name, const char *md5, enum user_put how, enum user_outcome want)
{
    const struct stored_user u = { .domain  = SLICE("Example.test"),
                                   .name    = slice_from(name),
                                   .ha1_md5 = slice_from(md5) };

    outcome_count = 0;
    CHECK_INT(0, users_put_many(ub.users, &u, 1, how, on_many, NULL));
    users_bench_turn();
    CHECK_INT(1, outcome_count);
    CHECK_INT(want, outcomes[0]);
}

static const char some[]  = "0123456789abcdef0123456789abcdef";
static const char other[] = "ffffffffffffffffffffffffffffffff";

TEST(of_each_it_is_said_what_became_of_him)
{
    setup();
    CHECK_INT(0, users_bench_alias("example.test", "boss", "alice"));
    put("bob", some, USER_PUT_CHECK, USER_ADDED);
    assert_string_equal("unknown", users_bench_ha1("bob"));
    put("bob", some, USER_PUT_NEW, USER_ADDED);
    assert_string_equal(some, users_bench_ha1("bob"));
    put("bob", other, USER_PUT_NEW, USER_REFUSED);
    put("bob", some, USER_PUT_REPLACE, USER_UNCHANGED);
    put("bob", "0123456789ABCDEF0123456789abcdef", USER_PUT_REPLACE, USER_UNCHANGED);
    assert_string_equal(some, users_bench_ha1("bob"));
    put("bob", other, USER_PUT_REPLACE, USER_CHANGED);
    assert_string_equal(other, users_bench_ha1("bob"));
    put("alice", some, USER_PUT_REPLACE, USER_CHANGED); /* of her other hashes nothing is left */
    put("boss", some, USER_PUT_REPLACE, USER_REFUSED);
    put("a b", some, USER_PUT_REPLACE, USER_BAD);
    put("carol", "xyz", USER_PUT_REPLACE, USER_BAD);
    CHECK_INT(2, users_count(ub.users));
    users_bench_restart(DOMAIN);
    put("bob", other, USER_PUT_REPLACE, USER_UNCHANGED);
    put("bob", some, USER_PUT_CHECK, USER_CHANGED);
    assert_string_equal(other, users_bench_ha1("bob"));
    users_bench_close();
}

TEST(what_need_not_be_written_is_acknowledged_after_what_it_is_the_same_as)
{
    const struct stored_user u = { .domain = DOMAIN, .name = SLICE("bob"), .ha1_md5 = slice_from(some) };

    setup();
    store_fake_hold(ub.store, true);
    CHECK_INT(0, users_put_many(ub.users, &u, 1, USER_PUT_REPLACE, on_many, NULL));
    users_bench_turn();
    outcome_count = 0;
    CHECK_INT(0, users_put_many(ub.users, &u, 1, USER_PUT_REPLACE, on_many, NULL));
    users_bench_turn();
    CHECK_INT(0, outcome_count);
    store_fake_hold(ub.store, false);
    users_bench_turn();
    CHECK_INT(1, outcome_count);
    CHECK_INT(USER_UNCHANGED, outcomes[0]);
    users_bench_close();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_user_is_added_once_and_only_one_that_is_there_is_changed_or_removed),
        cmocka_unit_test(an_alias_is_for_a_user_and_has_a_name_of_its_own),
        cmocka_unit_test(an_alias_is_removed_but_no_user_by_its_name),
        cmocka_unit_test(one_user_has_a_hundred_aliases_at_most),
        cmocka_unit_test(of_each_it_is_said_what_became_of_him),
        cmocka_unit_test(what_need_not_be_written_is_acknowledged_after_what_it_is_the_same_as),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
