/* SPDX-License-Identifier: BSD-2-Clause */
#include "media/audio_echo.h"

#include "base/error.h"
#include "media/ring.h"

#include <stdlib.h>

/* Two frames are kept back before the first is given: then a push and a pull may come in
 * any order without a gap. */
enum { KEEP_MS = 240, AHEAD_MS = 40 };

struct echo {
    struct audio_source source;
    struct audio_sink   sink;
    bool                source_open, sink_open, flowing;
    struct ring         ring;
};

static size_t samples_of(unsigned rate, size_t ms)
{
    return rate * ms / 1000;
}

static void echo_free(struct echo *e)
{
    ring_fini(&e->ring);
    free(e);
}

static void echo_pull(struct audio_source *s, int16_t *samples, size_t count)
{
    struct echo *e   = CONTAINER_OF(s, struct echo, source);
    size_t       got = 0;

    if (!e->flowing)
        e->flowing = ring_held(&e->ring) >= samples_of(s->rate, AHEAD_MS);
    if (e->flowing)
        got = ring_read(&e->ring, samples, count);
    if (got < count)
        e->flowing = false;
    memset(samples + got, 0, (count - got) * sizeof *samples);
}

static bool echo_ended(const struct audio_source *s)
{
    (void)s;
    return false;
}

static void echo_source_close(struct audio_source *s)
{
    struct echo *e = CONTAINER_OF(s, struct echo, source);

    e->source_open = false;
    if (!e->sink_open)
        echo_free(e);
}

static void echo_push(struct audio_sink *s, const int16_t *samples, size_t count)
{
    struct echo *e    = CONTAINER_OF(s, struct echo, sink);
    size_t       most = samples_of(s->rate, KEEP_MS), held = ring_held(&e->ring);

    if (held + count > most)
        ring_read(&e->ring, NULL, held + count - most);
    ring_write(&e->ring, samples, count);
}

static int echo_error(const struct audio_sink *s)
{
    (void)s;
    return 0;
}

static int echo_sink_close(struct audio_sink *s)
{
    struct echo *e = CONTAINER_OF(s, struct echo, sink);

    e->sink_open = false;
    if (!e->source_open)
        echo_free(e);
    return 0;
}

static const struct audio_source_ops source_ops = { echo_pull, echo_ended, echo_source_close };
static const struct audio_sink_ops   sink_ops   = { echo_push, echo_error, echo_sink_close };

int audio_echo_open(unsigned rate, struct audio_source **source, struct audio_sink **sink)
{
    struct echo *e = calloc(1, sizeof *e);

    if (e == NULL || ring_init(&e->ring, samples_of(rate, KEEP_MS)) != 0) {
        free(e);
        return -ERR_NO_MEMORY;
    }
    e->source      = (struct audio_source){ &source_ops, rate };
    e->sink        = (struct audio_sink){ &sink_ops, rate };
    e->source_open = e->sink_open = true;
    *source                       = &e->source;
    *sink                         = &e->sink;
    return 0;
}
