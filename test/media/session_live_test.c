/* SPDX-License-Identifier: BSD-2-Clause */
/* Two sessions on real sockets and the real clock: one second, once. */

#include "media/audio_memory.h"
#include "media/audio_tone.h"
#include "media/compare.h"
#include "media/session.h"
#include "support/live.h"

enum { SPEECH_MS = 900, SPEECH = SPEECH_MS * AUDIO_RATE / 1000 };

struct end {
    struct audio_source  *source;
    struct audio_sink    *sink;
    struct media_session *media;
    bool                  ended;
    char                  digit;
};

static void on_source_end(void *owner, struct media_session *m)
{
    (void)m;
    ((struct end *)owner)->ended = true;
}

static void on_digit(void *owner, struct media_session *m, char digit)
{
    (void)m;
    ((struct end *)owner)->digit = digit;
}

static const struct media_events events = { .on_source_end = on_source_end, .on_digit = on_digit };

static void open_end(struct world *w, struct end *e, struct address local, uint64_t voice)
{
    e->source = audio_tone_new(voice, AUDIO_RATE, SPEECH_MS);
    e->sink   = audio_memory_sink_new(10 * AUDIO_RATE, AUDIO_RATE);
    CHECK_INT(0, media_open(w,
                            &(struct media_config){
                                .local = local, .source = e->source, .sink = e->sink, .events = &events, .owner = e },
                            &e->media));
}

static void start_end(struct end *e, const struct end *peer)
{
    CHECK_INT(0, media_start(e->media, &(struct media_stream){ .remote       = media_local(peer->media),
                                                               .codec        = codec_of_static(0),
                                                               .recv         = { { 0, codec_of_static(0) } },
                                                               .recv_count   = 1,
                                                               .dtmf_send_pt = 101,
                                                               .dtmf_recv_pt = 101,
                                                               .send         = true,
                                                               .receive      = true }));
}

static void close_end(struct end *e)
{
    media_close(e->media);
    audio_source_close(e->source);
    audio_sink_close(e->sink);
}

static bool heard(const struct end *ear, uint64_t voice)
{
    int16_t               said[SPEECH];
    struct audio_source  *s = audio_tone_new(voice, AUDIO_RATE, NEVER);
    size_t                count;
    const int16_t        *samples = audio_memory_samples(ear->sink, &count);
    struct compare_result r;

    audio_pull(s, said, SPEECH);
    audio_source_close(s);
    CHECK_INT(0, compare_speech(said, SPEECH, samples, count, AUDIO_RATE, &r));
    print_message("correlation %.3f, delay %.0f ms, covered %.2f\n", r.correlation, r.delay_ms, r.covered);
    return r.heard;
}

static void exchange(struct address local)
{
    struct world      *w = world_uv_new(NULL);
    struct end         a = { 0 }, b = { 0 };
    struct media_stats s;

    assert_non_null(w);
    open_end(w, &a, local, 1);
    open_end(w, &b, local, 2);
    start_end(&a, &b);
    start_end(&b, &a);
    LIVE_UNTIL(w, a.ended && b.ended);
    CHECK_INT(0, media_send_digits(a.media, SLICE("7")));
    LIVE_UNTIL(w, b.digit == '7');
    CHECK(heard(&a, 2));
    CHECK(heard(&b, 1));
    CHECK(!heard(&b, 2));
    media_stats(b.media, &s);
    CHECK(s.packets_received >= 45);
    CHECK_INT(0, s.lost);
    CHECK_INT(0, s.strangers);
    close_end(&a);
    LIVE_UNTIL(w, (media_stats(b.media, &s), s.peer_left));
    close_end(&b);
    world_uv_free(w);
}

TEST(speech_and_keys_cross_the_loopback_both_ways)
{
    exchange(live_v4(1, 0));
}

TEST(every_port_of_a_range_in_use_is_said)
{
    struct world         *w = world_uv_new(NULL);
    struct media_config   c = { .local = live_v4(77, 0), .port_first = 20000, .port_last = 20003 };
    struct media_session *first, *second, *third;

    assert_non_null(w);
    CHECK_INT(0, media_open(w, &c, &first));
    CHECK_INT(0, media_open(w, &c, &second));
    CHECK(media_open(w, &c, &third) < 0);
    media_close(first);
    CHECK_INT(0, media_open(w, &c, &third));
    media_close(second);
    media_close(third);
    world_uv_free(w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(speech_and_keys_cross_the_loopback_both_ways),
        cmocka_unit_test(every_port_of_a_range_in_use_is_said),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
