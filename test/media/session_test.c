/* SPDX-License-Identifier: BSD-2-Clause */
#include "base/error.h"
#include "media/audio_memory.h"
#include "media/phase.h"
#include "support/media_pair.h"

#include <stdlib.h>

static void disturb(unsigned loss, msec jitter)
{
    network_set_path(network, NULL, NULL, &(struct path){ .delay = 20, .loss = loss, .jitter = jitter });
}

TEST(two_sessions_hear_each_other_and_not_themselves)
{
    struct compare_result r;

    talk();
    live(4000);
    r = hearing(&bob, 1);
    CHECK(r.heard);
    CHECK(r.correlation > 0.98);
    CHECK(r.delay_ms > 0 && r.delay_ms < 150);
    CHECK(hearing(&alice, 2).heard);
    CHECK(!hearing(&alice, 1).heard);
    CHECK(!hearing(&bob, 2).heard);
}

/* Packet n leaves at start + 20 n, so 4 s are 201 packets; RFC 3550 A.1 drops the
 * first of a new source. */
TEST(the_statistics_agree_with_the_network)
{
    struct media_stats a, b;

    network_set_path(network, NULL, NULL, &(struct path){ .delay = 30 });
    talk();
    live(10000);
    a = stats_of(&alice);
    b = stats_of(&bob);
    CHECK_INT(501, a.packets_sent);
    CHECK_INT(501 * 160, a.bytes_sent);
    CHECK(b.packets_received >= 498 && b.packets_received <= 500);
    CHECK_INT(b.packets_received * 160, b.bytes_received);
    CHECK_INT(0, b.lost);
    CHECK_INT(0, b.late);
    CHECK_INT(0, b.strangers);
    CHECK_INT(0, b.malformed);
    CHECK(b.jitter < 1);
    CHECK(b.round_trip > 55 && b.round_trip < 65);
    CHECK_INT(0, b.peer_lost);
    CHECK(address_eq(&b.remote, &a.local));
    CHECK_INT(a.local.port + 1, a.rtcp_port);
    CHECK_INT(1, alice.first_packets);
    CHECK_INT(1, alice.ends);
    CHECK_INT(0, alice.gaps);
}

TEST(before_the_start_nothing_is_sent_heard_or_known)
{
    struct media_stats s;

    open_both();
    live(1000);
    s = stats_of(&alice);
    CHECK_INT(0, s.packets_sent);
    CHECK(s.round_trip < 0);
    CHECK(s.peer_lost < 0);
    CHECK_INT(0, media_local(alice.media).port % 2);
    CHECK(media_local(alice.media).port >= MEDIA_PORT_FIRST);
    CHECK_INT(-ERR_UNSUPPORTED, media_send_digits(alice.media, SLICE("1")));
}

TEST(three_percent_of_loss_and_jitter_are_bridged)
{
    struct media_stats s;

    disturb(30, 30);
    talk();
    live(4000);
    s = stats_of(&bob);
    CHECK(s.lost > 0);
    CHECK(s.concealed > 0);
    CHECK(s.jitter > 1);
    CHECK(hearing(&bob, 1).heard);
    CHECK(hearing(&alice, 2).heard);
}

TEST(heavy_loss_is_not_called_heard)
{
    disturb(500, 0);
    talk();
    live(4000);
    CHECK(!hearing(&bob, 1).heard);
    CHECK(stats_of(&bob).lost > 50);
}

/* RFC 4733: each key once, in order, though packets are lost and repeated; the
 * sound goes on after them. */
TEST(keys_are_heard_once_each_and_in_order)
{
    network_set_path(network, NULL, NULL, &(struct path){ .delay = 10, .loss = 50, .duplicate = 100 });
    talk();
    live(500);
    CHECK_INT(0, media_send_digits(alice.media, SLICE("1223*")));
    CHECK_INT(0, media_send_digits(alice.media, SLICE("#aD")));
    live(3000);
    CHECK_SLICE("1223*#AD", ((struct slice){ bob.digits, bob.digit_count }));
    CHECK_INT(0, alice.digit_count);
}

TEST(keys_that_cannot_be_sent_are_refused_whole)
{
    char many[MEDIA_DIGITS + 1];

    memset(many, '5', sizeof many);
    talk();
    CHECK_INT(-ERR_SYNTAX, media_send_digits(alice.media, SLICE("12x")));
    CHECK_INT(-ERR_SYNTAX, media_send_digits(alice.media, SLICE("!")));
    CHECK_INT(-ERR_LIMIT, media_send_digits(alice.media, (struct slice){ many, sizeof many }));
    CHECK_INT(0, media_send_digits(alice.media, (struct slice){ many, MEDIA_DIGITS }));
    CHECK_INT(-ERR_LIMIT, media_send_digits(alice.media, SLICE("1")));
    alice.stream.dtmf_send_pt = MEDIA_NO_PT;
    start(&alice);
    CHECK_INT(-ERR_UNSUPPORTED, media_send_digits(alice.media, SLICE("1")));
    live(20000);
    CHECK(bob.digit_count == 0);
}

TEST(keys_that_wait_are_forgotten_when_sending_stops)
{
    talk();
    live(100);
    CHECK_INT(0, media_send_digits(alice.media, SLICE("123456789")));
    live(300);
    alice.stream.send = false;
    start(&alice);
    live(1000);
    alice.stream.send = true;
    start(&alice);
    live(3000);
    CHECK(bob.digit_count >= 1 && bob.digit_count <= 3);
}

/* RFC 3264 8: hold and resume, without a jump in the stream. */
TEST(the_direction_can_change_at_any_time)
{
    uint64_t sent;

    talk();
    live(1000);
    alice.stream.send = alice.stream.receive = false;
    start(&alice);
    sent = stats_of(&alice).packets_sent;
    live(5000);
    CHECK_INT(sent, stats_of(&alice).packets_sent);
    CHECK_INT(1, bob.gaps);
    CHECK_INT(0, alice.gaps); /* it does not listen */
    CHECK(stats_of(&bob).silent > 4900 && stats_of(&bob).silent <= 5000);
    CHECK_INT(0, stats_of(&alice).silent);
    CHECK(stats_of(&alice).packets_received < 60);

    alice.stream.send = alice.stream.receive = true;
    start(&alice);
    live(5000);
    CHECK(stats_of(&alice).packets_sent >= sent + 250);
    CHECK_INT(1, bob.gaps);
    CHECK_INT(0, stats_of(&bob).lost);
    CHECK_INT(1, bob.first_packets);
}

TEST(the_source_waits_while_nothing_is_sent)
{
    open_both();
    alice.stream      = stream_to(&bob);
    alice.stream.send = false;
    bob.stream        = stream_to(&alice);
    start(&alice);
    start(&bob);
    live(5000);
    CHECK_INT(0, alice.ends);
    alice.stream.send = true;
    start(&alice);
    live(4000);
    CHECK_INT(1, alice.ends);
    CHECK(hearing(&bob, 1).heard);
}

/* Also while nothing is received: a recording of a call on hold is as long as the call. */
static unsigned senders_of(const struct phases *phases)
{
    unsigned senders = 0;

    for (unsigned i = 0; i < PHASES; i++) {
        CHECK(phases->senders[i] <= 1);
        senders += phases->senders[i];
    }
    return senders;
}

/* Two that begin in one millisecond send in two, as long as both send. */
TEST(sessions_of_one_loop_share_the_milliseconds)
{
    static struct phases phases; /* a teardown after a failure uses it, too */

    phases              = (struct phases){ { 0 } };
    alice.config.phases = bob.config.phases = &phases;
    talk();
    live(4000);
    CHECK_INT(2, senders_of(&phases));
    CHECK(hearing(&alice, 2).heard);
    CHECK(hearing(&bob, 1).heard);
    bob.stream.send = false;
    start(&bob);
    CHECK_INT(1, senders_of(&phases));
    bob.stream.send = true;
    start(&bob);
    live(100);
    CHECK_INT(2, senders_of(&phases));
    media_close(alice.media);
    media_close(bob.media);
    alice.media = bob.media = NULL;
    CHECK_INT(0, senders_of(&phases));
}

TEST(the_sink_gets_a_frame_each_20_ms_from_the_start_to_the_close)
{
    size_t count;

    talk();
    live(30000);
    audio_memory_samples(bob.sink, &count);
    CHECK_INT(30 * AUDIO_RATE, count);
    bob.stream.receive = false;
    start(&bob);
    live(10000);
    audio_memory_samples(bob.sink, &count);
    CHECK_INT(40 * AUDIO_RATE, count);
}

TEST(the_other_law_and_another_packet_time_may_come_in_mid_call)
{
    talk();
    live(500);
    alice.stream.codec   = codec_of_static(0);
    alice.stream.send_pt = 0;
    alice.stream.ptime   = 30;
    start(&alice);
    bob.stream.ptime = 60;
    start(&bob);
    live(4000);
    CHECK(hearing(&bob, 1).heard);
    CHECK(hearing(&alice, 2).heard);
    CHECK_INT(0, stats_of(&bob).malformed);
}

TEST(a_peer_that_moves_is_followed_by_negotiation)
{
    struct end moved;

    make_end(&moved, "moved", "192.0.2.3", 3);
    talk();
    live(1000);
    CHECK_INT(0, media_open(moved.world, &moved.config, &moved.media));
    moved.stream = stream_to(&alice);
    start(&moved);
    alice.stream = stream_to(&moved);
    start(&alice);
    live(4000);
    CHECK(hearing(&alice, 3).heard);
    CHECK(stats_of(&moved).packets_received > 190);
    CHECK(stats_of(&alice).strangers > 100); /* bob, who goes on */
    free_end(&moved);
}

TEST(a_session_may_be_closed_in_its_own_callback)
{
    bob.close_when_heard = true;
    talk();
    live(1000);
    CHECK(bob.media == NULL);
    CHECK_INT(1, bob.first_packets);
}

/* RFC 3550 6.3.7. */
TEST(the_close_says_goodbye_by_rtcp)
{
    talk();
    live(1000);
    CHECK(!stats_of(&bob).peer_left);
    media_close(alice.media);
    alice.media = NULL;
    live(1000);
    CHECK(stats_of(&bob).peer_left);
}

TEST(without_an_address_to_send_to_nothing_leaves)
{
    open_both();
    alice.stream             = stream_to(&bob);
    alice.stream.remote.port = 0;
    start(&alice);
    live(2000);
    CHECK_INT(0, stats_of(&alice).packets_sent);
    alice.stream        = stream_to(&bob);
    alice.stream.remote = address_v4(0, 0, 0, 0, 4000); /* hold as RFC 2543 had it */
    start(&alice);
    live(2000);
    CHECK_INT(0, stats_of(&alice).packets_sent);
    media_close(alice.media);
    alice.media = NULL;
    CHECK_INT(0, network_in_flight(network));
}

TEST(a_stream_that_cannot_be_is_refused_and_changes_nothing)
{
    struct media_stream bad;
    struct codec        wide = *codec_of_static(8);

    wide.clock = wide.rate = 16000;
    talk();
    live(100);
#define REFUSED(change)                                                                                                \
    bad = alice.stream;                                                                                                \
    change;                                                                                                            \
    CHECK_INT(-ERR_UNSUPPORTED, media_start(alice.media, &bad))
    REFUSED(bad.codec = NULL);
    REFUSED(bad.codec = &wide);
    REFUSED(bad.recv[1].codec = NULL);
    REFUSED(bad.recv[0].codec = &wide);
    REFUSED(bad.recv_count = MEDIA_CODECS + 1);
    REFUSED(bad.send_pt = 128);
    REFUSED(bad.recv[0].pt = 200);
    REFUSED(bad.dtmf_send_pt = 128);
    REFUSED(bad.dtmf_recv_pt = 254);
#undef REFUSED
    live(3900);
    CHECK(hearing(&bob, 1).heard);
    CHECK(hearing(&alice, 2).heard);
}

/* A codec with memory: what is opened is closed, also when a later one fails. */
static int opened, allowed;

static int counted_open(void **memory)
{
    if (opened == allowed)
        return -ERR_NO_MEMORY;
    opened++;
    *memory = malloc(1);
    return 0;
}

static void counted_close(void *memory)
{
    opened--;
    free(memory);
}

TEST(the_memory_of_a_codec_lives_as_long_as_its_stream)
{
    struct codec counted = *codec_of_static(8);

    counted.open  = counted_open;
    counted.close = counted_close;
    opened        = 0;
    allowed       = 3;
    open_both();
    alice.stream               = stream_to(&bob);
    alice.stream.codec         = &counted;
    alice.stream.recv[0].codec = &counted;
    start(&alice);
    CHECK_INT(2, opened);
    CHECK_INT(-ERR_NO_MEMORY, media_start(alice.media, &alice.stream)); /* needs two more at once */
    CHECK_INT(2, opened);
    allowed = 4;
    start(&alice);
    CHECK_INT(2, opened);
    live(100);
    media_close(alice.media);
    alice.media = NULL;
    CHECK_INT(0, opened);
}

TEST(both_streams_may_run_over_ipv6)
{
    CHECK(host_add_address(alice.host, "2001:db8::1"));
    CHECK(host_add_address(bob.host, "2001:db8::2"));
    alice.config.local = host_address(alice.host, FAMILY_6);
    bob.config.local   = host_address(bob.host, FAMILY_6);
    talk();
    live(4000);
    CHECK(hearing(&bob, 1).heard);
}

#define CALL_TEST(name) cmocka_unit_test_setup_teardown(name, media_pair_setup, media_pair_teardown)

/* The host of alice has another address: bob is told by a new description, and each hears the other as before. */
TEST(a_session_that_moves_is_heard_from_its_new_address)
{
    struct address there, now_at;
    uint64_t       before;

    talk();
    live(1000);
    assert_true(address_parse_ip(SLICE("192.0.2.77"), &there));
    assert_true(host_add_address(alice.host, "192.0.2.77"));
    before = stats_of(&bob).packets_received;
    CHECK_INT(0, media_move(alice.media, &there));
    now_at = media_local(alice.media);
    CHECK(address_eq_ip(&there, &now_at));
    bob.stream = stream_to(&alice);
    start(&bob);
    live(3000);
    CHECK(stats_of(&bob).packets_received > before + 140);
    CHECK(hearing(&alice, 2).heard);
    CHECK(hearing(&bob, 1).heard);
}

TEST(where_no_port_is_to_be_had_a_session_stays)
{
    struct address there, before, now_at;

    talk();
    before = media_local(alice.media);
    assert_true(address_parse_ip(SLICE("192.0.2.78"), &there));
    CHECK_INT(-ERR_NO_ADDRESS, media_move(alice.media, &there));
    now_at = media_local(alice.media);
    CHECK(address_eq(&before, &now_at));
    live(4000);
    CHECK(hearing(&bob, 1).heard);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        CALL_TEST(a_session_that_moves_is_heard_from_its_new_address),
        CALL_TEST(where_no_port_is_to_be_had_a_session_stays),
        CALL_TEST(two_sessions_hear_each_other_and_not_themselves),
        CALL_TEST(the_statistics_agree_with_the_network),
        CALL_TEST(before_the_start_nothing_is_sent_heard_or_known),
        CALL_TEST(three_percent_of_loss_and_jitter_are_bridged),
        CALL_TEST(heavy_loss_is_not_called_heard),
        CALL_TEST(keys_are_heard_once_each_and_in_order),
        CALL_TEST(keys_that_cannot_be_sent_are_refused_whole),
        CALL_TEST(keys_that_wait_are_forgotten_when_sending_stops),
        CALL_TEST(the_direction_can_change_at_any_time),
        CALL_TEST(the_source_waits_while_nothing_is_sent),
        CALL_TEST(sessions_of_one_loop_share_the_milliseconds),
        CALL_TEST(the_sink_gets_a_frame_each_20_ms_from_the_start_to_the_close),
        CALL_TEST(the_other_law_and_another_packet_time_may_come_in_mid_call),
        CALL_TEST(a_peer_that_moves_is_followed_by_negotiation),
        CALL_TEST(a_session_may_be_closed_in_its_own_callback),
        CALL_TEST(the_close_says_goodbye_by_rtcp),
        CALL_TEST(without_an_address_to_send_to_nothing_leaves),
        CALL_TEST(a_stream_that_cannot_be_is_refused_and_changes_nothing),
        CALL_TEST(the_memory_of_a_codec_lives_as_long_as_its_stream),
        CALL_TEST(both_streams_may_run_over_ipv6),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
