/* SPDX-License-Identifier: BSD-2-Clause */
/* route.explain: parameters in, JSON out; what is decided is in server/route_explain_test.c. */
#include "base/error.h"
#include "console/admin.h"
#include "support/server_bench.h"
#include "support/test.h"

#include <string.h>

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
static json_t *call(const char *params)
{
    struct local_call            l     = { .call = { finish } };
    struct admin                 admin = { .config = b.config, .world = b.at_server, .server = b.server };
    size_t                       count;
    const struct control_method *methods = admin_methods(&count);
    json_t                      *given   = json_loads(params, 0, NULL);

    assert_non_null(given);
    control_dispatch(methods, count, &admin, &l.call, "route.explain", given);
    json_decref(given);
    bench_live(&b, 100);
    assert_non_null(l.outcome);
    return l.outcome;
}

static json_t *good(const char *params)
{
    json_t *outcome = call(params), *result = json_incref(json_object_get(outcome, "result"));

    assert_non_null(result);
    json_decref(outcome);
    return result;
}

static void bad(const char *params, const char *part)
{
    json_t     *outcome = call(params), *result;
    const char *message = "";

    CHECK_INT(-ERR_SYNTAX, control_outcome_read(outcome, &result, &message));
    if (strstr(message, part) == NULL)
        fail_msg("'%s' does not say '%s'", message, part);
    json_decref(outcome);
}

static const char *text(const json_t *object, const char *key)
{
    const char *value = json_string_value(json_object_get(object, key));

    return value != NULL ? value : "";
}

TEST(targets_are_told_with_their_groups_and_ways)
{
    json_t *e, *target;

    bench_open(&b, "");
    raw_register(&b.bob, 1, NULL);
    bench_live(&b, 20);
    e = good("{\"uri\": \"sip:bob@example.test\", \"from\": \"sip:alice@example.test\"}");
    assert_string_equal("forward", text(e, "outcome"));
    assert_string_equal("INVITE", text(e, "method"));
    assert_string_equal("sip:alice@example.test", text(e, "from"));
    CHECK(json_object_get(e, "status") == NULL);
    CHECK_INT(1, json_array_size(json_object_get(e, "targets")));
    target = json_array_get(json_object_get(e, "targets"), 0);
    assert_string_equal("sip:bob@192.0.2.9:6001", text(target, "uri"));
    assert_string_equal("udp 192.0.2.9:6001", text(target, "way"));
    CHECK_INT(1, json_integer_value(json_object_get(target, "group")));
    CHECK(json_array_size(json_object_get(e, "steps")) >= 3);
    json_decref(e);
    bench_close(&b);
}

TEST(an_answer_is_told_with_its_reason_and_contacts)
{
    json_t *e;

    bench_open(&b, "redirect_server = yes\nredirect \"far.test\" { to = \"sip:new.test\" }\n");
    e = good("{\"uri\": \"sip:x@far.test\"}");
    assert_string_equal("answer", text(e, "outcome"));
    CHECK_INT(302, json_integer_value(json_object_get(e, "status")));
    assert_string_equal("sip:x@new.test", json_string_value(json_array_get(json_object_get(e, "contacts"), 0)));
    CHECK(text(e, "why")[0] != '\0' && text(e, "rule")[0] != '\0');
    json_decref(e);
    e = good("{\"uri\": \"sip:nobody@example.test\", \"method\": \"MESSAGE\"}");
    CHECK_INT(404, json_integer_value(json_object_get(e, "status")));
    assert_string_equal("Not Found", text(e, "phrase"));
    json_decref(e);
    e = good("{\"uri\": \"sip:example.test\", \"method\": \"REGISTER\"}");
    assert_string_equal("register", text(e, "outcome"));
    json_decref(e);
    bench_close(&b);
}

TEST(source_transport_and_headers_make_the_request)
{
    json_t *e;

    bench_open(&b, "");
    e = good("{\"uri\": \"sip:example.test\", \"method\": \"OPTIONS\", \"headers\": [\"Max-Forwards: 0\"],"
             " \"source\": \"[2001:db8::1]:5062\", \"transport\": \"tcp\"}");
    CHECK_INT(200, json_integer_value(json_object_get(e, "status")));
    json_decref(e);
    e = good("{\"uri\": \"sip:x@192.0.2.9\", \"from\": \"sip:a@example.test\", \"headers\": [\"Max-Forwards: 0\"]}");
    CHECK_INT(483, json_integer_value(json_object_get(e, "status")));
    json_decref(e);
    bench_close(&b);
}

TEST(what_makes_no_request_is_refused_with_a_sentence)
{
    bench_open(&b, "");
    bad("{\"uri\": \"sip:bob@example.test\", \"method\": \"ACK\"}", "INVITE");
    bad("{\"uri\": \"sip:bob@example.test\", \"source\": \"here\"}", "address");
    bad("{\"uri\": \"sip:bob@example.test\", \"transport\": \"pigeon\"}", "udp, tcp");
    bad("{\"uri\": \"sip:bob@example.test\", \"headers\": [\"no header\"]}", "lines");
    bad("{\"uri\": \"sip:bob@example.test\", \"headers\": [\"A: b\\r\\nC: d\"]}", "lines");
    bad("{\"uri\": \"sip:bob@example.test\", \"headers\": [7]}", "lines");
    bad("{\"uri\": \"\"}", "expected");
    bench_close(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(targets_are_told_with_their_groups_and_ways),
        cmocka_unit_test(an_answer_is_told_with_its_reason_and_contacts),
        cmocka_unit_test(source_transport_and_headers_make_the_request),
        cmocka_unit_test(what_makes_no_request_is_refused_with_a_sentence),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
