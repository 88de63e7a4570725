/* SPDX-License-Identifier: BSD-2-Clause */
#include "media/audio_patch.h"

#include "media/audio_memory.h"
#include "support/test.h"

enum { FRAME = 160 };

static int16_t frame[FRAME];

static void on_done(void *arg)
{
    ++*(int *)arg;
}

/* A source of `count` samples of this value. */
static struct audio_source *steady(int16_t value, size_t count)
{
    static int16_t  samples[8][FRAME * 4];
    static unsigned next;
    int16_t        *at = samples[next++ % 8];

    for (size_t i = 0; i < count; i++)
        at[i] = value;
    return audio_memory_source_new(at, count, AUDIO_RATE);
}

TEST(a_file_is_said_instead_of_the_source_until_its_end)
{
    struct audio_source *voice = steady(100, FRAME * 4);
    struct audio_patch  *p     = audio_patch_new(voice, NULL, AUDIO_RATE);
    int                  done  = 0;

    audio_pull(audio_patch_source(p), frame, FRAME);
    CHECK_INT(100, frame[0]);
    audio_patch_play(p, steady(7, FRAME), on_done, &done);
    audio_pull(audio_patch_source(p), frame, FRAME);
    CHECK_INT(7, frame[0]);
    CHECK_INT(1, done);
    audio_pull(audio_patch_source(p), frame, FRAME);
    CHECK_INT(100, frame[0]);
    CHECK_INT(1, done);
    audio_patch_free(p);
    audio_source_close(voice);
}

TEST(what_is_played_can_be_stopped)
{
    struct audio_patch *p    = audio_patch_new(NULL, NULL, AUDIO_RATE);
    int                 done = 0;

    audio_patch_play(p, steady(7, FRAME * 4), on_done, &done);
    audio_patch_play(p, NULL, NULL, NULL);
    audio_pull(audio_patch_source(p), frame, FRAME);
    CHECK_INT(0, frame[0]);
    CHECK_INT(0, done);
    audio_patch_free(p);
}

TEST(the_source_ends_when_it_ends_and_not_while_a_file_is_played)
{
    struct audio_source *voice = steady(100, FRAME);
    struct audio_patch  *p     = audio_patch_new(voice, NULL, AUDIO_RATE);

    CHECK(!audio_ended(audio_patch_source(p)));
    audio_pull(audio_patch_source(p), frame, FRAME);
    CHECK(audio_ended(audio_patch_source(p)));
    audio_patch_play(p, steady(7, FRAME), NULL, NULL);
    CHECK(!audio_ended(audio_patch_source(p)));
    audio_patch_free(p);
    audio_source_close(voice);
}

TEST(levels_are_those_since_the_last_look)
{
    struct audio_source *voice = steady(16384, FRAME * 2);
    struct audio_patch  *p     = audio_patch_new(voice, NULL, AUDIO_RATE);
    double               out, in;

    audio_pull(audio_patch_source(p), frame, FRAME);
    audio_push(audio_patch_sink(p), (int16_t[FRAME]){ 0 }, FRAME);
    audio_patch_levels(p, &out, &in);
    CHECK(out > -6.1 && out < -6.0); /* half of full scale */
    CHECK(in <= AUDIO_LEVEL_SILENT);
    audio_patch_levels(p, &out, &in);
    CHECK(out <= AUDIO_LEVEL_SILENT);
    audio_patch_free(p);
    audio_source_close(voice);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_file_is_said_instead_of_the_source_until_its_end),
        cmocka_unit_test(what_is_played_can_be_stopped),
        cmocka_unit_test(the_source_ends_when_it_ends_and_not_while_a_file_is_played),
        cmocka_unit_test(levels_are_those_since_the_last_look),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
