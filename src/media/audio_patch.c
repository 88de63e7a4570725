/* SPDX-License-Identifier: BSD-2-Clause */
#include "media/audio_patch.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

struct level {
    double sum; /* of squares, full scale is 1 */
    size_t count;
};

struct audio_patch {
    struct audio_source  source;
    struct audio_sink    sink;
    struct audio_source *inner_source, *file;
    struct audio_sink   *inner_sink, *recording;
    struct level         out, in;
    void (*done)(void *arg);
    void *arg;
};

static void level_add(struct level *l, const int16_t *samples, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        double x = samples[i] / 32768.0;

        l->sum += x * x;
    }
    l->count += count;
}

static double level_take(struct level *l)
{
    double mean = l->count == 0 ? 0 : l->sum / (double)l->count;
    double db   = mean <= 0 ? AUDIO_LEVEL_SILENT : 10 * log10(mean);

    *l = (struct level){ 0 };
    return db < AUDIO_LEVEL_SILENT ? AUDIO_LEVEL_SILENT : db;
}

/* ---- what the session pulls ---- */

static void end_file(struct audio_patch *p)
{
    void (*done)(void *arg) = p->done;

    audio_source_close(p->file);
    p->file = NULL;
    if (done != NULL)
        done(p->arg);
}

static void patch_pull(struct audio_source *s, int16_t *samples, size_t count)
{
    struct audio_patch *p = CONTAINER_OF(s, struct audio_patch, source);

    if (p->inner_source != NULL)
        audio_pull(p->inner_source, samples, count);
    else
        memset(samples, 0, count * sizeof *samples);
    if (p->file != NULL)
        audio_pull(p->file, samples, count);
    level_add(&p->out, samples, count);
    if (p->file != NULL && audio_ended(p->file))
        end_file(p);
}

static bool patch_ended(const struct audio_source *s)
{
    const struct audio_patch *p = CONTAINER_OF(s, struct audio_patch, source);

    return p->file == NULL && p->inner_source != NULL && audio_ended(p->inner_source);
}

static void patch_source_close(struct audio_source *s)
{
    (void)s;
}

static const struct audio_source_ops source_ops = { patch_pull, patch_ended, patch_source_close };

/* ---- what it pushes ---- */

static void patch_push(struct audio_sink *s, const int16_t *samples, size_t count)
{
    struct audio_patch *p = CONTAINER_OF(s, struct audio_patch, sink);

    level_add(&p->in, samples, count);
    if (p->inner_sink != NULL)
        audio_push(p->inner_sink, samples, count);
    if (p->recording != NULL)
        audio_push(p->recording, samples, count);
}

static int patch_error(const struct audio_sink *s)
{
    const struct audio_patch *p = CONTAINER_OF(s, struct audio_patch, sink);

    return p->inner_sink == NULL ? 0 : audio_sink_error(p->inner_sink);
}

static int patch_sink_close(struct audio_sink *s)
{
    (void)s;
    return 0;
}

static const struct audio_sink_ops sink_ops = { patch_push, patch_error, patch_sink_close };

/* ---- life ---- */

struct audio_patch *audio_patch_new(struct audio_source *source, struct audio_sink *sink, unsigned rate)
{
    struct audio_patch *p = calloc(1, sizeof *p);

    if (p == NULL)
        return NULL;
    p->source       = (struct audio_source){ &source_ops, rate };
    p->sink         = (struct audio_sink){ &sink_ops, rate };
    p->inner_source = source;
    p->inner_sink   = sink;
    return p;
}

void audio_patch_free(struct audio_patch *p)
{
    if (p == NULL)
        return;
    audio_source_close(p->file);
    (void)audio_sink_close(p->recording); /* whoever wants to know stops it himself */
    free(p);
}

struct audio_source *audio_patch_source(struct audio_patch *p)
{
    return &p->source;
}

struct audio_sink *audio_patch_sink(struct audio_patch *p)
{
    return &p->sink;
}

void audio_patch_play(struct audio_patch *p, struct audio_source *file, void (*done)(void *arg), void *arg)
{
    audio_source_close(p->file);
    p->file = file;
    p->done = done;
    p->arg  = arg;
}

int audio_patch_record(struct audio_patch *p, struct audio_sink *recording)
{
    int error = audio_sink_close(p->recording);

    p->recording = recording;
    return error;
}

void audio_patch_levels(struct audio_patch *p, double *out, double *in)
{
    *out = level_take(&p->out);
    *in  = level_take(&p->in);
}
