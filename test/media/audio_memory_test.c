/* SPDX-License-Identifier: BSD-2-Clause */
#include "base/error.h"
#include "media/audio_memory.h"
#include "support/test.h"

TEST(a_memory_source_plays_once_and_is_silent_after)
{
    const int16_t        samples[] = { 1, 2, 3 };
    struct audio_source *s         = audio_memory_source_new(samples, 3, AUDIO_RATE);
    int16_t              heard[4]  = { 9, 9, 9, 9 };

    audio_pull(s, heard, 2);
    CHECK_INT(2, heard[1]);
    CHECK(!audio_ended(s));
    audio_pull(s, heard, 4);
    CHECK_INT(3, heard[0]);
    CHECK_INT(0, heard[1]);
    CHECK_INT(0, heard[3]);
    CHECK(audio_ended(s));
    audio_source_close(s);
}

TEST(a_memory_sink_keeps_what_it_hears_in_order)
{
    struct audio_sink *s = audio_memory_sink_new(100000, AUDIO_RATE);
    const int16_t     *heard;
    size_t             count;

    for (int16_t i = 0; i < 10000; i++)
        audio_push(s, &(int16_t){ i }, 1);
    heard = audio_memory_samples(s, &count);
    CHECK_INT(10000, count);
    CHECK_INT(0, heard[0]);
    CHECK_INT(8191, heard[8191]);
    CHECK_INT(9999, heard[9999]);
    CHECK_INT(0, audio_sink_close(s));
}

TEST(a_memory_sink_stops_at_its_limit_and_says_so)
{
    struct audio_sink *s          = audio_memory_sink_new(3, AUDIO_RATE);
    const int16_t      samples[2] = { 5, 6 };
    size_t             count;

    audio_push(s, samples, 2);
    CHECK_INT(0, audio_sink_error(s));
    audio_push(s, samples, 2);
    CHECK_INT(-ERR_LIMIT, audio_sink_error(s));
    CHECK_INT(5, audio_memory_samples(s, &count)[2]);
    CHECK_INT(3, count);
    CHECK_INT(-ERR_LIMIT, audio_sink_close(s));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_memory_source_plays_once_and_is_silent_after),
        cmocka_unit_test(a_memory_sink_keeps_what_it_hears_in_order),
        cmocka_unit_test(a_memory_sink_stops_at_its_limit_and_says_so),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
