/* SPDX-License-Identifier: BSD-2-Clause */
/* One m= line alone; offer_answer_test.c has the rules between them. */
#include "sdp/stream.h"

#include "party.h"

#define HEAD "v=0\r\no=- 7 7 IN IP4 192.0.2.9\r\ns=-\r\nc=IN IP4 192.0.2.9\r\nt=0 0\r\n"

static char                 memory[64 * 1024];
static struct arena         arena;
static struct sdp           sdp;
static struct payload_types types;
static struct sdp_agreed    agreed;
static enum sdp_direction   direction;

static const struct sdp_media *media(struct slice text)
{
    struct sdp_fault fault;

    arena_init(&arena, memory, sizeof memory, 0);
    CHECK(sdp_parse(test_guarded(text), &arena, &sdp, &fault));
    types = (struct payload_types){ 0 };
    return &sdp.media[0];
}

static bool accept(struct slice text, const struct sdp_local *local)
{
    const struct sdp_media *m = media(text);

    return stream_accept(&sdp, m, local, &types, &agreed, &direction);
}

TEST(numbers_that_mean_the_same_are_accepted_once)
{
    struct sdp_local local = audio_at(2, 5000, &pcmu, 1);

    CHECK(accept(SLICE(HEAD "m=audio 4000 RTP/AVP 0 0 110\r\na=rtpmap:110 PCMU/8000\r\n"), &local));
    CHECK_INT(1, agreed.receive_count);
    CHECK_INT(0, agreed.send.payload_type);
}

TEST(formats_that_are_no_numbers_are_passed_over)
{
    struct sdp_local local = audio_at(2, 5000, &pcmu, 1);

    CHECK(accept(SLICE(HEAD "m=audio 4000 RTP/AVP * 300 x 0\r\n"), &local));
    CHECK_INT(1, agreed.receive_count);
    CHECK(!accept(SLICE(HEAD "m=audio 4000 RTP/AVP * 300 x\r\n"), &local));
}

/* RFC 3551 3: the profile's name is compared without case. */
TEST(protocol_in_any_case_kind_as_it_is)
{
    struct sdp_local local = audio_at(2, 5000, &pcmu, 1);

    CHECK(accept(SLICE(HEAD "m=audio 4000 rtp/avp 0\r\n"), &local));
    CHECK(!accept(SLICE(HEAD "m=AUDIO 4000 RTP/AVP 0\r\n"), &local));
    local.kind     = SLICE("video"); /* a stream of another kind is a matter of its codecs */
    local.protocol = SLICE("RTP/SAVP");
    CHECK(accept(SLICE(HEAD "m=video 4000 RTP/SAVP 0\r\n"), &local));
}

TEST(events_whose_list_cannot_be_read_are_not_agreed)
{
    struct sdp_local local = audio_at(2, 5000, &pcmu, 1);

    local.events = true;
    CHECK(accept(SLICE(HEAD "m=audio 4000 RTP/AVP 0 101\r\na=rtpmap:101 telephone-event/8000\r\na=fmtp:101 ?\r\n"),
                 &local));
    CHECK_INT(0, agreed.receive_event_count);
    CHECK_INT(SDP_NO_PAYLOAD_TYPE, agreed.send_events.payload_type);
    CHECK(accept(SLICE(HEAD "m=audio 4000 RTP/AVP 0 101\r\na=rtpmap:101 telephone-event/8000\r\na=fmtp:101 99\r\n"),
                 &local));
    CHECK_INT(0, agreed.receive_event_count); /* none in common */
}

TEST(events_alone_are_no_audio)
{
    struct sdp_local local = audio_at(2, 5000, &pcmu, 1);

    local.events = true;
    CHECK(!accept(SLICE(HEAD "m=audio 4000 RTP/AVP 8 101\r\na=rtpmap:101 telephone-event/8000\r\n"), &local));
    local.codec_count = 0;
    CHECK(accept(SLICE(HEAD "m=audio 4000 RTP/AVP 8 101\r\na=rtpmap:101 telephone-event/8000\r\n"), &local));
    CHECK(!agreed.can_send);
    CHECK_INT(101, agreed.send_events.payload_type);
}

TEST(event_formats_for_too_many_clocks_are_bounded)
{
    struct sdp_codec codecs[] = { CODEC("a", 8000, 1, SDP_DYNAMIC), CODEC("b", 11025, 1, SDP_DYNAMIC),
                                  CODEC("c", 16000, 1, SDP_DYNAMIC), CODEC("d", 32000, 1, SDP_DYNAMIC),
                                  CODEC("e", 48000, 1, SDP_DYNAMIC) };
    struct sdp_local local    = audio_at(1, 4000, codecs, 5);

    local.events = true;
    types        = (struct payload_types){ 0 };
    agreed       = (struct sdp_agreed){ 0 };
    CHECK(stream_offer(&local, &types, &agreed));
    CHECK_INT(5, agreed.receive_count);
    CHECK_INT(NEGOTIATION_EVENTS_MAX, agreed.receive_event_count);
}

TEST(an_answer_completes_an_offer_of_events_only)
{
    struct sdp_local        local = audio_at(1, 4000, NULL, 0);
    const struct sdp_media *m;
    struct sdp_agreed       offer = { 0 };

    local.events = true;
    m = media(SLICE(HEAD "m=audio 5000 RTP/AVP 99\r\na=rtpmap:99 telephone-event/8000\r\na=fmtp:99 0-11\r\n"));
    CHECK(stream_offer(&local, &types, &offer));
    CHECK(stream_complete(&sdp, m, &offer, SDP_SENDRECV, 0, &types, &agreed));
    CHECK_INT(99, agreed.send_events.payload_type);
    CHECK_INT(101, agreed.receive_events[0].payload_type);
    CHECK_INT(20, agreed.ptime);
}

TEST(a_rejected_stream_is_written_with_one_format)
{
    char       out[128];
    struct buf b = BUF_ON(out);

    stream_write_rejected(&b, media(SLICE(HEAD "m=video 4000/2 RTP/AVPF 31 32 33\r\na=x\r\n")));
    CHECK_SLICE("m=video 0 RTP/AVPF 31\r\n", buf_slice(&b));
}

/* RFC 6157 4: who has the other family cannot send there.  To a host name he may, to 0.0.0.0 nobody sends. */
TEST(an_address_of_the_other_family_is_not_taken)
{
    struct sdp_local local = audio_at(2, 5000, &pcmu, 1);

    CHECK(!accept(SLICE(HEAD "m=audio 4000 RTP/AVP 0\r\nc=IN IP6 2001:db8::9\r\n"), &local));
    local.either_family = true;
    CHECK(accept(SLICE(HEAD "m=audio 4000 RTP/AVP 0\r\nc=IN IP6 2001:db8::9\r\n"), &local));
    CHECK_INT(FAMILY_6, agreed.remote.family);
    CHECK(!accept(SLICE(HEAD "m=audio 4000 RTP/AVP 0\r\nc=IN IP6 ff02::1\r\n"), &local));
    local.either_family = false;
    CHECK(accept(SLICE(HEAD "m=audio 4000 RTP/AVP 0\r\nc=IN IP6 host.example.com\r\n"), &local));
    CHECK(accept(SLICE(HEAD "m=audio 4000 RTP/AVP 0\r\nc=IN IP6 ::ffff:192.0.2.9\r\n"), &local));
    CHECK(accept(SLICE(HEAD "m=audio 4000 RTP/AVP 0\r\nc=IN IP6 ::\r\n"), &local));
    CHECK(agreed.black_hole);
    CHECK(address_parse_ip(SLICE("2001:db8::2"), &local.rtp));
    CHECK(!accept(SLICE(HEAD "m=audio 4000 RTP/AVP 0\r\n"), &local));
    CHECK(accept(SLICE(HEAD "m=audio 4000 RTP/AVP 0\r\nc=IN IP4 0.0.0.0\r\n"), &local));
    CHECK_INT(SDP_RECVONLY, agreed.direction);
    CHECK(accept(SLICE(HEAD "m=audio 4000 RTP/AVP 0\r\nc=IN IP6 2001:db8::9\r\n"), &local));
}

/* RFC 3264 6.1 wants it said again. */
TEST(an_answer_that_does_not_say_what_a_number_means_means_what_the_offer_said)
{
    struct sdp_codec        codecs[] = { ilbc, pcmu };
    struct sdp_local        local    = audio_at(1, 4000, codecs, 2);
    const struct sdp_media *m;
    struct sdp_agreed       offer = { 0 };

    local.events = true;
    m            = media(SLICE(HEAD "m=audio 5000 RTP/AVP 97 101 98\r\n"));
    CHECK(stream_offer(&local, &types, &offer));
    CHECK(stream_complete(&sdp, m, &offer, SDP_SENDRECV, 0, &types, &agreed));
    CHECK_INT(1, agreed.receive_count);
    CHECK_INT(97, agreed.send.payload_type);
    CHECK_INT(101, agreed.send_events.payload_type);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(numbers_that_mean_the_same_are_accepted_once),
        cmocka_unit_test(formats_that_are_no_numbers_are_passed_over),
        cmocka_unit_test(protocol_in_any_case_kind_as_it_is),
        cmocka_unit_test(events_whose_list_cannot_be_read_are_not_agreed),
        cmocka_unit_test(events_alone_are_no_audio),
        cmocka_unit_test(event_formats_for_too_many_clocks_are_bounded),
        cmocka_unit_test(an_answer_completes_an_offer_of_events_only),
        cmocka_unit_test(a_rejected_stream_is_written_with_one_format),
        cmocka_unit_test(an_address_of_the_other_family_is_not_taken),
        cmocka_unit_test(an_answer_that_does_not_say_what_a_number_means_means_what_the_offer_said),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
