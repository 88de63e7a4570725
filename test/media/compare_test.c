/* SPDX-License-Identifier: BSD-2-Clause */
#include "base/error.h"
#include "base/random.h"
#include "media/audio_tone.h"
#include "media/compare.h"
#include "media/conceal.h"
#include "rtp/g711.h"
#include "support/test.h"

#include <math.h>
#include <stdlib.h>

enum { SECONDS = 5, COUNT = SECONDS * AUDIO_RATE, FRAME = AUDIO_RATE / 50, ROOM = 2 * COUNT };

static int16_t               played[COUNT], other[COUNT], recorded[ROOM];
static struct compare_result r;

static void speak(uint64_t seed, int16_t *samples)
{
    struct audio_source *s = audio_tone_new(seed, AUDIO_RATE, NEVER);

    audio_pull(s, samples, COUNT);
    audio_source_close(s);
}

static int speak_both(void **state)
{
    (void)state;
    speak(1, played);
    speak(2, other);
    memset(recorded, 0, sizeof recorded);
    return 0;
}

static int compare(size_t recorded_count)
{
    return compare_speech(played, COUNT, recorded, recorded_count, AUDIO_RATE, &r);
}

static void through_the_codec(enum g711_law law, const int16_t *in, int16_t *out, size_t count)
{
    uint8_t codes[FRAME];

    for (size_t i = 0; i + FRAME <= count; i += FRAME) {
        g711_encode(law, in + i, FRAME, codes);
        g711_decode(law, codes, FRAME, out + i);
    }
}

/* `percent` of the frames lost at random, and concealed. */
static void lose(uint64_t seed, unsigned percent, int16_t *samples)
{
    struct random_seeded seeded;
    struct random        random = { random_seeded_fill, &seeded };
    struct conceal       c;

    random_seed(&seeded, seed);
    conceal_init(&c, AUDIO_RATE);
    for (size_t i = 0; i + FRAME <= COUNT; i += FRAME)
        if (random_below(&random, 100) < percent)
            conceal_make(&c, samples + i, FRAME);
        else
            conceal_hear(&c, samples + i, FRAME);
}

static void noise(uint64_t seed, double level, int16_t *samples, size_t count)
{
    struct random_seeded seeded;
    struct random        random = { random_seeded_fill, &seeded };

    random_seed(&seeded, seed);
    for (size_t i = 0; i < count; i++)
        samples[i] = (int16_t)((random_below(&random, 65536) / 32768.0 - 1) * level);
}

TEST(the_same_samples_are_heard_perfectly)
{
    memcpy(recorded, played, sizeof played);
    CHECK_INT(0, compare(COUNT));
    CHECK(r.heard);
    CHECK(r.delay_ms == 0);
    CHECK(r.correlation > 0.999);
    CHECK(r.covered == 1);
    CHECK(fabs(r.level_db) < 0.01);
    CHECK(r.snr_db > 34);
}

TEST(speech_is_heard_after_both_laws_of_g711_and_any_delay_up_to_300_ms)
{
    for (size_t ms = 0; ms <= 300; ms += 75) {
        size_t late = ms * AUDIO_RATE / 1000;

        memset(recorded, 0, sizeof recorded);
        through_the_codec(ms % 2 ? G711_ALAW : G711_ULAW, played, recorded + late, COUNT);
        CHECK_INT(0, compare(COUNT + late));
        CHECK(r.heard);
        CHECK(fabs(r.delay_ms - (double)ms) < 0.5);
        CHECK(r.correlation > 0.99);
        CHECK(r.snr_db > 20);
        CHECK(fabs(r.level_db) < 0.2);
    }
}

TEST(a_recording_that_ends_with_the_call_is_heard_though_its_last_300_ms_are_missing)
{
    memcpy(recorded + 2400, played, (COUNT - 2400) * sizeof *played);
    CHECK_INT(0, compare(COUNT));
    CHECK(r.heard);
    CHECK(r.delay_ms == 300);
}

TEST(speech_is_heard_through_one_to_three_percent_of_concealed_loss)
{
    for (unsigned percent = 1; percent <= 3; percent++)
        for (uint64_t seed = 0; seed < 5; seed++) {
            through_the_codec(G711_ALAW, played, recorded, COUNT);
            lose(seed, percent, recorded);
            CHECK_INT(0, compare(COUNT));
            CHECK(r.heard);
        }
}

/* A jitter buffer that has to grow adds a frame in mid-speech. */
TEST(speech_is_heard_though_the_jitter_buffer_stretched_time_twice)
{
    memcpy(recorded, played, sizeof played);
    memmove(recorded + 10000 + FRAME, recorded + 10000, (COUNT - 10000) * sizeof *recorded);
    memmove(recorded + 25000 + FRAME, recorded + 25000, (COUNT - 25000) * sizeof *recorded);
    CHECK_INT(0, compare(COUNT + 2 * FRAME));
    CHECK(r.heard);
}

/* A second of speech, and a slip at each place in it. */
TEST(one_slip_anywhere_in_a_short_speech_is_forgiven)
{
    for (size_t at = 0; at + FRAME < AUDIO_RATE; at += 400) {
        memcpy(recorded, played, AUDIO_RATE * sizeof *played);
        memmove(recorded + at + FRAME, recorded + at, (AUDIO_RATE - at) * sizeof *recorded);
        CHECK_INT(0, compare_speech(played, AUDIO_RATE, recorded, AUDIO_RATE + FRAME, AUDIO_RATE, &r));
        CHECK(r.heard);
    }
}

TEST(speech_under_mild_noise_is_heard)
{
    static int16_t hiss[COUNT];

    noise(3, 300, hiss, COUNT);
    for (size_t i = 0; i < COUNT; i++)
        recorded[i] = (int16_t)(played[i] + hiss[i]);
    CHECK_INT(0, compare(COUNT));
    CHECK(r.heard);
    CHECK(r.snr_db < 25);
}

TEST(silence_is_not_heard)
{
    CHECK_INT(0, compare(COUNT));
    CHECK(!r.heard);
    CHECK_INT(-100, r.level_db);
    CHECK(r.delay_ms == 0);
    CHECK_INT(0, compare(0));
    CHECK(!r.heard);
}

TEST(white_noise_is_not_heard)
{
    for (uint64_t seed = 0; seed < 3; seed++) {
        noise(seed, 6000, recorded, COUNT);
        CHECK_INT(0, compare(COUNT));
        CHECK(!r.heard);
        CHECK(r.correlation < 0.3);
        CHECK(r.covered == 0);
    }
}

TEST(the_other_speaker_is_not_heard)
{
    through_the_codec(G711_ULAW, other, recorded, COUNT);
    CHECK_INT(0, compare(COUNT));
    CHECK(!r.heard);
    CHECK(r.correlation < 0.3);
}

TEST(the_same_voice_saying_its_words_in_another_order_is_not_heard)
{
    memcpy(recorded, played + COUNT / 2, COUNT / 2 * sizeof *played);
    memcpy(recorded + COUNT / 2, played, COUNT / 2 * sizeof *played);
    CHECK_INT(0, compare(COUNT));
    CHECK(!r.heard);
}

TEST(speech_of_which_half_is_missing_is_not_heard)
{
    memcpy(recorded, played, COUNT / 2 * sizeof *played);
    CHECK_INT(0, compare(COUNT));
    CHECK(!r.heard);
    CHECK(r.covered < 0.6);

    memset(recorded, 0, sizeof recorded);
    memcpy(recorded + COUNT / 2, played + COUNT / 2, COUNT / 2 * sizeof *played);
    CHECK_INT(0, compare(COUNT));
    CHECK(!r.heard);
}

TEST(speech_of_which_a_third_is_missing_in_the_middle_is_not_heard)
{
    memcpy(recorded, played, sizeof played);
    memset(recorded + COUNT / 3, 0, COUNT / 3 * sizeof *recorded);
    CHECK_INT(0, compare(COUNT));
    CHECK(!r.heard);
}

/* A quarter: the rest correlates well enough, but not enough of it is there. */
TEST(speech_of_which_a_quarter_is_missing_is_not_heard)
{
    memcpy(recorded, played, sizeof played);
    memset(recorded + 25600, 0, 9600 * sizeof *recorded);
    CHECK_INT(0, compare(COUNT));
    CHECK(!r.heard);
    CHECK(r.correlation > COMPARE_CORRELATION);
}

TEST(speech_of_which_every_other_packet_is_missing_is_not_heard)
{
    for (size_t i = 0; i < COUNT; i++)
        recorded[i] = i / FRAME % 2 ? 0 : played[i];
    CHECK_INT(0, compare(COUNT));
    CHECK(!r.heard);
}

TEST(both_speakers_at_once_are_not_heard_as_one)
{
    for (size_t i = 0; i < COUNT; i++)
        recorded[i] = (int16_t)((played[i] + other[i]) / 2);
    CHECK_INT(0, compare(COUNT));
    CHECK(!r.heard);
}

TEST(a_whisper_and_a_shout_have_the_wrong_level)
{
    for (size_t i = 0; i < COUNT; i++)
        recorded[i] = (int16_t)(played[i] / 10);
    CHECK_INT(0, compare(COUNT));
    CHECK(!r.heard);
    CHECK(fabs(r.level_db + 20) < 0.5);
    CHECK(r.correlation > 0.98);

    for (size_t i = 0; i < COUNT; i++)
        recorded[i] = (int16_t)(played[i] * 3);
    CHECK_INT(0, compare(COUNT));
    CHECK(!r.heard);
    CHECK(r.level_db > 9);
}

TEST(an_inverted_recording_is_not_heard)
{
    for (size_t i = 0; i < COUNT; i++)
        recorded[i] = (int16_t)-played[i];
    CHECK_INT(0, compare(COUNT));
    CHECK(!r.heard);
}

TEST(a_constant_offset_is_no_sound)
{
    for (size_t i = 0; i < COUNT; i++)
        recorded[i] = 12000;
    CHECK_INT(0, compare(COUNT));
    CHECK(!r.heard);
    for (size_t i = 0; i < COUNT; i++)
        recorded[i] = (int16_t)(played[i] + 12000);
    CHECK_INT(0, compare(COUNT));
    CHECK(r.heard);
}

TEST(an_offset_before_the_speech_does_not_hide_it)
{
    for (size_t i = 0; i < 4000; i++)
        recorded[i] = 30000;
    memcpy(recorded + 4800, played, sizeof played);
    CHECK_INT(0, compare(COUNT + 4800));
    CHECK(r.heard);
    CHECK(r.delay_ms == 600);
}

TEST(without_speech_to_look_for_there_is_no_verdict)
{
    int16_t silence[AUDIO_RATE] = { 0 };

    CHECK_INT(-ERR_SYNTAX, compare_speech(silence, AUDIO_RATE, played, COUNT, AUDIO_RATE, &r));
    CHECK_INT(-ERR_SYNTAX, compare_speech(silence, 0, played, COUNT, AUDIO_RATE, &r));
    CHECK_INT(-ERR_SYNTAX, compare_speech(played, COUNT, played, COUNT, 0, &r));
    CHECK_INT(-ERR_TOO_LARGE, compare_speech(played, COMPARE_SAMPLES_MAX + 1, played, COUNT, AUDIO_RATE, &r));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(the_same_samples_are_heard_perfectly, speak_both),
        cmocka_unit_test_setup(speech_is_heard_after_both_laws_of_g711_and_any_delay_up_to_300_ms, speak_both),
        cmocka_unit_test_setup(a_recording_that_ends_with_the_call_is_heard_though_its_last_300_ms_are_missing,
                               speak_both),
        cmocka_unit_test_setup(speech_is_heard_through_one_to_three_percent_of_concealed_loss, speak_both),
        cmocka_unit_test_setup(speech_is_heard_though_the_jitter_buffer_stretched_time_twice, speak_both),
        cmocka_unit_test_setup(one_slip_anywhere_in_a_short_speech_is_forgiven, speak_both),
        cmocka_unit_test_setup(speech_under_mild_noise_is_heard, speak_both),
        cmocka_unit_test_setup(silence_is_not_heard, speak_both),
        cmocka_unit_test_setup(white_noise_is_not_heard, speak_both),
        cmocka_unit_test_setup(the_other_speaker_is_not_heard, speak_both),
        cmocka_unit_test_setup(the_same_voice_saying_its_words_in_another_order_is_not_heard, speak_both),
        cmocka_unit_test_setup(speech_of_which_half_is_missing_is_not_heard, speak_both),
        cmocka_unit_test_setup(speech_of_which_a_third_is_missing_in_the_middle_is_not_heard, speak_both),
        cmocka_unit_test_setup(speech_of_which_a_quarter_is_missing_is_not_heard, speak_both),
        cmocka_unit_test_setup(speech_of_which_every_other_packet_is_missing_is_not_heard, speak_both),
        cmocka_unit_test_setup(both_speakers_at_once_are_not_heard_as_one, speak_both),
        cmocka_unit_test_setup(a_whisper_and_a_shout_have_the_wrong_level, speak_both),
        cmocka_unit_test_setup(an_inverted_recording_is_not_heard, speak_both),
        cmocka_unit_test_setup(a_constant_offset_is_no_sound, speak_both),
        cmocka_unit_test_setup(an_offset_before_the_speech_does_not_hide_it, speak_both),
        cmocka_unit_test_setup(without_speech_to_look_for_there_is_no_verdict, speak_both),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
