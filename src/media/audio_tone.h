/* SPDX-License-Identifier: BSD-2-Clause */
/* audio_tone.h - a signal with the build of speech, made from a seed: syllables
 * of a gliding voice with formants, pauses between them.
 *
 * The same seed gives the same samples, two seeds give two speakers that
 * compare.h tells apart.  For scenarios and tests: no files, no randomness. */

#ifndef MEDIA_AUDIO_TONE_H
#define MEDIA_AUDIO_TONE_H

#include "base/msec.h"
#include "media/audio.h"

/* Ends after `length`; NEVER goes on for ever.  NULL without memory. */
struct audio_source *audio_tone_new(uint64_t seed, unsigned rate, msec length);

#endif
