/* SPDX-License-Identifier: BSD-2-Clause */
#include "media/audio_null.h"
#include "support/test.h"

TEST(the_null_source_gives_silence_and_never_ends)
{
    struct audio_source *s          = audio_null_source_new(AUDIO_RATE);
    int16_t              samples[3] = { 7, 7, 7 };

    CHECK_INT(AUDIO_RATE, s->rate);
    audio_pull(s, samples, 2);
    CHECK_INT(0, samples[0]);
    CHECK_INT(0, samples[1]);
    CHECK_INT(7, samples[2]);
    CHECK(!audio_ended(s));
    audio_source_close(s);
}

TEST(the_null_sink_takes_everything_without_complaint)
{
    struct audio_sink *s          = audio_null_sink_new(16000);
    const int16_t      samples[2] = { 1, 2 };

    CHECK_INT(16000, s->rate);
    audio_push(s, samples, 2);
    CHECK_INT(0, audio_sink_error(s));
    CHECK_INT(0, audio_sink_close(s));
}

TEST(closing_nothing_is_allowed)
{
    audio_source_close(NULL);
    CHECK_INT(0, audio_sink_close(NULL));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_null_source_gives_silence_and_never_ends),
        cmocka_unit_test(the_null_sink_takes_everything_without_complaint),
        cmocka_unit_test(closing_nothing_is_allowed),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
