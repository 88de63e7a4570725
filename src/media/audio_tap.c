/* SPDX-License-Identifier: BSD-2-Clause */
#include "media/audio_tap.h"

#include "base/error.h"
#include "media/ring.h"

#include <math.h>
#include <stdlib.h>

/* What was said waits for the next frame that is heard; the two clocks are one, so that
 * is a frame or two. */
enum { WAIT_MS = 200, BLOCK = 480 };

struct audio_tap {
    struct audio_source  source;
    struct audio_sink    sink;
    bool                 source_open, sink_open;
    struct audio_source *inner_source;
    struct audio_sink   *inner_sink, *both;
    struct ring          said;
    struct audio_levels  levels;
};

static void tap_free(struct audio_tap *t)
{
    ring_fini(&t->said);
    free(t);
}

/* Root mean square, of full scale. */
static double level_of(const int16_t *samples, size_t count)
{
    double sum = 0;

    for (size_t i = 0; i < count; i++)
        sum += (double)samples[i] * samples[i];
    return count == 0 ? 0 : sqrt(sum / (double)count) / 32768;
}

/* ---- what is said ---- */

static void tap_pull(struct audio_source *s, int16_t *samples, size_t count)
{
    struct audio_tap *t = CONTAINER_OF(s, struct audio_tap, source);

    if (t->inner_source != NULL)
        audio_pull(t->inner_source, samples, count);
    else
        memset(samples, 0, count * sizeof *samples);
    t->levels.said = level_of(samples, count);
    if (t->both == NULL)
        return;
    if (ring_held(&t->said) + count > t->said.size)
        ring_read(&t->said, NULL, count);
    ring_write(&t->said, samples, count);
}

static bool tap_ended(const struct audio_source *s)
{
    const struct audio_tap *t = CONTAINER_OF(s, struct audio_tap, source);

    return t->inner_source != NULL && audio_ended(t->inner_source);
}

static void tap_source_close(struct audio_source *s)
{
    struct audio_tap *t = CONTAINER_OF(s, struct audio_tap, source);

    audio_source_close(t->inner_source);
    t->inner_source = NULL;
    t->source_open  = false;
    if (!t->sink_open)
        tap_free(t);
}

/* ---- what is heard ---- */

static void record(struct audio_tap *t, const int16_t *heard, size_t count)
{
    int16_t said[BLOCK], block[2 * BLOCK];
    size_t  got = ring_read(&t->said, said, count);

    for (size_t i = 0; i < count; i++) {
        block[2 * i]     = i < got ? said[i] : 0;
        block[2 * i + 1] = heard[i];
    }
    audio_push(t->both, block, 2 * count);
}

static void tap_push(struct audio_sink *s, const int16_t *samples, size_t count)
{
    struct audio_tap *t = CONTAINER_OF(s, struct audio_tap, sink);

    t->levels.heard = level_of(samples, count);
    if (t->inner_sink != NULL)
        audio_push(t->inner_sink, samples, count);
    for (size_t at = 0; t->both != NULL && at < count; at += BLOCK)
        record(t, samples + at, count - at < BLOCK ? count - at : BLOCK);
}

static int first_error(int a, int b)
{
    return a != 0 ? a : b;
}

static int tap_error(const struct audio_sink *s)
{
    const struct audio_tap *t = CONTAINER_OF(s, struct audio_tap, sink);

    return first_error(t->inner_sink != NULL ? audio_sink_error(t->inner_sink) : 0,
                       t->both != NULL ? audio_sink_error(t->both) : 0);
}

static int tap_sink_close(struct audio_sink *s)
{
    struct audio_tap *t     = CONTAINER_OF(s, struct audio_tap, sink);
    int               error = audio_sink_close(t->inner_sink);

    error        = first_error(error, audio_sink_close(t->both));
    t->sink_open = false;
    if (!t->source_open)
        tap_free(t);
    else
        t->inner_sink = t->both = NULL;
    return error;
}

static const struct audio_source_ops source_ops = { tap_pull, tap_ended, tap_source_close };
static const struct audio_sink_ops   sink_ops   = { tap_push, tap_error, tap_sink_close };

int audio_tap_open(unsigned rate, struct audio_sink *both, struct audio_source **source, struct audio_sink **sink,
                   struct audio_tap **out)
{
    struct audio_tap *t = calloc(1, sizeof *t);

    if (t == NULL || ring_init(&t->said, (size_t)rate * WAIT_MS / 1000) != 0) {
        free(t);
        return -ERR_NO_MEMORY;
    }
    t->source       = (struct audio_source){ &source_ops, rate };
    t->sink         = (struct audio_sink){ &sink_ops, rate };
    t->source_open  = true;
    t->sink_open    = true;
    t->inner_source = *source;
    t->inner_sink   = *sink;
    t->both         = both;
    *source         = &t->source;
    *sink           = &t->sink;
    *out            = t;
    return 0;
}

struct audio_levels audio_tap_levels(const struct audio_tap *t)
{
    return t->levels;
}
