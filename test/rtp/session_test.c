/* SPDX-License-Identifier: BSD-2-Clause */
#include "rtp/session.h"

#include "rtp/rtcp.h"
#include "support/test.h"

enum { RATE = 8000, START = 1000 };

static const struct address peer_address     = { .ip = { 192, 0, 2, 1 }, .port = 4000, .family = FAMILY_4 };
static const struct address stranger_address = { .ip = { 192, 0, 2, 66 }, .port = 4000, .family = FAMILY_4 };

static struct random_seeded generators[2];

static struct rtp_session session(unsigned which)
{
    struct rtp_session        s;
    struct rtp_session_config c = {
        .clock_rate = RATE,
        .bandwidth  = 80000,
        .cname      = SLICE_INIT("alice@example.test"),
        .wall_msec  = 1700000000000u,
        .random     = { random_seeded_fill, &generators[which] },
    };

    random_seed(&generators[which], which + 1);
    rtp_session_init(&s, &c, START);
    return s;
}

/* One packet of 20 ms of `from`, in `memory`. */
static struct slice speak(struct rtp_session *from, unsigned n, char memory[256], msec now)
{
    struct buf       b     = buf_on(memory, 256);
    struct rtp_frame frame = { .payload_type = 8, .timestamp = 160 * n, .payload = SLICE_INIT("0123456789abcdef") };

    rtp_session_send(from, &frame, &b, now);
    CHECK(buf_ok(&b));
    return test_guarded(buf_slice(&b));
}

static unsigned hear(struct rtp_session *to, struct rtp_session *from, unsigned n, msec now)
{
    char              memory[256];
    struct rtp_packet p;

    return rtp_session_receive(to, speak(from, n, memory, now), &peer_address, now, &p);
}

/* Let RTCP of `from` become due; the compound is in `memory`. */
static struct slice report(struct rtp_session *from, char memory[RTCP_COMPOUND_MAX], msec *now)
{
    struct buf b = buf_on(memory, RTCP_COMPOUND_MAX);

    do
        *now = rtp_session_deadline(from);
    while (!rtp_session_report(from, &b, *now));
    CHECK(buf_ok(&b));
    CHECK(rtcp_compound_valid(test_guarded(buf_slice(&b))));
    return test_guarded(buf_slice(&b));
}

/* RFC 3550 5.1. */
TEST(packets_go_out_in_sequence_from_a_random_start)
{
    struct rtp_session s = session(0);
    char               first[256], second[256];
    struct rtp_packet  a, b;
    struct rtp_stats   stats;

    CHECK(rtp_packet_parse(speak(&s, 0, first, START), &a));
    CHECK(rtp_packet_parse(speak(&s, 1, second, START + 20), &b));
    CHECK_INT((uint16_t)(a.sequence + 1), b.sequence);
    CHECK_INT(160, b.timestamp - a.timestamp);
    CHECK_INT(a.ssrc, b.ssrc);
    CHECK(a.timestamp != 0 && a.ssrc != 0);
    rtp_session_stats(&s, &stats);
    CHECK_INT(2, stats.packets_sent);
    CHECK_INT(32, stats.octets_sent);
}

TEST(a_packet_that_does_not_fit_is_not_counted)
{
    struct rtp_session s = session(0);
    char               memory[20];
    struct buf         b     = BUF_ON(memory);
    struct rtp_frame   frame = { .payload = SLICE_INIT("0123456789") };
    struct rtp_stats   stats;

    rtp_session_send(&s, &frame, &b, START);
    CHECK(!buf_ok(&b));
    rtp_session_stats(&s, &stats);
    CHECK_INT(0, stats.packets_sent);
}

TEST(the_second_packet_of_a_source_makes_it_heard)
{
    struct rtp_session us = session(0), peer = session(1);

    CHECK_INT(0, hear(&us, &peer, 0, START));
    CHECK_INT(RTP_DELIVER | RTP_SOURCE_CHANGED, hear(&us, &peer, 1, START + 20));
    CHECK_INT(RTP_DELIVER, hear(&us, &peer, 2, START + 40));
}

TEST(what_is_no_rtp_is_counted_and_dropped)
{
    struct rtp_session us = session(0);
    struct rtp_packet  p;
    struct rtp_stats   stats;

    CHECK_INT(0, rtp_session_receive(&us, test_guarded(SLICE("not rtp at all")), &peer_address, START, &p));
    CHECK_INT(0, rtp_session_receive_rtcp(&us, test_guarded(SLICE("nor rtcp")), &peer_address, START));
    rtp_session_stats(&us, &stats);
    CHECK_INT(2, stats.packets_dropped);
    CHECK_INT(0, stats.remote_ssrc);
}

TEST(another_source_waits_until_the_first_is_silent)
{
    struct rtp_session us = session(0), peer = session(1), other = session(1);

    other.ssrc = 0x77777777;
    for (unsigned i = 0; i < 10; i++) {
        hear(&us, &peer, i, START + 20 * i);
        CHECK_INT(0, hear(&us, &other, i, START + 20 * i + 5));
    }
    CHECK_INT(0, hear(&us, &other, 10, START + 180 + RTP_SOURCE_HOLD - 1));
    CHECK_INT(RTP_DELIVER | RTP_SOURCE_CHANGED, hear(&us, &other, 11, START + 180 + RTP_SOURCE_HOLD));
    CHECK_INT(0, hear(&us, &peer, 10, START + 400));
}

TEST(another_source_takes_over_at_once_after_a_bye)
{
    struct rtp_session us = session(0), peer = session(1), other = session(1);
    char               memory[RTCP_COMPOUND_MAX];
    struct buf         bye = BUF_ON(memory);

    other.ssrc = 0x77777777;
    hear(&us, &peer, 0, START);
    hear(&us, &peer, 1, START + 20);
    CHECK(rtp_session_bye(&peer, &bye, START + 40));
    CHECK_INT(RTP_BYE, rtp_session_receive_rtcp(&us, test_guarded(buf_slice(&bye)), &peer_address, START + 40));
    CHECK_INT(0, rtp_session_receive_rtcp(&us, test_guarded(buf_slice(&bye)), &peer_address, START + 41));
    CHECK_INT(0, hear(&us, &other, 0, START + 50));
    CHECK_INT(RTP_DELIVER | RTP_SOURCE_CHANGED, hear(&us, &other, 1, START + 60));
}

TEST(a_forgotten_source_makes_room_at_once)
{
    struct rtp_session us = session(0), peer = session(1), other = session(1);

    other.ssrc = 0x77777777;
    hear(&us, &peer, 0, START);
    hear(&us, &peer, 1, START + 20);
    rtp_session_forget_source(&us);
    CHECK_INT(0, hear(&us, &other, 0, START + 30));
    CHECK_INT(RTP_DELIVER | RTP_SOURCE_CHANGED, hear(&us, &other, 1, START + 40));
}

/* RFC 3550 6.4. */
TEST(who_sends_reports_as_sender_and_who_does_not_as_receiver)
{
    struct rtp_session us = session(0), peer = session(1);
    char               memory[RTCP_COMPOUND_MAX];
    struct rtcp_packet p;
    struct rtcp_report r;
    struct scan        s;
    struct slice       cname;
    msec               now;

    hear(&us, &peer, 0, START);
    hear(&us, &peer, 1, START + 20);
    s = scan_from(report(&us, memory, &now));
    CHECK(rtcp_next(&s, &p) && rtcp_report_parse(&p, &r));
    CHECK(!r.is_sender);
    CHECK_INT(1, r.block_count);
    CHECK(rtcp_next(&s, &p) && rtcp_sdes_item(&p, us.ssrc, RTCP_SDES_CNAME, &cname));
    CHECK_SLICE("alice@example.test", cname);
    s = scan_from(report(&peer, memory, &now));
    CHECK(rtcp_next(&s, &p) && rtcp_report_parse(&p, &r));
    CHECK(r.is_sender);
    CHECK_INT(2, r.packets);
    CHECK_INT(32, r.octets);
    CHECK_INT(0, r.block_count);
    /* the time of the report on both clocks: 1700000000 s and 1 s after 1900, 160 units and what passed since */
    CHECK_INT(2208988800u + 1700000000u + (now - START) / 1000, r.ntp >> 32);
    CHECK_INT(peer.timestamp_start + 160 + (now - START - 20) * 8, r.timestamp);
}

/* RFC 3550 6.4: SR also in the report after the one that followed the last packet. */
TEST(a_sender_that_stops_becomes_a_receiver_after_two_reports)
{
    struct rtp_session s = session(0);
    char               packet[256], memory[RTCP_COMPOUND_MAX];
    uint8_t            types[3];
    msec               now;

    speak(&s, 0, packet, START);
    for (unsigned i = 0; i < 3; i++)
        types[i] = (uint8_t)report(&s, memory, &now).ptr[1];
    CHECK_INT(RTCP_SR, types[0]);
    CHECK_INT(RTCP_SR, types[1]);
    CHECK_INT(RTCP_RR, types[2]);
}

/* RFC 3550 6.4.1: A - LSR - DLSR. */
TEST(round_trip_is_measured_from_reports)
{
    struct rtp_session us = session(0), peer = session(1);
    char               memory[RTCP_COMPOUND_MAX], packet[256];
    struct rtp_stats   stats;
    struct rtp_packet  p;
    struct slice       bytes;
    msec               now;

    for (unsigned i = 0; i < 3; i++)
        rtp_session_receive(&peer, speak(&us, i, packet, START), &peer_address, START, &p);
    bytes = report(&us, memory, &now);
    CHECK_INT(0, rtp_session_receive_rtcp(&peer, bytes, &peer_address, now + 30));
    peer.rtcp_next_at = now + 5000; /* answers after 4970 ms */
    peer.rtcp_last_at = 0;
    bytes             = report(&peer, memory, &now);
    CHECK_INT(RTP_REPORTED, rtp_session_receive_rtcp(&us, bytes, &peer_address, now + 70));
    rtp_session_stats(&us, &stats);
    CHECK(stats.has_round_trip);
    CHECK(stats.round_trip_usec > 99000 && stats.round_trip_usec < 101000);
    CHECK(stats.has_remote_report);
    CHECK_INT(0, stats.remote_lost);
}

TEST(a_report_from_clocks_apart_gives_no_round_trip)
{
    struct rtp_session us = session(0);
    struct rtcp_block  b  = { .ssrc = us.ssrc, .last_sr = 0x12345678, .delay = 0, .fraction = 3, .lost = 4 };
    struct rtcp_report rr = { .ssrc = 5 };
    struct rtp_stats   stats;
    char               memory[64];
    struct buf         out = BUF_ON(memory);

    /* an LSR half the circle ahead of any time near the start */
    b.last_sr = (uint32_t)((1700000000u + 2208988800u) << 16) + 0x7000000;
    rtcp_write_report(&out, &rr, &b, 1);
    CHECK_INT(RTP_REPORTED, rtp_session_receive_rtcp(&us, test_guarded(buf_slice(&out)), &peer_address, START));
    rtp_session_stats(&us, &stats);
    CHECK(!stats.has_round_trip);
    CHECK_INT(3, stats.remote_fraction_lost);
    CHECK_INT(4, stats.remote_lost);
}

/* RFC 3550 8.2. */
TEST(a_collision_makes_us_say_goodbye_and_take_another_ssrc)
{
    struct rtp_session us = session(0), peer = session(1);
    uint32_t           old = us.ssrc;
    char               memory[RTCP_COMPOUND_MAX], packet[256];
    struct buf         out = BUF_ON(memory);
    struct rtcp_packet p;
    struct scan        s;

    speak(&us, 0, packet, START);
    peer.ssrc = old;
    CHECK_INT(RTP_COLLIDED, hear(&us, &peer, 0, START + 5));
    CHECK(us.ssrc != old);
    CHECK(rtp_session_deadline(&us) <= START + 5);
    CHECK(rtp_session_report(&us, &out, START + 5));
    s = scan_from(buf_slice(&out));
    CHECK(rtcp_compound_valid(buf_slice(&out)));
    CHECK(rtcp_next(&s, &p) && rtcp_next(&s, &p) && rtcp_next(&s, &p));
    CHECK(rtcp_bye_names(&p, old));
    /* the other keeps it, and is heard */
    CHECK_INT(RTP_DELIVER | RTP_SOURCE_CHANGED, hear(&us, &peer, 1, START + 25));
}

TEST(who_never_spoke_says_no_goodbye)
{
    struct rtp_session us = session(0), peer = session(1);
    char               memory[RTCP_COMPOUND_MAX];
    struct buf         out = BUF_ON(memory);

    peer.ssrc = us.ssrc;
    CHECK_INT(RTP_COLLIDED, hear(&us, &peer, 0, START));
    CHECK(!rtp_session_report(&us, &out, START));
    CHECK(!rtp_session_bye(&us, &out, START)); /* 6.3.7 */
    CHECK_INT(0, out.len);
}

TEST(our_own_packets_in_a_loop_change_the_ssrc_only_once)
{
    struct rtp_session us      = session(0);
    unsigned           changes = 0;
    char               memory[256];
    struct rtp_packet  p;

    for (unsigned i = 0; i < 200; i++) { /* for minutes: each packet renews the memory of it */
        struct slice mine = speak(&us, i, memory, START + 1000 * i);

        changes += (rtp_session_receive(&us, mine, &stranger_address, START + 1000 * i, &p) & RTP_COLLIDED) != 0;
    }
    CHECK_INT(1, changes);
    CHECK_INT(RTP_COLLIDED, /* long after, from there, it is a collision again */
              rtp_session_receive(&us, speak(&us, 200, memory, START), &stranger_address, START + 300000, &p));
}

TEST(a_collision_in_a_report_counts_too)
{
    struct rtp_session us  = session(0);
    uint32_t           old = us.ssrc;
    struct rtcp_report rr  = { .ssrc = us.ssrc };
    char               memory[64];
    struct buf         out = BUF_ON(memory);

    rtcp_write_report(&out, &rr, NULL, 0);
    CHECK_INT(RTP_COLLIDED, rtp_session_receive_rtcp(&us, buf_slice(&out), &peer_address, START));
    CHECK(us.ssrc != old);
}

/* RFC 3550 6.2, 6.3.1: randomised between half and one and a half of 5 s, over e - 3/2. */
TEST(reports_come_at_random_intervals_around_the_minimum)
{
    struct rtp_session s = session(0);
    char               memory[RTCP_COMPOUND_MAX];
    msec               last, now, least = NEVER, most = 0, sum = 0;

    report(&s, memory, &last);
    CHECK(last - START >= RTCP_FIRST_REPORT / 2 * 100 / 122);
    CHECK(last - START <= RTCP_FIRST_REPORT * 3 / 2);
    for (unsigned i = 0; i < 1000; i++, last = now) {
        report(&s, memory, &now);
        least = now - last < least ? now - last : least;
        most  = now - last > most ? now - last : most;
        sum += now - last;
    }
    CHECK(least >= RTCP_MIN_INTERVAL / 2 * 100 / 122 && least < 2600);
    CHECK(most <= RTCP_MIN_INTERVAL * 3 / 2 * 100 / 121 && most > 5000);
    /* reconsideration brings the mean back to about the interval itself (6.3) */
    CHECK(sum / 1000 > 4500 && sum / 1000 < 5500);
}

/* RFC 3550 6.2: five per cent of the bandwidth, shared by two. */
TEST(little_bandwidth_makes_reports_rare)
{
    struct rtp_session s = session(0);
    char               memory[RTCP_COMPOUND_MAX];
    msec               last, now;

    s.bandwidth = 1000; /* 50 bit/s for RTCP: a report of some 60 bytes takes ten seconds */
    report(&s, memory, &last);
    for (unsigned i = 0; i < 20; i++, last = now) {
        report(&s, memory, &now);
        CHECK(now - last > 4000);
    }
    CHECK(now - START > 20 * 8000);
}

TEST(no_bandwidth_means_no_reports)
{
    struct rtp_session        s;
    struct rtp_session_config c = { .clock_rate = RATE, .random = { random_seeded_fill, &generators[0] } };
    char                      memory[RTCP_COMPOUND_MAX], packet[256];
    struct buf                out = BUF_ON(memory);

    rtp_session_init(&s, &c, START);
    CHECK(rtp_session_deadline(&s) == NEVER);
    speak(&s, 0, packet, START);
    CHECK(!rtp_session_bye(&s, &out, START + 1000));
}

TEST(the_last_compound_carries_a_bye)
{
    struct rtp_session s = session(0);
    char               memory[RTCP_COMPOUND_MAX], packet[256];
    struct buf         out = BUF_ON(memory);
    struct rtcp_packet p;
    struct scan        scan;

    speak(&s, 0, packet, START);
    CHECK(rtp_session_bye(&s, &out, START + 20));
    CHECK(rtcp_compound_valid(buf_slice(&out)));
    scan = scan_from(buf_slice(&out));
    CHECK(rtcp_next(&scan, &p));
    CHECK_INT(RTCP_SR, p.type);
    CHECK(rtcp_next(&scan, &p) && rtcp_next(&scan, &p));
    CHECK(rtcp_bye_names(&p, s.ssrc));
    CHECK(rtp_session_deadline(&s) == NEVER);
}

TEST(a_long_cname_still_fits_the_compound)
{
    struct rtp_session        s, peer = session(1);
    char                      name[400], memory[RTCP_COMPOUND_MAX], packet[256];
    struct rtp_session_config c   = { .clock_rate = RATE,
                                      .bandwidth  = 64000,
                                      .cname      = { name, sizeof name },
                                      .random     = { random_seeded_fill, &generators[0] } };
    struct buf                out = BUF_ON(memory);

    memset(name, 'n', sizeof name);
    rtp_session_init(&s, &c, START);
    speak(&s, 0, packet, START);
    hear(&s, &peer, 0, START);
    hear(&s, &peer, 1, START);
    CHECK(rtp_session_bye(&s, &out, START + 20));
    CHECK(buf_ok(&out));
    CHECK(rtcp_compound_valid(buf_slice(&out)));
}

TEST(loss_and_jitter_are_told)
{
    struct rtp_session us = session(0), peer = session(1);
    struct rtp_stats   stats;
    char               memory[256];

    for (unsigned i = 0; i < 20; i++) {
        if (i % 5 == 4)
            speak(&peer, i, memory, START + 20 * i); /* lost */
        else
            hear(&us, &peer, i, START + 20 * i + (i % 2) * 8);
    }
    rtp_session_stats(&us, &stats);
    CHECK_INT(peer.ssrc, stats.remote_ssrc);
    CHECK_INT(18, stats.packets_expected); /* from the second to the nineteenth */
    CHECK_INT(3, stats.packets_lost);
    CHECK_INT(15, stats.packets_received);
    CHECK_INT(15 * 16, stats.octets_received);
    CHECK(stats.jitter_usec > 2000 && stats.jitter_usec < 8000);
}

TEST(another_clock_rate_starts_jitter_anew)
{
    struct rtp_session us = session(0), peer = session(1);
    struct rtp_stats   stats;

    for (unsigned i = 0; i < 10; i++)
        hear(&us, &peer, i, START + 20 * i + (i % 2) * 8);
    rtp_session_set_clock_rate(&us, 16000);
    rtp_session_stats(&us, &stats);
    CHECK_INT(0, stats.jitter);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(packets_go_out_in_sequence_from_a_random_start),
        cmocka_unit_test(a_packet_that_does_not_fit_is_not_counted),
        cmocka_unit_test(the_second_packet_of_a_source_makes_it_heard),
        cmocka_unit_test(what_is_no_rtp_is_counted_and_dropped),
        cmocka_unit_test(another_source_waits_until_the_first_is_silent),
        cmocka_unit_test(another_source_takes_over_at_once_after_a_bye),
        cmocka_unit_test(a_forgotten_source_makes_room_at_once),
        cmocka_unit_test(who_sends_reports_as_sender_and_who_does_not_as_receiver),
        cmocka_unit_test(a_sender_that_stops_becomes_a_receiver_after_two_reports),
        cmocka_unit_test(round_trip_is_measured_from_reports),
        cmocka_unit_test(a_report_from_clocks_apart_gives_no_round_trip),
        cmocka_unit_test(a_collision_makes_us_say_goodbye_and_take_another_ssrc),
        cmocka_unit_test(who_never_spoke_says_no_goodbye),
        cmocka_unit_test(our_own_packets_in_a_loop_change_the_ssrc_only_once),
        cmocka_unit_test(a_collision_in_a_report_counts_too),
        cmocka_unit_test(reports_come_at_random_intervals_around_the_minimum),
        cmocka_unit_test(little_bandwidth_makes_reports_rare),
        cmocka_unit_test(no_bandwidth_means_no_reports),
        cmocka_unit_test(the_last_compound_carries_a_bye),
        cmocka_unit_test(a_long_cname_still_fits_the_compound),
        cmocka_unit_test(loss_and_jitter_are_told),
        cmocka_unit_test(another_clock_rate_starts_jitter_anew),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
