/* SPDX-License-Identifier: BSD-2-Clause */
#include "base/json_line.h"

#include "support/test.h"

static char       memory[512];
static struct buf b;

static struct slice string_of(struct slice text)
{
    b = BUF_ON(memory);
    json_line_put_string(&b, test_guarded(text));
    CHECK(buf_ok(&b));
    return buf_slice(&b);
}

TEST(an_object_is_one_line_with_commas_between)
{
    struct json_line j, inner;

    b = BUF_ON(memory);
    j = json_line_begin(&b);
    json_line_text(&j, "event", SLICE("ended"));
    json_line_number(&j, "status", -1);
    inner = json_line_inner(&j, "media");
    json_line_real(&inner, "jitter", 1.25);
    json_line_bool(&inner, "ok", true);
    json_line_end(&inner);
    json_line_bool(&j, "held", false);
    json_line_null(&j, "setup");
    json_line_end(&j);
    CHECK_SLICE("{\"event\":\"ended\",\"status\":-1,\"media\":{\"jitter\":1.250,\"ok\":true},\"held\":false,"
                "\"setup\":null}",
                buf_slice(&b));
}

TEST(a_value_that_is_json_already_is_put_as_it_is)
{
    struct json_line j;

    b = BUF_ON(memory);
    j = json_line_begin(&b);
    json_line_number(&j, "n", 1);
    json_line_raw(&j, "as_is", SLICE("{\"a\":1}"));
    json_line_end(&j);
    CHECK_SLICE("{\"n\":1,\"as_is\":{\"a\":1}}", buf_slice(&b));
}

/* RFC 8259 7 */
TEST(quotes_backslashes_and_control_characters_are_escaped)
{
    CHECK_SLICE("\"a\\\"b\\\\c\\r\\n\\t\\u0000\\u001f\\u007f\"", string_of(SLICE("a\"b\\c\r\n\t\0\x1f\x7f")));
}

TEST(utf_8_goes_through_and_other_bytes_become_characters)
{
    CHECK_SLICE("\"J\303\274rgen \342\202\254 \360\237\230\200\"",
                string_of(SLICE("J\303\274rgen \342\202\254 \360\237\230\200")));
    CHECK_SLICE("\"\\u00ff\\u00c3\"", string_of(SLICE("\xff\xc3")));
}

/* RFC 3629 3, 10: overlong forms and surrogates are not UTF-8. */
TEST(false_utf_8_is_not_let_through)
{
    CHECK_SLICE("\"\\u00c0\\u0080\"", string_of(SLICE("\xc0\x80")));
    CHECK_SLICE("\"\\u00e0\\u0080\\u0080\"", string_of(SLICE("\xe0\x80\x80")));
    CHECK_SLICE("\"\\u00ed\\u00a0\\u0080\"", string_of(SLICE("\xed\xa0\x80")));
    CHECK_SLICE("\"\\u00f4\\u0090\\u0080\\u0080\"", string_of(SLICE("\xf4\x90\x80\x80")));
    CHECK_SLICE("\"\\u00e2\\u0082\"", string_of(SLICE("\xe2\x82")));
}

TEST(a_list_holds_objects_with_commas_between)
{
    struct json_line j, list, item;

    b    = BUF_ON(memory);
    j    = json_line_begin(&b);
    list = json_line_list(&j, "none");
    json_line_list_end(&list);
    list = json_line_list(&j, "two");
    item = json_line_item(&list);
    json_line_number(&item, "a", 1);
    json_line_end(&item);
    item = json_line_item(&list);
    json_line_end(&item);
    json_line_list_end(&list);
    json_line_bool(&j, "more", true);
    json_line_end(&j);
    CHECK_SLICE("{\"none\":[],\"two\":[{\"a\":1},{}],\"more\":true}", buf_slice(&b));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_object_is_one_line_with_commas_between),
        cmocka_unit_test(a_value_that_is_json_already_is_put_as_it_is),
        cmocka_unit_test(quotes_backslashes_and_control_characters_are_escaped),
        cmocka_unit_test(utf_8_goes_through_and_other_bytes_become_characters),
        cmocka_unit_test(false_utf_8_is_not_let_through),
        cmocka_unit_test(a_list_holds_objects_with_commas_between),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
