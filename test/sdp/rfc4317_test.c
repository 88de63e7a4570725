/* SPDX-License-Identifier: BSD-2-Clause */
/* The exchanges of RFC 4317, with us as the one or the other party.  We have no
 * video: where the RFC accepts it, we reject it in its place. */
#include "party.h"

#define ALICE(version) "v=0\r\no=alice 2890844526 " version " IN IP4 host.atlanta.example.com\r\ns=\r\n"
#define BOB(version)   "v=0\r\no=bob 2808844564 " version " IN IP4 host.biloxi.example.com\r\ns=\r\n"
#define ATLANTA        "c=IN IP4 host.atlanta.example.com\r\nt=0 0\r\n"
#define BILOXI         "c=IN IP4 host.biloxi.example.com\r\nt=0 0\r\n"

#define ILBC             "a=rtpmap:97 iLBC/8000\r\n"
#define AUDIO_3          "m=audio 49170 RTP/AVP 0 8 97\r\na=rtpmap:0 PCMU/8000\r\na=rtpmap:8 PCMA/8000\r\n" ILBC
#define VIDEO_2          "m=video 51372 RTP/AVP 31 32\r\na=rtpmap:31 H261/90000\r\na=rtpmap:32 MPV/90000\r\n"
#define AUDIO_ILBC(port) "m=audio " port " RTP/AVP 97\r\n" ILBC
#define AUDIO_PCMU(port) "m=audio " port " RTP/AVP 0\r\na=rtpmap:0 PCMU/8000\r\n"
#define EVENTS(port)     "m=audio " port " RTP/AVP 98\r\na=rtpmap:98 telephone-event/8000\r\n"

static struct sdp_codec both_laws[] = { CODEC("PCMU", 8000, 1, 0), CODEC("PCMA", 8000, 1, 8) };

/* A stream of nothing but telephone events. */
static struct sdp_local events_at(uint16_t port, enum sdp_direction direction)
{
    struct sdp_local l = audio_at(2, port, NULL, 0);

    l.events    = true;
    l.direction = direction;
    return l;
}

/* RFC 4317 2.1. */
TEST(audio_and_video_1_one_codec_of_three)
{
    struct negotiation *bob   = party(2);
    struct sdp_local    local = audio_at(2, 49174, &pcmu, 1);
    struct slice        answer;

    hear_offer(bob, SLICE(ALICE("2890844526") ATLANTA AUDIO_3 VIDEO_2));
    answer = answer_of(bob, &local, 1);
    CHECK(has(answer, "\r\nm=audio 49174 RTP/AVP 0\r\na=rtpmap:0 PCMU/8000\r\n"));
    CHECK(has(answer, "\r\nm=video 0 RTP/AVP 31\r\n"));
    CHECK_INT(2, media_of(answer));
    CHECK_SLICE("host.atlanta.example.com", negotiation_stream(bob, 0)->remote_host);
    CHECK_INT(49170, negotiation_stream(bob, 0)->remote.port);
    negotiation_free(bob);
}

/* RFC 4317 2.2. */
TEST(audio_and_video_2_two_codecs_then_one)
{
    struct negotiation *bob   = party(2);
    struct sdp_local    local = audio_at(2, 49172, both_laws, 2);
    struct slice        first, second;

    hear_offer(bob, SLICE(ALICE("2890844526") ATLANTA AUDIO_3 VIDEO_2));
    first = answer_of(bob, &local, 1);
    CHECK(has(first, "\r\nm=audio 49172 RTP/AVP 0 8\r\n"));
    CHECK(has(first, "\r\nm=video 0 RTP/AVP 31\r\n"));
    hear_offer(bob, SLICE(ALICE("2890844527") ATLANTA AUDIO_PCMU("51372") "m=video 0 RTP/AVP 31\r\n"));
    second = answer_of(bob, &local, 1);
    CHECK(has(second, "\r\nm=audio 49172 RTP/AVP 0\r\n"));
    CHECK(has(second, "\r\nm=video 0 RTP/AVP 31\r\n"));
    CHECK_INT(version_of(first) + 1, version_of(second));
    CHECK_INT(51372, negotiation_stream(bob, 0)->remote.port);
    CHECK_INT(1, negotiation_stream(bob, 0)->receive_count);
    negotiation_free(bob);
}

/* RFC 4317 2.3: the answerer calls iLBC 99; we send 99 and receive 97 (RFC 3264 6.1). */
TEST(audio_and_video_3_another_number_in_the_answer)
{
    struct negotiation      *alice    = party(1);
    struct sdp_codec         codecs[] = { pcmu, pcma, ilbc };
    struct sdp_local         local    = audio_at(1, 49170, codecs, 3);
    const struct sdp_agreed *a;

    CHECK(has(offer_of(alice, &local, 1), "\r\nm=audio 49170 RTP/AVP 0 8 97\r\n"));
    hear_answer(alice, SLICE(BOB("2808844564") BILOXI "m=audio 49172 RTP/AVP 99\r\na=rtpmap:99 iLBC/8000\r\n"));
    a = negotiation_stream(alice, 0);
    CHECK(a->active && a->can_send);
    CHECK_INT(99, a->send.payload_type);
    CHECK_SLICE("iLBC", a->send.codec.format.name);
    CHECK_INT(1, a->receive_count);
    CHECK_INT(97, a->receive[0].payload_type);
    negotiation_free(alice);
}

/* RFC 4317 2.4. */
TEST(two_audio_streams_one_of_them_events)
{
    struct negotiation      *bob      = party(2);
    struct sdp_local         locals[] = { audio_at(2, 49172, &ilbc, 1), events_at(49174, SDP_SENDRECV) };
    struct slice             answer;
    const struct sdp_agreed *a;

    hear_offer(bob,
               SLICE(ALICE("2890844526") ATLANTA
                     "m=audio 49170 RTP/AVP 0 97\r\na=rtpmap:0 PCMU/8000\r\n" ILBC EVENTS("49172") "a=sendonly\r\n"));
    answer = answer_of(bob, locals, 2);
    CHECK(has(answer, "\r\nm=audio 49172 RTP/AVP 97\r\na=rtpmap:97 iLBC/8000\r\n"));
    CHECK(has(answer, "\r\nm=audio 49174 RTP/AVP 98\r\na=rtpmap:98 telephone-event/8000\r\n"));
    CHECK(has(answer, "a=recvonly\r\n"));
    a = negotiation_stream(bob, 1);
    CHECK(a->active && !a->can_send);
    CHECK_INT(SDP_RECVONLY, a->direction);
    CHECK_INT(1, a->receive_event_count);
    CHECK_INT(98, a->receive_events[0].payload_type);
    negotiation_free(bob);
}

/* RFC 4317 2.5: Bob moves; Alice's description, and so her version, stays. */
TEST(audio_and_video_4_an_unchanged_answer_keeps_its_version)
{
    struct negotiation *alice = party(1);
    struct sdp_local    local = audio_at(1, 49170, &ilbc, 1);
    struct slice        offer = offer_of(alice, &local, 1), answer;

    hear_answer(alice, SLICE(BOB("2808844564") BILOXI AUDIO_ILBC("49174")));
    hear_offer(alice, SLICE(BOB("2808844565") "c=IN IP4 newhost.biloxi.example.com\r\nt=0 0\r\n" AUDIO_ILBC("49178")));
    answer = answer_of(alice, &local, 1);
    CHECK(slice_eq(offer, answer));
    CHECK_SLICE("newhost.biloxi.example.com", negotiation_stream(alice, 0)->remote_host);
    CHECK_INT(49178, negotiation_stream(alice, 0)->remote.port);
    negotiation_free(alice);
}

/* RFC 4317 2.6: of two streams the one that fits is taken. */
TEST(audio_only_1_the_second_stream_is_accepted)
{
    struct negotiation      *bob   = party(2);
    struct sdp_local         local = audio_at(2, 49170, &ilbc, 1);
    struct slice             answer;
    const struct sdp_agreed *a;

    local.events = true;
    hear_offer(bob, SLICE(ALICE("2890844526") ATLANTA AUDIO_PCMU("49170") "m=audio 51372 RTP/AVP 97 101\r\n" ILBC
                                                                          "a=rtpmap:101 telephone-event/8000\r\n"));
    answer = answer_of(bob, &local, 1);
    CHECK(has(answer, "\r\nm=audio 0 RTP/AVP 0\r\nm=audio 49170 RTP/AVP 97 101\r\n"));
    a = negotiation_stream(bob, 0);
    CHECK_INT(1, a->slot);
    CHECK_INT(101, a->send_events.payload_type);
    CHECK_INT(101, a->receive_events[0].payload_type);
    negotiation_free(bob);
}

/* RFC 4317 2.7: a codec is added later. */
TEST(audio_and_video_5_a_second_codec_is_added)
{
    struct negotiation *bob   = party(2);
    struct sdp_local    local = audio_at(2, 49172, both_laws, 2);
    struct slice        first, second;

    hear_offer(bob, SLICE(ALICE("2890844526") ATLANTA AUDIO_PCMU("49170")));
    first = answer_of(bob, &local, 1);
    hear_offer(bob, SLICE(ALICE("2890844527") ATLANTA "m=audio 49170 RTP/AVP 0 8\r\na=rtpmap:8 PCMA/8000\r\n"));
    second = answer_of(bob, &local, 1);
    CHECK(has(second, "\r\nm=audio 49172 RTP/AVP 0 8\r\n"));
    CHECK_INT(version_of(first) + 1, version_of(second));
    negotiation_free(bob);
}

/* RFC 4317 2.8: a stream with a connection line of its own. */
TEST(audio_and_video_6_streams_at_different_addresses)
{
    struct negotiation *alice    = party(1);
    struct sdp_codec    laws[]   = { pcmu, pcma, ilbc };
    struct sdp_local    locals[] = { audio_at(1, 49170, laws, 3), audio_at(7, 51372, laws, 3) };
    struct address      want     = address_v4(192, 0, 2, 99, 49172);

    CHECK(has(offer_of(alice, locals, 2), "\r\nm=audio 51372 RTP/AVP 0 8 97\r\nc=IN IP4 192.0.2.7\r\n"));
    hear_answer(alice, SLICE(BOB("2808844564") BILOXI AUDIO_PCMU("49174") "m=audio 49172 RTP/AVP 0\r\n"
                                                                          "c=IN IP4 192.0.2.99\r\n"));
    CHECK_SLICE("host.biloxi.example.com", negotiation_stream(alice, 0)->remote_host);
    CHECK(address_eq(&want, &negotiation_stream(alice, 1)->remote));
    negotiation_free(alice);
}

/* RFC 4317 3.1: the answer holds, a later offer resumes. */
TEST(hold_and_unhold_1)
{
    struct negotiation *alice    = party(1);
    struct sdp_codec    codecs[] = { pcmu, ilbc };
    struct sdp_local    local    = audio_at(1, 49170, codecs, 2);
    struct slice        first    = offer_of(alice, &local, 1), second;

    hear_answer(alice, SLICE(BOB("2808844564") "c=IN IP4 placeholder.biloxi.example.com\r\nt=0 0\r\n" AUDIO_ILBC(
                           "49172") "a=sendonly\r\n"));
    CHECK_INT(SDP_RECVONLY, negotiation_stream(alice, 0)->direction);
    CHECK_INT(SDP_SENDONLY, negotiation_stream(alice, 0)->remote_direction);
    hear_offer(alice, SLICE(BOB("2808844565") BILOXI AUDIO_ILBC("49170")));
    local.rtp.port = 49178;
    second         = answer_of(alice, &local, 1);
    CHECK(has(second, "\r\nm=audio 49178 RTP/AVP 97\r\n"));
    CHECK_INT(version_of(first) + 1, version_of(second));
    CHECK_INT(SDP_SENDRECV, negotiation_stream(alice, 0)->direction);
    negotiation_free(alice);
}

/* RFC 4317 3.2: one of two streams is put on hold. */
TEST(hold_with_two_streams)
{
    struct negotiation *alice    = party(1);
    struct sdp_codec    codecs[] = { pcmu, ilbc };
    struct sdp_local    locals[] = { audio_at(1, 49170, codecs, 2), events_at(49172, SDP_SENDONLY) };
    struct slice        offer    = offer_of(alice, locals, 2), answer;

    CHECK(has(offer, "a=sendonly\r\n"));
    hear_answer(alice, SLICE(BOB("2808844564") BILOXI AUDIO_ILBC("49172") EVENTS("49174") "a=recvonly\r\n"));
    CHECK_INT(SDP_SENDRECV, negotiation_stream(alice, 0)->direction);
    CHECK_INT(SDP_SENDONLY, negotiation_stream(alice, 1)->direction);
    CHECK_INT(98, negotiation_stream(alice, 1)->send_events.payload_type);
    hear_offer(alice,
               SLICE(BOB("2808844565") BILOXI AUDIO_ILBC("49172") "a=sendonly\r\n" EVENTS("49174") "a=recvonly\r\n"));
    answer = answer_of(alice, locals, 2);
    CHECK(has(answer, "a=recvonly\r\nm=audio 49172"));
    CHECK(has(answer, "a=sendonly\r\n"));
    CHECK_INT(SDP_RECVONLY, negotiation_stream(alice, 0)->direction);
    CHECK_INT(SDP_SENDONLY, negotiation_stream(alice, 1)->direction);
    negotiation_free(alice);
}

/* RFC 4317 4.1. */
TEST(second_audio_stream_added)
{
    struct negotiation *alice    = party(1);
    struct sdp_codec    codecs[] = { pcmu, ilbc };
    struct sdp_local    locals[] = { audio_at(1, 49170, codecs, 2), events_at(49172, SDP_SENDRECV) };
    struct slice        answer;

    offer_of(alice, locals, 1);
    hear_answer(alice, SLICE(BOB("2808844564") BILOXI AUDIO_ILBC("49170")));
    hear_offer(alice, SLICE(BOB("2808844565") BILOXI AUDIO_ILBC(
                          "49170") "m=audio 48282 RTP/AVP 98\r\n"
                                   "c=IN IP4 mediaserver.biloxi.example.com\r\na=rtpmap:98 telephone-event/8000\r\n"
                                   "a=recvonly\r\n"));
    answer = answer_of(alice, locals, 2);
    CHECK(has(answer, "\r\nm=audio 49170 RTP/AVP 97\r\n"));
    CHECK(has(answer, "\r\nm=audio 49172 RTP/AVP 98\r\n"));
    CHECK(has(answer, "a=sendonly\r\n"));
    CHECK_SLICE("mediaserver.biloxi.example.com", negotiation_stream(alice, 1)->remote_host);
    negotiation_free(alice);
}

/* RFC 4317 4.2: here, the added stream is one that we do not take. */
TEST(audio_then_video_added)
{
    struct negotiation *bob   = party(2);
    struct sdp_local    local = audio_at(2, 49172, &pcmu, 1);
    struct slice        first, second;

    hear_offer(bob, SLICE(ALICE("2890844526") ATLANTA AUDIO_PCMU("49170")));
    first = answer_of(bob, &local, 1);
    hear_offer(bob, SLICE(ALICE("2890844527") ATLANTA AUDIO_PCMU("49170") "m=video 49172 RTP/AVP 31\r\n"
                                                                          "a=rtpmap:31 H261/90000\r\n"));
    second = answer_of(bob, &local, 1);
    CHECK(has(second, "\r\nm=audio 49172 RTP/AVP 0\r\n"));
    CHECK(has(second, "\r\nm=video 0 RTP/AVP 31\r\n"));
    CHECK_INT(version_of(first) + 1, version_of(second));
    CHECK(negotiation_stream(bob, 0)->active);
    negotiation_free(bob);
}

/* RFC 4317 4.3. */
TEST(two_streams_then_one_deleted)
{
    struct negotiation *alice    = party(1);
    struct sdp_local    locals[] = { audio_at(1, 49170, &ilbc, 1), audio_at(1, 51372, &pcmu, 1) };
    struct slice        answer;

    offer_of(alice, locals, 2);
    hear_answer(alice, SLICE(BOB("2808844564") BILOXI AUDIO_ILBC("49174") AUDIO_PCMU("49170")));
    CHECK(negotiation_stream(alice, 1)->active);
    hear_offer(alice, SLICE(BOB("2808844565") BILOXI AUDIO_ILBC("49174") AUDIO_PCMU("0")));
    answer = answer_of(alice, locals, 2);
    CHECK(has(answer, "\r\nm=audio 49170 RTP/AVP 97\r\n"));
    CHECK(has(answer, "\r\nm=audio 0 RTP/AVP 0\r\n"));
    CHECK(negotiation_stream(alice, 0)->active);
    CHECK(!negotiation_stream(alice, 1)->active);
    negotiation_free(alice);
}

/* RFC 4317 5.1. */
TEST(no_media_then_audio_added)
{
    struct negotiation *alice = party(1), *bob = party(2);
    struct sdp_local    local = audio_at(1, 49170, &ilbc, 1), theirs = audio_at(2, 49172, &ilbc, 1);
    struct slice        offer = offer_of(alice, NULL, 0), answer;

    CHECK_INT(0, media_of(offer));
    hear_offer(bob, offer);
    answer = answer_of(bob, &theirs, 1);
    CHECK_INT(0, media_of(answer));
    hear_answer(alice, answer);
    CHECK(!negotiation_stream(alice, 0)->active);
    offer = offer_of(alice, &local, 1);
    CHECK_INT(1001, version_of(offer));
    hear_offer(bob, offer);
    hear_answer(alice, answer_of(bob, &theirs, 1));
    CHECK(negotiation_stream(alice, 0)->active);
    CHECK(negotiation_stream(bob, 0)->active);
    negotiation_free(alice);
    negotiation_free(bob);
}

/* RFC 4317 5.2: an offer that is a black hole is answered as any other. */
TEST(hold_and_unhold_2)
{
    struct negotiation *bob   = party(2);
    struct sdp_local    local = audio_at(2, 49170, &ilbc, 1);
    struct slice        first, second;

    hear_offer(bob, SLICE(ALICE("2890844526") "c=IN IP4 0.0.0.0\r\nt=0 0\r\n" AUDIO_ILBC("23442")));
    first = answer_of(bob, &local, 1);
    CHECK(has(first, "\r\nm=audio 49170 RTP/AVP 97\r\n"));
    CHECK(has(first, "a=sendrecv\r\n"));
    CHECK(negotiation_stream(bob, 0)->black_hole);
    CHECK_INT(SDP_RECVONLY, negotiation_stream(bob, 0)->direction);
    hear_offer(bob, SLICE(ALICE("2890844527") ATLANTA AUDIO_ILBC("49170")));
    second = answer_of(bob, &local, 1);
    CHECK(slice_eq(first, second));
    CHECK(!negotiation_stream(bob, 0)->black_hole);
    CHECK_INT(SDP_SENDRECV, negotiation_stream(bob, 0)->direction);
    negotiation_free(bob);
}

/* RFC 4317 5.3: the answer is the black hole. */
TEST(hold_and_unhold_3)
{
    struct negotiation *alice = party(1);
    struct sdp_local    local = audio_at(1, 49170, &ilbc, 1);
    struct slice        offer = offer_of(alice, &local, 1);

    hear_answer(alice, SLICE(BOB("2808844564") "c=IN IP4 0.0.0.0\r\nt=0 0\r\n" AUDIO_ILBC("9322")));
    CHECK(negotiation_stream(alice, 0)->black_hole);
    CHECK_INT(SDP_RECVONLY, negotiation_stream(alice, 0)->direction);
    hear_offer(alice, SLICE(BOB("2808844565") BILOXI AUDIO_ILBC("49172")));
    CHECK(slice_eq(offer, answer_of(alice, &local, 1)));
    CHECK_INT(SDP_SENDRECV, negotiation_stream(alice, 0)->direction);
    negotiation_free(alice);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(audio_and_video_1_one_codec_of_three),
        cmocka_unit_test(audio_and_video_2_two_codecs_then_one),
        cmocka_unit_test(audio_and_video_3_another_number_in_the_answer),
        cmocka_unit_test(two_audio_streams_one_of_them_events),
        cmocka_unit_test(audio_and_video_4_an_unchanged_answer_keeps_its_version),
        cmocka_unit_test(audio_only_1_the_second_stream_is_accepted),
        cmocka_unit_test(audio_and_video_5_a_second_codec_is_added),
        cmocka_unit_test(audio_and_video_6_streams_at_different_addresses),
        cmocka_unit_test(hold_and_unhold_1),
        cmocka_unit_test(hold_with_two_streams),
        cmocka_unit_test(second_audio_stream_added),
        cmocka_unit_test(audio_then_video_added),
        cmocka_unit_test(two_streams_then_one_deleted),
        cmocka_unit_test(no_media_then_audio_added),
        cmocka_unit_test(hold_and_unhold_2),
        cmocka_unit_test(hold_and_unhold_3),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
