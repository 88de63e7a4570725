/* SPDX-License-Identifier: BSD-2-Clause */
#include "console/admin.h"

#include "base/error.h"
#include "support/post_world.h"
#include "support/store_fake.h"
#include "support/test.h"

#include <stdlib.h>

struct bench {
    struct post_world   *post;
    struct fake_disk    *disk;
    struct store        *store;
    struct store_client *client;
    const struct config *config;
    struct admin         admin;
    unsigned             stops;
};

/* A call made from here rather than through a socket. */
struct local_call {
    struct control_call call;
    json_t             *outcome;
};

static void finish(struct control_call *call, json_t *outcome)
{
    CONTAINER_OF(call, struct local_call, call)->outcome = outcome;
}

static void on_report(void *owner, uint64_t seq, int error)
{
    users_report(((struct bench *)owner)->admin.users, seq, error);
}

static void on_stop(void *arg)
{
    ((struct bench *)arg)->stops++;
}

static void setup(struct bench *b)
{
    *b       = (struct bench){ .post = post_world_new(), .disk = fake_disk_new() };
    b->admin = (struct admin){ .stop = on_stop, .arg = b };
    CHECK_INT(0, config_parse(SLICE("domain = {a.test, b.test}"), "t", NULL, NULL, &b->config));
    b->admin.config = b->config;
    b->admin.users  = users_new(post_world_of(b->post), NULL, 100);
    b->store        = store_fake_open(b->disk, 100);
    CHECK_INT(0, store_client_open(b->store, post_world_of(b->post), on_report, b, &b->client));
    CHECK_INT(0, users_start(b->admin.users, b->client, SLICE("a.test")));
    post_world_drain(b->post);
}

static void teardown(struct bench *b)
{
    store_client_close(b->client);
    store_close(b->store);
    users_free(b->admin.users);
    config_free(b->config);
    post_world_free(b->post);
    fake_disk_free(b->disk);
}

/* Takes `params`; the outcome is the caller's. */
static json_t *call(struct bench *b, const char *method, json_t *params)
{
    struct local_call            l = { .call = { finish } };
    size_t                       count;
    const struct control_method *methods = admin_methods(&count);

    control_dispatch(methods, count, &b->admin, &l.call, method, params);
    json_decref(params);
    post_world_drain(b->post);
    CHECK(l.outcome != NULL);
    return l.outcome;
}

static void check_good(struct bench *b, const char *method, json_t *params, const char *want)
{
    json_t     *outcome = call(b, method, params), *result = NULL;
    const char *message = "";
    char       *text;

    CHECK_INT(0, control_outcome_read(outcome, &result, &message));
    text = json_dumps(result, JSON_COMPACT | JSON_SORT_KEYS);
    CHECK_SLICE(want, slice_from(text));
    free(text);
    json_decref(outcome);
}

static void check_bad(struct bench *b, const char *method, json_t *params, int error, const char *part)
{
    json_t     *outcome = call(b, method, params), *result = NULL;
    const char *message = "";

    CHECK_INT(error, control_outcome_read(outcome, &result, &message));
    if (strstr(message, part) == NULL)
        CHECK_SLICE(part, slice_from(message));
    json_decref(outcome);
}

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
    struct bench b;

    setup(&b);
    check_good(&b, "user.add", user("alice", NULL, "x"), "{\"domain\":\"a.test\",\"name\":\"alice\"}");
    check_good(&b, "user.add", user("alice", "b.test", "x"), "{\"domain\":\"b.test\",\"name\":\"alice\"}");
    check_good(&b, "user.add", user("Bob", NULL, "x"), "{\"domain\":\"a.test\",\"name\":\"Bob\"}");
    check_good(&b, "user.list", NULL,
               "{\"cursor\":null,\"users\":[{\"domain\":\"a.test\",\"name\":\"Bob\"},{\"domain\":\"a.test\",\"name\":"
               "\"alice\"},"
               "{\"domain\":\"b.test\",\"name\":\"alice\"}]}");
    check_good(&b, "user.list", json_pack("{s:s}", "domain", "B.test"),
               "{\"cursor\":null,\"users\":[{\"domain\":\"b.test\",\"name\":\"alice\"}]}");
    teardown(&b);
}

static json_t *page(unsigned limit, const char *cursor)
{
    return json_pack("{s:i,s:s}", "limit", limit, "cursor", cursor);
}

TEST(users_are_listed_page_by_page)
{
    struct bench b;

    setup(&b);
    check_good(&b, "user.add", user("alice", NULL, "x"), "{\"domain\":\"a.test\",\"name\":\"alice\"}");
    check_good(&b, "user.add", user("bob", NULL, "x"), "{\"domain\":\"a.test\",\"name\":\"bob\"}");
    check_good(&b, "user.add", user("alice", "b.test", "x"), "{\"domain\":\"b.test\",\"name\":\"alice\"}");
    check_good(&b, "user.list", json_pack("{s:i}", "limit", 2),
               "{\"cursor\":\"bob@a.test\",\"users\":[{\"domain\":\"a.test\",\"name\":\"alice\"},"
               "{\"domain\":\"a.test\",\"name\":\"bob\"}]}");
    check_good(&b, "user.list", page(2, "bob@a.test"),
               "{\"cursor\":null,\"users\":[{\"domain\":\"b.test\",\"name\":\"alice\"}]}");
    check_good(&b, "user.list", page(1, "alice@b.test"), "{\"cursor\":null,\"users\":[]}");
    check_bad(&b, "user.list", page(1, "alice"), -ERR_SYNTAX, "a cursor is what the last answer had");
    check_bad(&b, "user.list", page(1001, ""), -ERR_SYNTAX, "limit");
    teardown(&b);
}

TEST(users_that_cannot_be_read_are_not_listed)
{
    struct bench b;

    setup(&b);
    store_fake_fail_reads(b.store, -ERR_IO);
    check_bad(&b, "user.list", NULL, -ERR_IO, "users cannot be read: input/output error");
    store_fake_limit_reads(b.store, 0);
    check_bad(&b, "user.list", NULL, -ERR_LIMIT, "users cannot be read");
    teardown(&b);
}

TEST(what_is_wrong_with_a_user_is_said)
{
    struct bench b;

    setup(&b);
    check_good(&b, "user.add", user("alice", NULL, "x"), "{\"domain\":\"a.test\",\"name\":\"alice\"}");
    check_bad(&b, "user.add", user("alice", NULL, "y"), -ERR_EXISTS, "there is a user alice in a.test already");
    check_bad(&b, "user.add", user("a b", NULL, "y"), -ERR_SYNTAX, "a user's name has");
    check_bad(&b, "user.add", user("bob", NULL, NULL), -ERR_SYNTAX, "parameter 'password' is missing");
    check_bad(&b, "user.add", user("bob", NULL, ""), -ERR_SYNTAX, "a password has");
    check_bad(&b, "user.add", json_pack("{s:i}", "name", 3), -ERR_SYNTAX, "parameter 'name' is of type text");
    check_bad(&b, "user.list", json_pack("{s:s}", "domian", "a.test"), -ERR_SYNTAX, "no parameter 'domian'");
    check_bad(&b, "user.add", user("bob", "c.test", "y"), -ERR_NOT_FOUND, "'c.test' is not a domain of this server");
    check_bad(&b, "user.passwd", user("bob", NULL, "y"), -ERR_NOT_FOUND, "there is no user bob in a.test");
    check_bad(&b, "user.remove", user("bob", NULL, NULL), -ERR_NOT_FOUND, "there is no user bob in a.test");
    teardown(&b);
}

TEST(a_user_is_changed_and_removed)
{
    struct bench b;

    setup(&b);
    check_good(&b, "user.add", user("alice", NULL, "x"), "{\"domain\":\"a.test\",\"name\":\"alice\"}");
    check_good(&b, "user.passwd", user("alice", NULL, "y"), "{\"domain\":\"a.test\",\"name\":\"alice\"}");
    check_good(&b, "user.remove", user("alice", NULL, NULL), "{\"domain\":\"a.test\",\"name\":\"alice\"}");
    check_good(&b, "user.list", NULL, "{\"cursor\":null,\"users\":[]}");
    teardown(&b);
}

TEST(a_change_that_did_not_reach_the_disk_is_a_failure)
{
    struct bench b;

    setup(&b);
    store_fake_fail(b.store, -ERR_DISK_FULL);
    check_bad(&b, "user.add", user("alice", NULL, "x"), -ERR_DISK_FULL,
              "not written to the disk: disk full; the change is in force");
    b.admin.stop = NULL;
    check_bad(&b, "user.add", user("bob", NULL, "x"), -ERR_DISK_FULL, "do away with the cause and try again");
    store_fake_fail(b.store, 0);
    teardown(&b);
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
