/* SPDX-License-Identifier: BSD-2-Clause */
/* ahoy_portaudio.so: sound cards by PortAudio (see audio_module.h). */
#include "media/audio_module.h"

#include <portaudio.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>

/* PortAudio looks for cards through ALSA and JACK, which tell standard error of
 * each one that they do not find.  Where they are there, they are asked not to. */
typedef void alsa_error_fn(const char *file, int line, const char *function, int error, const char *format, ...);
extern int   snd_lib_error_set_handler(alsa_error_fn *handler) __attribute__((weak));
extern void  jack_set_error_function(void (*handler)(const char *text)) __attribute__((weak));
extern void  jack_set_info_function(void (*handler)(const char *text)) __attribute__((weak));

struct audio_card {
    PaStream    *stream;
    struct ring *captured, *to_play;
};

/* On the card's thread: no lock, no memory, no system call. */
static int on_sound(const void *input, void *output, unsigned long count, const PaStreamCallbackTimeInfo *time,
                    PaStreamCallbackFlags flags, void *arg)
{
    struct audio_card *card = arg;

    (void)time;
    (void)flags;
    if (input != NULL)
        ring_write(card->captured, input, count);
    if (output != NULL) {
        size_t got = ring_read(card->to_play, output, count);

        memset((int16_t *)output + got, 0, (count - got) * sizeof(int16_t));
    }
    return paContinue;
}

/* The device for one direction, paNoDevice if there is none. */
static PaDeviceIndex find_device(const char *name, bool output)
{
    if (name == NULL)
        return output ? Pa_GetDefaultOutputDevice() : Pa_GetDefaultInputDevice();
    for (PaDeviceIndex i = 0; i < Pa_GetDeviceCount(); i++) {
        const PaDeviceInfo *info = Pa_GetDeviceInfo(i);

        if (strstr(info->name, name) != NULL && (output ? info->maxOutputChannels : info->maxInputChannels) > 0)
            return i;
    }
    return paNoDevice;
}

/* Twenty milliseconds are what a packet holds: asking for less gains nothing. */
static PaStreamParameters parameters_of(PaDeviceIndex device)
{
    return (
        PaStreamParameters){ .device = device, .channelCount = 1, .sampleFormat = paInt16, .suggestedLatency = 0.02 };
}

static enum audio_card_error open_stream(struct audio_card *card, const char *name, unsigned rate, char *why,
                                         size_t why_size)
{
    PaStreamParameters in = parameters_of(find_device(name, false)), out = parameters_of(find_device(name, true));
    PaError            error;

    if (in.device == paNoDevice && out.device == paNoDevice) {
        if (name == NULL)
            snprintf(why, why_size, "there is no sound card");
        else
            snprintf(why, why_size, "there is no sound card named \"%.64s\"", name);
        return AUDIO_CARD_NONE;
    }
    error = Pa_OpenStream(&card->stream, in.device == paNoDevice ? NULL : &in, out.device == paNoDevice ? NULL : &out,
                          rate, 0, paNoFlag, on_sound, card);
    if (error == paNoError && (error = Pa_StartStream(card->stream)) != paNoError)
        Pa_CloseStream(card->stream);
    if (error == paNoError)
        return AUDIO_CARD_OK;
    snprintf(why, why_size, "the sound card does not start: %s", Pa_GetErrorText(error));
    return error == paInvalidSampleRate || error == paSampleFormatNotSupported ? AUDIO_CARD_UNSUPPORTED
                                                                               : AUDIO_CARD_FAILED;
}

static void ignore_alsa(const char *file, int line, const char *function, int error, const char *format, ...)
{
    (void)file;
    (void)line;
    (void)function;
    (void)error;
    (void)format;
}

static void ignore_jack(const char *text)
{
    (void)text;
}

/* NULL gives them their own handlers back. */
static void set_quiet(bool quiet)
{
    if (snd_lib_error_set_handler != NULL)
        (void)snd_lib_error_set_handler(quiet ? ignore_alsa : NULL);
    if (jack_set_error_function != NULL)
        jack_set_error_function(quiet ? ignore_jack : NULL);
    if (jack_set_info_function != NULL)
        jack_set_info_function(quiet ? ignore_jack : NULL);
}

static bool start_portaudio(void)
{
    bool started;

    set_quiet(true);
    started = Pa_Initialize() == paNoError;
    if (!started)
        set_quiet(false);
    return started;
}

static void stop_portaudio(void)
{
    Pa_Terminate();
    set_quiet(false);
}

static enum audio_card_error portaudio_open(const char *name, unsigned rate, struct ring *captured,
                                            struct ring *to_play, char *why, size_t why_size, struct audio_card **out)
{
    struct audio_card    *card = malloc(sizeof *card);
    enum audio_card_error result;

    if (card == NULL || !start_portaudio()) {
        snprintf(why, why_size, "the sound system does not start");
        free(card);
        return AUDIO_CARD_FAILED;
    }
    *card  = (struct audio_card){ NULL, captured, to_play };
    result = open_stream(card, name, rate, why, why_size);
    if (result != AUDIO_CARD_OK) {
        stop_portaudio();
        free(card);
        return result;
    }
    *out = card;
    return AUDIO_CARD_OK;
}

static void portaudio_close(struct audio_card *card)
{
    Pa_AbortStream(card->stream);
    Pa_CloseStream(card->stream);
    stop_portaudio();
    free(card);
}

static void describe(PaDeviceIndex index, struct audio_card_info *out)
{
    const PaDeviceInfo  *info = Pa_GetDeviceInfo(index);
    const PaHostApiInfo *api  = Pa_GetHostApiInfo(info->hostApi);

    *out = (struct audio_card_info){
        .inputs         = (unsigned)info->maxInputChannels,
        .outputs        = (unsigned)info->maxOutputChannels,
        .rate           = info->defaultSampleRate,
        .default_input  = index == Pa_GetDefaultInputDevice(),
        .default_output = index == Pa_GetDefaultOutputDevice(),
    };
    snprintf(out->name, sizeof out->name, "%s", info->name);
    snprintf(out->system, sizeof out->system, "%s", api != NULL ? api->name : "");
}

static enum audio_card_error portaudio_list(struct audio_card_info *cards, size_t room, size_t *count, char *why,
                                            size_t why_size)
{
    *count = 0;
    if (!start_portaudio()) {
        snprintf(why, why_size, "the sound system does not start");
        return AUDIO_CARD_FAILED;
    }
    for (PaDeviceIndex i = 0; i < Pa_GetDeviceCount() && *count < room; i++)
        describe(i, &cards[(*count)++]);
    stop_portaudio();
    return AUDIO_CARD_OK;
}

extern const struct audio_module ahoy_audio_module;

__attribute__((visibility("default"))) const struct audio_module ahoy_audio_module = {
    .version = AUDIO_MODULE_VERSION,
    .open    = portaudio_open,
    .close   = portaudio_close,
    .list    = portaudio_list,
};
