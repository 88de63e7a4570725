/* SPDX-License-Identifier: BSD-2-Clause */
#include "base/run.h"
#include "sip/params.h"
#include "support/test.h"

/* RFC 3261 25.1: generic-param, with LWS around ';' and '='. */
TEST(parameters_are_taken_to_the_last)
{
    struct scan  s = scan_from(test_guarded(SLICE(" ; a = b\r\n ;c;d=\"x;,y\" , next")));
    struct slice params, value;

    CHECK(params_scan(&s, &params));
    CHECK_SLICE("; a = b\r\n ;c;d=\"x;,y\"", params);
    CHECK_SLICE(" , next", scan_rest(&s));
    CHECK(params_find(params, SLICE("A"), &value));
    CHECK_SLICE("b", value);
    CHECK(params_find(params, SLICE("c"), &value));
    CHECK_SLICE("", value);
    CHECK(params_find(params, SLICE("d"), &value));
    CHECK_SLICE("x;,y", value);
    CHECK(!params_find(params, SLICE("x"), &value));
    CHECK_SLICE("", value);
}

TEST(no_parameter_is_an_empty_string)
{
    struct scan  s = scan_from(test_guarded(SLICE(" x")));
    struct slice params;

    CHECK(params_scan(&s, &params));
    CHECK_SLICE("", params);
    CHECK_SLICE(" x", scan_rest(&s));
}

/* Bytes that a token has not, but that tags and branches in the wild have. */
TEST(values_may_hold_more_than_tokens)
{
    struct scan  s = scan_from(test_guarded(SLICE(";tag=1c5:6@h/7=?[]{}\xc3\xa9,")));
    struct slice params, value;

    CHECK(params_scan(&s, &params));
    CHECK(params_find(params, SLICE("tag"), &value));
    CHECK_SLICE("1c5:6@h/7=?[]{}\xc3\xa9", value);
}

TEST(empty_parameter_of_a_uri_is_stepped_over)
{
    struct slice value;

    CHECK(params_find(SLICE(";;a=;b;"), SLICE("b"), &value));
    CHECK(params_find(SLICE(";;a=;b;"), SLICE("a"), &value));
    CHECK(!params_find((struct slice){ NULL, 0 }, SLICE("a"), &value));
    CHECK_SLICE("", value);
}

/* Usual ones, and what only looks like them. */
static const char *const texts[] = {
    ";expires=3600",
    ";a;b=c;d=\"x;,y\"",
    ";a=b;;c=d;",
    "; a = b ;c",
    ";a=\"b\\\"c\";d",
    ";a=;b",
    ";a=\"b",
    ";a=b,c;d",
    ";=a;b",
    ";a=b c;d",
    "a=b",
    ";",
    ";tag=\xc3\xa9",
    ";name-of-more-than-sixteen-bytes=value-of-more-than-that;x",
    ";a=\"b\"z;d=e",
    ";a\"b\";c",
    ";x=y;+sip.instance=\"<urn:uuid:00000000-0000-1000-8000-000a95a0e128>\";Reg-id=1;expires=3600;q=0.5"
};

/* Where there is a pad, the usual ones are read by pointers: to the same result, and no byte behind the pad is looked
 * at. */
TEST(parameters_are_walked_to_the_same_result_where_they_are_padded)
{
    char padded[128];

    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        struct slice text = slice_from(texts[i]), name, value, same_name, same_value;
        struct scan  bare = scan_from(test_guarded(text)), s;
        bool         more;

        memset(padded, 0, sizeof padded);
        memcpy(padded, text.ptr, text.len);
        text = test_guarded((struct slice){ padded, text.len + RUN_PAD });
        s    = scan_within((struct slice){ text.ptr, text.len - RUN_PAD }, text.ptr + text.len);
        do {
            more = params_next(&bare, &name, &value);
            assert_int_equal(params_next(&s, &same_name, &same_value), more);
            CHECK(!more || (slice_eq(name, same_name) && slice_eq(value, same_value)));
            CHECK_INT(bare.end - bare.at, s.end - s.at);
        } while (more);
    }
}

/* It is found there where walking leads, without a look behind the end. */
TEST(a_parameter_is_found_where_walking_finds_it)
{
    static const char *const names[] = {
        "a", "b", "c", "d", "x", "tag", "expires", "reg-id", "q", "+sip.instance", "e"
    };

    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        for (size_t k = 0; *texts[i] == ';' && k < sizeof names / sizeof *names; k++) {
            struct slice text = test_guarded(slice_from(texts[i])), wanted = slice_from(names[k]), name, value, found;
            struct scan  s     = scan_from(text);
            bool         there = false;

            while (!there && params_next(&s, &name, &value))
                there = slice_eq_nocase(name, wanted);
            assert_int_equal(params_find(text, wanted, &found), there);
            CHECK(slice_eq(there ? value : SLICE(""), found));
        }
    }
}

TEST(seconds_are_digits_and_saturate)
{
    uint32_t value = 5;

    CHECK(!delta_seconds_parse(SLICE(""), &value));
    CHECK(!delta_seconds_parse(SLICE("1 "), &value));
    CHECK_INT(5, value);
    CHECK(delta_seconds_parse(SLICE("4294967294"), &value));
    CHECK_INT(4294967294u, value);
    CHECK(delta_seconds_parse(SLICE("4294967296"), &value));
    CHECK_INT(UINT32_MAX, value);
}

/* RFC 3261 19.1.4 */
TEST(escapes_equal_what_they_stand_for_unless_reserved)
{
    CHECK(escaped_eq(SLICE("%41b"), SLICE("A%62"), false));
    CHECK(!escaped_eq(SLICE("%41"), SLICE("a"), false));
    CHECK(escaped_eq(SLICE("%41"), SLICE("a"), true));
    CHECK(!escaped_eq(SLICE("%40"), SLICE("@"), false));
    CHECK(escaped_eq(SLICE("%3b"), SLICE("%3B"), false));
    CHECK(!escaped_eq(SLICE("%25"), SLICE("%"), false));
    CHECK(!escaped_eq(SLICE("a"), SLICE("ab"), false));
    CHECK(!escaped_eq(SLICE("%00"), SLICE(""), false));
}

/* RFC 3261 7.3.1: which of two another reader takes, nobody knows, so they are counted. */
TEST(first_tag_is_noted_and_all_are_counted)
{
    static const struct {
        const char *text, *tag;
        unsigned    count;
    } cases[] = {
        { "", "", 0 },
        { ";tags=1;ta=2;x=tag", "", 0 },
        { ";tag=1", "1", 1 },
        { ";x;TAG = a", "a", 1 },
        { ";tag=\"q\";y;Tag=2", "q", 2 },
        { ";tag;tag=2", "", 2 },
        { ";x=\"tag=1;tag=2\";tag=3;expires=3600", "3", 1 },
        { ";a=1;x=\"\\\";tag=1\";tag=3", "3", 1 },
        { ";a=1 ;tag=3", "3", 1 },
    };

    for (size_t i = 0; i < 2 * (sizeof cases / sizeof *cases); i++) { /* alone, and padded with what is no part of it */
        char         text[80];
        size_t       len = strlen(cases[i / 2].text);
        struct scan  s;
        struct slice params, tag;
        unsigned     tags;

        memcpy(text, cases[i / 2].text, len);
        memcpy(text + len, "9;tag=no;tag=\"x\"", 16);
        s = scan_from(test_guarded((struct slice){ text, len + i % 2 * 16 }));
        s.end -= i % 2 * 16;
        CHECK(params_scan_tag(&s, &params, &tag, &tags));
        CHECK(scan_at_end(&s));
        CHECK_SLICE(cases[i / 2].text, params);
        CHECK_SLICE(cases[i / 2].tag, tag);
        CHECK_INT(cases[i / 2].count, tags);
    }
}

TEST(name_is_compared_in_any_case_and_whole)
{
    CHECK(param_is(SLICE("received"), "received") && param_is(SLICE("RECeived"), "received"));
    CHECK(param_is(SLICE("ttl"), "ttl") && param_is(SLICE("TTL"), "ttl"));
    CHECK(!param_is(SLICE("tt"), "ttl") && !param_is(SLICE("ttl1"), "ttl") && !param_is(SLICE("ttm"), "ttl"));
    CHECK(!param_is(SLICE(""), "ttl"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(parameters_are_taken_to_the_last),
        cmocka_unit_test(no_parameter_is_an_empty_string),
        cmocka_unit_test(values_may_hold_more_than_tokens),
        cmocka_unit_test(empty_parameter_of_a_uri_is_stepped_over),
        cmocka_unit_test(parameters_are_walked_to_the_same_result_where_they_are_padded),
        cmocka_unit_test(a_parameter_is_found_where_walking_finds_it),
        cmocka_unit_test(seconds_are_digits_and_saturate),
        cmocka_unit_test(first_tag_is_noted_and_all_are_counted),
        cmocka_unit_test(name_is_compared_in_any_case_and_whole),
        cmocka_unit_test(escapes_equal_what_they_stand_for_unless_reserved),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
