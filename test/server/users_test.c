/* SPDX-License-Identifier: BSD-2-Clause */
#include "server/users.h"

#include "base/error.h"
#include "support/post_world.h"
#include "support/store_fake.h"
#include "support/test.h"

#include <stdio.h>

#define DOMAIN SLICE("example.test")

struct bench {
    struct post_world   *post;
    struct fake_disk    *disk;
    struct store        *store;
    struct store_client *client;
    struct users        *users;
    int                  calls, error; /* of on_done */
};

static void on_report(void *owner, uint64_t seq, int error)
{
    users_report(((struct bench *)owner)->users, seq, error);
}

static void on_done(void *arg, int error)
{
    struct bench *b = arg;

    b->calls++;
    b->error = error;
}

static void on_user(void *arg, const struct stored_user *u)
{
    users_on_user(arg, u);
}

static void on_setting(void *arg, struct slice name, struct slice value)
{
    users_on_setting(arg, name, value);
}

static void start(struct bench *b, struct slice realm)
{
    struct store_loader loader = { on_user, NULL, on_setting, NULL };

    b->users = users_new(post_world_of(b->post), NULL);
    CHECK(b->users != NULL);
    loader.arg = b->users;
    b->store   = store_fake_open(b->disk, 10);
    CHECK_INT(0, store_load(b->store, 0, &loader));
    CHECK_INT(0, store_client_open(b->store, post_world_of(b->post), on_report, b, &b->client));
    CHECK_INT(0, users_start(b->users, b->client, realm));
}

static void stop(struct bench *b)
{
    store_client_close(b->client);
    store_close(b->store);
    users_free(b->users);
}

static void setup(struct bench *b)
{
    *b = (struct bench){ .post = post_world_new(), .disk = fake_disk_new() };
    start(b, SLICE("example.test"));
}

static void teardown(struct bench *b)
{
    stop(b);
    post_world_free(b->post);
    fake_disk_free(b->disk);
}

static void add(struct bench *b, const char *name)
{
    CHECK_INT(0, users_add(b->users, DOMAIN, slice_from(name), SLICE("secret"), on_done, b));
    post_world_drain(b->post);
}

TEST(a_user_is_found_by_domain_in_any_case_and_exact_name)
{
    struct bench b;

    setup(&b);
    CHECK_INT(0, users_add(b.users, SLICE("Example.TEST"), SLICE("alice"), SLICE("secret"), on_done, &b));
    CHECK_SLICE("example.test", users_find(b.users, SLICE("EXAMPLE.test"), SLICE("alice"))->domain);
    CHECK(users_find(b.users, DOMAIN, SLICE("Alice")) == NULL);
    CHECK(users_find(b.users, SLICE("other.test"), SLICE("alice")) == NULL);
    CHECK_INT(1, users_count(b.users));
    teardown(&b);
}

TEST(users_are_accounted_for_while_they_are_there)
{
    struct bench  b;
    struct budget budget;
    uint64_t      one;

    setup(&b);
    accounts_init(&budget, 1 << 20);
    users_account(b.users, &budget);
    add(&b, "alice");
    one = budget_figures(&budget, ACCOUNT_USERS).bytes;
    CHECK(one > 100);
    add(&b, "carol");
    CHECK_INT(2 * one, budget_figures(&budget, ACCOUNT_USERS).bytes);
    CHECK_INT(0, users_set_password(b.users, DOMAIN, SLICE("alice"), SLICE("other"), on_done, &b));
    post_world_drain(b.post);
    CHECK_INT(2 * one, budget_figures(&budget, ACCOUNT_USERS).bytes);
    CHECK_INT(0, users_remove(b.users, DOMAIN, SLICE("alice"), on_done, &b));
    post_world_drain(b.post);
    CHECK_INT(one, budget_figures(&budget, ACCOUNT_USERS).bytes);
    teardown(&b);
    CHECK_INT(0, budget_total(&budget).bytes);
}

/* RFC 7616 3.4.2: H(username ":" realm ":" passwd).  By md5sum and sha256sum of
 * "alice:example.test:secret". */
TEST(the_hashes_are_over_name_realm_and_password)
{
    struct bench b;

    setup(&b);
    add(&b, "alice");
    CHECK_SLICE("4842575394a190ef4c973253ba19099c", users_find(b.users, DOMAIN, SLICE("alice"))->ha1_md5);
    CHECK_SLICE("cc0140d97f2b011fee9f86aa26b63fc472268267b652dcea0675e15d9da92468",
                users_find(b.users, DOMAIN, SLICE("alice"))->ha1_sha256);
    CHECK_SLICE("5fed66a4a7c351762a1e82edeb6a21abc5c66b9e8180686853b8d19ce638c9a5",
                users_find(b.users, DOMAIN, SLICE("alice"))->ha1_sha512_256);
    teardown(&b);
}

TEST(a_change_is_acknowledged_after_its_commit)
{
    struct bench b;

    setup(&b);
    post_world_drain(b.post);
    store_fake_hold(b.store, true);
    CHECK_INT(0, users_add(b.users, DOMAIN, SLICE("alice"), SLICE("secret"), on_done, &b));
    post_world_drain(b.post);
    CHECK_INT(0, b.calls);
    CHECK(users_find(b.users, DOMAIN, SLICE("alice")) != NULL);
    store_fake_hold(b.store, false);
    post_world_drain(b.post);
    CHECK_INT(1, b.calls);
    CHECK_INT(0, b.error);
    teardown(&b);
}

TEST(a_commit_that_failed_is_told_once_and_the_change_is_kept)
{
    struct bench b;

    setup(&b);
    post_world_drain(b.post);
    store_fake_fail(b.store, -ERR_DISK_FULL);
    add(&b, "alice");
    CHECK_INT(1, b.calls);
    CHECK_INT(-ERR_DISK_FULL, b.error);
    store_fake_fail(b.store, 0);
    post_world_drain(b.post);
    CHECK_INT(1, b.calls);
    CHECK_INT(2, fake_disk_rows(b.disk)); /* the realm and alice */
    teardown(&b);
}

TEST(users_and_realm_are_there_again_after_a_restart)
{
    struct bench b;

    setup(&b);
    add(&b, "alice");
    stop(&b);
    start(&b, SLICE("renamed.test"));
    CHECK_SLICE("example.test", users_realm(b.users));
    CHECK_SLICE("4842575394a190ef4c973253ba19099c", users_find(b.users, DOMAIN, SLICE("alice"))->ha1_md5);
    teardown(&b);
}

TEST(a_new_password_replaces_the_hashes)
{
    struct bench b;

    setup(&b);
    add(&b, "alice");
    CHECK_INT(0, users_set_password(b.users, DOMAIN, SLICE("alice"), SLICE("other"), on_done, &b));
    post_world_drain(b.post);
    CHECK_INT(2, b.calls);
    CHECK(!slice_eq(SLICE("4842575394a190ef4c973253ba19099c"), users_find(b.users, DOMAIN, SLICE("alice"))->ha1_md5));
    CHECK_INT(1, users_count(b.users));
    CHECK_INT(-ERR_NOT_FOUND, users_set_password(b.users, DOMAIN, SLICE("bob"), SLICE("x"), on_done, &b));
    teardown(&b);
}

TEST(a_removed_user_is_gone_from_table_and_disk)
{
    struct bench b;

    setup(&b);
    add(&b, "alice");
    add(&b, "bob");
    CHECK_INT(0, users_remove(b.users, DOMAIN, SLICE("alice"), on_done, &b));
    CHECK(users_find(b.users, DOMAIN, SLICE("alice")) == NULL);
    CHECK_INT(-ERR_NOT_FOUND, users_remove(b.users, DOMAIN, SLICE("alice"), on_done, &b));
    stop(&b);
    start(&b, SLICE("example.test"));
    CHECK_INT(1, users_count(b.users));
    CHECK(users_find(b.users, DOMAIN, SLICE("bob")) != NULL);
    teardown(&b);
}

TEST(nothing_changes_when_the_queue_of_the_store_is_full)
{
    struct bench b;
    char         name[16];
    int          i = 0, error;

    setup(&b);
    post_world_drain(b.post);
    store_fake_hold(b.store, true);
    do {
        snprintf(name, sizeof name, "user%d", i++);
        error = users_add(b.users, DOMAIN, slice_from(name), SLICE("secret"), on_done, &b);
    } while (error == 0);
    CHECK_INT(-ERR_LIMIT, error);
    CHECK_INT(10, users_count(b.users));
    CHECK(users_find(b.users, DOMAIN, slice_from(name)) == NULL);
    CHECK_INT(-ERR_LIMIT, users_remove(b.users, DOMAIN, SLICE("user0"), on_done, &b));
    CHECK(users_find(b.users, DOMAIN, SLICE("user0")) != NULL);
    store_fake_hold(b.store, false);
    post_world_drain(b.post);
    CHECK_INT(10, b.calls);
    teardown(&b);
}

TEST(who_waits_when_the_table_goes_is_told_so)
{
    struct bench b;

    setup(&b);
    CHECK_INT(0, users_add(b.users, DOMAIN, SLICE("alice"), SLICE("secret"), on_done, &b));
    store_fake_hold(b.store, true);
    teardown(&b);
    CHECK_INT(1, b.calls);
    CHECK_INT(-ERR_CLOSED, b.error);
}

TEST(bad_names_domains_and_passwords_are_refused)
{
    static const char *const names[]     = { "", "a b", "a@b", "a:b", "a/b", "a\"b", "a\nb", "\xc3\xa4" };
    static const char *const passwords[] = { "", "a\nb", "a\x7f" };
    struct bench             b;
    char                     long_name[USER_NAME_MAX + 2], long_password[USER_PASSWORD_MAX + 2];

    setup(&b);
    memset(long_name, 'a', sizeof long_name);
    memset(long_password, 'a', sizeof long_password);
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        CHECK_INT(-ERR_SYNTAX, users_add(b.users, DOMAIN, slice_from(names[i]), SLICE("x"), on_done, &b));
    for (size_t i = 0; i < sizeof passwords / sizeof *passwords; i++)
        CHECK_INT(-ERR_SYNTAX, users_add(b.users, DOMAIN, SLICE("a"), slice_from(passwords[i]), on_done, &b));
    CHECK_INT(-ERR_SYNTAX, users_add(b.users, SLICE("a b"), SLICE("a"), SLICE("x"), on_done, &b));
    CHECK(!user_name_is_good(test_guarded((struct slice){ long_name, USER_NAME_MAX + 1 })));
    CHECK(user_name_is_good(test_guarded((struct slice){ long_name, USER_NAME_MAX })));
    CHECK(!user_password_is_good(test_guarded((struct slice){ long_password, USER_PASSWORD_MAX + 1 })));
    CHECK(user_password_is_good(SLICE("p\xc3\xa4ss word")));
    CHECK(users_find(b.users, DOMAIN, (struct slice){ long_name, USER_NAME_MAX + 1 }) == NULL);
    CHECK_INT(0, users_count(b.users));
    teardown(&b);
}

static void count(const struct user *user, void *arg)
{
    CHECK(user->name.len > 0);
    ++*(int *)arg;
}

TEST(a_thousand_users_are_each_found)
{
    struct bench b;
    char         name[16];
    int          seen = 0;

    setup(&b);
    for (int i = 0; i < 1000; i++) {
        snprintf(name, sizeof name, "user%d", i);
        add(&b, name);
    }
    for (int i = 0; i < 1000; i++) {
        snprintf(name, sizeof name, "user%d", i);
        CHECK_SLICE(name, users_find(b.users, DOMAIN, slice_from(name))->name);
    }
    users_each(b.users, count, &seen);
    CHECK_INT(1000, seen);
    teardown(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_user_is_found_by_domain_in_any_case_and_exact_name),
        cmocka_unit_test(users_are_accounted_for_while_they_are_there),
        cmocka_unit_test(the_hashes_are_over_name_realm_and_password),
        cmocka_unit_test(a_change_is_acknowledged_after_its_commit),
        cmocka_unit_test(a_commit_that_failed_is_told_once_and_the_change_is_kept),
        cmocka_unit_test(users_and_realm_are_there_again_after_a_restart),
        cmocka_unit_test(a_new_password_replaces_the_hashes),
        cmocka_unit_test(a_removed_user_is_gone_from_table_and_disk),
        cmocka_unit_test(nothing_changes_when_the_queue_of_the_store_is_full),
        cmocka_unit_test(who_waits_when_the_table_goes_is_told_so),
        cmocka_unit_test(bad_names_domains_and_passwords_are_refused),
        cmocka_unit_test(a_thousand_users_are_each_found),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
