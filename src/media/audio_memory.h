/* SPDX-License-Identifier: BSD-2-Clause */
/* audio_memory.h - sound from and into memory, for tests and scenarios. */

#ifndef MEDIA_AUDIO_MEMORY_H
#define MEDIA_AUDIO_MEMORY_H

#include "media/audio.h"

/* Play samples[count] once.  Borrows them until the close.  NULL without memory. */
struct audio_source *audio_memory_source_new(const int16_t *samples, size_t count, unsigned rate);

/* Keep what is pushed, at most `limit` samples; more sets -ERR_LIMIT and is
 * dropped.  NULL without memory. */
struct audio_sink *audio_memory_sink_new(size_t limit, unsigned rate);

/* What a memory sink has heard; valid until the next push. */
const int16_t *audio_memory_samples(const struct audio_sink *s, size_t *count);

#endif
