/* SPDX-License-Identifier: BSD-2-Clause */
#include "console/admin.h"

#include "base/error.h"
#include "support/admin_bench.h"
#include "support/store_fake.h"
#include "support/test.h"

#include <stdio.h>

static void init(struct admin_bench *b)
{
    admin_bench_init(b);
    admin_bench_good(b, "user.add", json_pack("{s:s,s:s}", "name", "alice", "password", "x"),
                     "{\"domain\":\"a.test\",\"name\":\"alice\"}");
}

static json_t *one(const char *alias, const char *user)
{
    return json_pack("[s,s,s]", alias, user, "a.test");
}

/* Takes `aliases`. */
static json_t *import(json_t *aliases, bool check)
{
    return json_pack("{s:o,s:b}", "aliases", aliases, "check", check);
}

TEST(each_alias_has_its_outcome)
{
    struct admin_bench b;

    init(&b);
    admin_bench_good(&b, "alias.import", import(json_array(), false), "{\"outcomes\":[]}");
    admin_bench_good(&b, "alias.import",
                     import(json_pack("[o,o,o,o]", one("sales", "alice"), one("+49 30 1", "alice"), one("x", "nobody"),
                                      one("alice", "alice")),
                            false),
                     "{\"outcomes\":[\"added\",\"added\",\"missing\",\"refused\"]}");
    admin_bench_good(&b, "alias.import", import(json_pack("[o,o]", one("sales", "alice"), one("sales", "bob")), false),
                     "{\"outcomes\":[\"unchanged\",\"refused\"]}");
    admin_bench_fini(&b);
}

TEST(a_check_adds_no_alias)
{
    struct admin_bench b;

    init(&b);
    admin_bench_good(&b, "alias.import", import(json_pack("[o,o]", one("sales", "alice"), one("alice", "x")), true),
                     "{\"outcomes\":[\"added\",\"refused\"]}");
    admin_bench_good(&b, "alias.list", NULL, "{\"aliases\":[],\"cursor\":null}");
    admin_bench_fini(&b);
}

TEST(more_than_are_under_way_at_once_and_more_than_one_may_have)
{
    struct admin_bench b;
    json_t            *list = json_array(), *outcome, *outcomes, *result = NULL;
    const char        *message;
    char               name[16];

    init(&b);
    for (int i = 0; i <= USER_ALIASES_MAX; i++) {
        snprintf(name, sizeof name, "a%d", i);
        json_array_append_new(list, one(name, "alice"));
    }
    outcome = admin_bench_call(&b, "alias.import", import(list, false));
    CHECK_INT(0, control_outcome_read(outcome, &result, &message));
    outcomes = json_object_get(result, "outcomes");
    CHECK_INT(USER_ALIASES_MAX + 1, json_array_size(outcomes));
    for (size_t i = 0; i < USER_ALIASES_MAX; i++)
        CHECK_SLICE("added", slice_from(json_string_value(json_array_get(outcomes, i))));
    CHECK_SLICE("limit", slice_from(json_string_value(json_array_get(outcomes, USER_ALIASES_MAX))));
    json_decref(outcome);
    admin_bench_fini(&b);
}

TEST(one_alias_that_is_wrong_and_nothing_is_changed)
{
    struct admin_bench b;

    init(&b);
    admin_bench_bad(&b, "alias.import", import(json_pack("[o,o]", one("sales", "alice"), one("a b", "alice")), false),
                    -ERR_SYNTAX, "an alias is [alias");
    admin_bench_bad(&b, "alias.import", import(json_pack("[[s,s]]", "sales", "alice"), false), -ERR_NOT_FOUND,
                    "is not a domain");
    admin_bench_bad(&b, "alias.import", import(json_pack("[o]", one("sales@c.test", "alice")), false), -ERR_SYNTAX,
                    "a domain of this server");
    admin_bench_good(&b, "alias.list", NULL, "{\"aliases\":[],\"cursor\":null}");
    admin_bench_fini(&b);
}

TEST(aliases_that_cannot_be_read_or_written_are_a_failure)
{
    struct admin_bench b;

    init(&b);
    store_fake_fail(b.store, -ERR_DISK_FULL);
    admin_bench_bad(&b, "alias.import", import(json_pack("[o]", one("sales", "alice")), false), -ERR_DISK_FULL,
                    "not written to the disk");
    store_fake_fail(b.store, 0);
    store_fake_fail_reads(b.store, -ERR_IO);
    admin_bench_bad(&b, "alias.import", import(json_pack("[o]", one("boss", "alice")), false), -ERR_IO, "");
    store_fake_limit_reads(b.store, 0);
    admin_bench_bad(&b, "alias.import", import(json_pack("[o]", one("boss", "alice")), false), -ERR_LIMIT,
                    "aliases cannot be read");
    admin_bench_fini(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_alias_has_its_outcome),
        cmocka_unit_test(a_check_adds_no_alias),
        cmocka_unit_test(more_than_are_under_way_at_once_and_more_than_one_may_have),
        cmocka_unit_test(one_alias_that_is_wrong_and_nothing_is_changed),
        cmocka_unit_test(aliases_that_cannot_be_read_or_written_are_a_failure),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
