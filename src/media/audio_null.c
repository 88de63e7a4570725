/* SPDX-License-Identifier: BSD-2-Clause */
#include "media/audio_null.h"

#include <stdlib.h>

static void null_pull(struct audio_source *s, int16_t *samples, size_t count)
{
    (void)s;
    memset(samples, 0, count * sizeof *samples);
}

static bool null_ended(const struct audio_source *s)
{
    (void)s;
    return false;
}

static void null_source_close(struct audio_source *s)
{
    free(s);
}

static void null_push(struct audio_sink *s, const int16_t *samples, size_t count)
{
    (void)s;
    (void)samples;
    (void)count;
}

static int null_error(const struct audio_sink *s)
{
    (void)s;
    return 0;
}

static int null_sink_close(struct audio_sink *s)
{
    free(s);
    return 0;
}

static const struct audio_source_ops source_ops = { null_pull, null_ended, null_source_close };
static const struct audio_sink_ops   sink_ops   = { null_push, null_error, null_sink_close };

struct audio_source *audio_null_source_new(unsigned rate)
{
    struct audio_source *s = malloc(sizeof *s);

    if (s != NULL)
        *s = (struct audio_source){ &source_ops, rate };
    return s;
}

struct audio_sink *audio_null_sink_new(unsigned rate)
{
    struct audio_sink *s = malloc(sizeof *s);

    if (s != NULL)
        *s = (struct audio_sink){ &sink_ops, rate };
    return s;
}
