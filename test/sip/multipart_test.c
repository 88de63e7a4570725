/* SPDX-License-Identifier: BSD-2-Clause */
#include "sip/multipart.h"
#include "support/test.h"

#include <string.h>

static struct body_part parts[8];
static size_t           count;

/* Walks it, in guarded memory; true if it is well-formed to its end. */
static bool walk(const char *boundary, const char *body)
{
    struct multipart m = multipart_begin(slice_from(boundary), test_guarded(slice_from(body)));

    for (count = 0; count < 8 && multipart_next(&m, &parts[count]); count++)
        continue;
    return !m.broken;
}

/* RFC 2046 5.1.1: its example. */
TEST(parts_stand_between_delimiters_and_have_headers_or_none)
{
    CHECK(walk("simple boundary", "This is the preamble.  It is to be ignored, though it\r\n"
                                  "is a handy place for composition agents.\r\n"
                                  "\r\n"
                                  "--simple boundary\r\n"
                                  "\r\n"
                                  "This is implicitly typed plain US-ASCII text.\r\n"
                                  "It does NOT end with a linebreak.\r\n"
                                  "--simple boundary\r\n"
                                  "Content-type: text/plain; charset=us-ascii\r\n"
                                  "\r\n"
                                  "This is explicitly typed plain US-ASCII text.\r\n"
                                  "It DOES end with a linebreak.\r\n"
                                  "\r\n"
                                  "--simple boundary--\r\n"
                                  "\r\n"
                                  "This is the epilogue.  It is also to be ignored.\r\n"));
    CHECK_INT(2, count);
    CHECK_SLICE("text/plain", parts[0].type);
    CHECK_SLICE("This is implicitly typed plain US-ASCII text.\r\nIt does NOT end with a linebreak.", parts[0].content);
    CHECK_SLICE("text/plain; charset=us-ascii", parts[1].type);
    CHECK_SLICE("This is explicitly typed plain US-ASCII text.\r\nIt DOES end with a linebreak.\r\n", parts[1].content);
}

/* RFC 5621 8.1, RFC 3261 20.11 */
TEST(headers_of_a_part_say_how_it_is_to_be_taken)
{
    CHECK(walk("b", "--b\r\n"
                    "Content-Type: application/sdp\r\n"
                    "content-id: <alternative@example.test>\r\n"
                    "X-Unknown: whatever\r\n"
                    "\r\n"
                    "v=0\r\n\r\n"
                    "--b\r\n"
                    "Content-Type: application/isup;\r\n"
                    "\tversion=nxv3\r\n"
                    "Content-Disposition: signal; handling=\"OPTIONAL\"\r\n"
                    "Content-Encoding: gzip\r\n"
                    "\r\n"
                    "\x01\x02\r\n"
                    "--b\r\n"
                    "Content-Transfer-Encoding: base64\r\n"
                    "Content-Disposition: render;handling=required\r\n"
                    "\r\n"
                    "aGFsbG8=\r\n"
                    "--b\r\n"
                    "Content-Transfer-Encoding: Binary\r\n"
                    "\r\n"
                    "\r\n"
                    "--b--"));
    CHECK_INT(4, count);
    CHECK_SLICE("session", parts[0].disposition);
    CHECK_SLICE("alternative@example.test", parts[0].id);
    CHECK_SLICE("v=0\r\n", parts[0].content);
    CHECK(!parts[0].optional && !parts[0].encoded);
    CHECK_SLICE("application/isup;\r\n\tversion=nxv3", parts[1].type);
    CHECK_SLICE("signal", parts[1].disposition);
    CHECK(parts[1].optional && parts[1].encoded);
    CHECK_SLICE("\x01\x02", parts[1].content);
    CHECK(!parts[2].optional && parts[2].encoded);
    CHECK(!parts[3].encoded);
    CHECK_SLICE("", parts[3].content);
}

/* RFC 2046 5.1.1: blanks behind a delimiter have been added by somebody on the way; a line that only begins
 * so is content; parts without content, or with headers alone, are parts. */
TEST(delimiters_are_whole_lines)
{
    CHECK(walk("b", "--b \t\r\n"
                    "\r\n"
                    "--bc\r\n--b-\r\n --b\r\nx--b\r\n"
                    "--b\r\n"
                    "Content-Type: a/b\r\n"
                    "--b  \r\n"
                    "\r\n"
                    "--b-- \r\n"
                    "--b\r\n"));
    CHECK_INT(3, count);
    CHECK_SLICE("--bc\r\n--b-\r\n --b\r\nx--b", parts[0].content);
    CHECK_SLICE("a/b", parts[1].type);
    CHECK_SLICE("", parts[1].content);
    CHECK_SLICE("", parts[2].content);
}

/* What sloppy peers send. */
TEST(lines_may_end_with_lf_alone)
{
    CHECK(walk("b", "--b\nContent-Type: a/b\n\none\ntwo\n--b\n\nthree\n--b--\n"));
    CHECK_INT(2, count);
    CHECK_SLICE("one\ntwo", parts[0].content);
    CHECK_SLICE("three", parts[1].content);
}

TEST(what_is_no_multipart_body_is_told)
{
    static const char *const broken[] = {
        "",
        "nothing",
        "--b",
        "--b\r\n",
        "--b\r\n\r\ncut in the middle",
        "--b\r\n\r\nno last delimiter\r\n--b\r\n",
        "--b--\r\n",
        "--b\r\nno header\r\n\r\nx\r\n--b--",
        "--b\r\nContent-Type: a/b\r\nContent-Type: c/d\r\n\r\nx\r\n--b--",
        "--b\r\nContent-Disposition: a\r\ncontent-disposition: b\r\n\r\nx\r\n--b--",
    };

    for (size_t i = 0; i < sizeof broken / sizeof *broken; i++)
        if (walk("b", broken[i])) {
            print_error("taken: %s\n", broken[i]);
            fail();
        }
}

/* RFC 2046 5.1.1 */
TEST(the_boundary_is_a_parameter_of_at_most_seventy_characters)
{
    static const struct {
        const char *type, *kind, *boundary;
    } cases[] = {
        { "multipart/mixed;boundary=x", "mixed", "x" },
        { "Multipart / Alternative ; a=b ; BOUNDARY=\"gc0pJq0M:08jU534c0p\"", "Alternative", "gc0pJq0M:08jU534c0p" },
        { "multipart/related; boundary=\"a b\"; type=\"application/sdp\"", "related", "a b" },
        { "multipart/mixed;boundary=1234567890123456789012345678901234567890123456789012345678901234567890", "mixed",
          "1234567890123456789012345678901234567890123456789012345678901234567890" },
        { "multipart/mixed;boundary=12345678901234567890123456789012345678901234567890123456789012345678901", NULL,
          NULL },
        { "multipart/mixed;boundary=\"a \"", NULL, NULL },
        { "multipart/mixed;boundary=\"a\\\"\"", NULL, NULL },
        { "multipart/mixed;boundary=\"\"", NULL, NULL },
        { "multipart/mixed;boundary", NULL, NULL },
        { "multipart/mixed", NULL, NULL },
        { "multipart;boundary=x", NULL, NULL },
        { "application/sdp;boundary=x", NULL, NULL },
        { "", NULL, NULL },
    };

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct slice kind, boundary;
        bool         is = multipart_kind(test_guarded(slice_from(cases[i].type)), &kind, &boundary);

        if (is != (cases[i].kind != NULL))
            fail_msg("%s", cases[i].type);
        if (!is)
            continue;
        CHECK(slice_eq(slice_from(cases[i].kind), kind));
        CHECK(slice_eq(slice_from(cases[i].boundary), boundary));
    }
}

TEST(every_prefix_is_safe_and_broken)
{
    static const char whole[] = "--b\r\nContent-Type: a/b\r\n c\r\n\r\none\r\n--b\r\n\r\ntwo\r\n--b--";

    for (size_t len = 0; len < sizeof whole - 1; len++) {
        char cut[sizeof whole];

        memcpy(cut, whole, len);
        cut[len] = '\0';
        CHECK(!walk("b", cut));
    }
    CHECK(walk("b", whole));
}

TEST(types_are_compared_in_any_case_without_parameters)
{
    CHECK(content_type_is(SLICE("Application / SDP;charset=utf-8"), SLICE("application/sdp")));
    CHECK(!content_type_is(SLICE("application/sdp2"), SLICE("application/sdp")));
    CHECK(!content_type_is(SLICE("application"), SLICE("application/sdp")));
    CHECK(!content_type_is(SLICE("application/sdp x"), SLICE("application/sdp")));
    CHECK(!content_type_is(SLICE(""), SLICE("application/sdp")));
}

/* RFC 2387 3.2 */
TEST(the_root_of_related_parts_is_named_by_start)
{
    static const struct {
        const char *type, *root;
    } cases[] = {
        { "multipart/related;boundary=x;start=\"<a@b>\"", "a@b" },
        { "multipart/related ; START = \"<a@b>\" ; boundary=x", "a@b" },
        { "multipart/related;boundary=x;start=a", "a" },
        { "multipart/related;boundary=x;start=\"<>\"", "" },
        { "multipart/related;boundary=x;start=\"", "" },
        { "multipart/related;boundary=x", "" },
        { "multipart", "" },
        { "", "" },
    };

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        CHECK_SLICE(cases[i].root, multipart_root(test_guarded(slice_from(cases[i].type))));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(parts_stand_between_delimiters_and_have_headers_or_none),
        cmocka_unit_test(headers_of_a_part_say_how_it_is_to_be_taken),
        cmocka_unit_test(delimiters_are_whole_lines),
        cmocka_unit_test(lines_may_end_with_lf_alone),
        cmocka_unit_test(what_is_no_multipart_body_is_told),
        cmocka_unit_test(the_boundary_is_a_parameter_of_at_most_seventy_characters),
        cmocka_unit_test(every_prefix_is_safe_and_broken),
        cmocka_unit_test(types_are_compared_in_any_case_without_parameters),
        cmocka_unit_test(the_root_of_related_parts_is_named_by_start),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
