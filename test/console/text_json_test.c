/* SPDX-License-Identifier: BSD-2-Clause */
#include "console/text_json.h"

#include "support/alloc.h"
#include "support/test.h"

#define LOST "\xef\xbf\xbd"

static void check(const char *want, const char *text)
{
    json_t *json = text_to_json(slice_from(text));

    assert_non_null(json);
    assert_string_equal(want, json_string_value(json));
    json_decref(json);
}

TEST(characters_stay_and_bytes_of_none_are_replaced)
{
    check("", "");
    check("sip:bob@example.test", "sip:bob@example.test");
    check("M\xc3\xbcller \xe2\x82\xac \xf0\x9f\x93\x9e", "M\xc3\xbcller \xe2\x82\xac \xf0\x9f\x93\x9e");
    check("M" LOST "ller", "M\xfcller");
    check(LOST LOST LOST, "\xff\xfe\xfd");
    check("\xc3\xbc" LOST, "\xc3\xbc\xc3"); /* cut within one */
    check(LOST LOST "a", "\xc0\x80"
                         "a");
}

TEST(without_memory_there_is_no_text)
{
    alloc_fail_at(1);
    assert_null(text_to_json(SLICE("\xfc")));
    alloc_fail_at(0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(characters_stay_and_bytes_of_none_are_replaced),
        cmocka_unit_test(without_memory_there_is_no_text),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
