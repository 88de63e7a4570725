/* SPDX-License-Identifier: BSD-2-Clause */
#include "base/error.h"
#include "console/admin.h"
#include "support/server_bench.h"
#include "support/store_fake.h"
#include "support/test.h"

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

static size_t count_of(const char *params)
{
    json_t *outcome = call("binding.list", params);
    size_t  count   = json_array_size(json_object_get(json_object_get(outcome, "result"), "bindings"));

    json_decref(outcome);
    return count;
}

TEST(a_binding_is_added_listed_and_removed)
{
    bench_open(&b, "");
    check_good("binding.add",
               "{\"aor\":\"sip:alice@example.test\",\"contact\":\"sip:a@192.0.2.9:6000\",\"expires\":600,\"q\":0.5}",
               "{\"aor\":\"sip:alice@example.test\",\"contact\":\"sip:a@192.0.2.9:6000\",\"expires\":600}");
    check_good("binding.list", "{\"aor\":\"sip:alice@example.test\"}",
               "{\"bindings\":[{\"aor\":\"sip:alice@example.test\",\"contact\":\"sip:a@192.0.2.9:6000\",\"expires\":"
               "599,\"q\":0.5,"
               "\"user_agent\":\"ahoy binding add\",\"call_id\":\"\",\"source\":null,"
               "\"instance\":\"\",\"reg_id\":0,\"outbound\":false,\"path\":\"\"}],\"cursor\":null}");
    check_good("binding.remove", "{\"aor\":\"sip:alice@example.test\",\"contact\":\"sip:a@192.0.2.9:6000\"}",
               "{\"aor\":\"sip:alice@example.test\"}");
    CHECK_INT(0, count_of(NULL));
    bench_close(&b);
}

TEST(a_binding_for_ever_has_no_end)
{
    json_t *outcome, *one;

    bench_open(&b, "");
    json_decref(call("binding.add", "[\"sip:alice@example.test\",\"sip:a@192.0.2.9:6000\"]"));
    outcome = call("binding.list", NULL);
    one     = json_array_get(json_object_get(json_object_get(outcome, "result"), "bindings"), 0);
    CHECK(json_is_null(json_object_get(one, "expires")));
    CHECK(json_number_value(json_object_get(one, "q")) == 1.0);
    json_decref(outcome);
    bench_close(&b);
}

/* A phone may give any bytes for its name, JSON knows UTF-8 only. */
TEST(bytes_that_are_no_text_do_not_hide_the_others)
{
    bench_open(&b, "");
    raw_register(&b.bob, 1, "User-Agent: M\xfcller\r\n");
    bench_live(&b, 50);
    CHECK_INT(1, count_of(NULL));
    bench_close(&b);
}

TEST(a_list_comes_in_pages_and_each_binding_once)
{
    enum { AORS = 25 };
    char     params[256], cursor[64] = "";
    unsigned seen = 0, pages = 0;

    bench_open(&b, "");
    for (int i = 0; i < AORS; i++) {
        snprintf(params, sizeof params, "[\"sip:user%d@example.test\",\"sip:u@192.0.2.9:%d\"]", i, 6000 + i);
        json_decref(call("binding.add", params));
    }
    do {
        json_t *outcome, *result, *next;

        snprintf(params, sizeof params, "{\"limit\":4%s%s%s}", cursor[0] != '\0' ? ",\"cursor\":\"" : "", cursor,
                 cursor[0] != '\0' ? "\"" : "");
        outcome = call("binding.list", params);
        result  = json_object_get(outcome, "result");
        seen += (unsigned)json_array_size(json_object_get(result, "bindings"));
        next = json_object_get(result, "cursor");
        snprintf(cursor, sizeof cursor, "%s", json_is_string(next) ? json_string_value(next) : "");
        json_decref(outcome);
        CHECK(++pages <= AORS + 1);
    } while (cursor[0] != '\0');
    CHECK_INT(AORS, seen);
    CHECK(pages > 1);
    bench_close(&b);
}

TEST(a_list_can_be_of_one_domain)
{
    bench_open(&b, "");
    json_decref(call("binding.add", "[\"sip:alice@example.test\",\"sip:a@192.0.2.9\"]"));
    CHECK_INT(1, count_of("{\"domain\":\"Example.Test\"}"));
    CHECK_INT(0, count_of("{\"domain\":\"ple.test\"}"));
    CHECK_INT(0, count_of("{\"domain\":\"example.tes\"}"));
    bench_close(&b);
}

TEST(what_is_wrong_is_said_and_nothing_is_changed)
{
    bench_open(&b, "max_contacts = 1\n");
    check_bad("binding.add", "[\"alice\",\"sip:a@192.0.2.9\"]", -ERR_SYNTAX);
    check_bad("binding.add", "[\"sip:alice@example.test\",\"nonsense\"]", -ERR_SYNTAX);
    check_bad("binding.add", "[\"sip:alice@other.test\",\"sip:a@192.0.2.9\"]", -ERR_NOT_FOUND);
    check_bad("binding.add", "{\"aor\":\"sip:alice@example.test\",\"contact\":\"sip:a@192.0.2.9\",\"expires\":0}",
              -ERR_SYNTAX);
    check_bad("binding.add", "{\"aor\":\"sip:alice@example.test\",\"contact\":\"sip:a@192.0.2.9\",\"q\":2}",
              -ERR_SYNTAX);
    check_bad("binding.remove", "[\"sip:alice@example.test\"]", -ERR_NOT_FOUND);
    check_bad("binding.remove", "[\"sip:alice@example.test\",\"\"]", -ERR_SYNTAX);
    check_bad("binding.list", "{\"cursor\":\"x\"}", -ERR_SYNTAX);
    check_bad("binding.list", "{\"limit\":0}", -ERR_SYNTAX);
    check_bad("binding.list", "{\"aor\":\"sip:alice@other.test\"}", -ERR_NOT_FOUND);
    CHECK_INT(0, count_of(NULL));
    json_decref(call("binding.add", "[\"sip:alice@example.test\",\"sip:a@192.0.2.9\"]"));
    check_bad("binding.add", "[\"sip:alice@example.test\",\"sip:b@192.0.2.9\"]", -ERR_LIMIT);
    CHECK_INT(1, count_of(NULL));
    bench_close(&b);
}

TEST(a_change_that_did_not_reach_the_disk_is_a_failure)
{
    bench_open(&b, "");
    store_fake_fail(b.store, -ERR_DISK_FULL);
    check_bad("binding.add", "[\"sip:alice@example.test\",\"sip:a@192.0.2.9\"]", -ERR_DISK_FULL);
    store_fake_fail(b.store, 0);
    bench_close(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_binding_is_added_listed_and_removed),
        cmocka_unit_test(a_binding_for_ever_has_no_end),
        cmocka_unit_test(bytes_that_are_no_text_do_not_hide_the_others),
        cmocka_unit_test(a_list_comes_in_pages_and_each_binding_once),
        cmocka_unit_test(a_list_can_be_of_one_domain),
        cmocka_unit_test(what_is_wrong_is_said_and_nothing_is_changed),
        cmocka_unit_test(a_change_that_did_not_reach_the_disk_is_a_failure),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
