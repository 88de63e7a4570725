/* SPDX-License-Identifier: BSD-2-Clause */
#include "console/csv.h"

#include "base/buf.h"
#include "base/error.h"
#include "support/test.h"

#include <stdlib.h>

/* "1:a|b;" for each row, "2!fault;" for what is wrong. */
struct seen {
    char       text[4096];
    struct buf b;
};

static void on_row(void *arg, size_t line, const struct slice *fields, size_t count, const char *fault)
{
    struct seen *s = arg;

    buf_put_number(&s->b, line);
    buf_put_byte(&s->b, fault != NULL ? '!' : ':');
    if (fault != NULL)
        buf_put(&s->b, slice_from(fault));
    for (size_t i = 0; i < count; i++) {
        if (i > 0)
            buf_put_byte(&s->b, '|');
        buf_put(&s->b, fields[i]);
    }
    buf_put_byte(&s->b, ';');
}

/* In pieces of `step` bytes. */
static int read_in(struct seen *s, struct slice text, size_t step)
{
    struct csv *c     = csv_reader_new(on_row, s);
    int         error = 0;

    s->b = BUF_ON(s->text);
    for (size_t at = 0; at < text.len && error == 0; at += step) {
        size_t       len   = text.len - at < step ? text.len - at : step;
        struct slice piece = test_guarded((struct slice){ text.ptr + at, len });

        error = csv_reader_feed(c, piece.ptr, len);
    }
    if (error == 0)
        error = csv_reader_end(c);
    csv_reader_free(c);
    CHECK(buf_ok(&s->b));
    return error;
}

static void check(int error, const char *want, struct slice text)
{
    static const size_t steps[] = { 1, 2, 3, 7, 100000 };
    struct seen         s;

    for (size_t i = 0; i < sizeof steps / sizeof *steps; i++) {
        CHECK_INT(error, read_in(&s, text, steps[i]));
        CHECK_SLICE(want, buf_slice(&s.b));
    }
}

/* RFC 4180 2. */
TEST(rows_are_told_with_the_line_they_begin_in)
{
    check(0, "1:a|b;2:1|2;", SLICE("a,b\r\n1,2\r\n"));
    check(0, "1:a|b;2:1|2;", SLICE("a,b\n1,2"));
    check(0, "1:a|b;2:x\ny|2;4:3|4;", SLICE("a,b\n\"x\ny\",2\n3,4\n"));
    check(0, "1:a|b;2:|;", SLICE("a,b\n,\n"));
    check(0, "", SLICE(""));
}

TEST(quotes_are_doubled_and_blanks_are_kept)
{
    check(0, "1:a|b;2: x |y\"z;", SLICE("a,b\n x ,\"y\"\"z\"\n"));
    check(0, "1:a|b;2:x,y|;", SLICE("a,b\n\"x,y\",\"\"\n"));
}

TEST(a_byte_order_mark_empty_lines_and_comments_before_the_header_are_passed_over)
{
    check(0, "3:a|b;5:1|2;6:#3|4;", SLICE("\xef\xbb\xbf# made by hand\r\n\r\na,b\r\n\n1,2\n#3,4\n"));
}

TEST(the_first_row_tells_what_separates)
{
    check(0, "1:a|b;2:1,5|2;", SLICE("a;b\n1,5;2\n"));
    check(0, "1:a|b;2:1;5|2;", SLICE("a\tb\n1;5\t2\n"));
    check(0, "1:a;b|c;2:1|2;", SLICE("a;b,c\n1,2\n"));
}

TEST(after_a_row_that_is_wrong_the_next_line_begins_anew)
{
    check(
        0,
        "1:a|b;2!a quote stands in the middle of a field: put the field in quotes, and double the quotes in it;3:1|2;",
        SLICE("a,b\nx\"y,2\n1,2\n"));
    check(
        0,
        "1:a|b;2!a quote stands in the middle of a field: put the field in quotes, and double the quotes in it;4:1|2;",
        SLICE("a,b\n\"x\ny\"z,2\n1,2\n"));
}

TEST(quotes_that_do_not_end_end_the_reading)
{
    check(-ERR_SYNTAX, "1:a|b;2!quotes that do not end;", SLICE("a,b\n\"x,2\n1,2\n"));
}

static struct slice repeat(const char *begin, const char *part, size_t count)
{
    size_t     cap = strlen(begin) + count * strlen(part);
    char      *ptr = malloc(cap);
    struct buf b   = buf_on(ptr, cap);

    buf_put(&b, slice_from(begin));
    for (size_t i = 0; i < count; i++)
        buf_put(&b, slice_from(part));
    return buf_slice(&b);
}

TEST(fields_lines_and_rows_have_bounds)
{
    struct slice fields = repeat("", "a,", CSV_FIELDS_MAX), lines = repeat("a\n\"", "x\n", CSV_ROW_MAX);
    struct slice line = repeat("a\nb", "x", CSV_ROW_MAX);
    struct seen  s;

    CHECK_INT(0, read_in(&s, fields, 1000));
    CHECK_SLICE("1!too many fields;", buf_slice(&s.b));
    CHECK_INT(-ERR_SYNTAX, read_in(&s, lines, 100000));
    CHECK_SLICE("1:a;2!quotes that do not end, or a row that is too long;", buf_slice(&s.b));
    CHECK_INT(0, read_in(&s, line, 1000));
    CHECK_SLICE("1:a;2!a line is too long;", buf_slice(&s.b));
    free((void *)fields.ptr);
    free((void *)lines.ptr);
    free((void *)line.ptr);
}

/* What came before it is not mixed with what comes after. */
TEST(after_a_line_that_is_too_long_the_next_is_read)
{
    struct slice first = repeat("a,b\n1,", "x", CSV_ROW_MAX + 5);
    char        *whole = malloc(first.len + 10);
    struct seen  s;

    memcpy(whole, first.ptr, first.len);
    memcpy(whole + first.len, "\n3,4\n", 5);
    CHECK_INT(0, read_in(&s, (struct slice){ whole, first.len + 5 }, 4096));
    CHECK_SLICE("1:a|b;2!a line is too long;3:3|4;", buf_slice(&s.b));
    free(whole);
    free((void *)first.ptr);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rows_are_told_with_the_line_they_begin_in),
        cmocka_unit_test(quotes_are_doubled_and_blanks_are_kept),
        cmocka_unit_test(a_byte_order_mark_empty_lines_and_comments_before_the_header_are_passed_over),
        cmocka_unit_test(the_first_row_tells_what_separates),
        cmocka_unit_test(after_a_row_that_is_wrong_the_next_line_begins_anew),
        cmocka_unit_test(quotes_that_do_not_end_end_the_reading),
        cmocka_unit_test(fields_lines_and_rows_have_bounds),
        cmocka_unit_test(after_a_line_that_is_too_long_the_next_is_read),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
