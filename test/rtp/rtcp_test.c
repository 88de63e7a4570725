/* SPDX-License-Identifier: BSD-2-Clause */
#include "rtp/rtcp.h"
#include "support/test.h"

#define BYTES(lit) test_guarded((struct slice){ (lit), sizeof(lit) - 1 })

/* RR of source 0x11 without blocks, and a BYE of it. */
#define RR  "\x80\xc9\x00\x01\x00\x00\x00\x11"
#define BYE "\x81\xcb\x00\x01\x00\x00\x00\x11"

static const struct rtcp_report sr = {
    .ssrc = 0x11, .is_sender = true, .ntp = 0x0123456789abcdefu, .timestamp = 160, .packets = 5, .octets = 800
};

static struct rtcp_packet parse_first(struct slice bytes)
{
    struct scan        s = scan_from(bytes);
    struct rtcp_packet p = { 0 };

    CHECK(rtcp_next(&s, &p));
    return p;
}

/* RFC 3550 6.4.1. */
TEST(a_sender_report_with_blocks_is_written_and_read)
{
    struct rtcp_block  blocks[2] = { { .ssrc = 1, .fraction = 128, .lost = -3, .highest_sequence = 70000, .jitter = 9 },
                                     { .ssrc = 2, .lost = 8000000, .last_sr = 0xabcd, .delay = 65536 } };
    char               memory[128];
    struct buf         b = BUF_ON(memory);
    struct rtcp_packet p;
    struct rtcp_report r;
    struct rtcp_block  got;

    rtcp_write_report(&b, &sr, blocks, 2);
    CHECK_INT(4 + 24 + 2 * 24, b.len);
    CHECK(rtcp_compound_valid(test_guarded(buf_slice(&b))));
    p = parse_first(test_guarded(buf_slice(&b)));
    CHECK(rtcp_report_parse(&p, &r));
    CHECK(r.is_sender);
    CHECK_INT(0x11, r.ssrc);
    CHECK(r.ntp == sr.ntp);
    CHECK_INT(160, r.timestamp);
    CHECK_INT(5, r.packets);
    CHECK_INT(800, r.octets);
    CHECK_INT(2, r.block_count);
    CHECK(rtcp_block_parse(&p, 0, &got));
    CHECK_INT(128, got.fraction);
    CHECK_INT(-3, got.lost);
    CHECK_INT(70000, got.highest_sequence);
    CHECK_INT(9, got.jitter);
    CHECK(rtcp_block_parse(&p, 1, &got));
    CHECK_INT(2, got.ssrc);
    CHECK_INT(8000000, got.lost);
    CHECK_INT(0xabcd, got.last_sr);
    CHECK_INT(65536, got.delay);
    CHECK(!rtcp_block_parse(&p, 2, &got));
}

/* RFC 3550 A.3: 24 bits with sign. */
TEST(cumulative_loss_is_clamped)
{
    struct rtcp_block  blocks[2] = { { .lost = INT32_MAX }, { .lost = INT32_MIN } };
    struct rtcp_report rr        = { .ssrc = 1 };
    char               memory[128];
    struct buf         b = BUF_ON(memory);
    struct rtcp_packet p;
    struct rtcp_block  got;

    rtcp_write_report(&b, &rr, blocks, 2);
    p = parse_first(test_guarded(buf_slice(&b)));
    CHECK_INT(RTCP_RR, p.type);
    CHECK(rtcp_block_parse(&p, 0, &got));
    CHECK_INT(0x7fffff, got.lost);
    CHECK(rtcp_block_parse(&p, 1, &got));
    CHECK_INT(-0x800000, got.lost);
}

/* RFC 3550 A.2. */
TEST(compounds_are_checked_as_a_whole)
{
    static const struct {
        struct slice bytes;
        bool         valid;
    } table[] = {
        { SLICE_INIT(RR), true },
        { SLICE_INIT(RR BYE), true },
        { SLICE_INIT(RR "\x80\xff\x00\x00"), true },                                 /* unknown type           */
        { SLICE_INIT(RR "\xa1\xcb\x00\x02\x00\x00\x00\x11\x00\x00\x00\x04"), true }, /* padding in the last    */
        { SLICE_INIT(""), false },
        { SLICE_INIT("\x80\xc9\x00"), false },
        { SLICE_INIT(BYE), false },                                                       /* no report first    */
        { SLICE_INIT(RR "\x81"), false },                                                 /* a byte too much    */
        { SLICE_INIT("\x80\xc9\x00\x02\x00\x00\x00\x11"), false },                        /* too short          */
        { SLICE_INIT(RR "\x41\xcb\x00\x01\x00\x00\x00\x11"), false },                     /* version 1          */
        { SLICE_INIT("\xa0\xc9\x00\x02\x00\x00\x00\x11\x00\x00\x00\x04"), false },        /* padding first      */
        { SLICE_INIT(RR "\xa1\xcb\x00\x02\x00\x00\x00\x11\x00\x00\x00\x04" BYE), false }, /* padding in between */
        { SLICE_INIT(RR "\xa1\xcb\x00\x01\x00\x00\x00\x08"), false },                     /* more than its body */
        { SLICE_INIT(RR "\xa1\xcb\x00\x01\x00\x00\x00\x03"), false },                     /* no multiple of 4   */
        { SLICE_INIT(RR "\xa1\xcb\x00\x01\x00\x00\x00\x00"), false },                     /* of zero bytes      */
        { SLICE_INIT(RR "\xa0\xcb\x00\x00"), false },                                     /* no room for it     */
    };

    for (size_t i = 0; i < sizeof table / sizeof *table; i++)
        CHECK(table[i].valid == rtcp_compound_valid(test_guarded(table[i].bytes)));
}

TEST(a_report_that_lacks_its_blocks_is_refused)
{
    struct rtcp_packet p = parse_first(BYTES("\x82\xc9\x00\x01\x00\x00\x00\x11"));
    struct rtcp_report r;
    struct rtcp_block  block;

    CHECK(!rtcp_report_parse(&p, &r));
    CHECK(!rtcp_block_parse(&p, 0, &block));
    p = parse_first(BYTES("\x80\xc8\x00\x01\x00\x00\x00\x11")); /* SR without sender info */
    CHECK(!rtcp_report_parse(&p, &r));
    p = parse_first(BYTES(BYE));
    CHECK(!rtcp_report_parse(&p, &r));
}

/* RFC 3550 6.5: the list of items ends with a zero, at any alignment. */
TEST(a_cname_of_any_length_is_written_and_read)
{
    static const char name[] = "abcdefghij";

    for (size_t len = 0; len < sizeof name; len++) {
        char               memory[64];
        struct buf         b = BUF_ON(memory);
        struct rtcp_packet p;
        struct slice       got;

        rtcp_write_report(&b, &(struct rtcp_report){ .ssrc = 3 }, NULL, 0);
        rtcp_write_cname(&b, 3, (struct slice){ name, len });
        CHECK(rtcp_compound_valid(test_guarded(buf_slice(&b))));
        p = parse_first(test_guarded((struct slice){ memory + 8, b.len - 8 }));
        CHECK(rtcp_sdes_item(&p, 3, RTCP_SDES_CNAME, &got));
        CHECK_INT(len, got.len);
        CHECK(memcmp(got.ptr, name, len) == 0);
        CHECK(!rtcp_sdes_item(&p, 4, RTCP_SDES_CNAME, &got));
    }
}

TEST(the_second_chunk_of_an_sdes_is_found)
{
    struct rtcp_packet p = parse_first(BYTES("\x82\xca\x00\x06"
                                             "\x00\x00\x00\x01\x01\x02"
                                             "ab\x02\x01"
                                             "n\x00"
                                             "\x00\x00\x00\x02\x01\x03"
                                             "xyz\x00\x00\x00"));
    struct slice       value;

    CHECK(rtcp_sdes_item(&p, 1, RTCP_SDES_CNAME, &value));
    CHECK_SLICE("ab", value);
    CHECK(rtcp_sdes_item(&p, 1, 2, &value));
    CHECK_SLICE("n", value);
    CHECK(rtcp_sdes_item(&p, 2, RTCP_SDES_CNAME, &value));
    CHECK_SLICE("xyz", value);
}

TEST(an_sdes_that_is_cut_off_gives_nothing)
{
    struct rtcp_packet p = parse_first(BYTES("\x81\xca\x00\x02\x00\x00\x00\x01\x01\x09"
                                             "ab"));
    struct slice       value;

    CHECK(!rtcp_sdes_item(&p, 1, RTCP_SDES_CNAME, &value));
    p = parse_first(BYTES("\x82\xca\x00\x02\x00\x00\x00\x01\x00\x00\x00\x00")); /* the second chunk is missing */
    CHECK(!rtcp_sdes_item(&p, 2, RTCP_SDES_CNAME, &value));
    p = parse_first(BYTES("\x9f\xca\x00\x00"));
    CHECK(!rtcp_sdes_item(&p, 0, RTCP_SDES_CNAME, &value));
}

/* RFC 3550 6.6. */
TEST(a_bye_names_its_sources_and_its_reason)
{
    char               memory[64];
    struct buf         b = BUF_ON(memory);
    struct rtcp_packet p;

    rtcp_write_bye(&b, 5, SLICE("done"));
    CHECK_INT(0, b.len % 4);
    p = parse_first(test_guarded(buf_slice(&b)));
    CHECK(rtcp_bye_names(&p, 5));
    CHECK(!rtcp_bye_names(&p, 6));
    CHECK_SLICE("done", rtcp_bye_reason(&p));
    p = parse_first(BYTES(BYE));
    CHECK(rtcp_bye_names(&p, 0x11));
    CHECK_SLICE("", rtcp_bye_reason(&p));
    p = parse_first(BYTES("\x82\xcb\x00\x01\x00\x00\x00\x11")); /* says two, has one */
    CHECK(!rtcp_bye_names(&p, 0x11));
    p = parse_first(BYTES("\x81\xcb\x00\x02\x00\x00\x00\x11\x09"
                          "abc")); /* reason longer than the packet */
    CHECK_SLICE("", rtcp_bye_reason(&p));
}

TEST(long_texts_are_cut_at_255_bytes)
{
    char               text[300], memory[400];
    struct buf         b = BUF_ON(memory);
    struct rtcp_packet p;

    memset(text, 'x', sizeof text);
    rtcp_write_bye(&b, 5, (struct slice){ text, sizeof text });
    CHECK(buf_ok(&b));
    p = parse_first(test_guarded(buf_slice(&b)));
    CHECK_INT(255, rtcp_bye_reason(&p).len);
}

/* RFC 3550 6.7: APP and what is unknown is stepped over. */
TEST(the_walk_ends_at_what_is_malformed)
{
    struct slice       bytes = BYTES(RR "\x80\xcc\x00\x02\x00\x00\x00\x11"
                                              "name" BYE "\x80\xcb\x00\x09");
    struct scan        s     = scan_from(bytes);
    struct rtcp_packet p;

    CHECK(rtcp_next(&s, &p));
    CHECK(rtcp_next(&s, &p));
    CHECK_INT(RTCP_APP, p.type);
    CHECK_INT(8, p.body.len);
    CHECK(rtcp_next(&s, &p));
    CHECK_INT(RTCP_BYE, p.type);
    CHECK(!rtcp_next(&s, &p));
    CHECK_INT(bytes.len - 4, s.at - bytes.ptr);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_sender_report_with_blocks_is_written_and_read),
        cmocka_unit_test(cumulative_loss_is_clamped),
        cmocka_unit_test(compounds_are_checked_as_a_whole),
        cmocka_unit_test(a_report_that_lacks_its_blocks_is_refused),
        cmocka_unit_test(a_cname_of_any_length_is_written_and_read),
        cmocka_unit_test(the_second_chunk_of_an_sdes_is_found),
        cmocka_unit_test(an_sdes_that_is_cut_off_gives_nothing),
        cmocka_unit_test(a_bye_names_its_sources_and_its_reason),
        cmocka_unit_test(long_texts_are_cut_at_255_bytes),
        cmocka_unit_test(the_walk_ends_at_what_is_malformed),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
