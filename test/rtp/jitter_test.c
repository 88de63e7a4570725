/* SPDX-License-Identifier: BSD-2-Clause */
/* A network is a table: packet n leaves at 20 n ms and arrives at 20 n + delay(n).
 * A player pulls every 20 ms of its own clock.  What is played is the payload: the
 * number of the packet. */
#include "rtp/jitter.h"

#include "base/error.h"
#include "base/random.h"
#include "support/alloc.h"
#include "support/test.h"

enum { RATE = 8000, PIECE = 160, START = 100000, LOST = -1 };

static const struct jitter_config config = { .clock_rate = RATE, .piece = PIECE, .min_ms = 20, .max_ms = 200 };

static struct jitter *buffer(void)
{
    struct jitter *j = jitter_new(&config);

    CHECK(j != NULL);
    return j;
}

static int push_at(struct jitter *j, uint32_t timestamp, unsigned number, bool marker, msec now)
{
    struct jitter_packet p = { .timestamp = timestamp, .duration = PIECE, .payload_type = 8, .marker = marker };

    p.payload = (struct slice){ (const char *)&number, sizeof number };
    return jitter_push(j, &p, now);
}

static int push(struct jitter *j, unsigned number, msec now)
{
    return push_at(j, 5000 + PIECE * number, number, number == 0, now);
}

static unsigned number_of(const struct jitter_piece *piece)
{
    unsigned number;

    CHECK_INT(sizeof number, piece->payload.len);
    memcpy(&number, piece->payload.ptr, sizeof number);
    return number;
}

/* One run: packets 0..count-1 with their delays, and what came out. */
struct run {
    unsigned frames, missing, silent, in_order, first_delay;
    unsigned last; /* the number last played */
    msec     ended;
};

static struct run play(struct jitter *j, const int *delay, unsigned count, double player_ms)
{
    struct run run = { 0 };
    bool       any = false;

    for (msec tick = 0; tick < 20 * count + 400; tick++) {
        struct jitter_piece piece;

        for (unsigned n = tick > 400 ? (unsigned)(tick - 400) / 20 : 0; n < count && 20 * n <= tick; n++)
            if (delay[n] != LOST && 20 * n + (unsigned)delay[n] == tick)
                push(j, n, START + tick);
        if ((msec)((double)(run.frames + run.missing + run.silent) * player_ms) > tick)
            continue;
        jitter_pull(j, START + tick, &piece);
        run.missing += piece.kind == JITTER_MISSING;
        run.silent += piece.kind == JITTER_SILENCE;
        if (piece.kind != JITTER_FRAME)
            continue;
        if (!any)
            run.first_delay = (unsigned)tick - 20 * number_of(&piece);
        run.in_order += !any || number_of(&piece) > run.last;
        run.last = number_of(&piece);
        run.frames++;
        any = true;
    }
    return run;
}

static struct jitter_stats stats_of(const struct jitter *j)
{
    struct jitter_stats stats;

    jitter_stats(j, &stats);
    return stats;
}

TEST(a_steady_stream_is_played_whole_and_in_order)
{
    static int     delay[500];
    struct jitter *j = buffer();
    struct run     run;

    for (unsigned i = 0; i < 500; i++)
        delay[i] = 30;
    run = play(j, delay, 500, 20);
    CHECK(stats_of(j).dropped <= 1); /* it starts with caution, and then comes closer */
    CHECK_INT(500 - stats_of(j).dropped, run.frames);
    CHECK_INT(run.frames, run.in_order);
    CHECK_INT(499, run.last);
    CHECK(run.first_delay >= 30 + 20 && run.first_delay <= 30 + 60);
    CHECK_INT(20, stats_of(j).target_ms); /* the minimum */
    jitter_free(j);
}

TEST(packets_out_of_order_are_put_right)
{
    int            delay[100];
    struct jitter *j = buffer();
    struct run     run;

    for (unsigned i = 0; i < 100; i++)
        delay[i] = i % 10 == 5 ? 45 : 5; /* behind the two that follow */
    run = play(j, delay, 100, 20);
    CHECK_INT(run.frames, run.in_order);
    CHECK(run.frames >= 99);
    jitter_free(j);
}

TEST(a_packet_that_comes_twice_is_played_once)
{
    struct jitter *j = buffer();

    CHECK_INT(0, push(j, 0, START));
    CHECK_INT(-ERR_EXISTS, push(j, 0, START + 1));
    CHECK_INT(0, push(j, 1, START + 20));
    CHECK_INT(-ERR_EXISTS, push(j, 0, START + 21));
    CHECK_INT(2, stats_of(j).duplicates);
    jitter_free(j);
}

TEST(a_lost_packet_shows_as_missing_in_its_time)
{
    int            delay[100] = { 0 };
    struct jitter *j          = buffer();
    struct run     run;

    delay[50] = delay[60] = delay[61] = LOST;
    run                               = play(j, delay, 100, 20);
    CHECK_INT(97, run.frames);
    CHECK_INT(99, run.last);
    CHECK_INT(3 + 3, run.missing); /* and three after the last, before silence */
    jitter_free(j);
}

TEST(a_packet_after_its_time_is_late)
{
    struct jitter      *j = buffer();
    struct jitter_piece piece;

    push(j, 0, START);
    push(j, 1, START + 20);
    push(j, 3, START + 60);
    for (msec tick = 40; tick <= 100; tick += 20)
        jitter_pull(j, START + tick, &piece);
    CHECK_INT(JITTER_FRAME, piece.kind);
    CHECK_INT(3, number_of(&piece));
    CHECK_INT(-ERR_TIMEOUT, push(j, 2, START + 101));
    CHECK_INT(1, stats_of(j).late);
    CHECK_INT(1, stats_of(j).missing);
    jitter_free(j);
}

TEST(the_target_follows_the_jitter_of_the_network)
{
    static int           delay[1000];
    struct random_seeded seeded;
    struct random        random = { random_seeded_fill, &seeded };
    struct jitter       *j      = buffer();
    struct run           run;

    random_seed(&seeded, 7);
    for (unsigned i = 0; i < 1000; i++)
        delay[i] = 10 + (int)random_below(&random, 81); /* 80 ms of jitter */
    run = play(j, delay, 1000, 20);
    CHECK(stats_of(j).target_ms >= 75 && stats_of(j).target_ms <= 95);
    CHECK(run.frames >= 960); /* at most one in fifty is late, and the first few */
    CHECK_INT(run.frames, run.in_order);
    jitter_free(j);
}

TEST(the_target_goes_down_when_the_network_calms)
{
    static int     delay[1500];
    struct jitter *j = buffer();
    struct run     run;

    for (unsigned i = 0; i < 1500; i++)
        delay[i] = i < 500 && i % 7 == 3 ? 100 : 10;
    run = play(j, delay, 1500, 20);
    CHECK_INT(20, stats_of(j).target_ms);
    CHECK(stats_of(j).delay_ms <= 45);
    CHECK(stats_of(j).dropped >= 3); /* what it took to lose the delay */
    CHECK(run.frames > 1480);
    jitter_free(j);
}

/* What is missing anyway is the first to go when there is delay to lose. */
TEST(delay_is_lost_where_packets_are_missing)
{
    static int     delay[700];
    struct jitter *j    = buffer();
    unsigned       lost = 0;

    for (unsigned i = 0; i < 700; i++) {
        delay[i] = i < 300 && i % 7 == 3 ? 120 : i > 400 && i % 10 == 0 ? LOST : 10;
        lost += delay[i] == LOST;
    }
    play(j, delay, 700, 20);
    CHECK(stats_of(j).dropped >= 3);
    CHECK(stats_of(j).played >= 700 - lost - stats_of(j).late - 1); /* and yet hardly any of them was there */
    CHECK_INT(20, stats_of(j).target_ms);
    jitter_free(j);
}

TEST(one_packet_in_a_hundred_does_not_make_the_others_wait)
{
    static int     delay[600];
    struct jitter *j = buffer();

    for (unsigned i = 0; i < 600; i++)
        delay[i] = i % 100 == 50 ? 150 : 10;
    play(j, delay, 600, 20);
    CHECK_INT(20, stats_of(j).target_ms);
    jitter_free(j);
}

TEST(the_target_stays_within_its_limits)
{
    static int     delay[400];
    struct jitter *j = buffer();

    for (unsigned i = 0; i < 400; i++)
        delay[i] = i % 3 == 0 && i < 380 ? 350 : 10;
    play(j, delay, 400, 20);
    CHECK_INT(200, stats_of(j).target_ms);
    jitter_free(j);
}

/* Within two minutes a clock one per cent off is 1.2 s away. */
TEST(a_player_that_is_slow_drops_now_and_then)
{
    static int     delay[6000];
    struct jitter *j = buffer();
    struct run     run;

    for (unsigned i = 0; i < 6000; i++)
        delay[i] = 10;
    run = play(j, delay, 6000, 20.1);
    CHECK(stats_of(j).dropped >= 25 && stats_of(j).dropped <= 40);
    CHECK(stats_of(j).delay_ms < 70);
    CHECK_INT(run.frames, run.in_order);
    CHECK_INT(5999, run.last);
    jitter_free(j);
}

TEST(a_player_that_is_fast_adds_now_and_then)
{
    static int     delay[6000];
    struct jitter *j = buffer();
    struct run     run;

    for (unsigned i = 0; i < 6000; i++)
        delay[i] = 10;
    run = play(j, delay, 6000, 19.9);
    CHECK(stats_of(j).added >= 20 && stats_of(j).added <= 45);
    CHECK(run.frames >= 5990);
    CHECK_INT(run.frames, run.in_order);
    jitter_free(j);
}

/* Discontinuous transmission: timestamps go on, the marker starts a spurt. */
TEST(silence_between_talk_spurts_is_not_concealed)
{
    struct jitter      *j = buffer();
    struct jitter_piece piece;
    unsigned            missing = 0, silent = 0, spurts = 0, frames = 0;

    for (unsigned n = 0; n < 100; n++) {
        if (n < 20 || n >= 60)
            push_at(j, 5000 + PIECE * n, n, n == 0 || n == 60, START + 20 * n);
        jitter_pull(j, START + 20 * n, &piece);
        frames += piece.kind == JITTER_FRAME;
        missing += piece.kind == JITTER_MISSING;
        silent += piece.kind == JITTER_SILENCE;
        spurts += piece.kind == JITTER_FRAME && piece.starts_spurt;
    }
    CHECK_INT(2, spurts);
    CHECK(missing <= 3);
    CHECK(silent >= 36);
    CHECK(frames >= 57);
    jitter_free(j);
}

/* A pause shorter than the buffer: the next spurt is there when the last one ends. */
TEST(a_marker_tells_a_pause_from_a_loss)
{
    for (unsigned marker = 0; marker < 2; marker++) {
        struct jitter_config late = { .clock_rate = RATE, .piece = PIECE, .min_ms = 120, .max_ms = 200 };
        struct jitter       *j    = jitter_new(&late);
        struct jitter_piece  piece;

        for (unsigned n = 0; n < 40; n++) {
            if (n < 10 || n > 12)
                push_at(j, 5000 + PIECE * n, n, marker && n == 13, START + 20 * n);
            jitter_pull(j, START + 20 * n, &piece);
        }
        CHECK_INT(marker ? 0 : 3, stats_of(j).missing);
        CHECK_INT(JITTER_FRAME, piece.kind);
        jitter_free(j);
    }
}

/* For half a second and for two: timestamps go on as if it had not been. */
TEST(a_sender_whose_clock_stood_still_is_played_at_once)
{
    for (unsigned pause = 25; pause <= 100; pause += 75) {
        struct jitter      *j = buffer();
        struct jitter_piece piece;
        unsigned            frames = 0;

        for (unsigned n = 0; n < 100 + pause; n++) {
            if (n < 50 || n >= 50 + pause)
                push(j, n < 50 ? n : n - pause, START + 20 * n);
            jitter_pull(j, START + 20 * n, &piece);
            frames += n >= 50 + pause && piece.kind == JITTER_FRAME;
        }
        CHECK(frames >= 46);
        CHECK(stats_of(j).delay_ms <= 60);
        CHECK_INT(0, stats_of(j).dropped);
        jitter_free(j);
    }
}

TEST(a_stream_that_jumps_starts_anew)
{
    struct jitter      *j = buffer();
    struct jitter_piece piece;
    unsigned            frames = 0;

    for (unsigned n = 0; n < 100; n++) {
        push_at(j, n < 50 ? 5000 + PIECE * n : 0x90000000u + PIECE * n, n, false, START + 20 * n);
        jitter_pull(j, START + 20 * n, &piece);
        frames += n >= 50 && piece.kind == JITTER_FRAME;
    }
    CHECK_INT(1, stats_of(j).resets);
    CHECK(frames >= 44);
    jitter_free(j);
}

TEST(one_stray_timestamp_changes_nothing)
{
    struct jitter      *j = buffer();
    struct jitter_piece piece;

    for (unsigned n = 0; n < 20; n++) {
        push(j, n, START + 20 * n);
        jitter_pull(j, START + 20 * n, &piece);
    }
    CHECK_INT(-ERR_TIMEOUT, push_at(j, 0x40000000, 999, false, START + 400));
    jitter_pull(j, START + 400, &piece);
    CHECK_INT(JITTER_FRAME, piece.kind);
    CHECK_INT(0, stats_of(j).resets);
    jitter_free(j);
}

/* The greatest delay there is, counted from one below zero, is no sum that
 * overflows (found by rtp_fuzz). */
TEST(timestamps_from_anywhere_are_survived)
{
    struct jitter      *j = buffer();
    struct jitter_piece piece;

    CHECK_INT(0, push_at(j, 0, 0, true, START));
    CHECK_INT(0, push_at(j, 160 + 272, 1, false, START + 20)); /* 34 ms faster than the first */
    jitter_pull(j, START + 100, &piece);
    CHECK_INT(-ERR_TIMEOUT, push_at(j, 800 - 0x7fffffffu, 2, false, START + 100));
    CHECK_INT(-ERR_TIMEOUT, push_at(j, 800 - 0x80000000u, 3, false, START + 100));
    CHECK_INT(0, push_at(j, 640, 4, false, START + 100));
    CHECK_INT(0, stats_of(j).resets);
    jitter_free(j);
}

TEST(timestamps_wrap)
{
    struct jitter      *j = buffer();
    struct jitter_piece piece;
    unsigned            frames = 0;

    for (unsigned n = 0; n < 50; n++) {
        push_at(j, 0u - 20 * PIECE + PIECE * n, n, false, START + 20 * n);
        jitter_pull(j, START + 20 * n, &piece);
        frames += piece.kind == JITTER_FRAME;
    }
    CHECK(frames >= 47);
    CHECK_INT(0, stats_of(j).missing);
    jitter_free(j);
}

/* Nobody pulls: the oldest gives way, and what is held stays bounded. */
TEST(a_buffer_that_is_full_forgets_the_oldest)
{
    struct jitter      *j = buffer();
    struct jitter_piece piece;

    for (unsigned n = 0; n < JITTER_SLOTS + 10; n++)
        push(j, n, START + 20 * n);
    CHECK_INT(10, stats_of(j).dropped);
    jitter_pull(j, START + 20 * JITTER_SLOTS, &piece);
    CHECK_INT(JITTER_FRAME, piece.kind);
    CHECK_INT(10, number_of(&piece));
    jitter_free(j);
}

TEST(what_is_no_packet_of_audio_is_refused)
{
    static char          large[JITTER_PAYLOAD_MAX + 1];
    struct jitter       *j = buffer();
    struct jitter_packet p = { .duration = PIECE, .payload = { large, sizeof large } };

    CHECK_INT(-ERR_TOO_LARGE, jitter_push(j, &p, START));
    p.payload.len = JITTER_PAYLOAD_MAX;
    p.duration    = 0;
    CHECK_INT(-ERR_TOO_LARGE, jitter_push(j, &p, START));
    p.duration = RATE + 1;
    CHECK_INT(-ERR_TOO_LARGE, jitter_push(j, &p, START));
    p.duration = PIECE;
    CHECK_INT(0, jitter_push(j, &p, START));
    p.timestamp   = PIECE;
    p.payload.len = 0; /* empty is fine */
    CHECK_INT(0, jitter_push(j, &p, START + 20));
    jitter_free(j);
}

TEST(a_configuration_out_of_range_is_refused)
{
    struct jitter_config c = config;

    c.clock_rate = 7999;
    CHECK(jitter_new(&c) == NULL);
    c       = config;
    c.piece = 0;
    CHECK(jitter_new(&c) == NULL);
    c        = config;
    c.min_ms = 201;
    CHECK(jitter_new(&c) == NULL);
    c        = config;
    c.max_ms = 2001;
    CHECK(jitter_new(&c) == NULL);
    jitter_free(NULL);
}

/* Packet n of 60 ms, of which some come 110 ms late until packet 300. */
static void push_long(struct jitter *j, unsigned n, unsigned delay, msec now)
{
    struct jitter_packet p = { .timestamp = 3 * PIECE * n, .duration = 3 * PIECE, .payload = SLICE_INIT("x") };

    if (delay == (n < 300 && n % 3 == 1 ? 110 : 0))
        jitter_push(j, &p, now);
}

/* A correction by a packet of 60 ms must not go too far, to be undone and done again
 * for ever; whatever the phase between packets and player. */
TEST(corrections_of_long_packets_come_to_rest)
{
    for (msec phase = 0; phase < 60; phase += 5) {
        struct jitter      *j = buffer();
        struct jitter_piece piece;
        struct jitter_stats calm = { 0 };
        msec                next = phase;

        for (msec tick = 0; tick < 50000; tick++) {
            if (tick % 60 == 0)
                push_long(j, (unsigned)tick / 60, 0, START + tick);
            if (tick >= 110 && (tick - 110) % 60 == 0)
                push_long(j, (unsigned)(tick - 110) / 60, 110, START + tick);
            if (tick == 19000) /* the network is calm, the window still remembers */
                calm = stats_of(j);
            if (tick < next)
                continue;
            jitter_pull(j, START + tick, &piece);
            next += piece.duration / 8;
        }
        CHECK_INT(calm.added, stats_of(j).added);
        CHECK(stats_of(j).dropped - calm.dropped <= 2);
        CHECK(stats_of(j).delay_ms <= 80);
        jitter_free(j);
    }
}

TEST(memory_that_fails_costs_a_packet)
{
    struct jitter      *j = buffer();
    struct jitter_piece piece;

    alloc_fail_at(1);
    CHECK_INT(-ERR_NO_MEMORY, push(j, 0, START));
    alloc_fail_at(1);
    CHECK(jitter_new(&config) == NULL);
    alloc_fail_at(0);
    CHECK_INT(0, push(j, 1, START + 20));
    jitter_pull(j, START + 100, &piece);
    CHECK_INT(1, number_of(&piece));
    jitter_free(j);
}

TEST(a_reset_forgets_what_was_held)
{
    struct jitter      *j = buffer();
    struct jitter_piece piece;

    push(j, 0, START);
    jitter_reset(j);
    jitter_pull(j, START + 200, &piece);
    CHECK_INT(JITTER_SILENCE, piece.kind);
    CHECK_INT(PIECE, piece.duration);
    CHECK_INT(0, push(j, 0, START + 220));
    jitter_free(j);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_steady_stream_is_played_whole_and_in_order),
        cmocka_unit_test(packets_out_of_order_are_put_right),
        cmocka_unit_test(a_packet_that_comes_twice_is_played_once),
        cmocka_unit_test(a_lost_packet_shows_as_missing_in_its_time),
        cmocka_unit_test(a_packet_after_its_time_is_late),
        cmocka_unit_test(the_target_follows_the_jitter_of_the_network),
        cmocka_unit_test(the_target_goes_down_when_the_network_calms),
        cmocka_unit_test(delay_is_lost_where_packets_are_missing),
        cmocka_unit_test(one_packet_in_a_hundred_does_not_make_the_others_wait),
        cmocka_unit_test(the_target_stays_within_its_limits),
        cmocka_unit_test(a_player_that_is_slow_drops_now_and_then),
        cmocka_unit_test(a_player_that_is_fast_adds_now_and_then),
        cmocka_unit_test(silence_between_talk_spurts_is_not_concealed),
        cmocka_unit_test(a_marker_tells_a_pause_from_a_loss),
        cmocka_unit_test(a_sender_whose_clock_stood_still_is_played_at_once),
        cmocka_unit_test(a_stream_that_jumps_starts_anew),
        cmocka_unit_test(one_stray_timestamp_changes_nothing),
        cmocka_unit_test(timestamps_from_anywhere_are_survived),
        cmocka_unit_test(timestamps_wrap),
        cmocka_unit_test(a_buffer_that_is_full_forgets_the_oldest),
        cmocka_unit_test(what_is_no_packet_of_audio_is_refused),
        cmocka_unit_test(a_configuration_out_of_range_is_refused),
        cmocka_unit_test(corrections_of_long_packets_come_to_rest),
        cmocka_unit_test(memory_that_fails_costs_a_packet),
        cmocka_unit_test(a_reset_forgets_what_was_held),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
