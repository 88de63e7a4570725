/* SPDX-License-Identifier: BSD-2-Clause */
#include "media/audio_tone.h"
#include "media/compare.h"
#include "support/test.h"

#include <math.h>

enum { SECONDS = 4, COUNT = SECONDS * AUDIO_RATE };

static void speak(uint64_t seed, int16_t *samples)
{
    struct audio_source *s = audio_tone_new(seed, AUDIO_RATE, NEVER);

    audio_pull(s, samples, COUNT);
    CHECK(!audio_ended(s));
    audio_source_close(s);
}

TEST(a_seed_gives_the_same_voice_however_it_is_pulled)
{
    static int16_t       whole[COUNT], pieces[COUNT];
    struct audio_source *s = audio_tone_new(7, AUDIO_RATE, NEVER);

    speak(7, whole);
    for (size_t i = 0; i < COUNT; i += 100)
        audio_pull(s, pieces + i, 100);
    CHECK(memcmp(whole, pieces, sizeof whole) == 0);
    audio_source_close(s);
}

TEST(two_seeds_are_two_speakers)
{
    static int16_t        one[COUNT], other[COUNT];
    struct compare_result r;

    for (uint64_t seed = 0; seed < 4; seed++) {
        speak(seed, one);
        speak(seed + 1, other);
        CHECK_INT(0, compare_speech(one, COUNT, other, COUNT, AUDIO_RATE, &r));
        CHECK(!r.heard);
        CHECK(r.correlation < 0.3);
    }
}

/* Loud enough for a line, never clipped, and with pauses as speech has them. */
TEST(every_voice_has_the_level_and_the_pauses_of_speech)
{
    static int16_t samples[COUNT];

    for (uint64_t seed = 0; seed < 20; seed++) {
        double sum   = 0;
        size_t quiet = 0;

        speak(seed, samples);
        for (size_t i = 0; i < COUNT; i++) {
            CHECK(samples[i] < 30000 && samples[i] > -30000);
            sum += (double)samples[i] * samples[i];
            quiet += samples[i] > -30 && samples[i] < 30;
        }
        CHECK(sqrt(sum / COUNT) > 600);
        CHECK(sqrt(sum / COUNT) < 4000);
        CHECK(quiet > COUNT / 20);
        CHECK(quiet < COUNT / 2);
    }
}

TEST(a_tone_ends_after_its_length_to_the_sample)
{
    struct audio_source *s            = audio_tone_new(1, AUDIO_RATE, 100);
    int16_t              samples[960] = { 0 };

    audio_pull(s, samples, 799);
    CHECK(!audio_ended(s));
    samples[1] = 1;
    audio_pull(s, samples, 2);
    CHECK(audio_ended(s));
    CHECK_INT(0, samples[1]);
    audio_source_close(s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_seed_gives_the_same_voice_however_it_is_pulled),
        cmocka_unit_test(two_seeds_are_two_speakers),
        cmocka_unit_test(every_voice_has_the_level_and_the_pauses_of_speech),
        cmocka_unit_test(a_tone_ends_after_its_length_to_the_sample),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
