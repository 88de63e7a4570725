/* SPDX-License-Identifier: BSD-2-Clause */
#include "sdp/session.h"

#include "support/test.h"

#include <stdlib.h>

static struct arena     arena;
static struct sdp       sdp;
static struct sdp_fault fault;

static bool parse(struct slice text)
{
    arena_fini(&arena);
    arena_init(&arena, NULL, 0, 256 * 1024);
    fault = (struct sdp_fault){ 0 };
    return sdp_parse(test_guarded(text), &arena, &sdp, &fault);
}

#define HEAD "v=0\r\no=- 1 1 IN IP4 192.0.2.1\r\n"

/* The example of RFC 8866 5, with its IPv6 media. */
TEST(every_part_of_a_description_is_read)
{
    CHECK(parse(SLICE("v=0\r\n"
                      "o=jdoe 3724394400 3724394405 IN IP4 198.51.100.1\r\n"
                      "s=Call to John Smith\r\n"
                      "i=SDP Offer #1\r\n"
                      "u=http://www.jdoe.example.com/home.html\r\n"
                      "e=Jane Doe <jane@jdoe.example.com>\r\n"
                      "p=+1 617 555-6011\r\n"
                      "c=IN IP4 198.51.100.1\r\n"
                      "t=0 0\r\n"
                      "m=audio 49170 RTP/AVP 0\r\n"
                      "m=audio 49180 RTP/AVP 0\r\n"
                      "m=video 51372/2 RTP/AVP 99\r\n"
                      "c=IN IP6 2001:db8::2\r\n"
                      "b=AS:128\r\n"
                      "a=rtpmap:99 h263-1998/90000\r\n")));
    CHECK_SLICE("jdoe", sdp.origin.username);
    CHECK_SLICE("3724394400", sdp.origin.session_id);
    CHECK_SLICE("3724394405", sdp.origin.version);
    CHECK_SLICE("IN", sdp.origin.net_type);
    CHECK_SLICE("IP4", sdp.origin.address_type);
    CHECK_SLICE("198.51.100.1", sdp.origin.address);
    CHECK_SLICE("Call to John Smith", sdp.name);
    CHECK_SLICE("0 0", sdp.time);
    CHECK_INT(6, sdp.line_count); /* i u e p c t */
    CHECK(sdp.lines[3].type == 'p');
    CHECK_INT(3, sdp.media_count);
    CHECK_SLICE("audio", sdp.media[0].kind);
    CHECK_INT(49170, sdp.media[0].port);
    CHECK_INT(1, sdp.media[0].port_count);
    CHECK_SLICE("RTP/AVP", sdp.media[0].protocol);
    CHECK_INT(1, sdp.media[0].format_count);
    CHECK_SLICE("0", sdp.media[0].formats[0]);
    CHECK_SLICE("198.51.100.1", sdp.media[1].connection->host);
    CHECK_INT(2, sdp.media[2].port_count);
    CHECK_INT(FAMILY_6, sdp.media[2].connection->address.family);
    CHECK_INT(3, sdp.media[2].line_count);
    CHECK_SLICE("AS", sdp.media[2].lines[1].name);
    CHECK_SLICE("128", sdp.media[2].lines[1].value);
    CHECK_SLICE("rtpmap", sdp.media[2].lines[2].name);
    CHECK_SLICE("99 h263-1998/90000", sdp.media[2].lines[2].value);
}

/* RFC 4975, RFC 8841: other kinds pass as they are. */
TEST(any_kind_of_media_is_read)
{
    CHECK(parse(SLICE(HEAD "s=-\r\nt=0 0\r\n"
                           "m=message 7394 TCP/MSRP *\r\n"
                           "a=path:msrp://192.0.2.1:7394/2s93i9;tcp\r\n"
                           "m=application 54111 UDP/DTLS/SCTP webrtc-datachannel\r\n"
                           "m=image 6000 udptl t38\r\n")));
    CHECK_INT(3, sdp.media_count);
    CHECK_SLICE("TCP/MSRP", sdp.media[0].protocol);
    CHECK_SLICE("*", sdp.media[0].formats[0]);
    CHECK_SLICE("path", sdp.media[0].lines[0].name);
    CHECK_SLICE("msrp://192.0.2.1:7394/2s93i9;tcp", sdp.media[0].lines[0].value);
    CHECK_SLICE("webrtc-datachannel", sdp.media[1].formats[0]);
    CHECK(sdp.media[2].connection == NULL);
}

TEST(what_sloppy_phones_send_is_read)
{
    static const struct slice texts[] = {
        SLICE_INIT("v=0\no=- 1 1 IN IP4 192.0.2.1\nm=audio 4000 RTP/AVP 0\n"),                /* LF, no s=, no t= */
        SLICE_INIT(HEAD "s=\r\nc=IN IP4 192.0.2.1\r\nt=0 0\r\nm=audio 4000 RTP/AVP 0"),       /* no last line end */
        SLICE_INIT(HEAD "s= \r\nt=0 0\r\nc=IN IP4 192.0.2.1\r\nm=audio 4000 RTP/AVP 0 \r\n"), /* order, blanks    */
        SLICE_INIT(HEAD "s=-\r\nt=0 0\r\nm=audio  4000 RTP/AVP  0 \t\r\n\r\n\r\n"),           /* empty lines last */
        SLICE_INIT(HEAD "s=-\r\nX=what\r\nt=0 0\r\nm=audio 4000 RTP/AVP 0\r\ny=is\r\na=this:\r\n"), /* unknown   */
        SLICE_INIT(HEAD "s=-\r\nt=0 0\r\nm=video 0 RTP/AVP\r\nm=audio 4000 RTP/AVP 0\r\n"), /* no format, no port */
    };

    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        const struct sdp_media *audio;

        CHECK(parse(texts[i]));
        CHECK_SLICE("0 0", sdp.time);
        audio = &sdp.media[sdp.media_count - 1];
        CHECK_INT(4000, audio->port);
        CHECK_INT(1, audio->format_count);
        CHECK_SLICE("0", audio->formats[0]);
    }
}

TEST(unknown_lines_and_attributes_are_written_back_in_order)
{
    struct slice text = SLICE("v=0\r\no=a 1 2 IN IP6 2001:db8::1\r\ns=-\r\ni=x\r\nc=IN IP6 2001:db8::1\r\n"
                              "b=AS:64\r\nt=1 2\r\nr=604800 3600 0\r\nz=0 0\r\nk=prompt\r\nQ=odd\r\n"
                              "a=group:BUNDLE 1 2\r\na=sendonly\r\n"
                              "m=audio 4000/2 RTP/SAVPF 0 111\r\nc=IN IP4 224.2.1.1/127/3\r\na=mid:1\r\n"
                              "a=x-unknown:with:colons\r\na=empty:\r\nY=odd too\r\n"
                              "m=video 0 RTP/AVP 31\r\n");
    char         memory[1024];
    struct buf   b = BUF_ON(memory);

    CHECK(parse(text));
    sdp_write(&b, &sdp);
    CHECK(buf_ok(&b));
    CHECK(slice_eq(text, buf_slice(&b)));
}

TEST(what_must_be_there_is_added_when_written)
{
    char       memory[512];
    struct buf b = BUF_ON(memory);

    CHECK(parse(SLICE("v=0\no=- 1 1 IN IP4 192.0.2.1\nb=AS:1\na=x\nm=video 0 RTP/AVP\n")));
    sdp_write(&b, &sdp);
    CHECK_SLICE("v=0\r\no=- 1 1 IN IP4 192.0.2.1\r\ns=-\r\nb=AS:1\r\nt=0 0\r\na=x\r\nm=video 0 RTP/AVP 0\r\n",
                buf_slice(&b));
    b = BUF_ON(memory);
    sdp_write(&b, &(struct sdp){ .time = SLICE("0 0") });
    CHECK_SLICE("v=0\r\no=- 0 0 IN IP4 0.0.0.0\r\ns=-\r\nt=0 0\r\n", buf_slice(&b));
}

/* RFC 8866 5.7. */
TEST(connections_of_all_sorts_are_read)
{
    struct sdp_connection c;

    CHECK(sdp_connection_parse(test_guarded(SLICE("IN IP4 224.2.36.42/127")), &c, &fault));
    CHECK_SLICE("224.2.36.42", c.host);
    CHECK_INT(127, c.ttl);
    CHECK_INT(1, c.count);
    CHECK(sdp_connection_is_multicast(&c));
    CHECK(sdp_connection_parse(test_guarded(SLICE("IN IP4 233.252.0.1/127/3")), &c, &fault));
    CHECK_INT(127, c.ttl);
    CHECK_INT(3, c.count);
    CHECK(sdp_connection_parse(test_guarded(SLICE("IN IP6 ff00::db8:0:101/3")), &c, &fault));
    CHECK_INT(0, c.ttl);
    CHECK_INT(3, c.count);
    CHECK(sdp_connection_is_multicast(&c));
    CHECK(sdp_connection_parse(test_guarded(SLICE("IN IP4 0.0.0.0")), &c, &fault));
    CHECK(!sdp_connection_is_multicast(&c));
    CHECK(address_is_any(&c.address));
    CHECK(sdp_connection_parse(test_guarded(SLICE("IN IP4 host.example.com")), &c, &fault));
    CHECK_INT(FAMILY_NONE, c.address.family);
    CHECK_SLICE("host.example.com", c.host);
    CHECK(sdp_connection_parse(test_guarded(SLICE("ATM NSAP 47.0091.8100")), &c, &fault));
    CHECK(!sdp_connection_is_multicast(&c));
}

TEST(only_in_with_ip4_or_ip6_is_the_internet)
{
    static const struct {
        const char *text;
        bool        is;
    } cases[] = {
        { "IN IP4 192.0.2.1", true },   { "in ip6 2001:db8::1", true }, { "IN IP4 host.example", true },
        { "IN E164 +15551234", false }, { "ATM NSAP 47.0091", false },
    };
    struct sdp_connection c;

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        CHECK(sdp_connection_parse(test_guarded(slice_from(cases[i].text)), &c, &fault));
        CHECK_INT(cases[i].is, sdp_connection_is_internet(&c));
    }
}

/* RFC 8866 5.7 */
TEST(a_connection_of_the_stream_goes_before_that_of_the_session)
{
    CHECK(parse(SLICE(HEAD "c=IN IP4 192.0.2.9\r\n"
                           "m=audio 1 RTP/AVP 0\r\nc=IN IP4 192.0.2.7\r\nc=IN IP4 192.0.2.8\r\n"
                           "m=audio 2 RTP/AVP 0\r\n")));
    CHECK_SLICE("192.0.2.7", sdp.media[0].connection->host);
    CHECK_INT(2, sdp.media[0].line_count);
    CHECK_SLICE("192.0.2.9", sdp.media[1].connection->host);
}

/* Where parsing stops, at which byte, and what it says. */
TEST(what_is_no_description_is_refused_with_the_place)
{
    static const struct {
        struct slice text;
        size_t       offset;
        const char  *expected;
    } bad[] = {
        { SLICE_INIT(""), 0, "v=0" },
        { SLICE_INIT("v=1\r\n"), 0, "v=0" },
        { SLICE_INIT("o=- 1 1 IN IP4 h\r\nv=0\r\n"), 0, "v=0" },
        { SLICE_INIT("v=0\r\ns=-\r\n"), 10, "an o= line" },
        { SLICE_INIT("v=0\r\no=- 1 1 IN IP4\r\n"), 19, "six words after o=" },
        { SLICE_INIT("v=0\r\no=- 1 1 IN IP4 h\r\no=- 1 1 IN IP4 h\r\n"), 25, "one o= line only" },
        { SLICE_INIT("v=0\r\no=- 1 1 IN IP4 h\r\nv=0\r\n"), 23, "one v= line only" },
        { SLICE_INIT("v=0\r\no=- 1 1 IN IP4 h\r\ns=a\r\ns=b\r\n"), 30, "one s= line only" },
        { SLICE_INIT("v=0\r\no=- 1 1 IN IP4 h\r\nnonsense\r\n"), 23, "a letter and '='" },
        { SLICE_INIT("v=0\r\no=- 1 1 IN IP4 h\r\n\r\nt=0 0\r\n"), 23, "a letter and '='" },
        { SLICE_INIT("v=0\r\no=- 1 1 IN IP4 h\r\nc=IN IP4\r\n"), 31, "IN IP4 or IP6 and an address after c=" },
        { SLICE_INIT("v=0\r\no=- 1 1 IN IP4 h\r\nc=IN IP4 224.1.1.1/256\r\n"), 42,
          "IN IP4 or IP6 and an address after c=" },
        { SLICE_INIT("v=0\r\no=- 1 1 IN IP4 h\r\nc=IN IP4 224.1.1.1/1/0\r\n"), 45,
          "IN IP4 or IP6 and an address after c=" },
        { SLICE_INIT("v=0\r\no=- 1 1 IN IP4 h\r\nm=\r\n"), 25, "a media type after m=" },
        { SLICE_INIT("v=0\r\no=- 1 1 IN IP4 h\r\nm=audio x RTP/AVP 0\r\n"), 31, "a port number after m=" },
        { SLICE_INIT("v=0\r\no=- 1 1 IN IP4 h\r\nm=audio 65536 RTP/AVP 0\r\n"), 31, "a port number after m=" },
        { SLICE_INIT("v=0\r\no=- 1 1 IN IP4 h\r\nm=audio 1/0 RTP/AVP 0\r\n"), 34, "a number of ports" },
        { SLICE_INIT("v=0\r\no=- 1 1 IN IP4 h\r\nm=audio 1RTP/AVP 0\r\n"), 32, "a space after the port" },
        { SLICE_INIT("v=0\r\no=- 1 1 IN IP4 h\r\nm=audio 1\r\n"), 32, "a space after the port" },
        { SLICE_INIT("v=0\r\no=- 1 1 IN IP4 h\r\nm=audio 1 RTP/AVP\r\n"), 40, "a format" },
        { SLICE_INIT("v=0\r\no=- 1 1 IN IP4 h\rm=audio 1 p 0\r\n"), 21, "LF after CR" },
        { SLICE_INIT("v=0\r\no=- 1 1 IN IP4 h\0\r\n"), 21, "text without NUL" },
    };

    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        CHECK(!parse(bad[i].text));
        assert_string_equal(bad[i].expected, fault.expected);
        CHECK_INT(bad[i].offset, fault.offset);
    }
}

TEST(every_prefix_is_safe)
{
    static const char full[] = HEAD "s=-\r\nc=IN IP4 224.1.1.1/9/9\r\nt=0 0\r\nm=audio 1/2 RTP/AVP 0 8\r\n"
                                    "c=IN IP6 ::1\r\na=rtpmap:0 PCMU/8000\r\n";

    for (size_t len = 0; len < sizeof full - 1; len++)
        if (parse((struct slice){ full, len }))
            CHECK(len >= 21); /* a whole o= line */
}

/* The limits of session.h, and one more. */
static struct slice many(const char *head, const char *repeated, size_t count, char *memory, size_t room)
{
    struct buf b = buf_on(memory, room);

    buf_put(&b, slice_from(head));
    while (count-- > 0)
        buf_put(&b, slice_from(repeated));
    CHECK(buf_ok(&b));
    return buf_slice(&b);
}

TEST(limits_are_kept)
{
    static char memory[SDP_BYTES_MAX + 100];

    CHECK(parse(many(HEAD, "m=a 1 p f\n", SDP_MEDIA_MAX, memory, sizeof memory)));
    CHECK_INT(SDP_MEDIA_MAX, sdp.media_count);
    CHECK(!parse(many(HEAD, "m=a 1 p f\n", SDP_MEDIA_MAX + 1, memory, sizeof memory)));
    assert_string_equal("at most 32 m= lines", fault.expected);
    CHECK_INT(sizeof HEAD - 1 + 10 * SDP_MEDIA_MAX, fault.offset);
    CHECK(parse(many(HEAD, "a=x\n", SDP_LINES_MAX - 2, memory, sizeof memory)));
    CHECK(!parse(many(HEAD, "a=x\n", SDP_LINES_MAX - 1, memory, sizeof memory)));
    assert_string_equal("at most 1024 lines", fault.expected);
    CHECK(parse(many(HEAD "m=a 1 p", " 0", SDP_FORMATS_MAX, memory, sizeof memory)));
    CHECK(!parse(many(HEAD "m=a 1 p", " 0", SDP_FORMATS_MAX + 1, memory, sizeof memory)));
    assert_string_equal("at most 128 formats", fault.expected);
    CHECK(parse(many(HEAD "a=", "x", SDP_BYTES_MAX - sizeof HEAD - 1, memory, sizeof memory)));
    CHECK(!parse(many(HEAD "a=", "x", SDP_BYTES_MAX - sizeof HEAD, memory, sizeof memory)));
    assert_string_equal("at most 65535 bytes", fault.expected);
}

TEST(an_arena_that_is_too_small_is_told)
{
    struct slice text = SLICE(HEAD "c=IN IP4 192.0.2.1\r\nm=audio 1 RTP/AVP 0 1 2 3 4 5 6 7\r\nc=IN IP4 192.0.2.1\r\n");
    bool         done = false;

    for (size_t limit = 0; !done; limit += 16) {
        struct arena small;

        arena_init(&small, NULL, 0, limit);
        done = sdp_parse(test_guarded(text), &small, &sdp, &fault);
        if (!done)
            CHECK(fault.expected == NULL);
        arena_fini(&small);
        CHECK(limit < 4096);
    }
}

TEST(addresses_are_written_without_brackets)
{
    char           memory[128];
    struct buf     b = BUF_ON(memory);
    struct address a;

    CHECK(address_parse_ip(SLICE("2001:db8::1"), &a));
    sdp_write_address(&b, &a);
    a = address_v4(192, 0, 2, 1, 5060);
    sdp_write_address(&b, &a);
    CHECK_SLICE("IN IP6 2001:db8::1IN IP4 192.0.2.1", buf_slice(&b));
}

static int clean_up(void **state)
{
    (void)state;
    arena_fini(&arena);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_part_of_a_description_is_read),
        cmocka_unit_test(any_kind_of_media_is_read),
        cmocka_unit_test(what_sloppy_phones_send_is_read),
        cmocka_unit_test(unknown_lines_and_attributes_are_written_back_in_order),
        cmocka_unit_test(what_must_be_there_is_added_when_written),
        cmocka_unit_test(connections_of_all_sorts_are_read),
        cmocka_unit_test(only_in_with_ip4_or_ip6_is_the_internet),
        cmocka_unit_test(a_connection_of_the_stream_goes_before_that_of_the_session),
        cmocka_unit_test(what_is_no_description_is_refused_with_the_place),
        cmocka_unit_test(every_prefix_is_safe),
        cmocka_unit_test(limits_are_kept),
        cmocka_unit_test(an_arena_that_is_too_small_is_told),
        cmocka_unit_test(addresses_are_written_without_brackets),
    };

    return cmocka_run_group_tests(tests, NULL, clean_up);
}
