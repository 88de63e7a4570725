/* SPDX-License-Identifier: BSD-2-Clause */
/* ahoy_portaudio.so: sound cards by PortAudio (see audio_module.h). */
#include "media/audio_module.h"

#include <portaudio.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>

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

static enum audio_card_error portaudio_open(const char *name, unsigned rate, struct ring *captured,
                                            struct ring *to_play, char *why, size_t why_size, struct audio_card **out)
{
    struct audio_card    *card = malloc(sizeof *card);
    enum audio_card_error result;

    if (card == NULL || Pa_Initialize() != paNoError) {
        snprintf(why, why_size, "the sound system does not start");
        free(card);
        return AUDIO_CARD_FAILED;
    }
    *card  = (struct audio_card){ NULL, captured, to_play };
    result = open_stream(card, name, rate, why, why_size);
    if (result != AUDIO_CARD_OK) {
        Pa_Terminate();
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
    Pa_Terminate();
    free(card);
}

extern const struct audio_module ahoy_audio_module;

__attribute__((visibility("default"))) const struct audio_module ahoy_audio_module = {
    .version = AUDIO_MODULE_VERSION,
    .open    = portaudio_open,
    .close   = portaudio_close,
};
