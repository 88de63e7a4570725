/* SPDX-License-Identifier: BSD-2-Clause */
#include "cmd/sound.h"

#include "base/error.h"
#include "cmd/exit_code.h"
#include "media/audio_device.h"
#include "media/audio_echo.h"
#include "media/audio_file.h"

#include <limits.h>
#include <stdio.h>
#include <string.h>

static bool wants_card(const struct sound *s)
{
    if (s->device != NULL)
        return true;
    return s->play == NULL && s->record == NULL && s->both == NULL && !s->echo && !s->null;
}

/* "heard.wav", then "heard-2.wav", ... */
static void record_path(const struct sound *s, const char *record, char *path, size_t size)
{
    const char *dot  = strrchr(record, '.');
    size_t      stem = dot != NULL && strchr(dot, '/') == NULL ? (size_t)(dot - record) : strlen(record);

    if (s->calls < 2)
        snprintf(path, size, "%s", record);
    else
        snprintf(path, size, "%.*s-%u%s", (int)stem, record, s->calls, record + stem);
}

static int open_files(const struct sound *s, struct buf *why, struct audio_source **source, struct audio_sink **sink)
{
    char path[PATH_MAX];
    int  error = 0;

    if (s->play != NULL)
        error = audio_file_source_open(s->play, AUDIO_RATE, false, why, source);
    if (error != 0 || s->record == NULL)
        return error;
    record_path(s, s->record, path, sizeof path);
    error = audio_file_sink_open(path, AUDIO_RATE, why, sink);
    if (error != 0) {
        audio_source_close(*source);
        *source = NULL;
    }
    return error;
}

static int open_sound(const struct sound *s, struct buf *why, struct audio_source **source, struct audio_sink **sink)
{
    *source = NULL;
    *sink   = NULL;
    if (wants_card(s))
        return audio_device_open(s->device, AUDIO_RATE, why, source, sink);
    if (s->echo)
        return audio_echo_open(AUDIO_RATE, source, sink);
    return open_files(s, why, source, sink);
}

/* Both sides pass the tap, if somebody wants to record or to see them. */
static int open_tapped(struct sound *s, struct buf *why, struct audio_source **source, struct audio_sink **sink)
{
    struct audio_sink *both  = NULL;
    int                error = open_sound(s, why, source, sink);
    char               path[PATH_MAX];

    if (error == 0 && s->both != NULL) {
        record_path(s, s->both, path, sizeof path);
        error = audio_file_sink_open_stereo(path, AUDIO_RATE, why, &both);
    }
    if (error == 0 && (both != NULL || s->meter))
        error = audio_tap_open(AUDIO_RATE, both, source, sink, &s->tap);
    if (error == 0)
        return 0;
    audio_source_close(*source);
    audio_sink_close(*sink);
    audio_sink_close(both);
    *source = NULL;
    *sink   = NULL;
    return error;
}

static int on_open(void *arg, object_id call, unsigned stream, struct audio_source **source, struct audio_sink **sink)
{
    struct sound *s = arg;
    char          text[256];
    struct buf    why = BUF_ON(text);
    int           error;

    s->calls++;
    s->tap           = NULL;
    s->tapped        = call;
    s->tapped_stream = stream;
    error            = open_tapped(s, &why, source, sink);
    if (error != 0)
        fprintf(stderr, "ahoy: sound: %s\n", why.len > 0 ? buf_cstr(&why) : error_text(error));
    return error;
}

static void on_close(void *arg, object_id call, unsigned stream, struct audio_source *source, struct audio_sink *sink)
{
    struct sound *s = arg;
    int           error;

    if (call == s->tapped && stream == s->tapped_stream)
        s->tap = NULL;
    audio_source_close(source);
    error = audio_sink_close(sink);
    if (error != 0 && error != -ERR_LIMIT)
        fprintf(stderr, "ahoy: the recording is not complete: %s\n", error_text(error));
}

int sound_check(const struct sound *s)
{
    struct audio_source *source = NULL;
    struct audio_sink   *sink   = NULL;
    struct sound         trial  = *s;
    char                 text[256];
    struct buf           why = BUF_ON(text);
    int                  error;

    trial.record = NULL; /* made when there is something to record */
    trial.null   = !wants_card(s);
    error        = open_sound(&trial, &why, &source, &sink);
    audio_source_close(source);
    audio_sink_close(sink);
    if (error == 0)
        return EXIT_OK;
    fprintf(stderr, "ahoy: %s\n", why.len > 0 ? buf_cstr(&why) : error_text(error));
    if (!wants_card(s))
        return error == -ERR_NOT_FOUND ? EXIT_USAGE : (int)exit_code_of_error(error);
    fputs("No sound card can be used.  Speak from a file and listen to one with\n"
          "  --play FILE.wav --record FILE.wav\n"
          "or go without any sound: --null-audio\n",
          stderr);
    return EXIT_NO_MEDIA;
}

struct phone_media sound_media(struct sound *s)
{
    return (struct phone_media){ on_open, on_close, s };
}

bool sound_levels(const struct sound *s, struct audio_levels *out)
{
    if (s->tap == NULL)
        return false;
    *out = audio_tap_levels(s->tap);
    return true;
}
