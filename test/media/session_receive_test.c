/* SPDX-License-Identifier: BSD-2-Clause */
/* What strangers and broken peers can do to a session: the rules of session.h. */

#include "base/error.h"
#include "media/audio_memory.h"
#include "rtp/packet.h"
#include "support/media_pair.h"

enum { LOUD = 0x2a }; /* a code of A-law at full scale */

/* A third process that can send anything from any of its ports. */
struct intruder {
    struct host  *host;
    struct world *world;
    struct udp   *udp;
};

static struct intruder mallory;

static void ignore_datagram(void *owner, struct udp *udp, const struct datagram *d)
{
    (void)owner;
    (void)udp;
    (void)d;
}

static void ignore_error(void *owner, struct udp *udp, const struct address *remote, int error)
{
    (void)owner;
    (void)udp;
    (void)remote;
    (void)error;
}

static const struct udp_events deaf = { .on_datagram = ignore_datagram, .on_error = ignore_error };

static unsigned counted;

static void count_datagram(void *owner, struct udp *udp, const struct datagram *d)
{
    (void)owner;
    (void)udp;
    (void)d;
    counted++;
}

static const struct udp_events counting = { .on_datagram = count_datagram, .on_error = ignore_error };

static void make_intruder(struct end *beside)
{
    struct address local;

    mallory.host = beside != NULL ? beside->host : network_host(network, "mallory");
    if (beside == NULL)
        CHECK(host_add_address(mallory.host, "198.51.100.66"));
    mallory.world = world_fake_new(mallory.host);
    local         = host_address(mallory.host, FAMILY_4);
    local.port    = 6666;
    CHECK_INT(0, world_udp_open(mallory.world, &local, &deaf, NULL, &mallory.udp));
}

static void intrude(struct slice bytes, uint16_t port_offset)
{
    struct address to = media_local(bob.media);

    to.port = (uint16_t)(to.port + port_offset);
    CHECK_INT(0, world_udp_send(mallory.world, mallory.udp, NULL, &to, &bytes, 1));
}

/* `count` packets of loud noise, 20 ms apart. */
static void shout(uint32_t ssrc, uint8_t pt, uint16_t count)
{
    char noise[160], memory[200];

    memset(noise, LOUD, sizeof noise);
    for (uint16_t i = 0; i < count; i++) {
        struct buf        b = BUF_ON(memory);
        struct rtp_packet p = {
            .payload_type = pt,
            .sequence     = (uint16_t)(5000 + i),
            .timestamp    = 160u * i,
            .ssrc         = ssrc,
            .payload      = { noise, sizeof noise },
        };

        rtp_packet_write(&b, &p);
        intrude(buf_slice(&b), 0);
        live(20);
    }
}

static size_t loud_samples(void)
{
    size_t         count, loud = 0;
    const int16_t *heard = audio_memory_samples(bob.sink, &count);

    for (size_t i = 0; i < count; i++)
        loud += heard[i] > 25000 || heard[i] < -25000;
    return loud;
}

static bool bob_sends_to(const struct host *h)
{
    struct address target = stats_of(&bob).remote, host = host_address(h, FAMILY_4);

    return address_eq_ip(&target, &host);
}

TEST(the_noise_of_the_other_tests_is_loud)
{
    make_intruder(NULL);
    talk();
    bob.stream.latch = true;
    media_close(alice.media);
    alice.media = NULL;
    start(&bob);
    shout(1, 8, 50);
    live(500);
    CHECK(loud_samples() > 4000);
    CHECK(bob_sends_to(mallory.host));
}

TEST(a_stranger_who_shouts_is_not_heard)
{
    make_intruder(NULL);
    talk();
    shout(0xbad, 8, 200);
    CHECK(hearing(&bob, 1).heard);
    CHECK_INT(0, loud_samples());
    CHECK_INT(200, stats_of(&bob).strangers);
    CHECK(bob_sends_to(alice.host));
}

/* Even before the peer speaks, where latching is not allowed. */
TEST(a_stranger_who_comes_first_is_not_heard)
{
    make_intruder(NULL);
    open_both();
    bob.stream = stream_to(&alice);
    start(&bob);
    shout(0xbad, 8, 50);
    alice.stream = stream_to(&bob);
    start(&alice);
    live(4000);
    CHECK_INT(0, loud_samples());
    CHECK_INT(0, bob.first_packets - 1);
    CHECK(hearing(&bob, 1).heard);
}

/* With latching the first may win for a while, never against the peer itself. */
TEST(the_peer_takes_its_stream_back_from_who_latched_first)
{
    make_intruder(NULL);
    open_both();
    bob.stream       = stream_to(&alice);
    bob.stream.latch = true;
    start(&bob);
    shout(0xbad, 8, 25);
    CHECK(stats_of(&bob).packets_received > 0);
    alice.stream = stream_to(&bob);
    start(&alice);
    shout(0xbad, 8, 5);
    CHECK(stats_of(&bob).packets_received >= 25); /* 22 of mallory's; no waiting for her to fall silent */
    shout(0xbad, 8, 195);
    CHECK(hearing(&bob, 1).heard);
    CHECK(hearing(&alice, 2).correlation > 0.5); /* bob sends to alice again */
    CHECK(loud_samples() < 25 * 160);
}

/* Two phones behind a NAT: SDP names an address that never sends. */
TEST(a_peer_behind_a_nat_is_latched_and_answered)
{
    open_both();
    bob.stream        = stream_to(&alice);
    bob.stream.remote = address_v4(10, 0, 0, 5, 4000);
    bob.stream.latch  = true;
    alice.stream      = stream_to(&bob);
    start(&alice);
    start(&bob);
    live(10000);
    CHECK(hearing(&bob, 1).heard);
    CHECK(bob_sends_to(alice.host));
    CHECK(stats_of(&alice).packets_received > 400);
    CHECK(stats_of(&alice).round_trip >= 0); /* RTCP came through as well */
    CHECK(stats_of(&bob).round_trip >= 0);
}

/* The NAT gave RTCP a port of its own: answers go back there. */
TEST(rtcp_of_a_latched_peer_goes_back_where_it_came_from)
{
    /* A receiver report without blocks, and a CNAME. */
    static const char report[] = "\x80\xc9\0\1\0\0\0\1\x81\xca\0\3\0\0\0\1\1\1m\0\0\0\0";
    struct address    rtcp, to;
    struct udp       *udp;

    make_intruder(NULL);
    open_both();
    bob.stream        = stream_to(&alice);
    bob.stream.remote = address_v4(10, 0, 0, 5, 4000);
    bob.stream.latch  = true;
    start(&bob);
    rtcp      = host_address(mallory.host, FAMILY_4);
    rtcp.port = 7777;
    counted   = 0;
    CHECK_INT(0, world_udp_open(mallory.world, &rtcp, &counting, NULL, &udp));
    shout(1, 8, 10);
    to = media_local(bob.media);
    to.port++;
    CHECK_INT(0, world_udp_send(mallory.world, udp, NULL, &to, &(struct slice){ report, sizeof report }, 1));
    live(20000);
    CHECK_INT(0, stats_of(&bob).malformed);
    CHECK(counted >= 2);
}

TEST(a_peer_that_sends_from_another_port_is_heard_after_probation)
{
    open_both();
    bob.stream = stream_to(&alice);
    bob.stream.remote.port += 100;
    alice.stream = stream_to(&bob);
    start(&alice);
    start(&bob);
    live(4000);
    CHECK(hearing(&bob, 1).correlation > 0.9);
    CHECK_INT(MEDIA_PROBATION - 1, stats_of(&bob).strangers);
    CHECK_INT(0, stats_of(&alice).packets_received); /* we go on sending where SDP said */
}

/* From the peer's own host, the port it sends from, but another SSRC: somebody
 * who forges addresses.  RFC 3550 A.1: the present source keeps the floor. */
TEST(another_ssrc_does_not_take_the_floor_from_a_source_that_speaks)
{
    make_intruder(NULL);
    talk();
    live(500);
    bob.stream.latch = true; /* even so */
    start(&bob);
    shout(0xbad, 8, 150);
    live(500);
    CHECK_INT(0, loud_samples());
    CHECK(hearing(&bob, 1).heard);
}

TEST(garbage_is_counted_and_dropped)
{
    static const char rubbish[][16] = { "", "x", "\x80", "garbage garbage", "\x80\x08\x00\x01zzzzzzz", "\xbf\x88" };
    uint64_t          count         = 0;

    make_intruder(NULL);
    talk();
    for (int round = 0; round < 20; round++)
        for (size_t i = 0; i < sizeof rubbish / sizeof *rubbish; i++, count++) {
            intrude(slice_from(rubbish[i]), 0);
            live(20);
        }
    live(2000);
    CHECK_INT(count, stats_of(&bob).malformed + stats_of(&bob).strangers);
    CHECK(hearing(&bob, 1).heard);
}

/* Well-formed packets of random headers and lengths, also from the right address. */
TEST(random_packets_from_the_peers_own_host_do_no_harm)
{
    struct random_seeded seeded;
    struct random        random = { random_seeded_fill, &seeded };
    char                 bytes[1500];

    random_seed(&seeded, 99);
    make_intruder(&alice);
    open_both();
    bob.stream             = stream_to(&alice);
    bob.stream.remote.port = 6666;
    start(&bob);
    for (int i = 0; i < 20000; i++) {
        size_t len = random_below(&random, sizeof bytes);

        random_fill(&random, bytes, len);
        if (len > 2 && random_below(&random, 4) > 0) {
            bytes[0] = (char)(0x80 | (bytes[0] & 0x3f & (i % 2 ? 0x0f : 0x3f)));
            bytes[1] = (char)(i % 3 == 0 ? KEYS_PT : i % 3 == 1 ? 8 : bytes[1]);
        }
        if (len > 12 && i % 5 > 0)
            memset(bytes + 8, 7, 4); /* one SSRC */
        intrude((struct slice){ bytes, len }, (uint16_t)(i % 7 == 0));
        if (i % 10 == 0)
            live(1);
    }
    live(1000);
    CHECK(stats_of(&bob).malformed > 1000);
}

/* A new SSRC after the old one: what the old one lost stays in the count. */
TEST(losses_of_an_earlier_source_are_not_forgotten)
{
    uint64_t lost;

    talk();
    network_set_path(network, alice.host, NULL, &(struct path){ .delay = 1, .loss = 300 });
    live(2000);
    network_set_path(network, alice.host, NULL, &(struct path){ .delay = 1 });
    live(500);
    lost = stats_of(&bob).lost;
    CHECK(lost > 10);
    media_close(alice.media);
    CHECK_INT(0, media_open(alice.world, &alice.config, &alice.media));
    bob.stream.remote = media_local(alice.media);
    start(&bob);
    start(&alice);
    live(1000);
    CHECK_INT(lost, stats_of(&bob).lost);
    CHECK(stats_of(&bob).packets_received > 100);
}

TEST(a_payload_type_that_was_not_agreed_is_not_played)
{
    make_intruder(&alice);
    open_both();
    bob.stream             = stream_to(&alice);
    bob.stream.remote.port = 6666;
    start(&bob);
    shout(1, 3, 50);
    CHECK_INT(50, stats_of(&bob).malformed);
    CHECK_INT(0, stats_of(&bob).packets_received);
    CHECK_INT(0, loud_samples());
}

TEST(a_packet_longer_than_any_frame_is_not_played)
{
    char       memory[1400] = { 0 }, payload[1000];
    struct buf b;

    memset(payload, LOUD, sizeof payload);
    make_intruder(&alice);
    open_both();
    bob.stream             = stream_to(&alice);
    bob.stream.remote.port = 6666;
    start(&bob);
    for (uint16_t i = 0; i < 10; i++) {
        b = BUF_ON(memory);
        rtp_packet_write(&b, &(struct rtp_packet){ .payload_type = 8,
                                                   .sequence     = i,
                                                   .timestamp    = 1000u * i,
                                                   .ssrc         = 1,
                                                   .payload      = { payload, i % 2 ? sizeof payload : 0 } });
        intrude(buf_slice(&b), 0);
        live(125);
    }
    CHECK(stats_of(&bob).malformed >= 8);
    CHECK_INT(0, loud_samples());
}

/* A forged goodbye from elsewhere ends nothing. */
TEST(rtcp_of_a_stranger_is_not_believed)
{
    char bye[8] = { '\x80', '\xcb', 0, 1 };

    make_intruder(NULL);
    talk();
    live(1000);
    for (int i = 0; i < 10; i++) {
        intrude((struct slice){ bye, sizeof bye }, 1);
        live(20);
    }
    CHECK(!stats_of(&bob).peer_left);
    CHECK_INT(10, stats_of(&bob).strangers);
}

/* More keys in one burst than wait for their callbacks: the rest is dropped. */
TEST(a_flood_of_keys_is_bounded)
{
    char memory[64];

    make_intruder(&alice);
    open_both();
    bob.stream             = stream_to(&alice);
    bob.stream.remote.port = 6666;
    start(&bob);
    for (uint16_t i = 0; i < 300; i++) {
        struct buf b = BUF_ON(memory);

        rtp_packet_write(&b, &(struct rtp_packet){ .marker       = true,
                                                   .payload_type = KEYS_PT,
                                                   .sequence     = i,
                                                   .timestamp    = 1000u * i,
                                                   .ssrc         = 1,
                                                   .payload      = { "\5\x0a\3\x20", 4 } });
        intrude(buf_slice(&b), 0);
        if (i < 2)
            live(20);
    }
    live(1000);
    CHECK(bob.digit_count > 0 && bob.digit_count <= 64);
}

#define CALL_TEST(name) cmocka_unit_test_setup_teardown(name, media_pair_setup, media_pair_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CALL_TEST(the_noise_of_the_other_tests_is_loud),
        CALL_TEST(a_stranger_who_shouts_is_not_heard),
        CALL_TEST(a_stranger_who_comes_first_is_not_heard),
        CALL_TEST(the_peer_takes_its_stream_back_from_who_latched_first),
        CALL_TEST(a_peer_behind_a_nat_is_latched_and_answered),
        CALL_TEST(rtcp_of_a_latched_peer_goes_back_where_it_came_from),
        CALL_TEST(a_peer_that_sends_from_another_port_is_heard_after_probation),
        CALL_TEST(another_ssrc_does_not_take_the_floor_from_a_source_that_speaks),
        CALL_TEST(garbage_is_counted_and_dropped),
        CALL_TEST(random_packets_from_the_peers_own_host_do_no_harm),
        CALL_TEST(losses_of_an_earlier_source_are_not_forgotten),
        CALL_TEST(a_payload_type_that_was_not_agreed_is_not_played),
        CALL_TEST(a_packet_longer_than_any_frame_is_not_played),
        CALL_TEST(rtcp_of_a_stranger_is_not_believed),
        CALL_TEST(a_flood_of_keys_is_bounded),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
