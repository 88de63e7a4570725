/* SPDX-License-Identifier: BSD-2-Clause */
#include "console/control_rpc.h"

#include "base/buf.h"
#include "base/error.h"
#include "console/control_call.h"
#include "support/test.h"

#include <stdio.h>
#include <stdlib.h>

/* What is written when every request of `line` is answered with its method and
 * parameters; the caller frees it. */
static char *exchange(const char *line)
{
    struct rpc_exchange x;
    struct slice        text     = test_guarded(slice_from(line));
    json_t             *requests = rpc_read(&x, text.ptr, text.len), *one;
    size_t              i, len;
    char               *answer;

    assert_non_null(requests);
    json_array_foreach(requests, i, one)
    {
        json_t *result = json_pack("{s:O}", "method", json_object_get(one, "method"));

        if (json_object_get(one, "params") != NULL)
            json_object_set(result, "params", json_object_get(one, "params"));
        rpc_finish(&x, json_object_get(one, "id"), json_pack("{s:o}", "result", result));
    }
    json_decref(requests);
    answer = rpc_write(&x, &len);
    assert_non_null(answer);
    CHECK(len == 0 || answer[len - 1] == '\n');
    answer[len == 0 ? 0 : len - 1] = '\0';
    return answer;
}

static void check(const char *line, const char *want)
{
    char   *text   = exchange(line);
    json_t *got    = json_loads(text, JSON_DECODE_ANY, NULL);
    json_t *wanted = json_loads(want, JSON_DECODE_ANY, NULL);

    assert_non_null(wanted);
    if (got == NULL || !json_equal(got, wanted))
        CHECK_SLICE(want, slice_from(text));
    json_decref(got);
    json_decref(wanted);
    free(text);
}

static void check_silent(const char *line)
{
    char *text = exchange(line);

    CHECK_SLICE("", slice_from(text));
    free(text);
}

/* One answer, with this code and this id (as JSON). */
static void check_error(const char *line, int code, const char *id)
{
    char   *text = exchange(line);
    json_t *got = json_loads(text, 0, NULL), *wanted = json_loads(id, JSON_DECODE_ANY, NULL);

    CHECK_INT(code, json_integer_value(json_object_get(json_object_get(got, "error"), "code")));
    CHECK(json_is_string(json_object_get(json_object_get(got, "error"), "message")));
    CHECK(json_equal(wanted, json_object_get(got, "id")));
    CHECK(json_object_get(got, "result") == NULL);
    CHECK_SLICE("2.0", slice_from(json_string_value(json_object_get(got, "jsonrpc"))));
    json_decref(got);
    json_decref(wanted);
    free(text);
}

/* JSON-RPC 2.0, 4 and 5. */
TEST(a_request_is_answered_with_its_own_id)
{
    check("{\"jsonrpc\":\"2.0\",\"method\":\"m\",\"params\":{\"a\":1},\"id\":3}",
          "{\"jsonrpc\":\"2.0\",\"result\":{\"method\":\"m\",\"params\":{\"a\":1}},\"id\":3}");
    check("{\"jsonrpc\":\"2.0\",\"method\":\"m\",\"params\":[1,2],\"id\":\"x\"}",
          "{\"jsonrpc\":\"2.0\",\"result\":{\"method\":\"m\",\"params\":[1,2]},\"id\":\"x\"}");
    check("{\"jsonrpc\":\"2.0\",\"method\":\"m\",\"id\":null}",
          "{\"jsonrpc\":\"2.0\",\"result\":{\"method\":\"m\"},\"id\":null}");
    check("{\"jsonrpc\":\"2.0\",\"method\":\"m\",\"id\":1.5}",
          "{\"jsonrpc\":\"2.0\",\"result\":{\"method\":\"m\"},\"id\":1.5}");
}

/* 4.1 */
TEST(a_notification_is_performed_and_not_answered)
{
    check_silent("{\"jsonrpc\":\"2.0\",\"method\":\"m\",\"params\":[1]}");
    check_silent("[{\"jsonrpc\":\"2.0\",\"method\":\"m\"},{\"jsonrpc\":\"2.0\",\"method\":\"n\"}]");
}

/* 5.1 */
TEST(what_is_no_json_is_a_parse_error)
{
    check_error("{\"jsonrpc\": \"2.0\", \"method\": \"foobar, \"params\": \"bar\", \"baz]", CONTROL_PARSE_ERROR,
                "null");
    check_error("", CONTROL_PARSE_ERROR, "null");
    check_error("[{\"jsonrpc\":\"2.0\",\"method\":\"m\",\"id\":1},{\"jsonrpc\"]", CONTROL_PARSE_ERROR, "null");
    check_error("{\"jsonrpc\":\"2.0\",\"jsonrpc\":\"2.0\",\"method\":\"m\",\"id\":1}", CONTROL_PARSE_ERROR, "null");
    check_error("{\"jsonrpc\":\"2.0\",\"method\":\"\xff\",\"id\":1}", CONTROL_PARSE_ERROR, "null");
    check_error("{\"jsonrpc\":\"2.0\",\"method\":\"m\\u0000\",\"id\":1}", CONTROL_PARSE_ERROR, "null");
    check_error("{\"jsonrpc\":\"2.0\",\"method\":\"m\",\"id\":1} x", CONTROL_PARSE_ERROR, "null");
}

TEST(what_is_no_request_is_an_invalid_request)
{
    check_error("1", CONTROL_INVALID_REQUEST, "null");
    check_error("\"m\"", CONTROL_INVALID_REQUEST, "null");
    check_error("null", CONTROL_INVALID_REQUEST, "null");
    check_error("{}", CONTROL_INVALID_REQUEST, "null");
    check_error("[]", CONTROL_INVALID_REQUEST, "null");
    check_error("{\"jsonrpc\": \"2.0\", \"method\": 1, \"params\": \"bar\"}", CONTROL_INVALID_REQUEST, "null");
    check_error("{\"jsonrpc\":\"2.0\",\"id\":7}", CONTROL_INVALID_REQUEST, "7");
    check_error("{\"jsonrpc\":\"1.0\",\"method\":\"m\",\"id\":7}", CONTROL_INVALID_REQUEST, "7");
    check_error("{\"jsonrpc\":2.0,\"method\":\"m\",\"id\":7}", CONTROL_INVALID_REQUEST, "7");
    check_error("{\"method\":\"m\",\"id\":7}", CONTROL_INVALID_REQUEST, "7");
    check_error("{\"jsonrpc\":\"2.0\",\"method\":\"m\",\"params\":\"bar\",\"id\":7}", CONTROL_INVALID_REQUEST, "7");
    check_error("{\"jsonrpc\":\"2.0\",\"method\":\"m\",\"params\":null,\"id\":7}", CONTROL_INVALID_REQUEST, "7");
    check_error("{\"jsonrpc\":\"2.0\",\"method\":\"m\",\"id\":{}}", CONTROL_INVALID_REQUEST, "null");
    check_error("{\"jsonrpc\":\"2.0\",\"method\":\"m\",\"id\":[1]}", CONTROL_INVALID_REQUEST, "null");
    check_error("{\"jsonrpc\":\"2.0\",\"method\":\"m\",\"id\":true}", CONTROL_INVALID_REQUEST, "null");
}

TEST(a_member_that_no_request_has_is_refused)
{
    check_error("{\"jsonrpc\":\"2.0\",\"method\":\"m\",\"parms\":{},\"id\":7}", CONTROL_INVALID_REQUEST, "7");
    check_error("{\"jsonrpc\":\"2.0\",\"method\":\"m\",\"parms\":{}}", CONTROL_INVALID_REQUEST, "null");
}

/* 6 and the examples of 7 */
TEST(a_batch_has_an_answer_for_each_request_that_wants_one)
{
    check("[{\"jsonrpc\":\"2.0\",\"method\":\"a\",\"id\":\"1\"},"
          "{\"jsonrpc\":\"2.0\",\"method\":\"b\"},{\"jsonrpc\":\"2.0\",\"method\":\"c\",\"id\":9}]",
          "[{\"jsonrpc\":\"2.0\",\"result\":{\"method\":\"a\"},\"id\":\"1\"},"
          "{\"jsonrpc\":\"2.0\",\"result\":{\"method\":\"c\"},\"id\":9}]");
    check("[{\"jsonrpc\":\"2.0\",\"method\":\"a\",\"id\":1}]",
          "[{\"jsonrpc\":\"2.0\",\"result\":{\"method\":\"a\"},\"id\":1}]");
}

TEST(a_batch_of_nonsense_has_an_error_for_each)
{
    char   *text = exchange("[1,2,3]");
    json_t *got  = json_loads(text, 0, NULL), *one;
    size_t  i;

    CHECK_INT(3, json_array_size(got));
    json_array_foreach(got, i, one)
        CHECK_INT(CONTROL_INVALID_REQUEST, json_integer_value(json_object_get(json_object_get(one, "error"), "code")));
    json_decref(got);
    free(text);
}

TEST(a_batch_has_a_limit)
{
    char       text[8192];
    struct buf b = BUF_ON(text);

    buf_put_byte(&b, '[');
    for (int i = 0; i <= RPC_BATCH_MAX; i++)
        buf_printf(&b, "%s{\"jsonrpc\":\"2.0\",\"method\":\"m\",\"id\":%d}", i == 0 ? "" : ",", i);
    buf_put_byte(&b, ']');
    check_error(buf_cstr(&b), CONTROL_INVALID_REQUEST, "null");
}

/* What quotes a name of the client's may end within one of its characters. */
TEST(a_text_that_was_cut_within_a_character_is_an_error_all_the_same)
{
    json_t *got     = control_error_new(CONTROL_FAILED, -ERR_NOT_FOUND, "no 'gr\xc3' here");
    json_t *message = json_object_get(json_object_get(got, "error"), "message");

    CHECK_SLICE("no 'gr\xef\xbf\xbd' here", slice_from(json_string_value(message)));
    json_decref(got);
}

TEST(an_answer_for_which_there_was_no_memory_is_known_to_be_lost)
{
    struct rpc_exchange x;
    static const char   line[]   = "{\"jsonrpc\":\"2.0\",\"method\":\"m\",\"id\":1}";
    json_t             *requests = rpc_read(&x, line, sizeof line - 1);
    size_t              len;

    rpc_finish(&x, json_object_get(json_array_get(requests, 0), "id"), NULL);
    json_decref(requests);
    CHECK(rpc_write(&x, &len) == NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_request_is_answered_with_its_own_id),
        cmocka_unit_test(a_notification_is_performed_and_not_answered),
        cmocka_unit_test(what_is_no_json_is_a_parse_error),
        cmocka_unit_test(what_is_no_request_is_an_invalid_request),
        cmocka_unit_test(a_member_that_no_request_has_is_refused),
        cmocka_unit_test(a_batch_has_an_answer_for_each_request_that_wants_one),
        cmocka_unit_test(a_batch_of_nonsense_has_an_error_for_each),
        cmocka_unit_test(a_batch_has_a_limit),
        cmocka_unit_test(a_text_that_was_cut_within_a_character_is_an_error_all_the_same),
        cmocka_unit_test(an_answer_for_which_there_was_no_memory_is_known_to_be_lost),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
