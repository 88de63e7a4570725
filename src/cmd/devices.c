/* SPDX-License-Identifier: BSD-2-Clause */
/* devices.c - ahoy devices: which sound cards are there, and do they work? */

#include "base/error.h"
#include "base/json_line.h"
#include "cmd/exit_code.h"
#include "cmd/option.h"
#include "media/audio_device.h"
#include "media/audio_tap.h"
#include "media/audio_tone.h"
#include "probe/output.h"

#include <math.h>
#include <stdio.h>
#include <time.h>

enum { OPT_JSON = OPTION_LONG_ONLY, OPT_TEST, OPT_NAME, CARDS_MAX = 256, TEST_MS = 3000, SEED = 1 };

static const struct option_entry entries[] = {
    { OPT_TEST, "test", NULL, "speak a test signal for three seconds and tell how loud the microphone is" },
    { OPT_NAME, "device", "NAME", "with --test: the card with this in its name instead of the default one" },
    { OPT_JSON, "json", NULL, "one JSON object a line for each card" },
    OPTION_TABLE_END,
};

static void print_json(const struct audio_card_info *c)
{
    char             memory[1024];
    struct buf       b = BUF_ON(memory);
    struct json_line j = json_line_begin(&b);

    json_line_text(&j, "name", slice_from(c->name));
    json_line_text(&j, "system", slice_from(c->system));
    json_line_number(&j, "inputs", c->inputs);
    json_line_number(&j, "outputs", c->outputs);
    json_line_number(&j, "rate", (int64_t)c->rate);
    json_line_bool(&j, "default_input", c->default_input);
    json_line_bool(&j, "default_output", c->default_output);
    json_line_end(&j);
    buf_put_byte(&b, '\n');
    if (buf_ok(&b))
        fwrite(b.ptr, 1, b.len, stdout);
}

static void print_line(const struct audio_card_info *c)
{
    char       memory[256];
    struct buf name = BUF_ON(memory);

    output_put_safe(&name, slice_from(c->name), "");
    printf("%-40s %-8s %2u in %2u out %6.0f Hz%s%s\n", buf_cstr(&name), c->system, c->inputs, c->outputs, c->rate,
           c->default_input ? "  default input" : "", c->default_output ? "  default output" : "");
}

static int complain(const struct buf *why, int error)
{
    fprintf(stderr, "ahoy devices: %.*s\n", SLICE_ARG(why->len > 0 ? buf_slice(why) : slice_from(error_text(error))));
    return error == -ERR_NOT_FOUND ? EXIT_NO_MEDIA : (int)exit_code_of_error(error);
}

static int list(bool json)
{
    static struct audio_card_info cards[CARDS_MAX];
    char                          text[256];
    struct buf                    why = BUF_ON(text);
    size_t                        count;
    int                           error = audio_device_list(cards, CARDS_MAX, &count, &why);

    if (error != 0)
        return complain(&why, error);
    for (size_t i = 0; i < count; i++)
        if (json)
            print_json(&cards[i]);
        else
            print_line(&cards[i]);
    if (count > 0)
        return EXIT_OK;
    fputs("There is no sound card.  'ahoy call' can go without: --play, --record, --null-audio.\n", stderr);
    return EXIT_NO_MEDIA;
}

static void wait_for(struct timespec *next)
{
    next->tv_nsec += AUDIO_FRAME_MS * 1000000L;
    if (next->tv_nsec >= 1000000000L) {
        next->tv_nsec -= 1000000000L;
        next->tv_sec++;
    }
    clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, next, NULL);
}

/* The loudest frame that the microphone gave, of full scale. */
static double speak(struct audio_source *voice, struct audio_source *source, struct audio_sink *sink,
                    const struct audio_tap *tap)
{
    int16_t         frame[AUDIO_RATE * AUDIO_FRAME_MS / 1000];
    size_t          count   = sizeof frame / sizeof *frame;
    double          loudest = 0;
    struct timespec next;

    clock_gettime(CLOCK_MONOTONIC, &next);
    for (int at = 0; at < TEST_MS; at += AUDIO_FRAME_MS) {
        audio_pull(voice, frame, count);
        audio_push(sink, frame, count);
        audio_pull(source, frame, count);
        loudest = fmax(loudest, audio_tap_levels(tap).said);
        wait_for(&next);
    }
    return loudest;
}

static int test(const char *name)
{
    struct audio_source *voice = audio_tone_new(SEED, AUDIO_RATE, NEVER), *source;
    struct audio_sink   *sink;
    struct audio_tap    *tap;
    char                 text[256];
    struct buf           why   = BUF_ON(text);
    int                  error = voice == NULL ? -ERR_NO_MEMORY : 0;
    double               loudest;

    if (error == 0)
        error = audio_device_open(name, AUDIO_RATE, &why, &source, &sink);
    if (error != 0) {
        audio_source_close(voice);
        return complain(&why, error);
    }
    error = audio_tap_open(AUDIO_RATE, NULL, &source, &sink, &tap);
    if (error == 0) {
        fputs("You should hear a voice without words for three seconds; say something\n", stderr);
        loudest = speak(voice, source, sink, tap);
        if (loudest > 0)
            printf("microphone: %.0f dB below the loudest it can tell\n", fabs(20 * log10(loudest)));
        else
            printf("microphone: silence\n");
    }
    audio_source_close(voice);
    audio_source_close(source);
    audio_sink_close(sink);
    return error == 0 ? EXIT_OK : complain(&why, error);
}

static int run(const struct command *command, int argc, char **argv)
{
    struct options o    = options_of(command, argc, argv);
    bool           json = false, testing = false;
    const char    *name = NULL;

    for (int letter; (letter = options_next(&o)) != OPTIONS_END;) {
        if (letter == OPT_JSON)
            json = true;
        else if (letter == OPT_TEST)
            testing = true;
        else if (letter == OPT_NAME)
            name = o.value;
    }
    if (o.exit_code >= 0)
        return o.exit_code;
    if (o.index != argc)
        return options_complain(command, "no argument is wanted");
    return testing ? test(name) : list(json);
}

extern const struct command command_devices;
const struct command        command_devices = {
           .name     = "devices",
           .summary  = "list the sound cards, or try one",
           .synopsis = "[OPTION...]",
           .details  = "Exits with 16 if there is no sound card.",
           .options  = entries,
           .examples = "ahoy devices\n"
                              "ahoy devices --test --device USB\n",
           .run      = run,
};
