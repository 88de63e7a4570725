/* SPDX-License-Identifier: BSD-2-Clause */
#include "console/admin.h"

#include "base/error.h"
#include "support/admin_bench.h"
#include "support/store_fake.h"
#include "support/test.h"

#define MD5_HEX    "0123456789abcdef0123456789abcdef"
#define OTHER_HEX  "fedcba9876543210fedcba9876543210"
#define SHA256_HEX MD5_HEX MD5_HEX

static json_t *one(const char *name, const char *domain, const char *md5)
{
    return json_pack("[s,s,s,s,s]", name, domain, md5, "", "");
}

/* Takes `users`. */
static json_t *import(json_t *users, const char *how)
{
    return json_pack("{s:o,s:s,s:s}", "users", users, "realm", "a.test", "how", how);
}

static json_t *alice_and_bob(void)
{
    return json_pack("[o,o]", one("alice", "a.test", MD5_HEX), one("bob", "b.test", MD5_HEX));
}

TEST(the_realm_can_be_asked_for)
{
    struct admin_bench b;

    admin_bench_init(&b);
    admin_bench_good(&b, "user.realm", NULL, "{\"realm\":\"a.test\"}");
    admin_bench_fini(&b);
}

TEST(who_is_new_is_added_and_who_is_there_is_refused_or_replaced)
{
    struct admin_bench b;

    admin_bench_init(&b);
    admin_bench_good(&b, "user.import", import(json_array(), "new"), "{\"outcomes\":[]}");
    admin_bench_good(&b, "user.import", import(alice_and_bob(), "new"), "{\"outcomes\":[\"added\",\"added\"]}");
    admin_bench_good(&b, "user.import", import(alice_and_bob(), "new"), "{\"outcomes\":[\"refused\",\"refused\"]}");
    admin_bench_good(
        &b, "user.import",
        import(json_pack("[o,o]", one("alice", "A.test", OTHER_HEX), one("bob", "b.test", MD5_HEX)), "replace"),
        "{\"outcomes\":[\"changed\",\"unchanged\"]}");
    admin_bench_good(&b, "user.list", NULL,
                     "{\"cursor\":null,\"users\":[{\"domain\":\"a.test\",\"hashes\":[\"MD5\"],\"name\":\"alice\"},"
                     "{\"domain\":\"b.test\",\"hashes\":[\"MD5\"],\"name\":\"bob\"}]}");
    admin_bench_fini(&b);
}

TEST(a_check_changes_nothing)
{
    struct admin_bench b;

    admin_bench_init(&b);
    admin_bench_good(&b, "user.import", import(alice_and_bob(), "check"), "{\"outcomes\":[\"added\",\"added\"]}");
    admin_bench_good(&b, "user.list", NULL, "{\"cursor\":null,\"users\":[]}");
    admin_bench_fini(&b);
}

TEST(one_row_that_is_wrong_and_nothing_is_changed)
{
    struct admin_bench b;
    json_t            *long_list = json_array();

    admin_bench_init(&b);
    for (int i = 0; i <= STORE_ROWS_MAX; i++)
        json_array_append_new(long_list, one("alice", "a.test", MD5_HEX));
    admin_bench_bad(&b, "user.import", import(long_list, "new"), -ERR_LIMIT, "1000 users at most");
    admin_bench_bad(&b, "user.import", import(alice_and_bob(), "so"), -ERR_SYNTAX, "'how' is new, replace or check");
    admin_bench_bad(&b, "user.import", json_pack("{s:[],s:s,s:s}", "users", "realm", "other", "how", "new"),
                    -ERR_SYNTAX, "made with the realm 'other', this server's is 'a.test'");
    admin_bench_bad(&b, "user.import",
                    import(json_pack("[o,o]", one("alice", "a.test", MD5_HEX), one("bob", "c.test", MD5_HEX)), "new"),
                    -ERR_NOT_FOUND, "'c.test' is not a domain of this server");
    admin_bench_bad(&b, "user.import", import(json_pack("[o]", one("alice", "a.test", "")), "new"), -ERR_SYNTAX,
                    "at least one");
    admin_bench_bad(&b, "user.import", import(json_pack("[o]", one("alice", "a.test", "xyz")), "new"), -ERR_SYNTAX,
                    "in hex");
    admin_bench_bad(&b, "user.import", import(json_pack("[[s,s,s]]", "alice", "a.test", MD5_HEX), "new"), -ERR_SYNTAX,
                    "a user is [name");
    admin_bench_bad(&b, "user.import", import(json_pack("[s]", "alice"), "new"), -ERR_SYNTAX, "a user's name has");
    admin_bench_bad(&b, "user.import", import(json_string("alice"), "new"), -ERR_SYNTAX, "is of type list");
    admin_bench_good(&b, "user.list", NULL, "{\"cursor\":null,\"users\":[]}");
    admin_bench_fini(&b);
}

TEST(users_that_do_not_reach_the_disk_are_a_failure)
{
    struct admin_bench b;

    admin_bench_init(&b);
    store_fake_fail(b.store, -ERR_DISK_FULL);
    admin_bench_bad(&b, "user.import", import(alice_and_bob(), "new"), -ERR_DISK_FULL, "not written to the disk");
    store_fake_fail(b.store, 0);
    admin_bench_fini(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_realm_can_be_asked_for),
        cmocka_unit_test(who_is_new_is_added_and_who_is_there_is_refused_or_replaced),
        cmocka_unit_test(a_check_changes_nothing),
        cmocka_unit_test(one_row_that_is_wrong_and_nothing_is_changed),
        cmocka_unit_test(users_that_do_not_reach_the_disk_are_a_failure),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
