/* SPDX-License-Identifier: BSD-2-Clause */
#include "rtp/packet.h"
#include "support/test.h"

/* A literal with zeros in it, against the guard page. */
#define BYTES(lit) test_guarded((struct slice){ (lit), sizeof(lit) - 1 })

#define PLAIN "\x80\x88\x12\x34\x00\x00\x03\xe8\xde\xad\xbe\xef"

/* RFC 3550 5.1. */
TEST(header_fields_are_read)
{
    struct rtp_packet p;

    CHECK(rtp_packet_parse(BYTES(PLAIN "abc"), &p));
    CHECK(p.marker);
    CHECK_INT(8, p.payload_type);
    CHECK_INT(0x1234, p.sequence);
    CHECK_INT(1000, p.timestamp);
    CHECK_INT(0xdeadbeef, p.ssrc);
    CHECK_INT(0, p.csrc_count);
    CHECK_SLICE("abc", p.payload);
}

TEST(contributing_sources_are_read)
{
    struct rtp_packet p;

    CHECK(rtp_packet_parse(BYTES("\x82\x00\x00\x01\x00\x00\x00\x02\x00\x00\x00\x03"
                                 "\x00\x00\x00\x11\x00\x00\x00\x22"
                                 "x"),
                           &p));
    CHECK_INT(2, p.csrc_count);
    CHECK_INT(0x11, p.csrc[0]);
    CHECK_INT(0x22, p.csrc[1]);
    CHECK_SLICE("x", p.payload);
}

/* RFC 3550 5.3.1. */
TEST(an_extension_is_read_and_left_out_of_the_payload)
{
    struct rtp_packet p;

    CHECK(rtp_packet_parse(BYTES("\x90\x00\x00\x01\x00\x00\x00\x02\x00\x00\x00\x03"
                                 "\xbe\xde\x00\x01"
                                 "extn"
                                 "pay"),
                           &p));
    CHECK(p.has_extension);
    CHECK_INT(0xbede, p.extension_profile);
    CHECK_SLICE("extn", p.extension);
    CHECK_SLICE("pay", p.payload);
}

TEST(padding_is_cut_off)
{
    struct rtp_packet p;

    CHECK(rtp_packet_parse(BYTES("\xa0\x00\x00\x01\x00\x00\x00\x02\x00\x00\x00\x03"
                                 "pay"
                                 "\x00\x00\x03"),
                           &p));
    CHECK_INT(3, p.padding);
    CHECK_SLICE("pay", p.payload);
}

TEST(a_packet_of_nothing_but_padding_has_an_empty_payload)
{
    struct rtp_packet p;

    CHECK(rtp_packet_parse(BYTES("\xa0\x00\x00\x01\x00\x00\x00\x02\x00\x00\x00\x03\x01"), &p));
    CHECK_INT(0, p.payload.len);
}

/* RFC 3550 A.1. */
TEST(what_is_no_rtp_is_refused)
{
    static const struct slice bad[] = {
        SLICE_INIT(""),
        SLICE_INIT("\x80"),
        SLICE_INIT("\x80\x00\x00\x01\x00\x00\x00\x02\x00\x00\x00"),                 /* cut off         */
        SLICE_INIT("\x40\x00\x00\x01\x00\x00\x00\x02\x00\x00\x00\x03"),             /* version 1       */
        SLICE_INIT("\x81\x00\x00\x01\x00\x00\x00\x02\x00\x00\x00\x03\x00\x00\x00"), /* CSRC cut off    */
        SLICE_INIT("\x90\x00\x00\x01\x00\x00\x00\x02\x00\x00\x00\x03\x00\x00\x00"), /* extension, none */
        SLICE_INIT("\x90\x00\x00\x01\x00\x00\x00\x02\x00\x00\x00\x03\x00\x00\xff\xff"
                   "x"),                                                /* longer than all */
        SLICE_INIT("\xa0\x00\x00\x01\x00\x00\x00\x02\x00\x00\x00\x03"), /* padding, none   */
        SLICE_INIT("\xa0\x00\x00\x01\x00\x00\x00\x02\x00\x00\x00\x03"
                   "ab\x00"), /* counts zero     */
        SLICE_INIT("\xa0\x00\x00\x01\x00\x00\x00\x02\x00\x00\x00\x03"
                   "ab\x04"),                                           /* more than all   */
        SLICE_INIT("\x80\xc8\x00\x01\x00\x00\x00\x02\x00\x00\x00\x03"), /* an SR           */
        SLICE_INIT("\x80\xcc\x00\x01\x00\x00\x00\x02\x00\x00\x00\x03"), /* an APP          */
    };
    struct rtp_packet p;

    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        CHECK(!rtp_packet_parse(test_guarded(bad[i]), &p));
}

TEST(every_prefix_of_a_full_packet_is_safe)
{
    static const char full[] = "\xb1\x80\x00\x01\x00\x00\x00\x02\x00\x00\x00\x03"
                               "\x00\x00\x00\x11\x00\x01\x00\x01"
                               "extnpay\x01";
    struct rtp_packet p;

    for (size_t len = 0; len < sizeof full - 1; len++) {
        struct slice cut = test_guarded((struct slice){ full, len });

        if (rtp_packet_parse(cut, &p))
            CHECK(p.payload.len + p.padding + 24 == len);
    }
    CHECK(rtp_packet_parse(BYTES("\xb1\x80\x00\x01\x00\x00\x00\x02\x00\x00\x00\x03"
                                 "\x00\x00\x00\x11\x00\x01\x00\x01"
                                 "extnpay\x01"),
                           &p));
}

TEST(what_is_written_is_read_back)
{
    char              memory[64];
    struct buf        b    = BUF_ON(memory);
    struct rtp_packet want = {
        .marker            = true,
        .payload_type      = 101,
        .sequence          = 65535,
        .timestamp         = 0xfffffff0,
        .ssrc              = 7,
        .csrc_count        = 1,
        .csrc              = { 9 },
        .has_extension     = true,
        .extension_profile = 0x1000,
        .extension         = SLICE_INIT("12345678"),
        .padding           = 2,
        .payload           = SLICE_INIT("sound"),
    };
    struct rtp_packet got;

    rtp_packet_write(&b, &want);
    CHECK(buf_ok(&b));
    CHECK_INT(12 + 4 + 4 + 8 + 5 + 2, b.len);
    CHECK(rtp_packet_parse(buf_slice(&b), &got));
    CHECK(got.marker);
    CHECK_INT(101, got.payload_type);
    CHECK_INT(65535, got.sequence);
    CHECK_INT(0xfffffff0, got.timestamp);
    CHECK_INT(7, got.ssrc);
    CHECK_INT(9, got.csrc[0]);
    CHECK_INT(0x1000, got.extension_profile);
    CHECK_SLICE("12345678", got.extension);
    CHECK_INT(2, got.padding);
    CHECK_SLICE("sound", got.payload);
}

TEST(an_extension_of_odd_length_cannot_be_written)
{
    char              memory[64];
    struct buf        b = BUF_ON(memory);
    struct rtp_packet p = { .has_extension = true, .extension = SLICE_INIT("123") };

    rtp_packet_write(&b, &p);
    CHECK(!buf_ok(&b));
}

/* RFC 5761 4. */
TEST(control_packets_are_told_from_rtp)
{
    CHECK(rtp_is_rtcp(BYTES("\x80\xc8")));
    CHECK(rtp_is_rtcp(BYTES("\x81\xcd")));
    CHECK(!rtp_is_rtcp(BYTES("\x80\x80")));
    CHECK(!rtp_is_rtcp(BYTES("\x80\x00")));
    CHECK(!rtp_is_rtcp(BYTES("\x00\xc8")));
    CHECK(!rtp_is_rtcp(BYTES("\x80")));
}

TEST(distances_wrap)
{
    CHECK_INT(2, sequence_distance(1, 65535));
    CHECK_INT(-2, sequence_distance(65535, 1));
    CHECK_INT(32, timestamp_distance(16, 0xfffffff0));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(header_fields_are_read),
        cmocka_unit_test(contributing_sources_are_read),
        cmocka_unit_test(an_extension_is_read_and_left_out_of_the_payload),
        cmocka_unit_test(padding_is_cut_off),
        cmocka_unit_test(a_packet_of_nothing_but_padding_has_an_empty_payload),
        cmocka_unit_test(what_is_no_rtp_is_refused),
        cmocka_unit_test(every_prefix_of_a_full_packet_is_safe),
        cmocka_unit_test(what_is_written_is_read_back),
        cmocka_unit_test(an_extension_of_odd_length_cannot_be_written),
        cmocka_unit_test(control_packets_are_told_from_rtp),
        cmocka_unit_test(distances_wrap),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
