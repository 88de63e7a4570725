/* SPDX-License-Identifier: BSD-2-Clause */
/* What the sink hears of what comes, and of what does not. */

#include "media/audio_memory.h"
#include "support/media_pair.h"

#include <math.h>

enum { HUM = 10 * AUDIO_RATE };

static int16_t hum[HUM];

/* Alice hums one tone of 200 Hz without a pause. */
static void talk_humming(void)
{
    for (size_t i = 0; i < HUM; i++)
        hum[i] = (int16_t)(8000 * sin(2 * M_PI * 200 * (double)i / AUDIO_RATE));
    audio_source_close(alice.source);
    alice.source        = audio_memory_source_new(hum, HUM, AUDIO_RATE);
    alice.config.source = alice.source;
    talk();
}

/* Bob's longest stretch of silence, in samples, after he first heard a sound. */
static size_t longest_silence(void)
{
    size_t         count, run = 0, longest = 0, at = 0;
    const int16_t *heard = audio_memory_samples(bob.sink, &count);

    while (at < count && heard[at] > -100 && heard[at] < 100)
        at++;
    for (; at < count; at++) {
        run     = heard[at] > -100 && heard[at] < 100 ? run + 1 : 0;
        longest = run > longest ? run : longest;
    }
    return longest;
}

static bool is_rtp(const void *arg, const struct packet *p)
{
    (void)arg;
    return p->from_host == alice.host && p->from.port % 2 == 0;
}

static void lose(unsigned first, unsigned count)
{
    network_add_fault(network,
                      &(struct fault){ .matches = is_rtp, .first = first, .count = count, .action = FAULT_DROP });
}

TEST(a_hum_arrives_without_a_gap)
{
    talk_humming();
    live(5000);
    CHECK(longest_silence() < 10);
    CHECK_INT(0, stats_of(&bob).concealed);
}

TEST(a_lost_packet_is_filled_with_the_hum)
{
    lose(50, 1);
    lose(100, 1);
    talk_humming();
    live(5000);
    CHECK(longest_silence() < 10);
    CHECK_INT(2, stats_of(&bob).lost);
    CHECK_INT(40, stats_of(&bob).concealed);
    CHECK_INT(0, network_faults_left(network));
}

/* Ten packets in a row: the hum is held, fades, and there is silence until it is back. */
TEST(a_long_gap_fades_to_silence)
{
    lose(50, 10);
    talk_humming();
    live(5000);
    CHECK(longest_silence() > 1000);
    CHECK(longest_silence() < 1600);
    CHECK_INT(10, stats_of(&bob).lost);
}

TEST(packets_out_of_order_are_played_in_order)
{
    network_set_path(network, NULL, NULL, &(struct path){ .delay = 20, .jitter = 15, .reorder = 100 });
    talk_humming();
    live(9000);
    CHECK(stats_of(&bob).packets_received > 440);
    CHECK(stats_of(&bob).concealed < 300);
}

/* The first packet takes 20 ms, the jitter buffer holds a little, and the sink's
 * own clock rounds up: what is said is heard within a tenth of a second. */
TEST(the_delay_from_mouth_to_ear_is_small)
{
    network_set_path(network, NULL, NULL, &(struct path){ .delay = 20 });
    talk();
    live(5000);
    CHECK(hearing(&bob, 1).delay_ms > 20);
    CHECK(hearing(&bob, 1).delay_ms < 120);
}

/* The loop was held up for 300 ms: the sink gets its fifteen frames at once. */
TEST(a_late_turn_is_made_good)
{
    struct world *w = bob.world;
    size_t        before, after;

    talk();
    live(1000);
    audio_memory_samples(bob.sink, &before);
    w->now += 300;
    wheel_advance(&w->wheel, w->now);
    audio_memory_samples(bob.sink, &after);
    CHECK_INT(15 * 160, after - before);
    live(1000);
    audio_memory_samples(bob.sink, &after);
    CHECK_INT(50 * 160, after - before);
}

TEST(a_turn_that_comes_a_minute_late_is_not_made_good)
{
    struct world *w = bob.world;
    size_t        before, after;

    talk();
    live(1000);
    audio_memory_samples(bob.sink, &before);
    w->now += 60000;
    wheel_advance(&w->wheel, w->now);
    audio_memory_samples(bob.sink, &after);
    CHECK(after - before <= 2 * 160);
}

/* The peer falls silent twice: each gap is told once. */
TEST(each_gap_is_told_once)
{
    talk();
    live(1000);
    for (unsigned gap = 1; gap <= 2; gap++) {
        alice.stream.send = false;
        start(&alice);
        live(1900);
        CHECK_INT(gap - 1, bob.gaps);
        live(5000);
        CHECK_INT(gap, bob.gaps);
        alice.stream.send = true;
        start(&alice);
        live(1000);
    }
    CHECK_INT(0, alice.gaps);
}

/* While we do not listen nothing is missing; from then on the clock runs anew. */
TEST(a_gap_is_counted_from_when_we_listen)
{
    open_both();
    bob.stream         = stream_to(&alice);
    bob.stream.receive = false;
    start(&bob);
    live(10000);
    CHECK_INT(0, bob.gaps);
    bob.stream.receive = true;
    start(&bob);
    live(1900);
    CHECK_INT(0, bob.gaps);
    live(200);
    CHECK_INT(1, bob.gaps);
}

#define CALL_TEST(name) cmocka_unit_test_setup_teardown(name, media_pair_setup, media_pair_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CALL_TEST(a_hum_arrives_without_a_gap),
        CALL_TEST(a_lost_packet_is_filled_with_the_hum),
        CALL_TEST(a_long_gap_fades_to_silence),
        CALL_TEST(packets_out_of_order_are_played_in_order),
        CALL_TEST(the_delay_from_mouth_to_ear_is_small),
        CALL_TEST(a_late_turn_is_made_good),
        CALL_TEST(a_turn_that_comes_a_minute_late_is_not_made_good),
        CALL_TEST(each_gap_is_told_once),
        CALL_TEST(a_gap_is_counted_from_when_we_listen),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
