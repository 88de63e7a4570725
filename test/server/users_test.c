/* SPDX-License-Identifier: BSD-2-Clause */
#include "server/users.h"

#include "base/error.h"
#include "support/alloc.h"
#include "support/users_bench.h"

#include <stdio.h>

/* RFC 7616 3.4.2: H(username ":" realm ":" passwd).  By md5sum, sha256sum and "openssl dgst
 * -sha512-256" of "alice:example.test:secret". */
static const char alice_md5[]        = "4842575394a190ef4c973253ba19099c";
static const char alice_sha256[]     = "cc0140d97f2b011fee9f86aa26b63fc472268267b652dcea0675e15d9da92468";
static const char alice_sha512_256[] = "5fed66a4a7c351762a1e82edeb6a21abc5c66b9e8180686853b8d19ce638c9a5";

static void setup(void)
{
    users_bench_open(100, 100);
}

static void check_ha1(const char *want, enum hash_algorithm algorithm)
{
    char         memory[USER_HA1_MAX];
    struct slice ha1;

    CHECK_INT(USER_FOUND, user_reader_ha1(ub.reader, DOMAIN, SLICE("alice"), algorithm, memory, &ha1));
    CHECK_SLICE(want, ha1);
}

TEST(the_hashes_are_over_name_realm_and_password)
{
    setup();
    CHECK_INT(0, users_bench_add("alice", "secret"));
    for (int round = 0; round < 2; round++) {
        check_ha1(alice_md5, HASH_MD5);
        check_ha1(alice_sha256, HASH_SHA256);
        check_ha1(alice_sha512_256, HASH_SHA512_256);
        users_bench_restart(SLICE("renamed.test")); /* the realm stays: it is in every hash */
        CHECK_SLICE("example.test", users_realm(ub.users));
        assert_string_equal(alice_md5, users_bench_ha1("alice"));
    }
    users_bench_close();
}

/* Where nobody needs a password each new name would be asked for in the store. */
TEST(that_there_are_no_aliases_is_known_until_there_is_one)
{
    setup();
    CHECK(!users_may_have_aliases(ub.users));
    CHECK_INT(0, users_bench_add("alice", "secret"));
    users_bench_restart(DOMAIN);
    CHECK(!users_may_have_aliases(ub.users));
    CHECK_INT(0, users_bench_alias("example.test", "al", "alice"));
    CHECK(users_may_have_aliases(ub.users));
    users_bench_restart(DOMAIN);
    CHECK(users_may_have_aliases(ub.users));
    users_bench_close();
}

TEST(nothing_is_read_at_the_start_but_how_many_there_are)
{
    setup();
    CHECK_INT(0, users_bench_add("alice", "secret"));
    CHECK_INT(0, users_bench_add("bob", "secret"));
    CHECK_INT(2, users_count(ub.users));
    users_bench_restart(DOMAIN);
    CHECK_INT(2, users_count(ub.users));
    CHECK_INT(0, user_cache_count(users_cache(ub.users)));
    CHECK_INT(0, store_fake_asked(ub.store));
    CHECK_INT(0, users_bench_remove("alice"));
    CHECK_INT(0, users_bench_add("carol", "secret"));
    CHECK_INT(0, users_bench_add("dave", "secret"));
    CHECK_INT(3, users_count(ub.users));
    users_bench_close();
}

struct list {
    int    calls, error;
    size_t users;
};

static void on_list(void *list, const struct store_answer *a)
{
    struct list *l = list;

    l->calls++;
    l->error = a->error;
    l->users = a->user_count;
}

TEST(a_list_is_asked_for_page_by_page)
{
    struct store_query q = { .kind = STORE_LIST_USERS, .count = 2, .after = { DOMAIN, SLICE("alice") } };
    struct list        l = { 0 };

    setup();
    CHECK_INT(0, users_bench_add("alice", "secret"));
    CHECK_INT(0, users_bench_add("bob", "secret"));
    CHECK_INT(0, users_ask(ub.users, &q, on_list, &l));
    CHECK_INT(0, l.calls);
    users_bench_turn();
    CHECK_INT(1, l.calls);
    CHECK_INT(1, l.users);
    q.count = STORE_ROWS_MAX + 1;
    users_bench_close();
}

TEST(who_waits_for_a_list_when_all_ends_is_told_so)
{
    struct store_query q = { .kind = STORE_LIST_USERS, .count = 2 };
    struct list        l = { 0 };

    setup();
    store_fake_hold_reads(ub.store, true);
    CHECK_INT(0, users_ask(ub.users, &q, on_list, &l));
    users_bench_close();
    CHECK_INT(1, l.calls);
    CHECK_INT(-ERR_CLOSED, l.error);
}

TEST(bad_names_domains_and_passwords_are_refused)
{
    const struct stored_alias bad[] = { { DOMAIN, SLICE("a b"), DOMAIN, SLICE("alice") },
                                        { SLICE("a b"), SLICE("a"), DOMAIN, SLICE("alice") },
                                        { SLICE(""), SLICE("030123"), DOMAIN, SLICE("alice") },
                                        { SLICE(""), SLICE("+49-30-123"), DOMAIN, SLICE("alice") } };

    setup();
    CHECK_INT(-ERR_SYNTAX, users_add(ub.users, DOMAIN, SLICE("a b"), SLICE("x"), users_bench_done, &ub));
    CHECK_INT(-ERR_SYNTAX, users_add(ub.users, SLICE("a b"), SLICE("a"), SLICE("x"), users_bench_done, &ub));
    CHECK_INT(-ERR_SYNTAX, users_add(ub.users, DOMAIN, SLICE("a"), SLICE(""), users_bench_done, &ub));
    CHECK_INT(-ERR_SYNTAX, users_set_password(ub.users, DOMAIN, SLICE("a"), SLICE("a\n"), users_bench_done, &ub));
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        CHECK_INT(-ERR_SYNTAX, users_add_alias(ub.users, &bad[i], users_bench_done, &ub));
    users_bench_turn();
    CHECK_INT(0, ub.calls);
    users_bench_close();
}

TEST(before_the_start_nothing_can_be_changed)
{
    struct post_world *post  = post_world_new();
    struct users      *users = users_new(post_world_of(post), NULL, 100);

    assert_non_null(users);
    CHECK_INT(-ERR_CLOSED, users_add(users, DOMAIN, SLICE("alice"), SLICE("x"), users_bench_done, &ub));
    CHECK_INT(-ERR_CLOSED, users_ask(users, &(struct store_query){ .kind = STORE_LIST_USERS }, on_list, NULL));
    users_free(users);
    post_world_free(post);
}

TEST(without_memory_there_are_no_users)
{
    struct post_world *post = post_world_new();
    struct users      *users;
    unsigned           n = 0;

    do {
        alloc_fail_at(++n);
        users = users_new(post_world_of(post), NULL, 100);
        alloc_fail_at(0);
    } while (users == NULL && n < 100);
    CHECK(n > 3 && n < 100);
    users_free(users);
    post_world_free(post);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_hashes_are_over_name_realm_and_password),
        cmocka_unit_test(that_there_are_no_aliases_is_known_until_there_is_one),
        cmocka_unit_test(nothing_is_read_at_the_start_but_how_many_there_are),
        cmocka_unit_test(a_list_is_asked_for_page_by_page),
        cmocka_unit_test(who_waits_for_a_list_when_all_ends_is_told_so),
        cmocka_unit_test(bad_names_domains_and_passwords_are_refused),
        cmocka_unit_test(before_the_start_nothing_can_be_changed),
        cmocka_unit_test(without_memory_there_are_no_users),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
