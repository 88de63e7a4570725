/* SPDX-License-Identifier: BSD-2-Clause */
#include "sip/lines.h"
#include "support/raw_message.h"
#include "support/test.h"

#include <stdlib.h>

static struct lines  l;
static struct header found[LIMIT_HEADERS];
static uint8_t       first[HEADER_COUNT];
static unsigned      count;

/* The walk from its start to its end. */
static bool walk(struct slice text, struct parse_fault *fault)
{
    memset(first, 0, sizeof first);
    lines_start(&l, test_guarded(text));
    count = lines_read(&l, found, first, fault);
    CHECK(count <= l.most);
    return fault->expected == NULL;
}

/* RFC 3261 7.3.1 */
TEST(lines_are_cut_with_their_folds_and_ends)
{
    static const char  text[] = "start\r\nVia : a\tb \r\n\tc\r\nSubject:\r\nl:0\n\r\nbody: x\r\n";
    struct parse_fault fault  = { 0 };

    CHECK(walk(slice_from(text), &fault));
    CHECK_INT(5, l.start_end);
    CHECK_INT(3, count);
    CHECK_INT(HEADER_VIA, found[0].id);
    CHECK_SLICE("Via", found[0].name);
    CHECK_SLICE("a\tb \r\n\tc", found[0].value);
    CHECK_SLICE("Via : a\tb \r\n\tc\r\n", found[0].line);
    CHECK_SLICE("", found[1].value);
    CHECK_INT(HEADER_CONTENT_LENGTH, found[2].id);
    CHECK_SLICE("0", found[2].value);
    CHECK_SLICE("body: x\r\n", slice_from(text + l.body));
}

/* A message is copied as soon as it is known how many fields there may be. */
TEST(fields_may_be_those_of_a_copy)
{
    struct parse_fault fault  = { 0 };
    char               text[] = "s\r\nA: 1\r\nB: 2\r\n 3\r\n\r\nbody", copy[sizeof text];

    lines_start(&l, slice_from(text));
    memcpy(copy, text, sizeof text);
    lines_move(&l, copy);
    CHECK_INT(2, lines_read(&l, found, first, &fault));
    memset(text, '\n', sizeof text);
    CHECK_SLICE("2\r\n 3", found[1].value);
    CHECK(found[1].line.ptr > copy && found[1].line.ptr < copy + sizeof copy);
    CHECK_SLICE("body", slice_from(copy + l.body));
}

static void check_linked(const char *text)
{
    struct parse_fault fault = { 0 };

    CHECK(walk(slice_from(text), &fault));
    CHECK_INT(6, count);
    CHECK_INT(1, first[HEADER_VIA]);
    CHECK_INT(3, found[0].next);
    CHECK_INT(6, found[2].next);
    CHECK_INT(0, found[5].next);
    CHECK_INT(2, first[HEADER_TO]);
    CHECK_INT(0, found[1].next);
    CHECK_INT(4, first[HEADER_OTHER]);
    CHECK_INT(0, first[HEADER_FROM]);
}

/* So the next Via is found, and what may stand once only is seen to stand twice. */
TEST(fields_of_a_kind_are_linked)
{
    struct parse_fault fault = { 0 };

    check_linked("s\r\nVia: 1\r\nTo: 2\r\nv: 3\r\nX-Y: 4\r\nP-Asserted-Identity: 5\r\nVIA: 6\r\n\r\n");
    CHECK_INT(0, l.repeated);
    check_linked("s\r\nVia: 1\r\nTo: 2\r\nv: 3\r\n 4\r\nX-Y: 4\r\nP-Asserted-Identity: 5\r\nVIA: 6\r\n\r\n");
    CHECK_INT(0, l.repeated);
    CHECK(walk(SLICE("s\r\nTo: 2\r\nVia: 1\r\nTo: 2\r\n\r\n"), &fault));
    CHECK(l.repeated != 0);
    CHECK(walk(SLICE("s\r\nTo: 2\r\nVia: 1\r\n 1\r\nTo: 2\r\n\r\n"), &fault));
    CHECK(l.repeated != 0);
    CHECK(walk(SLICE("s\r\nTo: 2\r\nVia: 1\r\n\r\n"), &fault));
    CHECK_INT(0, l.repeated);
}

/* Where a name is looked for, there are places that hold none. */
TEST(name_of_zeros_is_none)
{
    for (size_t zeros = 0; zeros < 40; zeros++)
        for (size_t colon = 0; colon < 2; colon++) {
            char               text[80] = "s\r\n";
            struct parse_fault fault    = { 0 };

            memcpy(text + 3 + zeros, colon ? ": x\r\n\r\n" : "0 x\r\n\r\n", 7);
            CHECK(!walk((struct slice){ text, zeros + 10 }, &fault));
            CHECK_INT(0, count);
        }
}

/* It is known that each line ends with CRLF, of whatever names they are. */
TEST(lines_that_all_end_with_crlf_are_known_to)
{
    struct parse_fault fault = { 0 };

    CHECK(walk(SLICE("s\r\nVia: 1\r\nX-Y: 2\r\nAccept-Language: en\r\nl: 0\r\n\r\n"), &fault));
    CHECK(l.all_crlf);
    CHECK_INT(HEADER_ACCEPT_LANGUAGE, found[2].id);
    CHECK(walk(SLICE("s\r\nVia: 1\r\nX-Y: 2\nTo: 3\r\n\r\n"), &fault));
    CHECK(!l.all_crlf);
    CHECK(walk(SLICE("s\r\nVia: 1\r\nTo: 3\nl:\n\r\n"), &fault));
    CHECK(!l.all_crlf);
}

/* RFC 4475 3.1.1.2: control bytes may stand in a quoted string. */
TEST(other_control_bytes_do_not_end_a_line)
{
    static const char  text[] = "s\r\nA: \"\x01\0\x1f\x7f\"\r\n\r\n";
    struct parse_fault fault  = { 0 };

    CHECK(walk((struct slice){ text, sizeof text - 1 }, &fault));
    CHECK_INT(1, count);
    CHECK_INT(6, found[0].value.len);
}

/* A line end at every distance from the start, so that each lane of the bytes looked
 * at together is hit, and every length of what is left at the end. */
TEST(line_end_is_found_at_every_offset)
{
    for (size_t len = 0; len < 600; len++)
        for (int high = 0; high < 2; high++) {
            char               text[700] = "s\nA:";
            struct parse_fault fault     = { 0 };

            memset(text + 4, high ? 0xa0 : ' ' + 1, len);
            memcpy(text + 4 + len, "\r\n\r\n", 4);
            CHECK(walk((struct slice){ text, len + 8 }, &fault));
            CHECK_INT(len, found[0].value.len);
            CHECK_INT(len + 8, l.body);
        }
}

TEST(malformed_lines_are_left_out_and_the_walk_goes_on)
{
    static const struct {
        const char *text;
        size_t      offset;
        unsigned    fields;
    } bad[] = {
        { "s\r\nA: 1\r\nno colon\r\nB: 2\r\n\r\n", 9, 2 },
        { "s\r\nA: 1\r\n: empty\r\nB: 2\r\n\r\n", 9, 2 },
        { "s\r\nA: 1\r\nA B: x\r\nB: 2\r\n\r\n", 9, 2 },
        { "s\r\n folded start\r\nA: 1\r\n\r\n", 3, 1 },
        { "s\r\n A: folded\r\nA: 1\r\n\r\n", 3, 1 },
        { "s\r\nno colon\r\n here: neither\r\nA: 1\r\n\r\n", 3, 1 },
        { "s\r\nA: 1\rB: 2\r\n\r\n", 7, 1 },
        { "s\r\nA: 1\r\r\n\r\n", 7, 1 },
        { "s\r\nA: 1\r\n \r\r\nx\r\n\r\n", 10, 1 },
        { "s\r\nno colon\r\n \r\r\nA: 1\r\n\r\n", 14, 1 },
        { "s\r\nno colon\r\nA:\r1\r\n\r\n", 3, 1 },
        { "\rs\r\nno colon\r\n\r\n", 0, 0 },
        { "s\r\nA: 1\r\n", 9, 1 },
        { "s\r\nA: 1", 7, 1 },
        { "s\r\nA: 1\r", 7, 1 },
        { "s\r\nA: 1\n\r", 8, 1 },
        { "s", 1, 0 },
    };

    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        struct parse_fault fault = { 0 };

        CHECK(!walk(slice_from(bad[i].text), &fault));
        CHECK_INT(400, fault.status);
        CHECK_INT(bad[i].offset, fault.offset);
        CHECK_INT(bad[i].fields, count);
    }
}

/* Only what is in the header part counts: a body is its own affair. */
TEST(bare_cr_behind_the_empty_line_is_no_fault)
{
    struct parse_fault fault = { 0 };

    CHECK(walk(SLICE("s\r\nA: 1\r\n\r\nbo\rdy\r"), &fault));
    CHECK(walk(SLICE("s\r\nA: 1\r\n\n\r"), &fault));
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
    CHECK(walk(buf_slice(&b), &fault));
    CHECK_INT(LIMIT_HEADERS, count);
    b.len -= 2;
    buf_put(&b, SLICE("B: 1\r\n\r\n"));
    CHECK(buf_ok(&b));
    CHECK(!walk(buf_slice(&b), &fault));
    CHECK_INT(513, fault.status);
    CHECK_INT(LIMIT_HEADERS, count);
}

/* Its colon is the sixteenth byte, so what follows that is not compared with it. */
TEST(a_name_of_fifteen_bytes_needs_no_blank_behind_its_colon)
{
    struct parse_fault fault = { 0 };

    CHECK(walk(SLICE("s\r\nSession-Expires: 1800\r\nSession-Expires:1800\r\nSession-Expires:\t1800\r\nTo: a\r\n\r\n"),
               &fault));
    CHECK_INT(4, count);
    for (unsigned i = 0; i < 3; i++) {
        CHECK_INT(HEADER_SESSION_EXPIRES, found[i].id);
        CHECK_SLICE("Session-Expires", found[i].name);
        CHECK_SLICE("1800", found[i].value);
    }
}

/* More lines than are noted at once. */
TEST(field_may_have_any_number_of_folds)
{
    static char        text[64 * 1024];
    struct buf         b     = BUF_ON(text);
    struct parse_fault fault = { 0 };

    buf_put(&b, SLICE("s\nA:1"));
    while (b.len + 32 < sizeof text)
        buf_put(&b, SLICE("\n 2"));
    buf_put(&b, SLICE("\r\nB: 3\r\n\r\n"));
    CHECK(buf_ok(&b) && walk(buf_slice(&b), &fault));
    CHECK_INT(2, count);
    CHECK_SLICE("3", found[1].value);
    CHECK_INT(b.len, l.body);
}

static const char whole[] = "INVITE sip:bob@example.test SIP/2.0\r\n"
                            "Via: SIP/2.0/UDP 192.0.2.1:5060;branch=z9hG4bK1;rport\r\n"
                            "v : SIP/2.0/UDP 192.0.2.11\r\n"
                            "Max-Forwards: 69\n"
                            "From: \"Alice\" <sip:alice@example.test>;tag=19\r\n"
                            "To: \"Bob\" <sip:bob@example.test>\r\n"
                            "Subject:\r\n"
                            "Call-ID: a84b4c76e66710@192.0.2.11\r\n"
                            "CSeq: 314159\r\n INVITE\r\n"
                            "X-Unknown-Name-That-Is-Long: 1\r\n\t2 \r\n 3\r\n"
                            "l: 4\r\n\r\nbody";

/* Bytes moved, doubled, replaced, and the text cut, so that lines go wrong in many ways. */
static size_t spoil(char *text, size_t len)
{
    static const char bytes[] = "\r\n\r\n: \tx";
    size_t            at = (size_t)rand() % len, to = (size_t)rand() % len, run = (size_t)rand() % 4;

    if (at + run <= len && to + run <= len && rand() % 2 == 0)
        memmove(text + to, text + at, run);
    else
        text[at] = bytes[(size_t)rand() % (sizeof bytes - 1)];
    return rand() % 16 == 0 ? at + 1 : len;
}

/* A reader that shares nothing with this one: where it finds no fault, both find the same. */
TEST(lines_are_those_of_a_reader_of_its_own)
{
    static struct raw_message raw;
    unsigned                  same = 0;

    srand(3);
    for (int round = 0; round < 5000; round++) {
        char               text[sizeof whole];
        struct parse_fault fault = { 0 };
        size_t             len   = sizeof whole - 1;

        memcpy(text, whole, sizeof whole);
        for (int i = round % 4; i > 0; i--)
            len = spoil(text, len);
        if (!walk((struct slice){ text, len }, &fault))
            continue;
        same++;
        CHECK(raw_read(&raw, (struct slice){ text, len }));
        CHECK_INT(raw.count, count);
        for (unsigned i = 0; i < count; i++) {
            assert_true(slice_eq(raw.lines[i].name, found[i].name));
            assert_true(slice_eq(raw.lines[i].text, found[i].line));
        }
        assert_true(raw.behind.len == len - l.body);
    }
    CHECK(same > 1000);
}

TEST(earlier_fault_is_kept)
{
    struct parse_fault fault = { .expected = "x", .offset = 5, .status = 505 };

    CHECK(!walk(SLICE("s\r\n"), &fault));
    CHECK_INT(505, fault.status);
    CHECK_INT(5, fault.offset);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(lines_are_cut_with_their_folds_and_ends),
        cmocka_unit_test(fields_may_be_those_of_a_copy),
        cmocka_unit_test(fields_of_a_kind_are_linked),
        cmocka_unit_test(name_of_zeros_is_none),
        cmocka_unit_test(lines_that_all_end_with_crlf_are_known_to),
        cmocka_unit_test(other_control_bytes_do_not_end_a_line),
        cmocka_unit_test(line_end_is_found_at_every_offset),
        cmocka_unit_test(malformed_lines_are_left_out_and_the_walk_goes_on),
        cmocka_unit_test(bare_cr_behind_the_empty_line_is_no_fault),
        cmocka_unit_test(number_of_fields_is_limited),
        cmocka_unit_test(a_name_of_fifteen_bytes_needs_no_blank_behind_its_colon),
        cmocka_unit_test(field_may_have_any_number_of_folds),
        cmocka_unit_test(lines_are_those_of_a_reader_of_its_own),
        cmocka_unit_test(earlier_fault_is_kept),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
