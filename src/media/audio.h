/* SPDX-License-Identifier: BSD-2-Clause */
/* audio.h - where the sound of a call comes from and where it goes.
 *
 * A source is pulled and a sink is pushed by a media session, one frame of
 * mono 16-bit samples every 20 ms, on the loop's thread: neither may block.
 * Whoever may have to wait (a disk, a sound card) puts a ring between.
 *
 *   audio_null.h    silence; discard
 *   audio_tone.h    a speech-like signal made from a seed
 *   audio_memory.h  from and into memory
 *   audio_file.h    WAV files
 *   audio_device.h  the sound card
 *
 * Each backend hands over one of these; audio_source_close and audio_sink_close
 * give it back.  A session borrows both and never closes them. */

#ifndef MEDIA_AUDIO_H
#define MEDIA_AUDIO_H

#include "base/slice.h"

#include <stdint.h>

enum {
    AUDIO_RATE     = 8000, /* samples a second, where nobody asks for more */
    AUDIO_RATE_MAX = 48000,
    AUDIO_FRAME_MS = 20,
};

struct audio_source;
struct audio_sink;

struct audio_source_ops {
    void (*pull)(struct audio_source *s, int16_t *samples, size_t count);
    bool (*ended)(const struct audio_source *s);
    void (*close)(struct audio_source *s);
};

struct audio_source {
    const struct audio_source_ops *ops;
    unsigned                       rate; /* samples a second */
};

struct audio_sink_ops {
    void (*push)(struct audio_sink *s, const int16_t *samples, size_t count);
    int (*error)(const struct audio_sink *s);
    int (*close)(struct audio_sink *s);
};

struct audio_sink {
    const struct audio_sink_ops *ops;
    unsigned                     rate;
};

/* Fill samples[count]; silence where the source has nothing (more). */
static inline void audio_pull(struct audio_source *s, int16_t *samples, size_t count)
{
    s->ops->pull(s, samples, count);
}

/* Everything there was has been pulled, and only silence will follow. */
static inline bool audio_ended(const struct audio_source *s)
{
    return s->ops->ended(s);
}

/* `s` may be NULL. */
static inline void audio_source_close(struct audio_source *s)
{
    if (s != NULL)
        s->ops->close(s);
}

/* Copies the samples. */
static inline void audio_push(struct audio_sink *s, const int16_t *samples, size_t count)
{
    s->ops->push(s, samples, count);
}

/* 0, or what has gone wrong since the opening: -ERR_DISK_FULL, -ERR_IO,
 * -ERR_LIMIT (samples were dropped because the other side did not keep up),
 * -ERR_NO_MEMORY. */
static inline int audio_sink_error(const struct audio_sink *s)
{
    return s->ops->error(s);
}

/* Write out what is still on its way; returns what audio_sink_error would have
 * said at the very end.  `s` may be NULL. */
static inline int audio_sink_close(struct audio_sink *s)
{
    return s == NULL ? 0 : s->ops->close(s);
}

#endif
