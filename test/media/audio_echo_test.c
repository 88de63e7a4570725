/* SPDX-License-Identifier: BSD-2-Clause */
#include "media/audio_echo.h"

#include "support/alloc.h"
#include "support/test.h"

enum { FRAME = 160 };

static struct audio_source *source;
static struct audio_sink   *sink;

static int setup(void **state)
{
    (void)state;
    return audio_echo_open(AUDIO_RATE, &source, &sink);
}

static int teardown(void **state)
{
    (void)state;
    audio_source_close(source);
    return audio_sink_close(sink);
}

static void push(int16_t value)
{
    int16_t frame[FRAME];

    for (size_t i = 0; i < FRAME; i++)
        frame[i] = value;
    audio_push(sink, frame, FRAME);
}

static int16_t pull(void)
{
    int16_t frame[FRAME];

    audio_pull(source, frame, FRAME);
    for (size_t i = 1; i < FRAME; i++)
        CHECK_INT(frame[0], frame[i]);
    return frame[0];
}

TEST(what_is_pushed_is_pulled_in_order_a_moment_later)
{
    CHECK_INT(0, pull());
    push(1);
    CHECK_INT(0, pull());
    push(2);
    CHECK_INT(1, pull());
    push(3);
    CHECK_INT(2, pull());
    CHECK_INT(3, pull());
    CHECK_INT(0, pull());
    CHECK(!audio_ended(source));
    CHECK_INT(0, audio_sink_error(sink));
}

TEST(after_a_gap_it_waits_for_two_frames_again)
{
    push(1);
    push(2);
    CHECK_INT(1, pull());
    CHECK_INT(2, pull());
    CHECK_INT(0, pull());
    push(3);
    CHECK_INT(0, pull());
    push(4);
    CHECK_INT(3, pull());
}

TEST(while_nobody_pulls_the_latest_is_kept)
{
    for (int16_t i = 1; i <= 100; i++)
        push(i);
    CHECK(pull() >= 100 - 240 / 20);
}

TEST(without_memory_there_is_none)
{
    struct audio_source *no_source;
    struct audio_sink   *no_sink;

    for (unsigned n = 1; n <= 2; n++) {
        alloc_fail_at(n);
        CHECK(audio_echo_open(AUDIO_RATE, &no_source, &no_sink) != 0);
        alloc_fail_at(0);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(what_is_pushed_is_pulled_in_order_a_moment_later, setup, teardown),
        cmocka_unit_test_setup_teardown(after_a_gap_it_waits_for_two_frames_again, setup, teardown),
        cmocka_unit_test_setup_teardown(while_nobody_pulls_the_latest_is_kept, setup, teardown),
        cmocka_unit_test(without_memory_there_is_none),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
