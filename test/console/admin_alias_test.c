/* SPDX-License-Identifier: BSD-2-Clause */
#include "console/admin.h"

#include "base/error.h"
#include "support/admin_bench.h"
#include "support/store_fake.h"
#include "support/test.h"

static void init(struct admin_bench *b)
{
    admin_bench_init(b);
    admin_bench_good(b, "user.add", json_pack("{s:s,s:s}", "name", "alice", "password", "x"),
                     "{\"domain\":\"a.test\",\"name\":\"alice\"}");
    admin_bench_good(b, "user.add", json_pack("{s:s,s:s,s:s}", "name", "bob", "domain", "b.test", "password", "x"),
                     "{\"domain\":\"b.test\",\"name\":\"bob\"}");
}

static json_t *alias(const char *alias, const char *user, const char *domain)
{
    return json_pack("{s:s,s:s*,s:s*}", "alias", alias, "user", user, "domain", domain);
}

#define ALIAS(name, domain, user, user_domain)                                                                         \
    "{\"alias\":\"" name "\",\"domain\":\"" domain "\",\"user\":\"" user "\",\"user_domain\":\"" user_domain "\"}"

TEST(an_alias_is_of_the_users_domain_of_another_or_a_number)
{
    struct admin_bench b;

    init(&b);
    admin_bench_good(&b, "alias.add", alias("sales", "alice", NULL), ALIAS("sales", "a.test", "alice", "a.test"));
    admin_bench_good(&b, "alias.add", alias("sales", "bob", "b.test"), ALIAS("sales", "b.test", "bob", "b.test"));
    admin_bench_good(&b, "alias.add", alias("help@a.test", "bob", "b.test"), ALIAS("help", "a.test", "bob", "b.test"));
    admin_bench_good(&b, "alias.add", alias("+49 30 123", "alice", NULL), ALIAS("+4930123", "", "alice", "a.test"));
    admin_bench_good(&b, "alias.list", NULL,
                     "{\"aliases\":[" ALIAS("+4930123", "", "alice", "a.test") "," ALIAS(
                         "sales", "a.test", "alice", "a.test") "," ALIAS("help", "a.test", "bob",
                                                                         "b.test") "," ALIAS("sales", "b.test", "bob",
                                                                                             "b.test") "],"
                                                                                                       "\"cursor\":"
                                                                                                       "null}");
    admin_bench_good(&b, "alias.remove", json_pack("{s:s}", "alias", "tel:+49-30-123"), ALIAS("+4930123", "", "", ""));
    admin_bench_good(&b, "alias.list", json_pack("{s:s}", "user", "alice"),
                     "{\"aliases\":[" ALIAS("sales", "a.test", "alice", "a.test") "],\"cursor\":null}");
    admin_bench_fini(&b);
}

TEST(aliases_are_listed_page_by_page)
{
    struct admin_bench b;

    init(&b);
    admin_bench_good(&b, "alias.add", alias("sales", "alice", NULL), ALIAS("sales", "a.test", "alice", "a.test"));
    admin_bench_good(&b, "alias.add", alias("+49301", "alice", NULL), ALIAS("+49301", "", "alice", "a.test"));
    admin_bench_good(&b, "alias.add", alias("boss", "bob", "b.test"), ALIAS("boss", "b.test", "bob", "b.test"));
    admin_bench_good(&b, "alias.list", json_pack("{s:i}", "limit", 1),
                     "{\"aliases\":[" ALIAS("+49301", "", "alice", "a.test") "],\"cursor\":\"alice@a.test +49301@\"}");
    admin_bench_good(
        &b, "alias.list", json_pack("{s:i,s:s}", "limit", 1, "cursor", "alice@a.test +49301@"),
        "{\"aliases\":[" ALIAS("sales", "a.test", "alice", "a.test") "],\"cursor\":\"alice@a.test sales@a.test\"}");
    admin_bench_good(&b, "alias.list", json_pack("{s:i,s:s}", "limit", 2, "cursor", "alice@a.test sales@a.test"),
                     "{\"aliases\":[" ALIAS("boss", "b.test", "bob", "b.test") "],\"cursor\":null}");
    admin_bench_good(&b, "alias.list", json_pack("{s:i,s:s}", "limit", 2, "user", "alice"),
                     "{\"aliases\":[" ALIAS("+49301", "", "alice", "a.test") "," ALIAS(
                         "sales", "a.test", "alice", "a.test") "],\"cursor\":\"alice@a.test sales@a.test\"}");
    admin_bench_bad(&b, "alias.list", json_pack("{s:s}", "cursor", "alice"), -ERR_SYNTAX, "a cursor is what");
    admin_bench_bad(&b, "alias.list", json_pack("{s:s}", "cursor", "alice@a.test "), -ERR_SYNTAX, "a cursor is what");
    store_fake_fail_reads(b.store, -ERR_IO);
    admin_bench_bad(&b, "alias.list", NULL, -ERR_IO, "aliases cannot be read");
    admin_bench_fini(&b);
}

TEST(what_is_wrong_with_an_alias_is_said)
{
    struct admin_bench b;

    init(&b);
    admin_bench_bad(&b, "alias.add", alias("sales", "nobody", NULL), -ERR_NOT_FOUND, "there is no user nobody");
    admin_bench_bad(&b, "alias.add", alias("bob@b.test", "alice", NULL), -ERR_EXISTS,
                    "there is a user or an alias bob");
    admin_bench_bad(&b, "alias.add", alias("a b", "alice", NULL), -ERR_SYNTAX, "an alias is NAME");
    admin_bench_bad(&b, "alias.add", alias("x@c.test", "alice", NULL), -ERR_NOT_FOUND, "'c.test' is not a domain");
    admin_bench_bad(&b, "alias.add", alias("x", "alice", "c.test"), -ERR_NOT_FOUND, "'c.test' is not a domain");
    admin_bench_bad(&b, "alias.remove", alias("x", NULL, NULL), -ERR_NOT_FOUND, "there is no alias x");
    admin_bench_bad(&b, "alias.remove", alias("+x", NULL, NULL), -ERR_SYNTAX, "an alias is NAME");
    store_fake_fail(b.store, -ERR_DISK_FULL);
    admin_bench_bad(&b, "alias.add", alias("x", "alice", NULL), -ERR_DISK_FULL, "not written to the disk");
    store_fake_fail(b.store, 0);
    admin_bench_fini(&b);
}

TEST(a_user_has_a_hundred_aliases_at_most)
{
    struct admin_bench b;
    char               name[16];

    init(&b);
    for (int i = 0; i < USER_ALIASES_MAX; i++) {
        snprintf(name, sizeof name, "a%d", i);
        json_decref(admin_bench_call(&b, "alias.add", alias(name, "alice", NULL)));
    }
    admin_bench_bad(&b, "alias.add", alias("more", "alice", NULL), -ERR_LIMIT, "a user has at most 100 aliases");
    admin_bench_fini(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_alias_is_of_the_users_domain_of_another_or_a_number),
        cmocka_unit_test(aliases_are_listed_page_by_page),
        cmocka_unit_test(what_is_wrong_with_an_alias_is_said),
        cmocka_unit_test(a_user_has_a_hundred_aliases_at_most),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
