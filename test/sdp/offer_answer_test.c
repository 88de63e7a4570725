/* SPDX-License-Identifier: BSD-2-Clause */
#include "party.h"

#include "support/alloc.h"

#include <stdio.h>

#define HEAD "v=0\r\no=- 7 7 IN IP4 192.0.2.9\r\ns=-\r\nc=IN IP4 192.0.2.9\r\nt=0 0\r\n"

static const struct sdp_codec opus  = { .format       = { SLICE_INIT("opus"), 48000, 2 },
                                        .payload_type = SDP_DYNAMIC,
                                        .fmtp         = SLICE_INIT("useinbandfec=1") };
static const struct sdp_codec noise = { .format       = { SLICE_INIT("CN"), 8000, 1 },
                                        .payload_type = 13,
                                        .auxiliary    = true };

/* RFC 3264 5, 5.1: what a whole offer looks like. */
TEST(an_offer_says_all_that_we_can_do)
{
    struct sdp_codec    codecs[] = { opus, pcmu, pcma };
    struct sdp_local    local    = audio_at(1, 4000, codecs, 3);
    struct negotiation *n        = party(1);
    struct slice        text;

    local.events = true;
    local.ptime  = 20;
    text         = offer_of(n, &local, 1);
    CHECK_SLICE("v=0\r\n"
                "o=- 1000 1000 IN IP4 192.0.2.1\r\n"
                "s=-\r\n"
                "c=IN IP4 192.0.2.1\r\n"
                "t=0 0\r\n"
                "m=audio 4000 RTP/AVP 96 0 8 97 101\r\n"
                "a=rtpmap:96 opus/48000/2\r\n"
                "a=fmtp:96 useinbandfec=1\r\n"
                "a=rtpmap:0 PCMU/8000\r\n"
                "a=rtpmap:8 PCMA/8000\r\n"
                "a=rtpmap:97 telephone-event/48000\r\n"
                "a=fmtp:97 0-15\r\n"
                "a=rtpmap:101 telephone-event/8000\r\n"
                "a=fmtp:101 0-15\r\n"
                "a=ptime:20\r\n"
                "a=sendrecv\r\n",
                text);
    CHECK_INT(NEGOTIATION_OFFER_SENT, negotiation_state(n));
    negotiation_free(n);
}

/* RFC 3264 5.1: once it is sent we must be ready to receive. */
TEST(what_is_offered_can_be_received_before_the_answer)
{
    struct sdp_codec    codecs[] = { pcmu, ilbc };
    struct sdp_local    local    = audio_at(1, 4000, codecs, 2);
    struct negotiation *n        = party(1);

    CHECK(negotiation_offered(n, 0) == NULL);
    offer_of(n, &local, 1);
    CHECK_INT(2, negotiation_offered(n, 0)->receive_count);
    CHECK_INT(97, negotiation_offered(n, 0)->receive[1].payload_type);
    CHECK(negotiation_offered(n, 1) == NULL);
    CHECK(!negotiation_stream(n, 0)->active);
    negotiation_free(n);
}

/* RFC 3264 6.1: the offerer's order, its numbers, its static types without rtpmap. */
TEST(an_answer_keeps_order_and_numbers_of_the_offer)
{
    struct sdp_codec         codecs[] = { pcmu, pcma, opus };
    struct sdp_local         local    = audio_at(2, 5000, codecs, 3);
    struct negotiation      *n        = party(2);
    const struct sdp_agreed *a;
    struct slice             text;

    hear_offer(n, SLICE(HEAD "m=audio 4000 RTP/AVP 18 8 121 0\r\na=rtpmap:121 OPUS/48000/2\r\n"
                             "a=fmtp:121 stereo=1\r\n"));
    text = answer_of(n, &local, 1);
    CHECK(has(text, "\r\nm=audio 5000 RTP/AVP 8 121 0\r\na=rtpmap:8 PCMA/8000\r\na=rtpmap:121 opus/48000/2\r\n"
                    "a=fmtp:121 useinbandfec=1\r\na=rtpmap:0 PCMU/8000\r\n"));
    a = negotiation_stream(n, 0);
    CHECK_INT(8, a->send.payload_type);
    CHECK_INT(3, a->receive_count);
    CHECK_INT(121, a->receive[1].payload_type);
    CHECK_SLICE("stereo=1", a->receive[1].remote_fmtp);
    CHECK_INT(NEGOTIATION_STABLE, negotiation_state(n));
    negotiation_free(n);
}

/* RFC 3264 7: the first format of the answer is the one to send. */
TEST(the_offerer_sends_what_the_answerer_likes_best)
{
    struct sdp_codec         codecs[] = { pcmu, pcma, ilbc };
    struct sdp_local         local    = audio_at(1, 4000, codecs, 3);
    struct negotiation      *n        = party(1);
    const struct sdp_agreed *a;

    offer_of(n, &local, 1);
    hear_answer(n, SLICE(HEAD "m=audio 5000 RTP/AVP 96 8 0\r\na=rtpmap:96 unknown/8000\r\na=ptime:30\r\n"));
    a = negotiation_stream(n, 0);
    CHECK(a->active && a->can_send);
    CHECK_INT(8, a->send.payload_type);
    CHECK_INT(2, a->receive_count);
    CHECK_INT(30, a->ptime);
    CHECK_INT(5000, a->remote.port);
    CHECK_INT(5001, a->remote_rtcp.port);
    negotiation_free(n);
}

/* RFC 3264 6.1: every direction offered with every one wished. */
TEST(directions_are_answered_by_the_table)
{
    static const char *const        names[]    = { "inactive", "sendonly", "recvonly", "sendrecv" };
    static const enum sdp_direction allowed[4] = { SDP_INACTIVE, SDP_RECVONLY, SDP_SENDONLY, SDP_SENDRECV };

    for (unsigned offered = 0; offered < 4; offered++)
        for (unsigned wished = 0; wished < 4; wished++) {
            struct negotiation *n     = party(2);
            struct sdp_local    local = audio_at(2, 5000, &pcmu, 1);
            char                memory[512], line[32];
            struct buf          b = BUF_ON(memory), want = BUF_ON(line);

            local.direction = (enum sdp_direction)wished;
            buf_printf(&b, HEAD "m=audio 4000 RTP/AVP 0\r\na=%s\r\n", names[offered]);
            buf_printf(&want, "\r\na=%s\r\n", names[allowed[offered] & wished]);
            hear_offer(n, buf_slice(&b));
            CHECK(has(answer_of(n, &local, 1), buf_cstr(&want)));
            CHECK_INT(allowed[offered] & wished, negotiation_stream(n, 0)->direction);
            negotiation_free(n);
        }
}

TEST(an_answer_cannot_widen_the_direction_of_the_offer)
{
    struct negotiation *n     = party(1);
    struct sdp_local    local = audio_at(1, 4000, &pcmu, 1);

    local.direction = SDP_SENDONLY;
    offer_of(n, &local, 1);
    hear_answer(n, SLICE(HEAD "m=audio 5000 RTP/AVP 0\r\na=sendrecv\r\n"));
    CHECK_INT(SDP_SENDONLY, negotiation_stream(n, 0)->direction);
    negotiation_free(n);
}

/* RFC 3264 8.4: hold and resume between two of us. */
TEST(hold_is_offered_as_sendonly_and_answered_as_recvonly)
{
    struct negotiation *alice = party(1), *bob = party(2);
    struct sdp_local    a = audio_at(1, 4000, &pcmu, 1), b = audio_at(2, 5000, &pcmu, 1);

    exchange(alice, &a, 1, bob, &b, 1);
    CHECK_INT(SDP_SENDRECV, negotiation_stream(bob, 0)->direction);
    a.direction = sdp_direction_hold(negotiation_stream(alice, 0)->direction);
    exchange(alice, &a, 1, bob, &b, 1);
    CHECK_INT(SDP_SENDONLY, negotiation_stream(alice, 0)->direction);
    CHECK_INT(SDP_RECVONLY, negotiation_stream(bob, 0)->direction);
    CHECK_INT(SDP_SENDONLY, negotiation_stream(bob, 0)->remote_direction);
    /* Bob holds Alice, too: each direction on its own */
    b.direction = sdp_direction_hold(SDP_RECVONLY);
    exchange(bob, &b, 1, alice, &a, 1);
    CHECK_INT(SDP_INACTIVE, negotiation_stream(alice, 0)->direction);
    CHECK_INT(SDP_INACTIVE, negotiation_stream(bob, 0)->direction);
    CHECK(negotiation_stream(bob, 0)->active);
    a.direction = b.direction = SDP_SENDRECV;
    exchange(alice, &a, 1, bob, &b, 1);
    CHECK_INT(SDP_SENDRECV, negotiation_stream(bob, 0)->direction);
    negotiation_free(alice);
    negotiation_free(bob);
}

/* RFC 3264 6: as many m= lines, in order, those refused with port 0. */
TEST(what_we_cannot_take_is_refused_in_its_place)
{
    struct negotiation *n     = party(2);
    struct sdp_local    local = audio_at(2, 5000, &pcmu, 1);
    struct slice        text;

    hear_offer(n, SLICE("v=0\r\no=- 7 7 IN IP4 192.0.2.9\r\ns=-\r\nt=3034423619 3042462419\r\n"
                        "m=video 4000 RTP/AVP 31 32\r\nc=IN IP4 192.0.2.9\r\n" /* kind       */
                        "m=audio 4002 RTP/SAVP 0\r\nc=IN IP4 192.0.2.9\r\n"    /* protocol   */
                        "m=audio 4004 RTP/AVP 0\r\nc=IN IP4 224.2.1.1/127\r\n" /* multicast  */
                        "m=audio 4006 RTP/AVP 0\r\n"                           /* no address */
                        "m=audio 4008 RTP/AVP 8 97\r\nc=IN IP4 192.0.2.9\r\n"  /* codec      */
                        "m=audio 4010 RTP/AVP 0\r\nc=IN IP4 192.0.2.9\r\n"     /* this one   */
                        "m=audio 4012 RTP/AVP 0\r\nc=IN IP4 192.0.2.9\r\n"     /* one more   */
                        "m=message 4014 TCP/MSRP *\r\nc=IN IP4 192.0.2.9\r\n"  /* kind       */
                        "m=image 0 udptl\r\nc=IN IP4 192.0.2.9\r\n"));
    text = answer_of(n, &local, 1);
    CHECK(has(text, "\r\nt=3034423619 3042462419\r\n"
                    "m=video 0 RTP/AVP 31\r\nm=audio 0 RTP/SAVP 0\r\nm=audio 0 RTP/AVP 0\r\nm=audio 0 RTP/AVP 0\r\n"
                    "m=audio 0 RTP/AVP 8\r\nm=audio 5000 RTP/AVP 0\r\n"));
    CHECK(has(text, "\r\nm=audio 0 RTP/AVP 0\r\nm=message 0 TCP/MSRP *\r\nm=image 0 udptl 0\r\n"));
    CHECK_INT(9, media_of(text));
    CHECK_INT(5, negotiation_stream(n, 0)->slot);
    negotiation_free(n);
}

TEST(an_offer_without_anything_for_us_is_refused_as_a_whole)
{
    struct negotiation *n     = party(2);
    struct sdp_local    local = audio_at(2, 5000, &pcmu, 1);
    struct slice        text;

    hear_offer(n, SLICE(HEAD "m=audio 4000 RTP/AVP 8\r\nm=video 4002 RTP/AVP 31\r\n"));
    CHECK_INT(-ERR_UNSUPPORTED, negotiation_answer(n, &local, 1, &text));
    CHECK_INT(NEGOTIATION_OFFER_RECEIVED, negotiation_state(n));
    negotiation_rollback(n);
    CHECK_INT(NEGOTIATION_NONE, negotiation_state(n));
    CHECK(negotiation_remote(n) == NULL);
    negotiation_free(n);
}

TEST(comfort_noise_alone_makes_no_stream)
{
    struct negotiation *n        = party(2);
    struct sdp_codec    codecs[] = { pcmu, noise };
    struct sdp_local    local    = audio_at(2, 5000, codecs, 2);
    struct slice        text;

    hear_offer(n, SLICE(HEAD "m=audio 4000 RTP/AVP 8 13\r\n"));
    CHECK_INT(-ERR_UNSUPPORTED, negotiation_answer(n, &local, 1, &text));
    negotiation_rollback(n);
    hear_offer(n, SLICE(HEAD "m=audio 4000 RTP/AVP 13 0\r\n"));
    CHECK(has(answer_of(n, &local, 1), "\r\nm=audio 5000 RTP/AVP 13 0\r\n"));
    CHECK_INT(0, negotiation_stream(n, 0)->send.payload_type);
    CHECK_INT(2, negotiation_stream(n, 0)->receive_count);
    negotiation_free(n);
}

/* RFC 4733 2.4.1, 2.5.1.1. */
TEST(events_are_agreed_as_the_intersection)
{
    struct negotiation      *alice = party(1), *bob = party(2);
    struct sdp_local         a = audio_at(1, 4000, &pcmu, 1), b = audio_at(2, 5000, &pcmu, 1);
    struct slice             answer;
    const struct sdp_agreed *agreed;

    a.events = b.events = true;
    a.event_list        = SLICE("0-15,66");
    b.event_list        = SLICE("0-11,16,66");
    hear_offer(bob, offer_of(alice, &a, 1));
    answer = answer_of(bob, &b, 1);
    CHECK(has(answer, "a=fmtp:101 0-11,66\r\n"));
    hear_answer(alice, answer);
    agreed = negotiation_stream(alice, 0);
    CHECK_INT(101, agreed->send_events.payload_type);
    CHECK(sdp_events_has(&agreed->send_events.events, 66));
    CHECK(!sdp_events_has(&agreed->send_events.events, 15));
    CHECK_INT(101, negotiation_stream(bob, 0)->receive_events[0].payload_type);
    negotiation_free(alice);
    negotiation_free(bob);
}

TEST(events_need_a_codec_of_their_clock)
{
    struct negotiation *n        = party(2);
    struct sdp_codec    codecs[] = { pcmu, opus };
    struct sdp_local    local    = audio_at(2, 5000, codecs, 2);

    local.events = true;
    hear_offer(n, SLICE(HEAD "m=audio 4000 RTP/AVP 96 97 98\r\na=rtpmap:96 opus/48000/2\r\n"
                             "a=rtpmap:97 telephone-event/8000\r\na=rtpmap:98 telephone-event/48000\r\n"));
    CHECK(has(answer_of(n, &local, 1), "\r\nm=audio 5000 RTP/AVP 96 98\r\n"));
    CHECK_INT(98, negotiation_stream(n, 0)->send_events.payload_type);
    CHECK_INT(48000, negotiation_stream(n, 0)->send_events.clock);
    negotiation_free(n);
}

TEST(events_of_another_clock_than_the_codec_of_the_answer_are_not_sent)
{
    struct negotiation *n        = party(1);
    struct sdp_codec    codecs[] = { opus, pcmu };
    struct sdp_local    local    = audio_at(1, 4000, codecs, 2);

    local.events = true;
    offer_of(n, &local, 1);
    hear_answer(n, SLICE(HEAD "m=audio 5000 RTP/AVP 96 0 101\r\na=rtpmap:96 opus/48000/2\r\n"
                              "a=rtpmap:101 telephone-event/8000\r\n"));
    CHECK_INT(96, negotiation_stream(n, 0)->send.payload_type);
    CHECK_INT(SDP_NO_PAYLOAD_TYPE, negotiation_stream(n, 0)->send_events.payload_type);
    CHECK_INT(1, negotiation_stream(n, 0)->receive_event_count); /* they may still send PCMU, and these */
    negotiation_free(n);
}

TEST(comfort_noise_asks_for_no_events_of_its_clock)
{
    struct negotiation *n        = party(1);
    struct sdp_codec    codecs[] = { opus, noise };
    struct sdp_local    local    = audio_at(1, 4000, codecs, 2);

    local.events = true;
    CHECK(has(offer_of(n, &local, 1), "\r\nm=audio 4000 RTP/AVP 96 13 97\r\n"));
    negotiation_free(n);
}

TEST(events_that_the_peer_does_not_take_are_not_sent)
{
    struct negotiation *n     = party(1);
    struct sdp_local    local = audio_at(1, 4000, &pcmu, 1);

    local.events = true;
    offer_of(n, &local, 1);
    hear_answer(n, SLICE(HEAD "m=audio 5000 RTP/AVP 0\r\n"));
    CHECK_INT(SDP_NO_PAYLOAD_TYPE, negotiation_stream(n, 0)->send_events.payload_type);
    CHECK_INT(0, negotiation_stream(n, 0)->receive_event_count);
    negotiation_free(n);
}

/* RFC 3264 8: one more if anything differs, the same if nothing does. */
TEST(the_version_rises_by_one_only_with_a_change)
{
    struct negotiation *alice = party(1), *bob = party(2);
    struct sdp_local    a = audio_at(1, 4000, &pcmu, 1), b = audio_at(2, 5000, &pcmu, 1);

    exchange(alice, &a, 1, bob, &b, 1);
    hear_offer(bob, offer_of(alice, &a, 1));
    CHECK_INT(1000, version_of(answer_of(bob, &b, 1)));
    negotiation_rollback(alice);
    a.rtp.port = 4002;
    CHECK_INT(1001, version_of(offer_of(alice, &a, 1)));
    negotiation_rollback(alice);
    CHECK_INT(1001, version_of(offer_of(alice, &a, 1)));
    negotiation_rollback(alice);
    a.direction = SDP_SENDONLY;
    CHECK_INT(1002, version_of(offer_of(alice, &a, 1)));
    negotiation_free(alice);
    negotiation_free(bob);
}

/* RFC 3264 8.1, 8.2: streams come and go, their lines stay. */
TEST(a_stream_is_removed_and_its_slot_used_again)
{
    struct negotiation *alice = party(1), *bob = party(2);
    struct sdp_local    a[] = { audio_at(1, 4000, &pcmu, 1), audio_at(1, 4002, &pcma, 1), audio_at(1, 4004, &ilbc, 1) };
    struct sdp_local    b[] = { audio_at(2, 5000, &pcmu, 1), audio_at(2, 5002, &pcma, 1), audio_at(2, 5004, &ilbc, 1) };
    struct slice        text;

    exchange(alice, a, 2, bob, b, 3);
    CHECK(negotiation_stream(bob, 1)->active);
    a[0].enabled = false;
    text         = offer_of(alice, a, 2);
    CHECK(has(text, "\r\nm=audio 0 RTP/AVP 0\r\nm=audio 4002 RTP/AVP 8\r\n"));
    hear_offer(bob, text);
    text = answer_of(bob, b, 3);
    CHECK(has(text, "\r\nm=audio 0 RTP/AVP 0\r\nm=audio 5002 RTP/AVP 8\r\n"));
    hear_answer(alice, text);
    CHECK(!negotiation_stream(alice, 0)->active);
    CHECK(!negotiation_stream(bob, 0)->active);
    CHECK(negotiation_stream(alice, 1)->active);
    /* the third takes the place of the first */
    text = offer_of(alice, a, 3);
    CHECK(has(text, "\r\nm=audio 4004 RTP/AVP 97\r\n"));
    CHECK_INT(2, media_of(text));
    hear_offer(bob, text);
    hear_answer(alice, answer_of(bob, b, 3));
    CHECK_INT(0, negotiation_stream(alice, 2)->slot);
    CHECK(negotiation_stream(alice, 2)->active);
    CHECK(negotiation_stream(bob, 2)->active);
    CHECK_INT(0, negotiation_stream(bob, 2)->slot);
    /* and the first, back again, is appended */
    a[0].enabled = true;
    exchange(alice, a, 3, bob, b, 3);
    CHECK_INT(2, negotiation_stream(alice, 0)->slot);
    CHECK(negotiation_stream(bob, 0)->active);
    negotiation_free(alice);
    negotiation_free(bob);
}

TEST(a_stream_that_ends_may_move_to_another_line_at_once)
{
    struct negotiation *n     = party(2);
    struct sdp_local    local = audio_at(2, 5000, &pcmu, 1);

    hear_offer(n, SLICE(HEAD "m=audio 4000 RTP/AVP 8\r\nm=audio 4002 RTP/AVP 0\r\n"));
    answer_of(n, &local, 1);
    CHECK_INT(1, negotiation_stream(n, 0)->slot);
    hear_offer(n, SLICE(HEAD "m=audio 4000 RTP/AVP 0\r\nm=audio 0 RTP/AVP 0\r\n"));
    CHECK(has(answer_of(n, &local, 1), "\r\nm=audio 5000 RTP/AVP 0\r\n"));
    CHECK_INT(0, negotiation_stream(n, 0)->slot);
    CHECK_INT(4000, negotiation_stream(n, 0)->remote.port);
    negotiation_free(n);
}

TEST(a_stream_left_out_of_an_offer_gets_port_0)
{
    struct negotiation *alice = party(1), *bob = party(2);
    struct sdp_local    a[] = { audio_at(1, 4000, &pcmu, 1), audio_at(1, 4002, &pcma, 1) };
    struct sdp_local    b[] = { audio_at(2, 5000, &pcmu, 1), audio_at(2, 5002, &pcma, 1) };

    exchange(alice, a, 2, bob, b, 2);
    CHECK(has(offer_of(alice, a, 1), "\r\nm=audio 0 RTP/AVP 8\r\n"));
    negotiation_free(alice);
    negotiation_free(bob);
}

/* RFC 3264 8: a peer's video keeps its place in our offers. */
TEST(what_the_peer_offered_and_we_refused_stays_in_our_offers)
{
    struct negotiation *n     = party(2);
    struct sdp_local    local = audio_at(2, 5000, &pcmu, 1);
    struct slice        text;

    hear_offer(n, SLICE(HEAD "m=video 4002 RTP/AVP 31\r\nm=audio 4000 RTP/AVP 0\r\n"));
    answer_of(n, &local, 1);
    text = offer_of(n, &local, 1);
    CHECK(has(text, "\r\nm=video 0 RTP/AVP 31\r\nm=audio 5000 RTP/AVP 0\r\n"));
    CHECK_INT(1000, version_of(text));
    hear_answer(n, SLICE(HEAD "m=video 0 RTP/AVP 31\r\nm=audio 4000 RTP/AVP 0\r\n"));
    CHECK(negotiation_stream(n, 0)->active);
    negotiation_free(n);
}

/* RFC 3264 8.3.2. */
TEST(a_dynamic_number_never_changes_its_meaning)
{
    struct negotiation *n        = party(1);
    struct sdp_codec    codecs[] = { opus, pcmu };
    struct sdp_local    local    = audio_at(1, 4000, &pcmu, 1);

    hear_offer(n, SLICE(HEAD "m=audio 4000 RTP/AVP 0 96 110\r\na=rtpmap:96 speex/16000\r\n"
                             "a=rtpmap:110 telephone-event/8000\r\n"));
    local.events = true;
    CHECK(has(answer_of(n, &local, 1), "RTP/AVP 0 110\r\n"));
    local.codecs      = codecs; /* opus is new: not 96, which the peer has used */
    local.codec_count = 2;
    CHECK(has(offer_of(n, &local, 1), "RTP/AVP 97 0 98 110\r\n"));
    negotiation_free(n);
}

/* RFC 3264 4: an exchange is atomic. */
TEST(a_rejected_offer_leaves_all_as_it_was)
{
    struct negotiation *alice = party(1), *bob = party(2);
    struct sdp_local    a[] = { audio_at(1, 4000, &pcmu, 1), audio_at(1, 4002, &pcma, 1) };
    struct sdp_local    b   = audio_at(2, 5000, &pcmu, 1);

    exchange(alice, a, 1, bob, &b, 1);
    a[0].direction = SDP_INACTIVE;
    hear_offer(bob, offer_of(alice, a, 2));
    negotiation_rollback(alice);
    negotiation_rollback(bob);
    CHECK_INT(NEGOTIATION_STABLE, negotiation_state(alice));
    CHECK_INT(NEGOTIATION_STABLE, negotiation_state(bob));
    CHECK_INT(SDP_SENDRECV, negotiation_stream(alice, 0)->direction);
    CHECK(!negotiation_stream(alice, 1)->active);
    CHECK_INT(1, negotiation_remote(bob)->media_count);
    CHECK_INT(1, media_of(offer_of(alice, a, 1)));
    negotiation_free(alice);
    negotiation_free(bob);
}

/* RFC 3264 4; RFC 3261 14.1, 14.2. */
TEST(only_one_offer_at_a_time)
{
    struct negotiation *n     = party(1);
    struct sdp_local    local = audio_at(1, 4000, &pcmu, 1);
    struct slice        text, offer = SLICE(HEAD "m=audio 4000 RTP/AVP 0\r\n");
    struct sdp_fault    fault;

    CHECK_INT(-ERR_NOT_FOUND, negotiation_answer(n, &local, 1, &text));
    CHECK_INT(-ERR_NOT_FOUND, negotiation_receive_answer(n, offer, &fault));
    offer_of(n, &local, 1);
    CHECK_INT(-ERR_LOCKED, negotiation_offer(n, &local, 1, &text));
    CHECK_INT(-ERR_LOCKED, negotiation_receive_offer(n, offer, &fault)); /* glare */
    negotiation_rollback(n);
    hear_offer(n, offer);
    CHECK_INT(-ERR_LOCKED, negotiation_receive_offer(n, offer, &fault));
    CHECK_INT(-ERR_LOCKED, negotiation_offer(n, &local, 1, &text));
    answer_of(n, &local, 1);
    CHECK_INT(-ERR_NOT_FOUND, negotiation_answer(n, &local, 1, &text));
    negotiation_free(n);
}

TEST(an_answer_that_does_not_match_the_offer_is_refused)
{
    static const struct slice bad[] = {
        SLICE_INIT("nonsense"),
        SLICE_INIT(HEAD),
        SLICE_INIT(HEAD "m=audio 4000 RTP/AVP 0\r\nm=audio 4000 RTP/AVP 0\r\n"),
        SLICE_INIT(HEAD "m=video 4000 RTP/AVP 0\r\n"),
    };
    struct negotiation *n     = party(1);
    struct sdp_local    local = audio_at(1, 4000, &pcmu, 1);
    struct sdp_fault    fault;

    offer_of(n, &local, 1);
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        CHECK_INT(-ERR_SYNTAX, negotiation_receive_answer(n, test_guarded(bad[i]), &fault));
        CHECK(fault.expected != NULL);
        CHECK_INT(NEGOTIATION_OFFER_SENT, negotiation_state(n));
    }
    hear_answer(n, SLICE(HEAD "m=audio 4000 RTP/AVP 0\r\n"));
    CHECK_INT(NEGOTIATION_STABLE, negotiation_state(n));
    negotiation_free(n);
}

TEST(a_stream_rejected_or_answered_with_strange_codecs_is_no_stream)
{
    static const struct slice answers[] = {
        SLICE_INIT(HEAD "m=audio 0 RTP/AVP 0\r\n"),
        SLICE_INIT(HEAD "m=audio 4000 RTP/AVP 8\r\n"),
        SLICE_INIT(HEAD "m=audio 4000 RTP/SAVP 0\r\n"),
        SLICE_INIT(HEAD "m=audio 4000 RTP/AVP *\r\n"),
        SLICE_INIT("v=0\r\no=- 7 7 IN IP4 192.0.2.9\r\nm=audio 4000 RTP/AVP 0\r\n"),
    };

    for (size_t i = 0; i < sizeof answers / sizeof *answers; i++) {
        struct negotiation *n     = party(1);
        struct sdp_local    local = audio_at(1, 4000, &pcmu, 1);

        offer_of(n, &local, 1);
        hear_answer(n, answers[i]);
        CHECK(!negotiation_stream(n, 0)->active);
        CHECK_INT(NEGOTIATION_STABLE, negotiation_state(n));
        negotiation_free(n);
    }
}

TEST(an_offer_may_not_take_away_lines)
{
    struct negotiation *n     = party(2);
    struct sdp_local    local = audio_at(2, 5000, &pcmu, 1);
    struct sdp_fault    fault;

    hear_offer(n, SLICE(HEAD "m=audio 4000 RTP/AVP 0\r\nm=video 0 RTP/AVP 31\r\n"));
    answer_of(n, &local, 1);
    CHECK_INT(-ERR_SYNTAX, negotiation_receive_offer(n, SLICE(HEAD "m=audio 4000 RTP/AVP 0\r\n"), &fault));
    assert_string_equal("at least as many m= lines as before", fault.expected);
    CHECK_INT(NEGOTIATION_STABLE, negotiation_state(n));
    negotiation_free(n);
}

/* RFC 3264 5.1, 8.4; RFC 8866 6.4. */
TEST(bandwidth_and_packet_times_of_the_peer_are_told)
{
    struct negotiation      *n     = party(2);
    struct sdp_local         local = audio_at(2, 5000, &pcmu, 1);
    const struct sdp_agreed *a;

    local.ptime = 40;
    hear_offer(n, SLICE(HEAD "m=audio 4000 RTP/AVP 0\r\nb=AS:64\r\na=maxptime:30\r\na=rtcp:4444\r\n"));
    answer_of(n, &local, 1);
    a = negotiation_stream(n, 0);
    CHECK(a->has_bandwidth);
    CHECK_INT(64, a->bandwidth);
    CHECK_INT(30, a->ptime);
    CHECK_INT(4444, a->remote_rtcp.port);
    hear_offer(n, SLICE(HEAD "m=audio 4000 RTP/AVP 0\r\nb=AS:0\r\na=ptime:10\r\n"));
    answer_of(n, &local, 1);
    CHECK_INT(10, a->ptime);
    CHECK_INT(SDP_RECVONLY, a->direction); /* nothing may be sent */
    negotiation_free(n);
}

TEST(our_own_rtcp_port_is_told_if_it_is_not_the_next)
{
    struct negotiation *n     = party(1);
    struct sdp_local    local = audio_at(1, 4000, &pcmu, 1);

    local.rtcp_port = 4001;
    CHECK(!has(offer_of(n, &local, 1), "a=rtcp"));
    negotiation_rollback(n);
    local.rtcp_port = 4010;
    CHECK(has(offer_of(n, &local, 1), "\r\na=rtcp:4010\r\n"));
    negotiation_free(n);
}

TEST(ipv6_is_offered_and_answered)
{
    struct negotiation *alice = party(1), *bob = party(2);
    struct sdp_local    a = audio_at(1, 4000, &pcmu, 1), b = audio_at(2, 5000, &pcmu, 1);
    struct slice        text;

    CHECK(address_parse_ip(SLICE("2001:db8::1"), &a.rtp));
    CHECK(address_parse_ip(SLICE("2001:db8::2"), &b.rtp));
    a.rtp.port = 4000;
    b.rtp.port = 5000;
    text       = offer_of(alice, &a, 1);
    CHECK(has(text, "\r\nc=IN IP6 2001:db8::1\r\n"));
    hear_offer(bob, text);
    hear_answer(alice, answer_of(bob, &b, 1));
    CHECK(address_eq(&b.rtp, &negotiation_stream(alice, 0)->remote));
    CHECK(address_eq(&a.rtp, &negotiation_stream(bob, 0)->remote));
    negotiation_free(alice);
    negotiation_free(bob);
}

TEST(what_cannot_be_offered_is_refused_before_anything_changes)
{
    struct negotiation *n = party(1);
    struct sdp_codec    many[NEGOTIATION_CODECS_MAX + 1];
    struct sdp_local    streams[NEGOTIATION_STREAMS_MAX + 1] = { 0 };
    struct sdp_local    local                                = audio_at(1, 4000, NULL, 0);
    struct slice        text;

    CHECK_INT(-ERR_UNSUPPORTED, negotiation_offer(n, &local, 1, &text)); /* nothing in it */
    local = audio_at(1, 0, &pcmu, 1);
    CHECK_INT(-ERR_UNSUPPORTED, negotiation_offer(n, &local, 1, &text)); /* no port */
    CHECK_INT(-ERR_LIMIT, negotiation_offer(n, streams, NEGOTIATION_STREAMS_MAX + 1, &text));
    for (size_t i = 0; i < sizeof many / sizeof *many; i++)
        many[i] = pcmu;
    local = audio_at(1, 4000, many, NEGOTIATION_CODECS_MAX + 1);
    CHECK_INT(-ERR_LIMIT, negotiation_offer(n, &local, 1, &text));
    CHECK_INT(NEGOTIATION_NONE, negotiation_state(n));
    local = audio_at(1, 4000, many, NEGOTIATION_CODECS_MAX); /* named often, offered once */
    CHECK(has(offer_of(n, &local, 1), "RTP/AVP 0\r\n"));
    negotiation_free(n);
}

TEST(a_description_that_is_too_large_to_make_is_refused)
{
    static char         fmtp[40000];
    struct negotiation *n     = party(1);
    struct sdp_codec    codec = pcmu;
    struct sdp_local    local = audio_at(1, 4000, &codec, 1);
    struct slice        text;

    memset(fmtp, 'x', sizeof fmtp);
    codec.fmtp = (struct slice){ fmtp, sizeof fmtp };
    CHECK_INT(-ERR_TOO_LARGE, negotiation_offer(n, &local, 1, &text));
    CHECK_INT(NEGOTIATION_NONE, negotiation_state(n));
    negotiation_free(n);
}

/* Everything a peer can make us copy still fits. */
TEST(long_words_in_an_offer_are_copied_into_the_answer)
{
    static char         memory[60000];
    struct buf          b     = BUF_ON(memory);
    struct negotiation *n     = party(2);
    struct sdp_local    local = audio_at(2, 5000, &pcmu, 1);

    buf_put(&b, SLICE(HEAD "m=audio 4000 RTP/AVP 0\r\nm="));
    for (unsigned i = 0; i < 25000; i++)
        buf_put_byte(&b, 'k');
    buf_put(&b, SLICE(" 9 "));
    for (unsigned i = 0; i < 25000; i++)
        buf_put_byte(&b, 'p');
    buf_put(&b, SLICE(" f\r\n"));
    hear_offer(n, buf_slice(&b));
    CHECK(answer_of(n, &local, 1).len > 50000);
    negotiation_free(n);
}

/* Each allocation of a whole exchange fails once: an error, and all is as before. */
TEST(memory_that_fails_leaves_the_negotiation_as_it_was)
{
    struct negotiation *alice = party(1), *bob = party(2);
    struct sdp_local    a = audio_at(1, 4000, &pcmu, 1), b = audio_at(2, 5000, &pcmu, 1);
    struct slice        offer, answer;
    struct sdp_fault    fault;

    for (unsigned n = 1; alloc_fail_at(n), negotiation_offer(alice, &a, 1, &offer) != 0; n++)
        CHECK_INT(NEGOTIATION_NONE, negotiation_state(alice));
    for (unsigned n = 1; alloc_fail_at(n), negotiation_receive_offer(bob, offer, &fault) != 0; n++)
        CHECK_INT(NEGOTIATION_NONE, negotiation_state(bob));
    for (unsigned n = 1; alloc_fail_at(n), negotiation_answer(bob, &b, 1, &answer) != 0; n++)
        CHECK_INT(NEGOTIATION_OFFER_RECEIVED, negotiation_state(bob));
    for (unsigned n = 1; alloc_fail_at(n), negotiation_receive_answer(alice, answer, &fault) != 0; n++)
        CHECK_INT(NEGOTIATION_OFFER_SENT, negotiation_state(alice));
    alloc_fail_at(1);
    CHECK(negotiation_new(&(struct negotiation_config){ 0 }) == NULL);
    alloc_fail_at(0);
    CHECK(negotiation_stream(alice, 0)->active && negotiation_stream(bob, 0)->active);
    negotiation_free(alice);
    negotiation_free(bob);
}

/* RFC 3264 9. */
TEST(capabilities_are_told_with_port_0)
{
    struct negotiation_config c        = { .username   = SLICE_INIT("carol"),
                                           .session_id = 28908764872,
                                           .address    = { .ip = { 192, 0, 2, 4 }, .family = FAMILY_4 } };
    struct sdp_codec          codecs[] = { pcmu, opus };
    struct sdp_local          local    = audio_at(4, 4000, codecs, 2);
    char                      memory[512];
    struct buf                b = BUF_ON(memory);

    sdp_write_capabilities(&b, &c, &local, 1);
    CHECK_SLICE("v=0\r\no=carol 28908764872 28908764872 IN IP4 192.0.2.4\r\ns=-\r\nc=IN IP4 192.0.2.4\r\nt=0 0\r\n"
                "m=audio 0 RTP/AVP 0 96\r\na=rtpmap:0 PCMU/8000\r\na=rtpmap:96 opus/48000/2\r\n"
                "a=fmtp:96 useinbandfec=1\r\na=sendrecv\r\n",
                buf_slice(&b));
}

/* RFC 3264 6, 6.2: what is offered to one is answered by one, at an address that he can be reached at. */
TEST(an_answer_from_where_nothing_can_be_sent_to_is_a_refusal)
{
    static const char *const connections[] = { "IN IP4 224.2.1.1/127", "IN IP6 2001:db8::9", "IN E164 +15551234",
                                               "ATM NSAP 47.0091" };

    for (size_t i = 0; i < sizeof connections / sizeof *connections; i++) {
        struct negotiation *n     = party(1);
        struct sdp_local    local = audio_at(1, 4000, &pcmu, 1);
        char                text[256];

        offer_of(n, &local, 1);
        snprintf(text, sizeof text, HEAD "m=audio 5000 RTP/AVP 0\r\nc=%s\r\n", connections[i]);
        hear_answer(n, slice_from(text));
        CHECK(!negotiation_stream(n, 0)->active);
        negotiation_free(n);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_offer_says_all_that_we_can_do),
        cmocka_unit_test(what_is_offered_can_be_received_before_the_answer),
        cmocka_unit_test(an_answer_keeps_order_and_numbers_of_the_offer),
        cmocka_unit_test(the_offerer_sends_what_the_answerer_likes_best),
        cmocka_unit_test(directions_are_answered_by_the_table),
        cmocka_unit_test(an_answer_cannot_widen_the_direction_of_the_offer),
        cmocka_unit_test(hold_is_offered_as_sendonly_and_answered_as_recvonly),
        cmocka_unit_test(what_we_cannot_take_is_refused_in_its_place),
        cmocka_unit_test(an_offer_without_anything_for_us_is_refused_as_a_whole),
        cmocka_unit_test(comfort_noise_alone_makes_no_stream),
        cmocka_unit_test(events_are_agreed_as_the_intersection),
        cmocka_unit_test(events_need_a_codec_of_their_clock),
        cmocka_unit_test(events_of_another_clock_than_the_codec_of_the_answer_are_not_sent),
        cmocka_unit_test(comfort_noise_asks_for_no_events_of_its_clock),
        cmocka_unit_test(events_that_the_peer_does_not_take_are_not_sent),
        cmocka_unit_test(the_version_rises_by_one_only_with_a_change),
        cmocka_unit_test(a_stream_is_removed_and_its_slot_used_again),
        cmocka_unit_test(a_stream_that_ends_may_move_to_another_line_at_once),
        cmocka_unit_test(a_stream_left_out_of_an_offer_gets_port_0),
        cmocka_unit_test(what_the_peer_offered_and_we_refused_stays_in_our_offers),
        cmocka_unit_test(a_dynamic_number_never_changes_its_meaning),
        cmocka_unit_test(a_rejected_offer_leaves_all_as_it_was),
        cmocka_unit_test(only_one_offer_at_a_time),
        cmocka_unit_test(an_answer_that_does_not_match_the_offer_is_refused),
        cmocka_unit_test(a_stream_rejected_or_answered_with_strange_codecs_is_no_stream),
        cmocka_unit_test(an_offer_may_not_take_away_lines),
        cmocka_unit_test(bandwidth_and_packet_times_of_the_peer_are_told),
        cmocka_unit_test(our_own_rtcp_port_is_told_if_it_is_not_the_next),
        cmocka_unit_test(ipv6_is_offered_and_answered),
        cmocka_unit_test(what_cannot_be_offered_is_refused_before_anything_changes),
        cmocka_unit_test(a_description_that_is_too_large_to_make_is_refused),
        cmocka_unit_test(long_words_in_an_offer_are_copied_into_the_answer),
        cmocka_unit_test(memory_that_fails_leaves_the_negotiation_as_it_was),
        cmocka_unit_test(capabilities_are_told_with_port_0),
        cmocka_unit_test(an_answer_from_where_nothing_can_be_sent_to_is_a_refusal),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
