/* SPDX-License-Identifier: BSD-2-Clause */
#include "base/error.h"
#include "console/admin.h"
#include "support/server_bench.h"
#include "support/test.h"

#include <stdio.h>
#include <stdlib.h>

static struct bench b;

struct local_call {
    struct control_call call;
    json_t             *outcome;
};

static void finish(struct control_call *call, json_t *outcome)
{
    CONTAINER_OF(call, struct local_call, call)->outcome = outcome;
}

/* The outcome, to be freed. */
static json_t *call(const char *method, const char *params)
{
    struct local_call            l     = { .call = { finish } };
    struct admin                 admin = { .config = b.config, .world = b.at_server, .server = b.server };
    size_t                       count;
    const struct control_method *methods = admin_methods(&count);
    json_t                      *given   = params == NULL ? NULL : json_loads(params, 0, NULL);

    control_dispatch(methods, count, &admin, &l.call, method, given);
    json_decref(given);
    bench_live(&b, 100);
    assert_non_null(l.outcome);
    return l.outcome;
}

static void check_good(const char *method, const char *params, const char *want)
{
    json_t *outcome = call(method, params), *wanted = json_loads(want, 0, NULL);
    char   *text = json_dumps(outcome, JSON_COMPACT);

    assert_non_null(wanted);
    if (!json_equal(wanted, json_object_get(outcome, "result")))
        CHECK_SLICE(want, slice_from(text));
    free(text);
    json_decref(wanted);
    json_decref(outcome);
}

static void check_bad(const char *method, const char *params, int want)
{
    json_t     *outcome = call(method, params), *result;
    const char *message = "";

    CHECK_INT(want, control_outcome_read(outcome, &result, &message));
    json_decref(outcome);
}

TEST(a_ban_is_added_listed_and_removed)
{
    json_t *outcome, *one;

    bench_open(&b, "");
    check_good("ban.add", "{\"network\":\"192.0.2.66/24\",\"for\":60,\"reason\":\"M\u00fcll\"}",
               "{\"network\":\"192.0.2.0/24\",\"for\":60}");
    check_good("ban.add", "{\"network\":\"2001:db8::7\"}", "{\"network\":\"2001:db8::7\",\"for\":null}");
    outcome = call("ban.list", NULL);
    one     = json_array_get(json_object_get(json_object_get(outcome, "result"), "bans"), 0);
    assert_string_equal("192.0.2.0/24", json_string_value(json_object_get(one, "network")));
    assert_string_equal("M\u00fcll", json_string_value(json_object_get(one, "reason")));
    assert_string_equal("everything", json_string_value(json_object_get(one, "what")));
    CHECK_INT(59, json_integer_value(json_object_get(one, "expires")));
    CHECK_INT(0, json_integer_value(json_object_get(one, "strikes")));
    one = json_array_get(json_object_get(json_object_get(outcome, "result"), "bans"), 1);
    CHECK(json_is_null(json_object_get(one, "expires")));
    json_decref(outcome);
    check_good("ban.remove", "{\"network\":\"192.0.2.0/24\"}", "{\"network\":\"192.0.2.0/24\"}");
    check_good("ban.remove", "{\"network\":\"2001:db8::7\"}", "{\"network\":\"2001:db8::7\"}");
    check_good("ban.list", NULL, "{\"bans\":[],\"cursor\":null}");
    bench_close(&b);
}

TEST(what_makes_no_sense_is_refused)
{
    bench_open(&b, "allow = {\"10.0.0.0/8\"}\n");
    check_bad("ban.add", "{\"network\":\"example.com\"}", -ERR_SYNTAX);
    check_bad("ban.add", "{\"network\":\"192.0.2.0/40\"}", -ERR_SYNTAX);
    check_bad("ban.add", "{\"network\":\"10.1.2.3\"}", -ERR_EXISTS);
    check_bad("ban.remove", "{\"network\":\"192.0.2.66\"}", -ERR_NOT_FOUND);
    check_bad("ban.list", "{\"cursor\":\"x\"}", -ERR_SYNTAX);
    bench_close(&b);
}

TEST(a_list_comes_in_pages_and_each_ban_once)
{
    char     params[128], cursor[64] = "";
    unsigned seen = 0, pages = 0;

    bench_open(&b, "");
    for (int i = 0; i < 25; i++) {
        snprintf(params, sizeof params, "{\"network\":\"192.0.2.%d\"}", i);
        json_decref(call("ban.add", params));
    }
    do {
        json_t *outcome, *result;

        snprintf(params, sizeof params, "{\"limit\":10,\"cursor\":\"%s\"}", cursor);
        outcome = call("ban.list", params);
        result  = json_object_get(outcome, "result");
        seen += (unsigned)json_array_size(json_object_get(result, "bans"));
        pages++;
        snprintf(cursor, sizeof cursor, "%s",
                 json_is_string(json_object_get(result, "cursor"))
                     ? json_string_value(json_object_get(result, "cursor"))
                     : "");
        json_decref(outcome);
    } while (cursor[0] != '\0');
    CHECK_INT(25, seen);
    CHECK_INT(3, pages);
    bench_close(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_ban_is_added_listed_and_removed),
        cmocka_unit_test(what_makes_no_sense_is_refused),
        cmocka_unit_test(a_list_comes_in_pages_and_each_ban_once),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
