/* SPDX-License-Identifier: BSD-2-Clause */
#include "console/admin.h"

#include "base/error.h"
#include "support/admin_bench.h"
#include "support/store_fake.h"
#include "support/test.h"

/* One of a list, made of a password. */
#define HASHED(domain, name)                                                                                           \
    "{\"domain\":\"" domain "\",\"hashes\":[\"MD5\",\"SHA-256\",\"SHA-512-256\"],\"name\":\"" name "\"}"

static json_t *user(const char *name, const char *domain, const char *password)
{
    json_t *params = json_pack("{s:s}", "name", name);

    if (domain != NULL)
        json_object_set_new(params, "domain", json_string(domain));
    if (password != NULL)
        json_object_set_new(params, "password", json_string(password));
    return params;
}

TEST(a_user_is_added_to_the_first_domain_or_the_one_named)
{
    struct admin_bench b;

    admin_bench_init(&b);
    admin_bench_good(&b, "user.add", user("alice", NULL, "x"), "{\"domain\":\"a.test\",\"name\":\"alice\"}");
    admin_bench_good(&b, "user.add", user("alice", "b.test", "x"), "{\"domain\":\"b.test\",\"name\":\"alice\"}");
    admin_bench_good(&b, "user.add", user("Bob", NULL, "x"), "{\"domain\":\"a.test\",\"name\":\"Bob\"}");
    admin_bench_good(&b, "user.list", NULL,
                     "{\"cursor\":null,\"users\":[" HASHED("a.test", "Bob") "," HASHED("a.test", "alice") "," HASHED(
                         "b.test", "alice") "]}");
    admin_bench_good(&b, "user.list", json_pack("{s:s}", "domain", "B.test"),
                     "{\"cursor\":null,\"users\":[" HASHED("b.test", "alice") "]}");
    admin_bench_fini(&b);
}

static json_t *page(unsigned limit, const char *cursor)
{
    return json_pack("{s:i,s:s}", "limit", limit, "cursor", cursor);
}

TEST(users_are_listed_page_by_page)
{
    struct admin_bench b;

    admin_bench_init(&b);
    admin_bench_good(&b, "user.add", user("alice", NULL, "x"), "{\"domain\":\"a.test\",\"name\":\"alice\"}");
    admin_bench_good(&b, "user.add", user("bob", NULL, "x"), "{\"domain\":\"a.test\",\"name\":\"bob\"}");
    admin_bench_good(&b, "user.add", user("alice", "b.test", "x"), "{\"domain\":\"b.test\",\"name\":\"alice\"}");
    admin_bench_good(
        &b, "user.list", json_pack("{s:i}", "limit", 2),
        "{\"cursor\":\"bob@a.test\",\"users\":[" HASHED("a.test", "alice") "," HASHED("a.test", "bob") "]}");
    admin_bench_good(&b, "user.list", page(2, "bob@a.test"),
                     "{\"cursor\":null,\"users\":[" HASHED("b.test", "alice") "]}");
    admin_bench_good(&b, "user.list", page(1, "alice@b.test"), "{\"cursor\":null,\"users\":[]}");
    admin_bench_bad(&b, "user.list", page(1, "alice"), -ERR_SYNTAX, "a cursor is what the last answer had");
    admin_bench_bad(&b, "user.list", page(1001, ""), -ERR_SYNTAX, "limit");
    admin_bench_fini(&b);
}

TEST(users_that_cannot_be_read_are_not_listed)
{
    struct admin_bench b;

    admin_bench_init(&b);
    store_fake_fail_reads(b.store, -ERR_IO);
    admin_bench_bad(&b, "user.list", NULL, -ERR_IO, "users cannot be read: input/output error");
    store_fake_limit_reads(b.store, 0);
    admin_bench_bad(&b, "user.list", NULL, -ERR_LIMIT, "users cannot be read");
    admin_bench_fini(&b);
}

TEST(what_is_wrong_with_a_user_is_said)
{
    struct admin_bench b;

    admin_bench_init(&b);
    admin_bench_good(&b, "user.add", user("alice", NULL, "x"), "{\"domain\":\"a.test\",\"name\":\"alice\"}");
    admin_bench_bad(&b, "user.add", user("alice", NULL, "y"), -ERR_EXISTS, "there is a user alice in a.test already");
    admin_bench_bad(&b, "user.add", user("a b", NULL, "y"), -ERR_SYNTAX, "a user's name has");
    admin_bench_bad(&b, "user.add", user("bob", NULL, NULL), -ERR_SYNTAX, "parameter 'password' is missing");
    admin_bench_bad(&b, "user.add", user("bob", NULL, ""), -ERR_SYNTAX, "a password has");
    admin_bench_bad(&b, "user.add", json_pack("{s:i}", "name", 3), -ERR_SYNTAX, "parameter 'name' is of type text");
    admin_bench_bad(&b, "user.list", json_pack("{s:s}", "domian", "a.test"), -ERR_SYNTAX, "no parameter 'domian'");
    admin_bench_bad(&b, "user.add", user("bob", "c.test", "y"), -ERR_NOT_FOUND,
                    "'c.test' is not a domain of this server");
    admin_bench_bad(&b, "user.passwd", user("bob", NULL, "y"), -ERR_NOT_FOUND, "there is no user bob in a.test");
    admin_bench_bad(&b, "user.remove", user("bob", NULL, NULL), -ERR_NOT_FOUND, "there is no user bob in a.test");
    admin_bench_fini(&b);
}

TEST(a_user_is_changed_and_removed)
{
    struct admin_bench b;

    admin_bench_init(&b);
    admin_bench_good(&b, "user.add", user("alice", NULL, "x"), "{\"domain\":\"a.test\",\"name\":\"alice\"}");
    admin_bench_good(&b, "user.passwd", user("alice", NULL, "y"), "{\"domain\":\"a.test\",\"name\":\"alice\"}");
    admin_bench_good(&b, "user.remove", user("alice", NULL, NULL), "{\"domain\":\"a.test\",\"name\":\"alice\"}");
    admin_bench_good(&b, "user.list", NULL, "{\"cursor\":null,\"users\":[]}");
    admin_bench_fini(&b);
}

TEST(a_change_that_did_not_reach_the_disk_is_a_failure)
{
    struct admin_bench b;

    admin_bench_init(&b);
    store_fake_fail(b.store, -ERR_DISK_FULL);
    admin_bench_bad(&b, "user.add", user("alice", NULL, "x"), -ERR_DISK_FULL,
                    "not written to the disk: disk full; the change is in force");
    b.admin.stop = NULL;
    admin_bench_bad(&b, "user.add", user("bob", NULL, "x"), -ERR_DISK_FULL, "do away with the cause and try again");
    store_fake_fail(b.store, 0);
    admin_bench_fini(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_user_is_added_to_the_first_domain_or_the_one_named),
        cmocka_unit_test(users_are_listed_page_by_page),
        cmocka_unit_test(users_that_cannot_be_read_are_not_listed),
        cmocka_unit_test(what_is_wrong_with_a_user_is_said),
        cmocka_unit_test(a_user_is_changed_and_removed),
        cmocka_unit_test(a_change_that_did_not_reach_the_disk_is_a_failure),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
