/* SPDX-License-Identifier: BSD-2-Clause */
#include "base/error.h"
#include "media/audio_device.h"
#include "support/test.h"

#include <dlfcn.h>

/* A card made of two rings: the test is its microphone and its ear. */
struct audio_card {
    struct ring *captured, *to_play;
    unsigned     rate;
    bool         open;
};

static struct audio_card     card;
static enum audio_card_error answer;

static enum audio_card_error fake_open(const char *name, unsigned rate, struct ring *captured, struct ring *to_play,
                                       char *why, size_t why_size, struct audio_card **out)
{
    if (answer != AUDIO_CARD_OK) {
        struct buf b = buf_on(why, why_size);

        buf_printf(&b, "the fake card %s is broken", name == NULL ? "by default" : name);
        buf_cstr(&b);
        return answer;
    }
    card = (struct audio_card){ captured, to_play, rate, true };
    *out = &card;
    return AUDIO_CARD_OK;
}

static void fake_close(struct audio_card *c)
{
    c->open = false;
}

static enum audio_card_error fake_list(struct audio_card_info *cards, size_t room, size_t *count, char *why,
                                       size_t why_size)
{
    if (answer != AUDIO_CARD_OK) {
        memcpy(why, "no system", why_size < 10 ? why_size : 10);
        return answer;
    }
    for (*count = 0; *count < room && *count < 3; ++*count)
        cards[*count] = (struct audio_card_info){ .name = "Fake", .outputs = 2, .default_output = *count == 1 };
    return AUDIO_CARD_OK;
}

static const struct audio_module fake = { AUDIO_MODULE_VERSION, fake_open, fake_close, fake_list };

static struct audio_source *source;
static struct audio_sink   *sink;

static int open_fake(void **state)
{
    (void)state;
    answer = AUDIO_CARD_OK;
    return audio_device_open_on(&fake, NULL, AUDIO_RATE, NULL, &source, &sink);
}

static int close_fake(void **state)
{
    (void)state;
    audio_source_close(source);
    audio_sink_close(sink);
    return card.open;
}

TEST(the_card_stops_with_the_second_close_in_any_order)
{
    CHECK_INT(0, audio_device_open_on(&fake, NULL, AUDIO_RATE, NULL, &source, &sink));
    audio_source_close(source);
    CHECK(card.open);
    CHECK_INT(0, audio_sink_close(sink));
    CHECK(!card.open);

    CHECK_INT(0, audio_device_open_on(&fake, NULL, 16000, NULL, &source, &sink));
    CHECK_INT(16000, card.rate);
    CHECK_INT(16000, source->rate);
    CHECK_INT(0, audio_sink_close(sink));
    CHECK(card.open);
    audio_source_close(source);
    CHECK(!card.open);
}

TEST(the_microphone_is_heard_and_silence_where_it_has_nothing)
{
    const int16_t said[3]  = { 1, 2, 3 };
    int16_t       heard[5] = { 9, 9, 9, 9, 9 };

    ring_write(card.captured, said, 3);
    audio_pull(source, heard, 5);
    CHECK_INT(1, heard[0]);
    CHECK_INT(3, heard[2]);
    CHECK_INT(0, heard[3]);
    CHECK_INT(0, heard[4]);
    CHECK(!audio_ended(source));
}

/* 300 ms have piled up: all but the last 40 ms are skipped. */
TEST(a_microphone_that_ran_ahead_is_caught_up_with)
{
    int16_t sample;

    for (int16_t i = 0; i < 2400; i++)
        ring_write(card.captured, &i, 1);
    audio_pull(source, &sample, 1);
    CHECK_INT(2400 - 320, sample);
}

TEST(the_loudspeaker_starts_with_a_little_silence_and_then_plays)
{
    const int16_t said[2] = { 7, 8 };
    int16_t       out[400];

    audio_push(sink, said, 2);
    audio_push(sink, said, 2);
    CHECK_INT(324, ring_read(card.to_play, out, 400));
    CHECK_INT(0, out[319]);
    CHECK_INT(7, out[320]);
    CHECK_INT(8, out[323]);
}

TEST(a_loudspeaker_that_does_not_play_gets_no_more_than_200_ms)
{
    int16_t frame[160] = { 0 };

    for (int i = 0; i < 50; i++)
        audio_push(sink, frame, 160);
    CHECK_INT(1600, ring_held(card.to_play));
    CHECK_INT(0, audio_sink_error(sink));
}

TEST(what_the_module_says_becomes_an_error_and_a_sentence)
{
    static const struct {
        enum audio_card_error answer;
        int                   error;
    } cases[] = {
        { AUDIO_CARD_NONE, -ERR_NOT_FOUND },
        { AUDIO_CARD_UNSUPPORTED, -ERR_UNSUPPORTED },
        { AUDIO_CARD_FAILED, -ERR_IO },
    };

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char       text[128];
        struct buf why = BUF_ON(text);

        answer = cases[i].answer;
        CHECK_INT(cases[i].error, audio_device_open_on(&fake, "hw:3", AUDIO_RATE, &why, &source, &sink));
        CHECK_SLICE("the fake card hw:3 is broken", buf_slice(&why));
    }
    answer = AUDIO_CARD_OK;
}

TEST(a_module_of_another_version_is_refused)
{
    struct audio_module other = fake;

    other.version++;
    CHECK_INT(-ERR_UNSUPPORTED, audio_device_open_on(&other, NULL, AUDIO_RATE, NULL, &source, &sink));
    CHECK_INT(-ERR_UNSUPPORTED, audio_device_open_on(&fake, NULL, 0, NULL, &source, &sink));
}

/* Nothing lies beside this test program. */
TEST(without_the_module_there_is_no_card_and_a_sentence_says_so)
{
    char       text[128];
    struct buf why = BUF_ON(text);

    CHECK_INT(-ERR_NOT_FOUND, audio_device_open(NULL, AUDIO_RATE, &why, &source, &sink));
    CHECK(strstr(buf_cstr(&why), "ahoy_portaudio.so") != NULL);
}

#ifdef AHOY_PORTAUDIO
/* The real module, on a machine with or without a card: asked for one that
 * nobody has, it says so. */
TEST(the_portaudio_module_loads_and_knows_no_card_of_that_name)
{
    void                      *library = dlopen(AHOY_PORTAUDIO, RTLD_NOW | RTLD_LOCAL);
    const struct audio_module *module;
    char                       text[128];
    struct buf                 why = BUF_ON(text);

    assert_non_null(library);
    module = dlsym(library, AUDIO_MODULE_SYMBOL);
    assert_non_null(module);
    CHECK_INT(-ERR_NOT_FOUND, audio_device_open_on(module, "no such card", AUDIO_RATE, &why, &source, &sink));
    CHECK_SLICE("there is no sound card named \"no such card\"", buf_slice(&why));
}
#endif

#define WITH_CARD(test) cmocka_unit_test_setup_teardown(test, open_fake, close_fake)

TEST(cards_are_listed_as_far_as_there_is_room)
{
    struct audio_card_info cards[4];
    struct audio_module    old = fake;
    char                   text[128];
    struct buf             why = BUF_ON(text);
    size_t                 count;

    answer = AUDIO_CARD_OK;
    CHECK_INT(0, audio_device_list_on(&fake, cards, 4, &count, NULL));
    CHECK_INT(3, count);
    CHECK(cards[1].default_output && !cards[2].default_output);
    CHECK_INT(0, audio_device_list_on(&fake, cards, 2, &count, NULL));
    CHECK_INT(2, count);
    answer = AUDIO_CARD_FAILED;
    CHECK_INT(-ERR_IO, audio_device_list_on(&fake, cards, 4, &count, &why));
    CHECK_INT(0, count);
    CHECK_SLICE("no system", buf_slice(&why));
    answer = AUDIO_CARD_OK;
    old.version++;
    CHECK_INT(-ERR_UNSUPPORTED, audio_device_list_on(&old, cards, 4, &count, &why));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(cards_are_listed_as_far_as_there_is_room),
        cmocka_unit_test(the_card_stops_with_the_second_close_in_any_order),
        WITH_CARD(the_microphone_is_heard_and_silence_where_it_has_nothing),
        WITH_CARD(a_microphone_that_ran_ahead_is_caught_up_with),
        WITH_CARD(the_loudspeaker_starts_with_a_little_silence_and_then_plays),
        WITH_CARD(a_loudspeaker_that_does_not_play_gets_no_more_than_200_ms),
        cmocka_unit_test(what_the_module_says_becomes_an_error_and_a_sentence),
        cmocka_unit_test(a_module_of_another_version_is_refused),
        cmocka_unit_test(without_the_module_there_is_no_card_and_a_sentence_says_so),
#ifdef AHOY_PORTAUDIO
        cmocka_unit_test(the_portaudio_module_loads_and_knows_no_card_of_that_name),
#endif
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
