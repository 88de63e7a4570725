/* SPDX-License-Identifier: BSD-2-Clause */
/* What a session puts on the wire, and when. */

#include "base/error.h"
#include "rtp/event.h"
#include "rtp/packet.h"
#include "support/media_pair.h"

enum { SEEN = 4000 };

/* Every packet that alice has sent. */
static struct seen {
    msec              at;
    bool              rtcp;
    uint16_t          to_port;
    struct rtp_packet packet; /* RTP; the payload is gone */
    size_t            len;    /* of the payload           */
    uint8_t           first;  /* byte of the payload      */
} seen[SEEN];
static size_t seen_count;

static void on_packet(void *arg, const struct packet *p)
{
    struct seen *s = &seen[seen_count];

    (void)arg;
    if (p->stage != PACKET_SENT || p->from_host != alice.host || seen_count == SEEN)
        return;
    *s = (struct seen){ .at = p->at, .rtcp = p->from.port % 2 == 1, .to_port = p->to.port };
    if (!s->rtcp) {
        CHECK(rtp_packet_parse(p->bytes, &s->packet));
        s->len   = s->packet.payload.len;
        s->first = s->len > 0 ? (uint8_t)*s->packet.payload.ptr : 0;
    }
    seen_count++;
}

static void watch(void)
{
    seen_count = 0;
    network_observe(network, on_packet, NULL);
}

/* The i-th RTP packet. */
static const struct seen *rtp_at(size_t i)
{
    for (size_t k = 0; k < seen_count; k++)
        if (!seen[k].rtcp && i-- == 0)
            return &seen[k];
    fail_msg("so many packets were not sent");
    return NULL;
}

static size_t rtp_count(void)
{
    size_t count = 0;

    for (size_t k = 0; k < seen_count; k++)
        count += !seen[k].rtcp;
    return count;
}

/* RFC 3550 5.1, RFC 3551 4.1: marker on the first packet only, one sequence
 * number and 160 ticks more each time, one SSRC. */
TEST(packet_n_leaves_at_start_plus_n_times_20_ms)
{
    const struct seen *first, *p;

    watch();
    talk();
    live(20000);
    CHECK_INT(1001, rtp_count());
    first = rtp_at(0);
    for (size_t i = 0; i < 1001; i++) {
        p = rtp_at(i);
        CHECK_INT(first->at + 20 * i, p->at);
        CHECK_INT((uint16_t)(first->packet.sequence + i), p->packet.sequence);
        CHECK_INT(first->packet.timestamp + (uint32_t)(160 * i), p->packet.timestamp);
        CHECK_INT(first->packet.ssrc, p->packet.ssrc);
        CHECK_INT(i == 0, p->packet.marker);
        CHECK_INT(8, p->packet.payload_type);
        CHECK_INT(160, p->len);
    }
}

/* RFC 3550 5.1: both start at random. */
TEST(two_sessions_share_neither_ssrc_nor_sequence_numbers)
{
    uint32_t ssrc;
    uint16_t sequence;

    watch();
    talk();
    live(100);
    ssrc     = rtp_at(0)->packet.ssrc;
    sequence = rtp_at(0)->packet.sequence;
    media_close(alice.media);
    CHECK_INT(0, media_open(alice.world, &alice.config, &alice.media));
    watch();
    start(&alice);
    live(100);
    CHECK(ssrc != rtp_at(0)->packet.ssrc);
    CHECK(sequence != rtp_at(0)->packet.sequence);
}

/* After a hold the sequence numbers go on and the time stamps tell how long. */
TEST(a_resumed_stream_counts_the_time_of_the_hold)
{
    const struct seen *last, *next;
    size_t             before;

    watch();
    talk();
    live(995);
    alice.stream.send = false;
    start(&alice);
    before = rtp_count();
    live(3000);
    alice.stream.send = true;
    start(&alice);
    live(1000);
    last = rtp_at(before - 1);
    next = rtp_at(before);
    CHECK_INT(last->packet.sequence + 1, next->packet.sequence);
    CHECK_INT((next->at - last->at) * 8, next->packet.timestamp - last->packet.timestamp);
    CHECK(next->packet.marker);
}

TEST(the_packet_time_is_as_negotiated)
{
    watch();
    open_both();
    alice.stream       = stream_to(&bob);
    alice.stream.ptime = 30;
    start(&alice);
    live(300);
    CHECK_INT(11, rtp_count());
    CHECK_INT(240, rtp_at(3)->len);
    CHECK_INT(90, rtp_at(3)->at - rtp_at(0)->at);
    CHECK_INT(720, rtp_at(3)->packet.timestamp - rtp_at(0)->packet.timestamp);
}

/* RFC 8866 6.4: ptime is a wish; one of 1 ms or a minute is not fulfilled. */
TEST(an_odd_packet_time_is_brought_into_range)
{
    static const struct {
        unsigned wanted, ms;
    } cases[] = { { 1, 10 }, { 15, 15 }, { 60000, 60 } };

    open_both();
    alice.stream = stream_to(&bob);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        alice.stream.ptime = cases[i].wanted;
        start(&alice);
        live(100); /* the packet that was due already */
        watch();
        live(1000);
        CHECK_INT(cases[i].ms * 8, rtp_at(1)->len);
        CHECK_INT(cases[i].ms, rtp_at(2)->at - rtp_at(1)->at);
    }
}

/* RFC 4733 2.5.1.2 and 2.5.1.4: in place of the sound, the time stamp of the
 * start, three times the end; then sound with a marker. */
TEST(a_key_takes_the_place_of_the_sound)
{
    size_t first = 0, keys = 0;

    watch();
    talk();
    live(200);
    CHECK_INT(0, media_send_digits(alice.media, SLICE("5")));
    live(1000);
    for (size_t i = rtp_count(); i-- > 0;)
        if (rtp_at(i)->packet.payload_type == KEYS_PT) {
            first = i;
            keys++;
        }
    CHECK(keys >= 5 && keys <= 9);
    CHECK(rtp_at(first)->packet.marker);
    for (size_t i = 0; i < keys; i++) {
        CHECK_INT(KEYS_PT, rtp_at(first + i)->packet.payload_type);
        CHECK_INT(5, rtp_at(first + i)->first);
        CHECK_INT(EVENT_PAYLOAD, rtp_at(first + i)->len);
        CHECK_INT(rtp_at(first)->packet.timestamp, rtp_at(first + i)->packet.timestamp);
    }
    CHECK_INT(8, rtp_at(first + keys)->packet.payload_type);
    CHECK(rtp_at(first + keys)->packet.marker);
    CHECK_INT((uint16_t)(rtp_at(0)->packet.sequence + 60), rtp_at(60)->packet.sequence);
}

/* RFC 3550 11: the next port, unless SDP names another (RFC 3605). */
TEST(reports_go_to_the_next_port_or_where_sdp_says)
{
    size_t here = 0, there = 0;

    watch();
    talk();
    live(30000);
    alice.stream.rtcp_remote      = alice.stream.remote;
    alice.stream.rtcp_remote.port = 9999;
    start(&alice);
    live(30000);
    for (size_t i = 0; i < seen_count; i++) {
        here += seen[i].rtcp && seen[i].to_port == alice.stream.remote.port + 1;
        there += seen[i].rtcp && seen[i].to_port == 9999;
    }
    CHECK(here >= 4 && here <= 16); /* each 5 s, halved to one and a half times at random (6.2) */
    CHECK(there >= 3 && there <= 15);
}

/* The loop was held up for 300 ms: what was due leaves at once and the rhythm is
 * what it was. */
TEST(a_late_turn_is_made_good)
{
    struct world *w = alice.world;
    uint64_t      sent;

    talk();
    live(1000);
    sent = stats_of(&alice).packets_sent;
    w->now += 300;
    wheel_advance(&w->wheel, w->now);
    CHECK_INT(sent + 15, stats_of(&alice).packets_sent);
    live(1000);
    CHECK_INT(sent + 50, stats_of(&alice).packets_sent);
}

/* The process was stopped for a minute: no burst of three thousand packets. */
TEST(a_turn_that_comes_a_minute_late_is_not_made_good)
{
    struct world *w = alice.world;
    uint64_t      sent;
    size_t        last;

    watch();
    talk();
    live(1000);
    sent = stats_of(&alice).packets_sent;
    last = rtp_count() - 1;
    w->now += 60000;
    wheel_advance(&w->wheel, w->now);
    CHECK(stats_of(&alice).packets_sent <= sent + 2);
    live(61000);
    CHECK_INT(60000 * 8, rtp_at(last + 1)->packet.timestamp - rtp_at(last)->packet.timestamp);
    CHECK(rtp_at(last + 1)->packet.marker);
}

TEST(a_session_without_source_and_sink_sends_silence)
{
    alice.config.source = NULL;
    alice.config.sink   = NULL;
    watch();
    talk();
    live(1000);
    CHECK_INT(51, rtp_count());
    CHECK_INT(0xd5, rtp_at(0)->first); /* A-law of 0 */
    CHECK_INT(0, alice.ends);
}

#define CALL_TEST(name) cmocka_unit_test_setup_teardown(name, media_pair_setup, media_pair_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CALL_TEST(packet_n_leaves_at_start_plus_n_times_20_ms),
        CALL_TEST(two_sessions_share_neither_ssrc_nor_sequence_numbers),
        CALL_TEST(a_resumed_stream_counts_the_time_of_the_hold),
        CALL_TEST(the_packet_time_is_as_negotiated),
        CALL_TEST(an_odd_packet_time_is_brought_into_range),
        CALL_TEST(a_key_takes_the_place_of_the_sound),
        CALL_TEST(reports_go_to_the_next_port_or_where_sdp_says),
        CALL_TEST(a_late_turn_is_made_good),
        CALL_TEST(a_turn_that_comes_a_minute_late_is_not_made_good),
        CALL_TEST(a_session_without_source_and_sink_sends_silence),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
