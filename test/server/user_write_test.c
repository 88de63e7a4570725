/* SPDX-License-Identifier: BSD-2-Clause */
/* What a change means for the disk, and for what is known. */
#include "server/user_change.h"

#include "base/error.h"
#include "support/alloc.h"
#include "support/users_bench.h"

#include <stdio.h>

static void setup(void)
{
    users_bench_open(100, 100);
}

TEST(a_user_who_goes_takes_his_aliases_along_committed_or_not)
{
    const struct stored_alias chef = { DOMAIN, SLICE("chef"), DOMAIN, SLICE("alice") };

    setup();
    CHECK_INT(0, users_bench_add("alice", "secret"));
    CHECK_INT(0, users_bench_alias("example.test", "boss", "alice"));
    CHECK_INT(0, users_bench_alias("", "+4930123", "alice"));
    assert_string_equal("alice@example.test", users_bench_resolve("example.test", "boss"));
    store_fake_hold(ub.store, true);
    CHECK_INT(0, users_add_alias(ub.users, &chef, users_bench_done, &ub));
    users_bench_turn();
    assert_string_equal("alice@example.test", users_bench_resolve("example.test", "chef"));
    CHECK_INT(0, users_remove(ub.users, DOMAIN, SLICE("alice"), users_bench_done, &ub));
    users_bench_turn();
    assert_string_equal("unknown", users_bench_resolve("example.test", "boss"));
    assert_string_equal("unknown", users_bench_resolve("example.test", "chef"));
    assert_string_equal("unknown", users_bench_resolve("", "+4930123"));
    store_fake_hold(ub.store, false);
    users_bench_turn();
    CHECK_INT(1, fake_disk_rows(ub.disk)); /* the realm */
    CHECK_INT(0, users_bench_add("alice", "secret"));
    assert_string_equal("unknown", users_bench_resolve("example.test", "chef"));
    users_bench_restart(DOMAIN);
    assert_string_equal("unknown", users_bench_resolve("example.test", "boss"));
    users_bench_close();
}

TEST(aliases_are_found_after_a_restart)
{
    setup();
    CHECK_INT(0, users_bench_add("alice", "secret"));
    CHECK_INT(0, users_bench_alias("Example.TEST", "boss", "alice"));
    CHECK_INT(0, users_bench_alias("", "+4930123", "alice"));
    users_bench_restart(DOMAIN);
    assert_string_equal("alice@example.test", users_bench_resolve("EXAMPLE.test", "boss"));
    assert_string_equal("alice@example.test", users_bench_resolve("", "+4930123"));
    assert_string_equal("alice@example.test", users_bench_resolve("example.test", "alice"));
    assert_string_equal("unknown", users_bench_resolve("example.test", "Boss"));
    assert_string_equal("unknown", users_bench_ha1("boss")); /* nobody proves himself by an alias */
    users_bench_close();
}

TEST(a_new_password_is_in_force_at_once)
{
    char before[USER_HA1_MAX + 1];

    setup();
    CHECK_INT(0, users_bench_add("alice", "secret"));
    snprintf(before, sizeof before, "%s", users_bench_ha1("alice"));
    store_fake_hold(ub.store, true);
    CHECK_INT(0, users_set_password(ub.users, DOMAIN, SLICE("alice"), SLICE("other"), users_bench_done, &ub));
    users_bench_turn();
    assert_string_not_equal(before, users_bench_ha1("alice"));
    store_fake_hold(ub.store, false);
    users_bench_turn();
    users_bench_restart(DOMAIN);
    assert_string_not_equal(before, users_bench_ha1("alice"));
    users_bench_close();
}

/* Whatever fails for want of memory: the change is whole, or it is not made, and that is
 * said. */
TEST(without_memory_a_change_is_made_whole_or_not_at_all)
{
    for (unsigned n = 1; n < 60; n++) {
        int  error;
        bool there;

        setup();
        ub.error = 1;
        alloc_fail_at(n);
        error = users_add(ub.users, DOMAIN, SLICE("alice"), SLICE("secret"), users_bench_done, &ub);
        users_bench_turn();
        alloc_fail_at(0);
        if (error == 0)
            error = ub.error;
        CHECK(error == 0 || error == -ERR_NO_MEMORY);
        users_bench_turn();
        there = users_bench_ha1("alice")[0] == '4';
        CHECK(there == (error == 0));
        CHECK_INT(there, users_count(ub.users));
        users_bench_close();
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_user_who_goes_takes_his_aliases_along_committed_or_not),
        cmocka_unit_test(aliases_are_found_after_a_restart),
        cmocka_unit_test(a_new_password_is_in_force_at_once),
        cmocka_unit_test(without_memory_a_change_is_made_whole_or_not_at_all),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
