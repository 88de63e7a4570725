/* SPDX-License-Identifier: BSD-2-Clause */
/* Questions to a database, answered by a thread of its own. */
#include "store/sqlite_reader.h"

#include "base/error.h"
#include "support/disk_vfs.h"
#include "support/post_world.h"
#include "support/temp_folder.h"
#include "support/test.h"

#include <stdio.h>

struct bench {
    struct temp_folder   folder;
    char                 path[128], problem[512];
    struct post_world   *post;
    struct store        *store;
    struct store_client *client;
    bool                 committed, answered;
    int                  answers, error;
    size_t               users, wanted;
};

static struct bench b;

static void on_report(void *owner, uint64_t seq, int error)
{
    (void)owner;
    (void)seq;
    CHECK_INT(0, error);
    b.committed = true;
}

static void on_answer(void *owner, const struct store_answer *a)
{
    CHECK(owner == &b);
    b.error = a->error;
    b.users += a->user_count;
    b.answers++;
    b.answered = (size_t)b.answers >= b.wanted;
}

static void open_store(void)
{
    CHECK_INT(0, store_sqlite_open(b.path, 100, STORE_QUEUE_AGE, &b.store, b.problem, sizeof b.problem));
    CHECK_INT(0, store_client_open(b.store, post_world_of(b.post), on_report, &b, &b.client));
}

static void setup(const char *path)
{
    b = (struct bench){ .post = post_world_new() };
    temp_folder_init(&b.folder);
    temp_folder_file(&b.folder, "ahoy.db", b.path);
    if (path != NULL)
        snprintf(b.path, sizeof b.path, "%s", path);
    open_store();
}

static void close_store(void)
{
    if (b.client != NULL)
        store_client_close(b.client);
    store_close(b.store);
}

static void teardown(void)
{
    close_store();
    post_world_free(b.post);
    temp_folder_fini(&b.folder);
}

static void put_user(const char *name)
{
    struct store_change c = { .kind = STORE_PUT_USER, .user = { SLICE("example.test"), slice_from(name) } };
    uint64_t            seq;

    b.committed = false;
    CHECK_INT(0, store_write(b.client, &c, 1, &seq));
}

static void commit_user(const char *name)
{
    put_user(name);
    CHECK(post_world_run_until(b.post, &b.committed));
}

static int ask(const char *name)
{
    const struct store_name  n = { SLICE("example.test"), slice_from(name) };
    const struct store_query q = { .kind = STORE_FIND_USERS, .count = 1, .names = &n };

    return store_ask(b.client, &q, on_answer, &b);
}

static void wait_answers(size_t count)
{
    b.wanted   = count;
    b.answered = (size_t)b.answers >= count;
    CHECK(post_world_run_until(b.post, &b.answered));
}

static void a_committed_user_is_found(const char *path)
{
    struct store_stats stats;

    setup(path);
    CHECK_INT(0, ask("alice"));
    wait_answers(1);
    CHECK_INT(0, b.users);
    commit_user("alice");
    CHECK_INT(0, ask("alice"));
    CHECK_INT(0, ask("bob"));
    wait_answers(3);
    CHECK_INT(0, b.error);
    CHECK_INT(1, b.users);
    store_stats(b.store, 0, &stats);
    CHECK_INT(3, stats.asked);
    CHECK_INT(0, stats.ask_failures);
    teardown();
}

TEST(who_was_committed_is_found)
{
    a_committed_user_is_found(NULL);
}

TEST(and_in_a_store_that_has_no_file)
{
    a_committed_user_is_found(":memory:");
}

TEST(a_disk_that_hangs_in_a_commit_keeps_nobody_from_reading)
{
    disk_vfs_install();
    setup(NULL);
    commit_user("alice");
    disk_hold(true);
    put_user("bob");
    CHECK(disk_wait_hanging());
    CHECK_INT(0, ask("alice"));
    CHECK_INT(0, ask("bob"));
    wait_answers(2);
    CHECK_INT(1, b.users); /* what hangs is not committed */
    disk_hold(false);
    CHECK(post_world_run_until(b.post, &b.committed));
    teardown();
    disk_vfs_remove();
}

/* Its world's queue is full: the answer comes a little later. */
TEST(an_answer_that_cannot_be_posted_is_posted_again)
{
    setup(NULL);
    post_world_refuse(b.post, 2);
    CHECK_INT(0, ask("alice"));
    CHECK_INT(0, ask("bob"));
    wait_answers(2);
    teardown();
}

TEST(a_client_that_is_closed_hears_nothing_any_more)
{
    setup(NULL);
    for (int i = 0; i < 100; i++)
        CHECK_INT(0, ask("alice"));
    store_client_close(b.client);
    b.client = NULL;
    post_world_drain(b.post);
    CHECK_INT(0, b.answers);
    teardown();
}

TEST(too_many_questions_are_refused_and_counted)
{
    const struct store_query all = { .kind = STORE_LIST_USERS, .count = STORE_ROWS_MAX + 1 };
    struct store_stats       stats;
    int                      asked = 0, error;

    setup(NULL);
    CHECK_INT(-ERR_LIMIT, store_ask(b.client, &all, on_answer, &b));
    while ((error = ask("alice")) == 0) /* none is told of, since the world does not turn */
        asked++;
    CHECK_INT(-ERR_LIMIT, error);
    CHECK_INT(STORE_QUESTIONS, asked);
    store_stats(b.store, 0, &stats);
    CHECK_INT(1, stats.ask_refused);
    wait_answers(STORE_QUESTIONS);
    CHECK_INT(0, ask("alice"));
    wait_answers(STORE_QUESTIONS + 1);
    teardown();
}

TEST(what_waits_is_accounted_for_until_it_is_told)
{
    static struct budget  budget;
    struct budget_figures f;

    setup(NULL);
    accounts_init(&budget, 1 << 20);
    store_sqlite_account(b.store, &budget);
    CHECK_INT(0, ask("alice"));
    f = budget_figures(&budget, ACCOUNT_STORE_QUEUE);
    CHECK(f.bytes > 0);
    wait_answers(1);
    f = budget_figures(&budget, ACCOUNT_STORE_QUEUE);
    CHECK_INT(0, f.bytes);
    teardown();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(who_was_committed_is_found),
        cmocka_unit_test(and_in_a_store_that_has_no_file),
        cmocka_unit_test(a_disk_that_hangs_in_a_commit_keeps_nobody_from_reading),
        cmocka_unit_test(an_answer_that_cannot_be_posted_is_posted_again),
        cmocka_unit_test(a_client_that_is_closed_hears_nothing_any_more),
        cmocka_unit_test(too_many_questions_are_refused_and_counted),
        cmocka_unit_test(what_waits_is_accounted_for_until_it_is_told),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
