/* SPDX-License-Identifier: BSD-2-Clause */
/* audio_null.h - a source of silence that never ends and a sink that forgets. */

#ifndef MEDIA_AUDIO_NULL_H
#define MEDIA_AUDIO_NULL_H

#include "media/audio.h"

/* NULL without memory. */
struct audio_source *audio_null_source_new(unsigned rate);
struct audio_sink   *audio_null_sink_new(unsigned rate);

#endif
