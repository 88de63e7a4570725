/* SPDX-License-Identifier: BSD-2-Clause */
#include "media/conceal.h"
#include "support/test.h"

#include <math.h>
#include <stdlib.h>

enum { FRAME = 160 };

/* A vowel of 125 Hz, a period of 64 samples. */
static void vowel(int16_t *samples, size_t from, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        double t = 2 * M_PI * (double)(from + i) / 64;

        samples[i] = (int16_t)(6000 * sin(t) + 3000 * sin(3 * t + 1) + 1000 * sin(5 * t));
    }
}

static double power(const int16_t *samples, size_t count)
{
    double sum = 0;

    for (size_t i = 0; i < count; i++)
        sum += (double)samples[i] * samples[i];
    return sum / (double)count;
}

TEST(a_lost_frame_of_a_vowel_goes_on_in_tune)
{
    struct conceal c;
    int16_t        heard[FRAME], lost[FRAME], made[FRAME];

    conceal_init(&c, 8000);
    for (size_t i = 0; i < 3; i++) {
        vowel(heard, i * FRAME, FRAME);
        conceal_hear(&c, heard, FRAME);
    }
    vowel(lost, 3 * FRAME, FRAME);
    conceal_make(&c, made, FRAME);
    for (size_t i = 0; i < 80; i++)
        CHECK(abs(lost[i] - made[i]) <= 1);
    CHECK(power(made + 80, 80) < power(lost + 80, 80));
    CHECK(power(made + 80, 80) > power(lost + 80, 80) / 2);
}

TEST(a_long_gap_fades_to_silence_and_stays_there)
{
    struct conceal c;
    int16_t        samples[FRAME];

    conceal_init(&c, 8000);
    vowel(samples, 0, FRAME);
    conceal_hear(&c, samples, FRAME);
    for (int i = 0; i < 3; i++) {
        conceal_make(&c, samples, FRAME);
        CHECK(power(samples, FRAME) > 0);
    }
    for (int i = 0; i < 100; i++) {
        conceal_make(&c, samples, FRAME);
        CHECK(power(samples, FRAME) == 0);
    }
}

TEST(the_return_of_sound_makes_no_click)
{
    struct conceal c;
    int16_t        samples[FRAME];

    conceal_init(&c, 8000);
    for (size_t i = 0; i < FRAME; i++)
        samples[i] = 10000;
    conceal_hear(&c, samples, FRAME);
    conceal_make(&c, samples, 40);
    CHECK_INT(10000, samples[39]);
    memset(samples, 0, sizeof samples);
    conceal_hear(&c, samples, FRAME);
    CHECK(samples[0] > 9000);
    for (size_t i = 1; i < 33; i++)
        CHECK(samples[i - 1] - samples[i] < 400);
    CHECK_INT(0, samples[32]);
}

TEST(sound_without_a_gap_is_left_alone)
{
    struct conceal c;
    int16_t        samples[FRAME], same[FRAME];

    conceal_init(&c, 8000);
    for (size_t i = 0; i < 2; i++) {
        vowel(samples, i * 77, FRAME);
        memcpy(same, samples, sizeof same);
        conceal_hear(&c, samples, FRAME);
        CHECK(memcmp(same, samples, sizeof same) == 0);
    }
}

TEST(before_anything_was_heard_there_is_silence)
{
    struct conceal c;
    int16_t        samples[FRAME];

    conceal_init(&c, 48000);
    conceal_make(&c, samples, FRAME);
    CHECK(power(samples, FRAME) == 0);
    conceal_hear(&c, samples, 0);
    conceal_make(&c, samples, FRAME);
    CHECK(power(samples, FRAME) == 0);
}

/* A single sample, then a frame longer than all that is remembered. */
TEST(frames_of_any_length_are_taken)
{
    struct conceal c;
    static int16_t samples[CONCEAL_PAST * 2];

    conceal_init(&c, 48000);
    vowel(samples, 0, CONCEAL_PAST * 2);
    conceal_hear(&c, samples, 1);
    conceal_make(&c, samples + 1, 10);
    conceal_hear(&c, samples, CONCEAL_PAST * 2);
    conceal_make(&c, samples, CONCEAL_PAST * 2);
    CHECK_INT(0, samples[CONCEAL_PAST * 2 - 1]);
    CHECK(power(samples, 480) > 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_lost_frame_of_a_vowel_goes_on_in_tune),
        cmocka_unit_test(a_long_gap_fades_to_silence_and_stays_there),
        cmocka_unit_test(the_return_of_sound_makes_no_click),
        cmocka_unit_test(sound_without_a_gap_is_left_alone),
        cmocka_unit_test(before_anything_was_heard_there_is_silence),
        cmocka_unit_test(frames_of_any_length_are_taken),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
