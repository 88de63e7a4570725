/* SPDX-License-Identifier: BSD-2-Clause */
#include "store/sqlite_query.h"

#include "base/error.h"
#include "store/sqlite_file.h"
#include "support/test.h"

#include <sqlite3.h>
#include <stdio.h>

struct bench {
    struct sqlite_file *file;
    struct sqlite_query queries;
    char                text[1024];
    struct buf          b;
};

static struct bench b;

static void put_user(const char *domain, const char *name, uint64_t sha256, uint64_t sha512_256)
{
    struct store_change c = { .kind = STORE_PUT_USER,
                              .user = { slice_from(domain), slice_from(name), SLICE("md5"), SLICE("sha"), SLICE(""),
                                        sha256, sha512_256 } };

    CHECK_INT(0, sqlite_file_apply(b.file, &c));
}

static void put_alias(const char *domain, const char *name, const char *user_domain, const char *user_name)
{
    struct store_change c = { .kind  = STORE_PUT_ALIAS,
                              .alias = { slice_from(domain), slice_from(name), slice_from(user_domain),
                                         slice_from(user_name) } };

    CHECK_INT(0, sqlite_file_apply(b.file, &c));
}

static void setup(void)
{
    b = (struct bench){ 0 };
    CHECK_INT(0, sqlite_file_open(":memory:", &b.file, b.text, sizeof b.text));
    CHECK_INT(0, sqlite_query_init(&b.queries, sqlite_file_connection(b.file)));
    b.b = BUF_ON(b.text);
    put_user("b.test", "alice", 1, 11);
    put_user("a.test", "carol", 2, 12);
    put_user("a.test", "alice", 1, UINT64_MAX);
    put_user("a.test", "bob", 3, 13);
    put_alias("", "+4930123", "a.test", "bob");
    put_alias("a.test", "boss", "a.test", "alice");
    put_alias("b.test", "boss", "a.test", "alice");
}

static void teardown(void)
{
    sqlite_query_fini(&b.queries);
    sqlite_file_close(b.file);
}

static const char *ask(const struct store_query *query)
{
    struct question *q = question_new(query, NULL, NULL);

    b.b.len = 0;
    CHECK(q != NULL);
    sqlite_query_run(&b.queries, q);
    if (q->answer.error != 0)
        buf_printf(&b.b, "%s", error_name(q->answer.error));
    for (size_t i = 0; i < q->answer.user_count; i++)
        buf_printf(&b.b, "%.*s@%.*s ", SLICE_ARG(q->answer.users[i].name), SLICE_ARG(q->answer.users[i].domain));
    for (size_t i = 0; i < q->answer.alias_count; i++)
        buf_printf(&b.b, "%.*s@%.*s=%.*s@%.*s ", SLICE_ARG(q->answer.aliases[i].name),
                   SLICE_ARG(q->answer.aliases[i].domain), SLICE_ARG(q->answer.aliases[i].user_name),
                   SLICE_ARG(q->answer.aliases[i].user_domain));
    question_free(q);
    return buf_cstr(&b.b);
}

static const char *find(const char *domain, const char *name)
{
    const struct store_name n = { slice_from(domain), slice_from(name) };

    return ask(&(struct store_query){ .kind = STORE_FIND_USERS, .count = 1, .names = &n });
}

TEST(users_and_aliases_are_found_by_their_name)
{
    const struct store_name names[] = { { SLICE("a.test"), SLICE("bob") },
                                        { SLICE("a.test"), SLICE("nobody") },
                                        { SLICE("a.test"), SLICE("boss") },
                                        { SLICE("b.test"), SLICE("alice") } };

    setup();
    assert_string_equal("alice@a.test ", find("a.test", "alice"));
    assert_string_equal("", find("a.test", "Alice"));
    assert_string_equal("+4930123@=bob@a.test ", find("", "+4930123"));
    assert_string_equal("bob@a.test alice@b.test boss@a.test=alice@a.test ",
                        ask(&(struct store_query){ .kind = STORE_FIND_USERS, .count = 4, .names = names }));
    teardown();
}

TEST(users_are_found_by_the_hash_of_their_name_in_their_domain)
{
    struct store_query q = { .kind = STORE_FIND_USERHASH, .domain = SLICE("a.test"), .hash = 1 };

    setup();
    assert_string_equal("IO", ask(&q)); /* not wanted: there is no index */
    CHECK_INT(0, sqlite_file_index_names(b.file));
    assert_string_equal("alice@a.test ", ask(&q));
    q.sha512_256 = true;
    assert_string_equal("", ask(&q));
    q.hash = UINT64_MAX;
    assert_string_equal("alice@a.test ", ask(&q));
    q.domain = SLICE("b.test");
    assert_string_equal("", ask(&q));
    teardown();
}

TEST(users_are_listed_page_by_page_in_order)
{
    struct store_query q = { .kind = STORE_LIST_USERS, .count = 2 };

    setup();
    assert_string_equal("alice@a.test bob@a.test ", ask(&q));
    q.after = (struct store_name){ SLICE("a.test"), SLICE("bob") };
    assert_string_equal("carol@a.test alice@b.test ", ask(&q));
    q.domain = SLICE("a.test");
    assert_string_equal("carol@a.test ", ask(&q));
    q.after  = (struct store_name){ SLICE("b.test"), SLICE("alice") };
    q.domain = SLICE("");
    assert_string_equal("", ask(&q));
    teardown();
}

TEST(aliases_are_listed_by_their_users)
{
    struct store_query q = { .kind = STORE_LIST_ALIASES, .count = 2 };

    setup();
    assert_string_equal("boss@a.test=alice@a.test boss@b.test=alice@a.test ", ask(&q));
    q.after       = (struct store_name){ SLICE("a.test"), SLICE("alice") };
    q.after_alias = (struct store_name){ SLICE("a.test"), SLICE("boss") };
    assert_string_equal("boss@b.test=alice@a.test +4930123@=bob@a.test ", ask(&q));
    teardown();
}

TEST(a_user_who_goes_takes_his_aliases_along)
{
    struct store_change gone  = { .kind = STORE_DELETE_USER, .user = { SLICE("a.test"), SLICE("alice") } };
    struct store_change alias = { .kind = STORE_DELETE_ALIAS, .alias = { SLICE(""), SLICE("+4930123") } };

    setup();
    CHECK_INT(0, sqlite_file_apply(b.file, &gone));
    assert_string_equal("", find("a.test", "alice"));
    assert_string_equal("", find("a.test", "boss"));
    assert_string_equal("+4930123@=bob@a.test ", find("", "+4930123"));
    CHECK_INT(0, sqlite_file_apply(b.file, &alias));
    assert_string_equal("", find("", "+4930123"));
    teardown();
}

/* SQLite must not read a million rows: each question has an index. */
TEST(no_question_reads_all_rows)
{
    setup();
    CHECK_INT(0, sqlite_file_index_names(b.file));
    (void)ask(&(struct store_query){ .kind = STORE_FIND_USERHASH, .domain = SLICE("a.test") });
    (void)ask(&(struct store_query){ .kind = STORE_FIND_USERHASH, .domain = SLICE("a.test"), .sha512_256 = true });
    for (unsigned i = 0; i < SQLITE_QUERIES; i++) {
        const char   *sql = sqlite3_sql(b.queries.statements[i]);
        sqlite3_stmt *s   = NULL;
        char          text[512];

        snprintf(text, sizeof text, "EXPLAIN QUERY PLAN %s", sql);
        CHECK_INT(SQLITE_OK, sqlite3_prepare_v2(sqlite_file_connection(b.file), text, -1, &s, NULL));
        while (sqlite3_step(s) == SQLITE_ROW)
            assert_non_null(strstr((const char *)sqlite3_column_text(s, 3), "SEARCH"));
        sqlite3_finalize(s);
    }
    teardown();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(users_and_aliases_are_found_by_their_name),
        cmocka_unit_test(users_are_found_by_the_hash_of_their_name_in_their_domain),
        cmocka_unit_test(users_are_listed_page_by_page_in_order),
        cmocka_unit_test(aliases_are_listed_by_their_users),
        cmocka_unit_test(a_user_who_goes_takes_his_aliases_along),
        cmocka_unit_test(no_question_reads_all_rows),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
