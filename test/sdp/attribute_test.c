/* SPDX-License-Identifier: BSD-2-Clause */
#include "sdp/attribute.h"

#include "support/test.h"

#include <stdio.h>

static char         memory[64 * 1024];
static struct arena arena;
static struct sdp   sdp;

/* A description with one stream, whose last lines are `lines`. */
static const struct sdp_media *stream(const char *session_lines, const char *lines)
{
    static char      text[2048];
    struct buf       b = BUF_ON(text);
    struct sdp_fault fault;

    buf_printf(&b,
               "v=0\r\no=- 1 1 IN IP4 192.0.2.1\r\ns=-\r\nc=IN IP4 192.0.2.5\r\nt=0 0\r\n%s"
               "m=audio 4000 RTP/AVP 0 96 97\r\n%s",
               session_lines, lines);
    arena_init(&arena, memory, sizeof memory, 0);
    CHECK(sdp_parse(test_guarded(buf_slice(&b)), &arena, &sdp, &fault));
    return &sdp.media[0];
}

/* RFC 3264 6.1, 8.4. */
TEST(directions_are_inverted_and_put_on_hold)
{
    CHECK_INT(SDP_SENDRECV, sdp_direction_invert(SDP_SENDRECV));
    CHECK_INT(SDP_RECVONLY, sdp_direction_invert(SDP_SENDONLY));
    CHECK_INT(SDP_SENDONLY, sdp_direction_invert(SDP_RECVONLY));
    CHECK_INT(SDP_INACTIVE, sdp_direction_invert(SDP_INACTIVE));
    CHECK_INT(SDP_SENDONLY, sdp_direction_hold(SDP_SENDRECV));
    CHECK_INT(SDP_INACTIVE, sdp_direction_hold(SDP_RECVONLY));
    CHECK_INT(SDP_SENDONLY, sdp_direction_hold(SDP_SENDONLY));
    CHECK_INT(SDP_INACTIVE, sdp_direction_hold(SDP_INACTIVE));
}

/* RFC 8866 6.7. */
TEST(a_direction_is_that_of_the_stream_else_of_the_session_else_sendrecv)
{
    const struct sdp_media *m = stream("", "");

    CHECK_INT(SDP_SENDRECV, sdp_media_direction(&sdp, m));
    m = stream("a=sendonly\r\n", "");
    CHECK_INT(SDP_SENDONLY, sdp_media_direction(&sdp, m));
    m = stream("a=sendonly\r\n", "a=inactive\r\n");
    CHECK_INT(SDP_INACTIVE, sdp_media_direction(&sdp, m));
    m = stream("", "a=recvonly:\r\na=ptime:20\r\n"); /* no direction: it has a value */
    CHECK_INT(SDP_SENDRECV, sdp_media_direction(&sdp, m));
}

/* RFC 8866 6.6. */
TEST(formats_come_from_rtpmap)
{
    const struct sdp_media *m = stream("", "a=rtpmap:96 opus/48000/2\r\na=rtpmap:97  telephone-event/8000 \r\n");
    struct sdp_format       f;

    CHECK(sdp_media_format(m, 96, &f));
    CHECK_SLICE("opus", f.name);
    CHECK_INT(48000, f.clock);
    CHECK_INT(2, f.channels);
    CHECK(sdp_media_format(m, 97, &f));
    CHECK_SLICE("telephone-event", f.name);
    CHECK_INT(1, f.channels);
    CHECK(!sdp_media_format(m, 98, &f));
}

/* RFC 3551 6. */
TEST(static_payload_types_need_no_rtpmap)
{
    const struct sdp_media *m = stream("", "a=rtpmap:8 L16/16000\r\n");
    struct sdp_format       f;

    CHECK(sdp_media_format(m, 0, &f));
    CHECK_SLICE("PCMU", f.name);
    CHECK_INT(8000, f.clock);
    CHECK(sdp_media_format(m, 9, &f));
    CHECK_SLICE("G722", f.name);
    CHECK_INT(8000, f.clock);
    CHECK(sdp_media_format(m, 18, &f));
    CHECK_SLICE("G729", f.name);
    CHECK(sdp_media_format(m, 8, &f)); /* what is said goes before what is known */
    CHECK_SLICE("L16", f.name);
    CHECK(!sdp_media_format(m, 1, &f)); /* reserved */
    CHECK(!sdp_media_format(m, 95, &f));
    CHECK(!sdp_media_format(m, 200, &f));
}

TEST(a_malformed_rtpmap_is_no_rtpmap)
{
    static const char *const bad[] = {
        "a=rtpmap:96\r\n",
        "a=rtpmap:96 \r\n",
        "a=rtpmap:96 opus\r\n",
        "a=rtpmap:96 opus/\r\n",
        "a=rtpmap:96 /8000\r\n",
        "a=rtpmap:96 opus/0\r\n",
        "a=rtpmap:96 opus/8000/x\r\n",
        "a=rtpmap:x opus/8000\r\n",
        "a=rtpmap:96opus/8000\r\n",
        "a=rtpmap:96 opus/8000x\r\n",
        "a=rtpmap:96 opus/8000/2x\r\n",
    };
    struct sdp_format f;

    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        CHECK(!sdp_media_format(stream("", bad[i]), 96, &f));
}

TEST(formats_are_equal_by_name_in_any_case_clock_and_channels)
{
    struct sdp_format a = { SLICE_INIT("PCMU"), 8000, 1 }, b = { SLICE_INIT("pcmu"), 8000, 1 };

    CHECK(sdp_format_eq(&a, &b));
    b.channels = 2;
    CHECK(!sdp_format_eq(&a, &b));
    b = (struct sdp_format){ SLICE_INIT("PCMU"), 16000, 1 };
    CHECK(!sdp_format_eq(&a, &b));
    b = (struct sdp_format){ SLICE_INIT("PCMA"), 8000, 1 };
    CHECK(!sdp_format_eq(&a, &b));
}

TEST(payload_types_are_numbers_up_to_127)
{
    uint8_t number;

    CHECK(sdp_payload_type(SLICE("0"), &number));
    CHECK(sdp_payload_type(SLICE("127"), &number));
    CHECK_INT(127, number);
    CHECK(!sdp_payload_type(SLICE("128"), &number));
    CHECK(!sdp_payload_type(SLICE("*"), &number));
    CHECK(!sdp_payload_type(SLICE("1x"), &number));
    CHECK(!sdp_payload_type(SLICE(""), &number));
}

/* RFC 8866 6.15. */
TEST(fmtp_is_found_by_payload_type)
{
    const struct sdp_media *m = stream("", "a=fmtp:96 useinbandfec=1; stereo=0\r\na=fmtp:97 0-15\r\na=fmtp:9\r\n");

    CHECK_SLICE("useinbandfec=1; stereo=0", sdp_media_fmtp(m, 96));
    CHECK_SLICE("0-15", sdp_media_fmtp(m, 97));
    CHECK_INT(0, sdp_media_fmtp(m, 9).len);
    CHECK_INT(0, sdp_media_fmtp(m, 0).len);
}

/* RFC 8866 6.4, 6.5. */
TEST(packet_times_are_read)
{
    const struct sdp_media *m = stream("", "a=ptime:30\r\na=maxptime:60.5\r\n");

    CHECK_INT(30, sdp_media_ptime(m));
    CHECK_INT(60, sdp_media_maxptime(m));
    m = stream("", "a=ptime:x\r\n");
    CHECK_INT(0, sdp_media_ptime(m));
    m = stream("", "a=ptime:99999999999\r\na=maxptime\r\n");
    CHECK_INT(0, sdp_media_ptime(m));
    CHECK_INT(0, sdp_media_maxptime(m));
}

/* RFC 8866 5.8. */
TEST(bandwidth_is_that_of_the_stream_else_of_the_session)
{
    uint32_t value;

    CHECK(sdp_media_bandwidth(&sdp, stream("b=AS:256\r\n", "b=TIAS:64000\r\n"), SLICE("AS"), &value));
    CHECK_INT(256, value);
    CHECK(sdp_media_bandwidth(&sdp, stream("b=AS:256\r\n", "b=AS:0\r\n"), SLICE("AS"), &value));
    CHECK_INT(0, value);
    CHECK(!sdp_media_bandwidth(&sdp, stream("", "b=AS:many\r\n"), SLICE("AS"), &value));
}

TEST(rtcp_goes_to_the_port_above)
{
    const struct sdp_media *m = stream("", "");
    struct address          a, want = address_v4(192, 0, 2, 5, 4000);

    CHECK(sdp_media_rtp_address(m, &a));
    CHECK(address_eq(&want, &a));
    CHECK(sdp_media_rtcp_address(m, &a));
    want.port = 4001;
    CHECK(address_eq(&want, &a));
}

/* RFC 3605 2.1. */
TEST(rtcp_goes_where_its_attribute_says)
{
    struct address a, want = address_v4(192, 0, 2, 5, 53020);

    CHECK(sdp_media_rtcp_address(stream("", "a=rtcp:53020\r\n"), &a));
    CHECK(address_eq(&want, &a));
    want = address_v4(126, 16, 64, 4, 53020);
    CHECK(sdp_media_rtcp_address(stream("", "a=rtcp:53020 IN IP4 126.16.64.4\r\n"), &a));
    CHECK(address_eq(&want, &a));
}

/* Nor one that RTP has no way to: no reports to whom a stranger names. */
TEST(an_attribute_of_rtcp_that_is_malformed_says_nothing)
{
    static const char *const values[] = { "70000",
                                          "0",
                                          "x",
                                          "53020 IN",
                                          "53020 ATM NSAP 47.0091",
                                          "53020 IN IP4 host.example.com",
                                          "53020 IN IP6 2001:db8::1",
                                          "53020 IN IP4 224.2.1.1/127",
                                          "53020 IN IP4 0.0.0.0" };
    struct address           a, want = address_v4(192, 0, 2, 5, 4001);

    for (size_t i = 0; i < sizeof values / sizeof *values; i++) {
        char text[64];

        snprintf(text, sizeof text, "a=rtcp:%s\r\n", values[i]);
        CHECK(sdp_media_rtcp_address(stream("", text), &a));
        if (!address_eq(&want, &a))
            fail_msg("%s", text);
    }
}

TEST(a_host_name_is_no_address)
{
    struct address a;

    CHECK(!sdp_media_rtp_address(stream("", "c=IN IP4 host.example.com\r\n"), &a));
    CHECK_INT(FAMILY_NONE, a.family);
    CHECK_INT(4000, a.port);
}

TEST(attributes_are_found_one_after_the_other)
{
    const struct sdp_media *m    = stream("", "a=x:1\r\na=y\r\na=x:2\r\n");
    const struct sdp_line  *line = sdp_attribute(m->lines, m->line_count, SLICE("x"), NULL);

    CHECK_SLICE("1", line->value);
    line = sdp_attribute(m->lines, m->line_count, SLICE("x"), line);
    CHECK_SLICE("2", line->value);
    CHECK(sdp_attribute(m->lines, m->line_count, SLICE("x"), line) == NULL);
    CHECK(sdp_attribute(m->lines, m->line_count, SLICE("X"), NULL) == NULL);
}

static struct slice written(const char *list, char *text, size_t room)
{
    struct buf        b = buf_on(text, room);
    struct sdp_events e;

    CHECK(sdp_events_parse(test_guarded(slice_from(list)), &e));
    sdp_events_write(&b, &e);
    return buf_slice(&b);
}

/* RFC 4733 2.4.1. */
TEST(event_lists_are_read_and_written)
{
    char text[128];

    CHECK_SLICE("0-15,66,70", written("0-15,66,70", text, sizeof text));
    CHECK_SLICE("0-15", written("", text, sizeof text));
    CHECK_SLICE("0-11", written("events=0-11", text, sizeof text));
    CHECK_SLICE("1-3,255", written(" 3, 1-2 ,255;rate=8000", text, sizeof text));
    CHECK_SLICE("0-255", written("0-255", text, sizeof text));
}

TEST(event_lists_that_are_none_are_refused)
{
    static const char *const bad[] = { "x", "1-", "5-2", "256", "0-256", "1,,2", "1,", "1 2" };
    struct sdp_events        e;

    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        CHECK(!sdp_events_parse(test_guarded(slice_from(bad[i])), &e));
}

TEST(what_both_know_is_the_intersection)
{
    struct sdp_events a, b, both;
    char              text[64];
    struct buf        out = BUF_ON(text);

    sdp_events_parse(SLICE("0-15,66"), &a);
    sdp_events_parse(SLICE("10-20,66"), &b);
    both = sdp_events_both(&a, &b);
    sdp_events_write(&out, &both);
    CHECK_SLICE("10-15,66", buf_slice(&out));
    CHECK(sdp_events_has(&both, 66));
    CHECK(!sdp_events_has(&both, 9));
    sdp_events_parse(SLICE("99"), &b);
    both = sdp_events_both(&a, &b);
    CHECK(sdp_events_empty(&both));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(directions_are_inverted_and_put_on_hold),
        cmocka_unit_test(a_direction_is_that_of_the_stream_else_of_the_session_else_sendrecv),
        cmocka_unit_test(formats_come_from_rtpmap),
        cmocka_unit_test(static_payload_types_need_no_rtpmap),
        cmocka_unit_test(a_malformed_rtpmap_is_no_rtpmap),
        cmocka_unit_test(formats_are_equal_by_name_in_any_case_clock_and_channels),
        cmocka_unit_test(payload_types_are_numbers_up_to_127),
        cmocka_unit_test(fmtp_is_found_by_payload_type),
        cmocka_unit_test(packet_times_are_read),
        cmocka_unit_test(bandwidth_is_that_of_the_stream_else_of_the_session),
        cmocka_unit_test(rtcp_goes_to_the_port_above),
        cmocka_unit_test(rtcp_goes_where_its_attribute_says),
        cmocka_unit_test(an_attribute_of_rtcp_that_is_malformed_says_nothing),
        cmocka_unit_test(a_host_name_is_no_address),
        cmocka_unit_test(attributes_are_found_one_after_the_other),
        cmocka_unit_test(event_lists_are_read_and_written),
        cmocka_unit_test(event_lists_that_are_none_are_refused),
        cmocka_unit_test(what_both_know_is_the_intersection),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
