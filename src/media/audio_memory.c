/* SPDX-License-Identifier: BSD-2-Clause */
#include "media/audio_memory.h"

#include "base/error.h"

#include <stdlib.h>

struct memory_source {
    struct audio_source audio;
    const int16_t      *samples; /* borrowed */
    size_t              count, at;
};

struct memory_sink {
    struct audio_sink audio;
    int16_t          *samples;
    size_t            count, room, limit;
    int               error;
};

static void memory_pull(struct audio_source *s, int16_t *samples, size_t count)
{
    struct memory_source *m    = CONTAINER_OF(s, struct memory_source, audio);
    size_t                left = m->count - m->at;
    size_t                take = count < left ? count : left;

    memcpy(samples, m->samples + m->at, take * sizeof *samples);
    memset(samples + take, 0, (count - take) * sizeof *samples);
    m->at += take;
}

static bool memory_ended(const struct audio_source *s)
{
    const struct memory_source *m = (const struct memory_source *)s;

    return m->at == m->count;
}

static void memory_source_close(struct audio_source *s)
{
    free(CONTAINER_OF(s, struct memory_source, audio));
}

/* Doubles, up to the limit; false if there is no memory for it. */
static bool sink_make_room(struct memory_sink *m, size_t wanted)
{
    size_t   room = m->room;
    int16_t *samples;

    while (room < wanted)
        room = room == 0 ? 8192 : room * 2;
    if (room > m->limit)
        room = m->limit;
    if (room == m->room)
        return true;
    samples = realloc(m->samples, room * sizeof *samples);
    if (samples == NULL)
        return false;
    m->samples = samples;
    m->room    = room;
    return true;
}

static void memory_push(struct audio_sink *s, const int16_t *samples, size_t count)
{
    struct memory_sink *m = CONTAINER_OF(s, struct memory_sink, audio);

    if (count > m->limit - m->count) {
        m->error = -ERR_LIMIT;
        count    = m->limit - m->count;
    }
    if (!sink_make_room(m, m->count + count)) {
        m->error = -ERR_NO_MEMORY;
        return;
    }
    if (count > 0)
        memcpy(m->samples + m->count, samples, count * sizeof *samples);
    m->count += count;
}

static int memory_error(const struct audio_sink *s)
{
    return ((const struct memory_sink *)s)->error;
}

static int memory_sink_close(struct audio_sink *s)
{
    struct memory_sink *m     = CONTAINER_OF(s, struct memory_sink, audio);
    int                 error = m->error;

    free(m->samples);
    free(m);
    return error;
}

static const struct audio_source_ops source_ops = { memory_pull, memory_ended, memory_source_close };
static const struct audio_sink_ops   sink_ops   = { memory_push, memory_error, memory_sink_close };

struct audio_source *audio_memory_source_new(const int16_t *samples, size_t count, unsigned rate)
{
    struct memory_source *m = calloc(1, sizeof *m);

    if (m == NULL)
        return NULL;
    m->audio   = (struct audio_source){ &source_ops, rate };
    m->samples = samples;
    m->count   = count;
    return &m->audio;
}

struct audio_sink *audio_memory_sink_new(size_t limit, unsigned rate)
{
    struct memory_sink *m = calloc(1, sizeof *m);

    if (m == NULL)
        return NULL;
    m->audio = (struct audio_sink){ &sink_ops, rate };
    m->limit = limit;
    return &m->audio;
}

const int16_t *audio_memory_samples(const struct audio_sink *s, size_t *count)
{
    const struct memory_sink *m = (const struct memory_sink *)s;

    *count = m->count;
    return m->samples;
}
