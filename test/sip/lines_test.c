/* SPDX-License-Identifier: BSD-2-Clause */
#include "sip/lines.h"
#include "support/test.h"

static struct lines l;

static struct slice part(const char *text, uint32_t from, uint32_t to)
{
    return (struct slice){ text + from, to - from };
}

/* RFC 3261 7.3.1 */
TEST(lines_are_cut_with_their_folds_and_ends)
{
    static const char  text[] = "start\r\nVia : a\tb \r\n\tc\r\nSubject:\r\nl:0\n\r\nbody: x\r\n";
    struct parse_fault fault  = { 0 };

    CHECK(lines_index(&l, test_guarded(slice_from(text)), &fault));
    assert_null(fault.expected);
    CHECK_INT(5, l.start_end);
    CHECK_INT(3, l.count);
    CHECK_INT(HEADER_VIA, l.line[0].id);
    CHECK_SLICE("Via", part(text, l.line[0].start, l.line[0].name_end));
    CHECK_SLICE("a\tb \r\n\tc", part(text, l.line[0].value_start, l.line[0].value_end));
    CHECK_SLICE("Via : a\tb \r\n\tc\r\n", part(text, l.line[0].start, l.line[0].end));
    CHECK_SLICE("", part(text, l.line[1].value_start, l.line[1].value_end));
    CHECK_INT(HEADER_CONTENT_LENGTH, l.line[2].id);
    CHECK_SLICE("0", part(text, l.line[2].value_start, l.line[2].value_end));
    CHECK_SLICE("body: x\r\n", slice_from(text + l.body));
}

/* RFC 4475 3.1.1.2: control bytes may stand in a quoted string. */
TEST(other_control_bytes_do_not_end_a_line)
{
    static const char  text[] = "s\r\nA: \"\x01\0\x1f\x7f\"\r\n\r\n";
    struct parse_fault fault  = { 0 };

    CHECK(lines_index(&l, test_guarded((struct slice){ text, sizeof text - 1 }), &fault));
    CHECK_INT(1, l.count);
    CHECK_INT(6, l.line[0].value_end - l.line[0].value_start);
}

/* A line end at every distance from the start, so that each lane of the eight
 * bytes looked at together is hit. */
TEST(line_end_is_found_at_every_offset)
{
    for (size_t len = 0; len < 40; len++)
        for (int high = 0; high < 2; high++) {
            char               text[64] = "s\nA:";
            struct parse_fault fault    = { 0 };

            memset(text + 4, high ? 0xa0 : ' ' + 1, len);
            memcpy(text + 4 + len, "\r\n\r\n", 4);
            CHECK(lines_index(&l, test_guarded((struct slice){ text, len + 8 }), &fault));
            CHECK_INT(len, l.line[0].value_end - l.line[0].value_start);
            CHECK_INT(len + 8, l.body);
        }
}

TEST(malformed_lines_are_left_out_and_the_walk_goes_on)
{
    static const struct {
        const char *text;
        size_t      offset;
        unsigned    count;
    } bad[] = {
        { "s\r\nA: 1\r\nno colon\r\nB: 2\r\n\r\n", 9, 2 },
        { "s\r\nA: 1\r\n: empty\r\nB: 2\r\n\r\n", 9, 2 },
        { "s\r\nA: 1\r\nA B: x\r\nB: 2\r\n\r\n", 9, 2 },
        { "s\r\n folded start\r\nA: 1\r\n\r\n", 3, 1 },
        { "s\r\n A: folded\r\nA: 1\r\n\r\n", 3, 1 },
        { "s\r\nA: 1\rB: 2\r\n\r\n", 7, 1 },
        { "s\r\nA: 1\r\n", 9, 1 },
        { "s\r\nA: 1", 7, 1 },
        { "s", 1, 0 },
    };

    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        struct parse_fault fault = { 0 };

        CHECK(!lines_index(&l, test_guarded(slice_from(bad[i].text)), &fault));
        CHECK_INT(400, fault.status);
        CHECK_INT(bad[i].offset, fault.offset);
        CHECK_INT(bad[i].count, l.count);
    }
}

TEST(number_of_fields_is_limited)
{
    static char        text[16 + 6 * (LIMIT_HEADERS + 1)];
    struct buf         b     = BUF_ON(text);
    struct parse_fault fault = { 0 };

    buf_put(&b, SLICE("s\r\n"));
    for (int i = 0; i < LIMIT_HEADERS; i++)
        buf_put(&b, SLICE("A: 1\r\n"));
    buf_put(&b, SLICE("\r\n"));
    CHECK(lines_index(&l, test_guarded(buf_slice(&b)), &fault));
    CHECK_INT(LIMIT_HEADERS, l.count);
    b.len -= 2;
    buf_put(&b, SLICE("B: 1\r\n\r\n"));
    CHECK(buf_ok(&b));
    CHECK(!lines_index(&l, test_guarded(buf_slice(&b)), &fault));
    CHECK_INT(513, fault.status);
    CHECK_INT(LIMIT_HEADERS, l.count);
}

TEST(earlier_fault_is_kept)
{
    struct parse_fault fault = { .expected = "x", .offset = 5, .status = 505 };

    CHECK(!lines_index(&l, SLICE("s\r\n"), &fault));
    CHECK_INT(505, fault.status);
    CHECK_INT(5, fault.offset);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(lines_are_cut_with_their_folds_and_ends),
        cmocka_unit_test(other_control_bytes_do_not_end_a_line),
        cmocka_unit_test(line_end_is_found_at_every_offset),
        cmocka_unit_test(malformed_lines_are_left_out_and_the_walk_goes_on),
        cmocka_unit_test(number_of_fields_is_limited),
        cmocka_unit_test(earlier_fault_is_kept),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
