/* SPDX-License-Identifier: BSD-2-Clause */
#include "media/audio_tap.h"

#include "base/error.h"
#include "media/audio_memory.h"
#include "support/test.h"

#include <math.h>

enum { FRAME = 160, ROOM = 100 * FRAME };

static int16_t spoken[10 * FRAME];

/* A sink whose close and error say so. */
struct failing_sink {
    struct audio_sink sink;
    int               error;
    bool              closed;
};

static void failing_push(struct audio_sink *s, const int16_t *samples, size_t count)
{
    (void)s;
    (void)samples;
    (void)count;
}

static int failing_error(const struct audio_sink *s)
{
    return CONTAINER_OF(s, struct failing_sink, sink)->error;
}

static int failing_close(struct audio_sink *s)
{
    CONTAINER_OF(s, struct failing_sink, sink)->closed = true;
    return failing_error(s);
}

static const struct audio_sink_ops failing_ops = { failing_push, failing_error, failing_close };

static void push(struct audio_sink *sink, int16_t value)
{
    int16_t frame[FRAME];

    for (size_t i = 0; i < FRAME; i++)
        frame[i] = value;
    audio_push(sink, frame, FRAME);
}

TEST(both_sides_are_recorded_side_by_side)
{
    struct audio_sink *both = audio_memory_sink_new(ROOM, AUDIO_RATE), *heard = audio_memory_sink_new(ROOM, AUDIO_RATE);
    struct audio_sink *sink = heard;
    struct audio_source *source;
    struct audio_tap    *tap;
    const int16_t       *samples;
    size_t               count;
    int16_t              frame[FRAME];

    for (size_t i = 0; i < sizeof spoken / sizeof *spoken; i++)
        spoken[i] = (int16_t)(1 + i / FRAME);
    source = audio_memory_source_new(spoken, sizeof spoken / sizeof *spoken, AUDIO_RATE);
    CHECK_INT(0, audio_tap_open(AUDIO_RATE, both, &source, &sink, &tap));
    push(sink, -1); /* nothing was said yet */
    for (int16_t i = 0; i < 3; i++) {
        audio_pull(source, frame, FRAME);
        CHECK_INT(1 + i, frame[0]);
        push(sink, (int16_t)(-2 - i));
    }
    samples = audio_memory_samples(both, &count);
    CHECK_INT(4 * 2 * FRAME, count);
    for (size_t i = 0; i < 4 * FRAME; i++) {
        CHECK_INT(i / FRAME, samples[2 * i]);
        CHECK_INT(-1 - (int)(i / FRAME), samples[2 * i + 1]);
    }
    audio_memory_samples(heard, &count);
    CHECK_INT(4 * FRAME, count);
    CHECK(!audio_ended(source));
    audio_source_close(source);
    CHECK_INT(0, audio_sink_close(sink));
}

TEST(what_is_said_while_nothing_is_heard_does_not_pile_up)
{
    struct audio_sink   *both = audio_memory_sink_new(ROOM, AUDIO_RATE), *sink = NULL;
    struct audio_source *source = audio_memory_source_new(spoken, sizeof spoken / sizeof *spoken, AUDIO_RATE);
    struct audio_tap    *tap;
    int16_t              frame[FRAME];
    size_t               count;

    CHECK_INT(0, audio_tap_open(AUDIO_RATE, both, &source, &sink, &tap));
    for (int i = 0; i < 100; i++)
        audio_pull(source, frame, FRAME);
    CHECK(audio_ended(source));
    push(sink, 7);
    audio_memory_samples(both, &count);
    CHECK_INT(2 * FRAME, count);
    CHECK_INT(0, audio_sink_close(sink));
    audio_source_close(source);
}

/* A sine of full scale has 0.707 of it. */
TEST(levels_are_of_the_last_frame)
{
    struct audio_sink   *sink   = NULL;
    struct audio_source *source = NULL;
    struct audio_tap    *tap;
    int16_t              frame[FRAME];

    CHECK_INT(0, audio_tap_open(AUDIO_RATE, NULL, &source, &sink, &tap));
    CHECK(audio_tap_levels(tap).heard == 0 && audio_tap_levels(tap).said == 0);
    for (int i = 0; i < FRAME; i++)
        frame[i] = (int16_t)(32767 * sin(i * 2 * M_PI / FRAME));
    audio_push(sink, frame, FRAME);
    CHECK(fabs(audio_tap_levels(tap).heard - 0.7071) < 0.001);
    audio_pull(source, frame, FRAME);
    CHECK(audio_tap_levels(tap).said == 0);
    CHECK_INT(0, frame[0] | frame[80]);
    push(sink, -32768);
    CHECK(audio_tap_levels(tap).heard == 1);
    CHECK(!audio_ended(source));
    audio_source_close(source);
    CHECK_INT(0, audio_sink_close(sink));
}

TEST(an_error_of_either_recording_is_told)
{
    for (int which = 0; which < 2; which++) {
        struct failing_sink  inner  = { { &failing_ops, AUDIO_RATE }, which == 0 ? -ERR_DISK_FULL : 0, false };
        struct failing_sink  both   = { { &failing_ops, AUDIO_RATE }, which == 1 ? -ERR_DISK_FULL : 0, false };
        struct audio_sink   *sink   = &inner.sink;
        struct audio_source *source = NULL;
        struct audio_tap    *tap;

        CHECK_INT(0, audio_tap_open(AUDIO_RATE, &both.sink, &source, &sink, &tap));
        CHECK_INT(-ERR_DISK_FULL, audio_sink_error(sink));
        CHECK_INT(-ERR_DISK_FULL, audio_sink_close(sink));
        CHECK(inner.closed && both.closed);
        audio_source_close(source);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(both_sides_are_recorded_side_by_side),
        cmocka_unit_test(what_is_said_while_nothing_is_heard_does_not_pile_up),
        cmocka_unit_test(levels_are_of_the_last_frame),
        cmocka_unit_test(an_error_of_either_recording_is_told),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
