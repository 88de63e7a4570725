/* SPDX-License-Identifier: BSD-2-Clause */
#include "cmd/sound.h"

#include "base/error.h"
#include "cmd/exit_code.h"
#include "media/audio_device.h"
#include "media/audio_file.h"

#include <limits.h>
#include <stdio.h>
#include <string.h>

static bool wants_card(const struct sound *s)
{
    return s->play == NULL && s->record == NULL && !s->null;
}

/* "heard.wav", then "heard-2.wav", ... */
static void record_path(const struct sound *s, char *path, size_t size)
{
    const char *dot  = strrchr(s->record, '.');
    size_t      stem = dot != NULL && strchr(dot, '/') == NULL ? (size_t)(dot - s->record) : strlen(s->record);

    if (s->calls < 2)
        snprintf(path, size, "%s", s->record);
    else
        snprintf(path, size, "%.*s-%u%s", (int)stem, s->record, s->calls, s->record + stem);
}

static int open_files(const struct sound *s, struct buf *why, struct audio_source **source, struct audio_sink **sink)
{
    char path[PATH_MAX];
    int  error = 0;

    if (s->play != NULL)
        error = audio_file_source_open(s->play, AUDIO_RATE, false, why, source);
    if (error != 0 || s->record == NULL)
        return error;
    record_path(s, path, sizeof path);
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
        return audio_device_open(NULL, AUDIO_RATE, why, source, sink);
    return open_files(s, why, source, sink);
}

static int on_open(void *arg, object_id call, unsigned stream, struct audio_source **source, struct audio_sink **sink)
{
    struct sound *s = arg;
    char          text[256];
    struct buf    why = BUF_ON(text);
    int           error;

    (void)call;
    (void)stream;
    s->calls++;
    error = open_sound(s, &why, source, sink);
    if (error != 0)
        fprintf(stderr, "ahoy: sound: %s\n", why.len > 0 ? buf_cstr(&why) : error_text(error));
    return error;
}

static void on_close(void *arg, object_id call, unsigned stream, struct audio_source *source, struct audio_sink *sink)
{
    int error;

    (void)arg;
    (void)call;
    (void)stream;
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
