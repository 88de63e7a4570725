/* SPDX-License-Identifier: BSD-2-Clause */
#include "server/config_text.h"

#include "support/test.h"

/* The guarded copy may be written to; its end may not be crossed. */
static struct slice prepared(const char *text, bool *good, struct config_text_fault *fault)
{
    struct slice copy = test_guarded(slice_from(text));

    *good = config_text_prepare((char *)copy.ptr, copy.len, fault);
    return copy;
}

static void check_text(const char *want, const char *text)
{
    struct config_text_fault fault;
    bool                     good;
    struct slice             got = prepared(text, &good, &fault);

    CHECK(good);
    CHECK_SLICE(want, got);
}

static void check_fault(unsigned line, const char *what, const char *text)
{
    struct config_text_fault fault = { 0 };
    bool                     good;

    prepared(text, &good, &fault);
    CHECK(!good);
    CHECK_INT(line, fault.line);
    CHECK_SLICE(what, slice_from(fault.what));
}

TEST(comments_become_blanks_and_lines_stay_lines)
{
    check_text("a = 1    \nb = 2", "a = 1 # x\nb = 2");
    check_text("a = 1    \nb = 2", "a = 1 //x\nb = 2");
    check_text("a     \n     b", "a /* x\n y */b");
    check_text("   ", "# x");
    check_text("", "");
}

TEST(what_is_inside_a_word_or_quotes_is_no_comment)
{
    check_text("a = b//c", "a = b//c");
    check_text("a = \"# x\" ", "a = \"# x\"#");
    check_text("a = '// x'", "a = '// x'");
    check_text("a = \"x \\\" # y\"", "a = \"x \\\" # y\"");
    check_text("a = ${B:-# \"}", "a = ${B:-# \"}");
    check_text("a = \"${B:-\"}\"", "a = \"${B:-\"}\"");
}

TEST(what_is_not_closed_is_named_with_the_line_where_it_begins)
{
    check_fault(2, "string without closing quote", "a = 1\nb = \"c\n\n");
    check_fault(1, "string without closing quote", "'\\");
    check_fault(3, "comment without end", "\n\n/* *\n");
    check_fault(1, "comment without end", "/*/");
    check_fault(2, "brace that is never closed", "a {}\nb {\n c { }\n");
    check_fault(1, "braces nested too deep", "{{{{{{{{{");
}

TEST(a_nul_byte_is_found_wherever_it_stands)
{
    static const char        text[] = "a = 1\n# x \0";
    struct slice             copy   = test_guarded((struct slice){ text, sizeof text - 1 });
    struct config_text_fault fault;

    CHECK(!config_text_prepare((char *)copy.ptr, copy.len, &fault));
    CHECK_INT(2, fault.line);
}

TEST(no_beginning_of_a_text_is_read_past_its_end)
{
    static const char text[] = "a = \"x\\\"${B}\" # c\nr 'y\\'' { /* d */ e = ${F} } // g\n";

    for (size_t len = 0; len < sizeof text; len++) {
        struct slice             copy = test_guarded((struct slice){ text, len });
        struct config_text_fault fault;

        (void)config_text_prepare((char *)copy.ptr, copy.len, &fault);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(comments_become_blanks_and_lines_stay_lines),
        cmocka_unit_test(what_is_inside_a_word_or_quotes_is_no_comment),
        cmocka_unit_test(what_is_not_closed_is_named_with_the_line_where_it_begins),
        cmocka_unit_test(a_nul_byte_is_found_wherever_it_stands),
        cmocka_unit_test(no_beginning_of_a_text_is_read_past_its_end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
