/* SPDX-License-Identifier: BSD-2-Clause */
#include "media/mixer.h"

#include "base/error.h"
#include "media/audio_memory.h"
#include "support/test.h"

enum { FRAME = 160 };

static int16_t frame[FRAME];

static void says(struct mixer *m, int port, int16_t value)
{
    for (size_t i = 0; i < FRAME; i++)
        frame[i] = value;
    mixer_say(m, port, frame, FRAME);
}

/* What this port hears while the local user says `here`: the same in each sample. */
static int hears(struct mixer *m, int port, int16_t here)
{
    for (size_t i = 0; i < FRAME; i++)
        frame[i] = here;
    mixer_hear(m, port, frame, FRAME);
    for (size_t i = 1; i < FRAME; i++)
        CHECK_INT(frame[0], frame[i]);
    return frame[0];
}

TEST(each_hears_the_local_user_and_all_others_but_not_itself)
{
    struct mixer *m = mixer_new(AUDIO_RATE);
    int           a = mixer_add(m), b = mixer_add(m), c = mixer_add(m);

    says(m, a, 100);
    says(m, b, 20);
    says(m, c, 3);
    CHECK_INT(1023, hears(m, a, 1000));
    CHECK_INT(1103, hears(m, b, 1000));
    CHECK_INT(1120, hears(m, c, 1000));
    mixer_free(m);
}

TEST(two_that_hear_each_other_by_themselves_are_not_mixed)
{
    struct mixer *m = mixer_new(AUDIO_RATE);
    int           a = mixer_add(m), b = mixer_add(m), c = mixer_add(m);

    mixer_part(m, a, b, true);
    says(m, a, 100);
    says(m, b, 20);
    says(m, c, 3);
    CHECK_INT(1003, hears(m, a, 1000));
    CHECK_INT(1003, hears(m, b, 1000));
    CHECK_INT(1120, hears(m, c, 1000));
    mixer_part(m, b, a, false); /* nothing of what was said before */
    CHECK_INT(0, hears(m, a, 0));
    says(m, a, 100);
    says(m, b, 20);
    says(m, c, 3);
    CHECK_INT(23, hears(m, a, 0));
    CHECK_INT(103, hears(m, b, 0));
    mixer_part(m, a, b, true); /* whoever comes in at that place hears all */
    mixer_remove(m, a);
    CHECK_INT(a, mixer_add(m));
    says(m, b, 20);
    CHECK_INT(20, hears(m, a, 0));
    mixer_free(m);
}

TEST(a_sum_that_is_too_loud_is_as_loud_as_can_be_and_only_in_the_end)
{
    struct mixer *m = mixer_new(AUDIO_RATE);
    int           a = mixer_add(m), b = mixer_add(m), c = mixer_add(m), d = mixer_add(m);

    says(m, b, 30000);
    says(m, c, 30000);
    says(m, d, -30000);
    CHECK_INT(30000, hears(m, a, 0));
    says(m, a, -30000);
    CHECK_INT(INT16_MIN, hears(m, c, -32000));
    says(m, b, 30000);
    says(m, c, 30000);
    CHECK_INT(INT16_MAX, hears(m, a, 0));
    mixer_free(m);
}

TEST(every_sample_is_heard_once_and_in_order)
{
    struct mixer *m = mixer_new(AUDIO_RATE);
    int           a = mixer_add(m), b = mixer_add(m);
    int16_t       said[FRAME], heard[FRAME];

    for (int16_t round = 0; round < 50; round++) {
        for (int16_t i = 0; i < FRAME; i++)
            said[i] = (int16_t)(round * FRAME + i);
        mixer_say(m, b, said, FRAME);
        memset(heard, 0, sizeof heard);
        mixer_hear(m, a, heard, FRAME);
        assert_memory_equal(said, heard, sizeof said);
    }
    mixer_free(m);
}

TEST(frames_of_other_lengths_fit_together)
{
    struct mixer *m = mixer_new(AUDIO_RATE);
    int           a = mixer_add(m), b = mixer_add(m);
    int16_t       heard[FRAME * 3] = { 0 };

    says(m, b, 1);
    says(m, b, 2);
    says(m, b, 3);
    mixer_hear(m, a, heard, FRAME * 3);
    CHECK_INT(1, heard[0]);
    CHECK_INT(2, heard[FRAME]);
    CHECK_INT(3, heard[FRAME * 3 - 1]);
    mixer_free(m);
}

TEST(who_is_late_is_silence_and_loses_nothing)
{
    struct mixer *m = mixer_new(AUDIO_RATE);
    int           a = mixer_add(m), b = mixer_add(m);

    CHECK_INT(0, hears(m, a, 0));
    says(m, b, 1);
    says(m, b, 2);
    CHECK_INT(1, hears(m, a, 0));
    CHECK_INT(2, hears(m, a, 0));
    CHECK_INT(0, hears(m, a, 0));
    mixer_free(m);
}

TEST(who_falls_behind_catches_up)
{
    struct mixer *m = mixer_new(AUDIO_RATE);
    int           a = mixer_add(m), b = mixer_add(m);

    for (int16_t i = 1; i <= 5; i++)
        says(m, b, i);
    CHECK_INT(5, hears(m, a, 0));
    CHECK_INT(0, hears(m, a, 0));
    mixer_free(m);
}

TEST(who_is_out_neither_hears_nor_is_heard)
{
    struct mixer *m = mixer_new(AUDIO_RATE);
    int           a = mixer_add(m), b = mixer_add(m), c = mixer_add(m);

    says(m, a, 100);
    says(m, b, 20);
    mixer_let(m, b, false);
    says(m, b, 20);
    says(m, c, 3);
    CHECK_INT(3, hears(m, a, 0));
    CHECK_INT(7, hears(m, b, 7));
    CHECK_INT(100, hears(m, c, 0));
    mixer_let(m, b, true); /* what was said meanwhile is over */
    CHECK_INT(7, hears(m, b, 7));
    says(m, b, 20);
    CHECK_INT(20, hears(m, a, 0));
    mixer_free(m);
}

TEST(there_are_sixteen_places_and_one_that_is_left_is_free_again)
{
    struct mixer *m = mixer_new(AUDIO_RATE);

    for (int i = 0; i < MIXER_PORTS; i++)
        CHECK_INT(i, mixer_add(m));
    CHECK_INT(-ERR_LIMIT, mixer_add(m));
    says(m, 5, 9);
    mixer_remove(m, 5);
    CHECK_INT(0, hears(m, 4, 0));
    CHECK_INT(5, mixer_add(m));
    CHECK_INT(0, hears(m, 4, 0));
    mixer_free(m);
}

TEST(the_recording_has_everybody)
{
    struct mixer *m = mixer_new(AUDIO_RATE);
    int           a = mixer_add(m), b = mixer_add(m);
    size_t        count;

    struct audio_sink *tape = audio_memory_sink_new(FRAME * 4, AUDIO_RATE);

    CHECK_INT(0, mixer_record(m, tape));
    says(m, a, 100);
    says(m, b, 20);
    CHECK_INT(23, hears(m, a, 3));
    CHECK_INT(103, hears(m, b, 3));
    CHECK_INT(123, audio_memory_samples(tape, &count)[0]);
    CHECK_INT(FRAME, count);
    mixer_let(m, a, false); /* then in the time of the next one */
    says(m, b, 20);
    (void)hears(m, b, 4);
    CHECK_INT(24, audio_memory_samples(tape, &count)[FRAME]);
    CHECK_INT(0, mixer_record(m, NULL));
    mixer_free(m);
}

TEST(a_frame_that_is_too_long_is_not_mixed)
{
    struct mixer *m = mixer_new(AUDIO_RATE);
    int           a = mixer_add(m), b = mixer_add(m);
    int16_t       samples[FRAME * 4] = { 0 };

    samples[FRAME * 4 - 1] = 9;
    mixer_say(m, b, samples, FRAME * 4); /* its end counts */
    mixer_hear(m, a, samples, FRAME * 4);
    CHECK_INT(0, samples[0]);
    memset(samples, 0, sizeof samples);
    mixer_hear(m, a, samples, FRAME * 3);
    CHECK_INT(9, samples[FRAME * 3 - 1]);
    CHECK_INT(AUDIO_RATE, mixer_rate(m));
    mixer_free(m);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_hears_the_local_user_and_all_others_but_not_itself),
        cmocka_unit_test(two_that_hear_each_other_by_themselves_are_not_mixed),
        cmocka_unit_test(a_sum_that_is_too_loud_is_as_loud_as_can_be_and_only_in_the_end),
        cmocka_unit_test(every_sample_is_heard_once_and_in_order),
        cmocka_unit_test(frames_of_other_lengths_fit_together),
        cmocka_unit_test(who_is_late_is_silence_and_loses_nothing),
        cmocka_unit_test(who_falls_behind_catches_up),
        cmocka_unit_test(who_is_out_neither_hears_nor_is_heard),
        cmocka_unit_test(there_are_sixteen_places_and_one_that_is_left_is_free_again),
        cmocka_unit_test(the_recording_has_everybody),
        cmocka_unit_test(a_frame_that_is_too_long_is_not_mixed),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
