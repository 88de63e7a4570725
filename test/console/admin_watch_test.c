/* SPDX-License-Identifier: BSD-2-Clause */
/* Changes of bindings, as a program that asks again and again is told them. */
#include "base/error.h"
#include "console/admin.h"
#include "server/binding_admin.h"
#include "support/server_bench.h"
#include "support/test.h"

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
static json_t *watch(const char *params)
{
    struct local_call            l     = { .call = { finish } };
    struct admin                 admin = { .config = b.config, .world = b.at_server, .server = b.server };
    size_t                       count;
    const struct control_method *methods = admin_methods(&count);
    json_t                      *given   = json_loads(params, 0, NULL);

    assert_non_null(given);
    control_dispatch(methods, count, &admin, &l.call, "binding.watch", given);
    json_decref(given);
    assert_non_null(l.outcome);
    return l.outcome;
}

/* How many events there are, where to go on, and what the last one was. */
static void check(const char *params, size_t count, int next, int missed, const char *last)
{
    json_t       *outcome = watch(params);
    const json_t *result = json_object_get(outcome, "result"), *events = json_object_get(result, "events");

    CHECK_INT(count, json_array_size(events));
    CHECK_INT(next, json_integer_value(json_object_get(result, "next")));
    CHECK_INT(missed, json_integer_value(json_object_get(result, "missed")));
    if (count > 0)
        assert_string_equal(last, json_string_value(json_object_get(json_array_get(events, count - 1), "event")));
    json_decref(outcome);
}

static void on_added(void *arg, int error)
{
    (void)arg;
    CHECK_INT(0, error);
}

static void says(struct raw_phone *p, unsigned cseq, const char *more)
{
    raw_register(p, cseq, more);
    bench_live(&b, 50);
}

TEST(who_asks_without_a_number_is_told_where_the_end_is)
{
    bench_open(&b, "");
    check("{}", 0, 0, 0, NULL);
    says(&b.bob, 1, "Expires: 600\r\n");
    check("{}", 0, 1, 0, NULL);
    check("{\"since\":0}", 1, 1, 0, "registered");
    says(&b.bob, 2, "Expires: 0\r\n");
    check("{\"since\":1}", 1, 2, 0, "unregistered");
    check("{\"since\":2}", 0, 2, 0, NULL);
    bench_close(&b);
}

TEST(an_event_tells_all_there_is_to_know)
{
    json_t       *outcome;
    const json_t *e;

    bench_open(&b, "");
    says(&b.bob, 1, "Expires: 600\r\n");
    outcome = watch("{\"since\":0}");
    e       = json_array_get(json_object_get(json_object_get(outcome, "result"), "events"), 0);
    assert_string_equal("sip:bob@example.test", json_string_value(json_object_get(e, "aor")));
    assert_string_equal("sip:bob@192.0.2.9:6001", json_string_value(json_object_get(e, "contact")));
    assert_string_equal("", json_string_value(json_object_get(e, "instance")));
    CHECK_INT(600, json_integer_value(json_object_get(e, "expires")));
    CHECK_INT(1, json_integer_value(json_object_get(e, "number")));
    CHECK(json_string_length(json_object_get(e, "time")) > 10);
    json_decref(outcome);
    bench_close(&b);
}

/* Whatever a phone gives: JSON knows UTF-8 only. */
TEST(bytes_that_are_no_text_do_not_hide_the_others)
{
    json_t       *outcome;
    const json_t *e;

    bench_open(&b, "");
    raw_ask(&b.bob, &(struct request_form){ .more = "Contact: <sip:M\xfcller@192.0.2.9>;expires=60\r\n" });
    bench_live(&b, 50);
    outcome = watch("{\"since\":0}");
    e       = json_array_get(json_object_get(json_object_get(outcome, "result"), "events"), 0);
    CHECK(strstr(json_string_value(json_object_get(e, "contact")), "M\xef\xbf\xbdller") != NULL);
    json_decref(outcome);
    bench_close(&b);
}

TEST(one_that_was_added_for_ever_has_no_end)
{
    const struct binding_order order = { .aor     = SLICE("sip:bob@example.test"),
                                         .contact = SLICE("sip:bob@192.0.2.77"),
                                         .q       = 1000,
                                         .expires = BINDING_FOR_EVER };
    json_t                    *outcome;
    const json_t              *e;

    bench_open(&b, "");
    CHECK_INT(0, binding_admin_add(b.server, &order, on_added, NULL));
    bench_live(&b, 50);
    outcome = watch("{\"since\":0}");
    e       = json_array_get(json_object_get(json_object_get(outcome, "result"), "events"), 0);
    CHECK(json_is_null(json_object_get(e, "expires")));
    json_decref(outcome);
    bench_close(&b);
}

TEST(many_are_read_in_one_answer)
{
    enum { EVENTS = 120 };

    bench_open(&b, "");
    for (unsigned i = 1; i <= EVENTS; i++)
        says(&b.bob, i, i % 2 != 0 ? "Expires: 600\r\n" : "Expires: 0\r\n");
    check("{\"since\":0}", EVENTS, EVENTS, 0, "unregistered");
    check("{\"since\":20,\"aor\":\"sip:bob@example.test\"}", EVENTS - 20, EVENTS, 0, "unregistered");
    check("{\"since\":20,\"aor\":\"sip:alice@example.test\"}", 0, EVENTS, 0, NULL);
    bench_close(&b);
}

TEST(only_one_address_may_be_watched)
{
    json_t     *outcome, *result;
    const char *message;

    bench_open(&b, "");
    says(&b.bob, 1, NULL);
    check("{\"since\":0,\"aor\":\"sip:bob@EXAMPLE.test\"}", 1, 1, 0, "registered");
    check("{\"since\":0,\"aor\":\"sip:alice@example.test\"}", 0, 1, 0, NULL);
    outcome = watch("{\"since\":0,\"aor\":\"sip:bob@elsewhere.test\"}");
    CHECK_INT(-ERR_NOT_FOUND, control_outcome_read(outcome, &result, &message));
    json_decref(outcome);
    bench_close(&b);
}

TEST(refreshes_are_told_to_who_asks_for_them)
{
    bench_open(&b, "");
    says(&b.bob, 1, NULL);
    says(&b.bob, 2, NULL);
    check("{\"since\":0}", 1, 1, 0, "registered");
    check("{\"since\":1,\"refreshed\":true}", 0, 1, 0, NULL);
    says(&b.bob, 3, NULL);
    check("{\"since\":1,\"refreshed\":true}", 1, 2, 0, "refreshed");
    bench_close(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(who_asks_without_a_number_is_told_where_the_end_is),
        cmocka_unit_test(an_event_tells_all_there_is_to_know),
        cmocka_unit_test(bytes_that_are_no_text_do_not_hide_the_others),
        cmocka_unit_test(one_that_was_added_for_ever_has_no_end),
        cmocka_unit_test(many_are_read_in_one_answer),
        cmocka_unit_test(only_one_address_may_be_watched),
        cmocka_unit_test(refreshes_are_told_to_who_asks_for_them),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
