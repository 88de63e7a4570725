/* SPDX-License-Identifier: BSD-2-Clause */
#include "media/audio_file.h"

#include "base/error.h"
#include "media/file_fault.h"

#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <sndfile.h>
#include <speex/speex_resampler.h>
#include <stdlib.h>
#include <unistd.h>

enum { BLOCK = 4096, CHANNELS_MAX = 32, FILE_RATE_MAX = 384000 };

struct file_source {
    struct audio_source audio;
    bool                loop;
    int16_t            *samples;
    size_t              count, room, at;
};

/* What reading a file needs until it is read. */
struct reader {
    struct file_source  *source;
    SNDFILE             *file;
    SF_INFO              info;
    SpeexResamplerState *resampler; /* NULL: the rates agree */
    float               *frames;    /* BLOCK * channels       */
    float               *mono;      /* BLOCK                  */
};

/* -ERR_TOO_LARGE or -ERR_NO_MEMORY. */
static int append(struct file_source *s, const float *samples, size_t count)
{
    size_t limit = (size_t)s->audio.rate * AUDIO_FILE_SECONDS_MAX;

    if (count > limit - s->count)
        return -ERR_TOO_LARGE;
    if (s->count + count > s->room) {
        size_t   room  = (s->count + count) * 2;
        int16_t *grown = realloc(s->samples, room * sizeof *grown);

        if (grown == NULL)
            return -ERR_NO_MEMORY;
        s->samples = grown;
        s->room    = room;
    }
    for (size_t i = 0; i < count; i++) {
        float value = fminf(fmaxf(samples[i] * 32768, INT16_MIN), INT16_MAX); /* NaN becomes INT16_MIN */

        s->samples[s->count++] = (int16_t)lrintf(value);
    }
    return 0;
}

static int resample(struct reader *r, const float *samples, size_t count)
{
    float out[BLOCK];

    while (count > 0) {
        spx_uint32_t taken = (spx_uint32_t)count, made = BLOCK;
        int          error;

        if (speex_resampler_process_float(r->resampler, 0, samples, &taken, out, &made) != RESAMPLER_ERR_SUCCESS)
            return -ERR_NO_MEMORY;
        if ((error = append(r->source, out, made)) != 0)
            return error;
        samples += taken;
        count -= taken;
    }
    return 0;
}

static int take(struct reader *r, const float *samples, size_t count)
{
    return r->resampler != NULL ? resample(r, samples, count) : append(r->source, samples, count);
}

/* The resampler lags behind: silence pushes the last samples out of it. */
static int flush(struct reader *r)
{
    int left = r->resampler != NULL ? speex_resampler_get_input_latency(r->resampler) : 0;
    int error;

    memset(r->mono, 0, BLOCK * sizeof *r->mono);
    for (; left > 0; left -= BLOCK)
        if ((error = take(r, r->mono, left < BLOCK ? (size_t)left : BLOCK)) != 0)
            return error;
    return 0;
}

static int read_all(struct reader *r)
{
    int        channels = r->info.channels, error;
    sf_count_t got;

    while ((got = sf_readf_float(r->file, r->frames, BLOCK)) > 0) {
        for (sf_count_t i = 0; i < got; i++) {
            r->mono[i] = 0;
            for (int channel = 0; channel < channels; channel++)
                r->mono[i] += r->frames[i * channels + channel] / (float)channels;
        }
        if ((error = take(r, r->mono, (size_t)got)) != 0)
            return error;
    }
    return flush(r);
}

/* Quality 8 of 10: what telephone speech loses by it nobody hears. */
static int reader_init(struct reader *r)
{
    unsigned rate  = r->source->audio.rate;
    int      error = 0;

    r->frames = malloc(BLOCK * (size_t)r->info.channels * sizeof *r->frames);
    r->mono   = malloc(BLOCK * sizeof *r->mono);
    if (r->frames == NULL || r->mono == NULL)
        return -ERR_NO_MEMORY;
    if (r->info.samplerate == (int)rate)
        return 0;
    r->resampler = speex_resampler_init(1, (spx_uint32_t)r->info.samplerate, rate, 8, &error);
    if (r->resampler == NULL || speex_resampler_skip_zeros(r->resampler) != RESAMPLER_ERR_SUCCESS)
        return -ERR_NO_MEMORY;
    return 0;
}

static void reader_fini(struct reader *r)
{
    if (r->resampler != NULL)
        speex_resampler_destroy(r->resampler);
    free(r->frames);
    free(r->mono);
}

static int read_file(struct file_source *s, SNDFILE *file, const SF_INFO *info, const char *path, struct buf *why)
{
    struct reader r = { .source = s, .file = file, .info = *info };
    int           error;

    if (info->channels < 1 || info->channels > CHANNELS_MAX || info->samplerate < 1000 ||
        info->samplerate > FILE_RATE_MAX)
        return file_fault(why, path, "not a rate or number of channels that can be played", -ERR_CORRUPT);
    error = reader_init(&r);
    if (error == 0)
        error = read_all(&r);
    reader_fini(&r);
    if (error == -ERR_TOO_LARGE)
        return file_fault(why, path, "longer than an hour", error);
    if (error != 0)
        return file_fault(why, path, error_text(error), error);
    if (s->count == 0)
        return file_fault(why, path, "there is no sound in it", -ERR_CORRUPT);
    return 0;
}

static void file_pull(struct audio_source *audio, int16_t *samples, size_t count)
{
    struct file_source *s = CONTAINER_OF(audio, struct file_source, audio);

    while (count > 0 && s->at < s->count) {
        size_t left = s->count - s->at;
        size_t some = count < left ? count : left;

        memcpy(samples, s->samples + s->at, some * sizeof *samples);
        samples += some;
        count -= some;
        s->at += some;
        if (s->at == s->count && s->loop)
            s->at = 0;
    }
    memset(samples, 0, count * sizeof *samples);
}

static bool file_ended(const struct audio_source *audio)
{
    const struct file_source *s = (const struct file_source *)audio;

    return s->at == s->count;
}

static void file_close(struct audio_source *audio)
{
    struct file_source *s = CONTAINER_OF(audio, struct file_source, audio);

    free(s->samples);
    free(s);
}

static const struct audio_source_ops file_ops = { file_pull, file_ended, file_close };

/* O_NONBLOCK: opening a pipe must not wait for its writer. */
static int open_sound(const char *path, struct buf *why, SF_INFO *info, SNDFILE **file)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);

    if (fd < 0)
        return file_fault_errno(why, path, errno);
    *file = sf_open_fd(fd, SFM_READ, info, SF_TRUE);
    if (*file == NULL)
        return file_fault(why, path, sf_strerror(NULL), -ERR_CORRUPT);
    return 0;
}

int audio_file_source_open(const char *path, unsigned rate, bool loop, struct buf *why, struct audio_source **out)
{
    SF_INFO             info = { 0 };
    SNDFILE            *file;
    struct file_source *s;
    int                 error = open_sound(path, why, &info, &file);

    if (error != 0)
        return error;
    s = calloc(1, sizeof *s);
    if (s != NULL) {
        s->audio = (struct audio_source){ &file_ops, rate };
        s->loop  = loop;
        error    = read_file(s, file, &info, path, why);
    } else {
        error = file_fault(why, path, error_text(ERR_NO_MEMORY), -ERR_NO_MEMORY);
    }
    sf_close(file);
    if (error != 0) {
        if (s != NULL)
            file_close(&s->audio);
        return error;
    }
    *out = &s->audio;
    return 0;
}
