/* SPDX-License-Identifier: BSD-2-Clause */
/* audio_patch.h - a source and a sink between a media session and the sound of a call,
 * that can be given other things to do while the call is up.
 *
 *      source (microphone) --\
 *                             +--> [level] --> session
 *      a file that is played -/
 *                                              session --> [level] --+--> sink (ear)
 *                                                                    \--> a recording
 *
 * While a file is played the source is pulled too, so that it does not fall behind. */

#ifndef MEDIA_AUDIO_PATCH_H
#define MEDIA_AUDIO_PATCH_H

#include "media/audio.h"

struct audio_patch;

enum { AUDIO_LEVEL_SILENT = -96 }; /* dB: 16 bits */

/* Borrows `source` and `sink`; either may be NULL: silence, discard.  Both have the rate
 * `rate`.  NULL without memory. */
struct audio_patch *audio_patch_new(struct audio_source *source, struct audio_sink *sink, unsigned rate);
/* Closes what is played and recorded.  NULL is allowed. */
void audio_patch_free(struct audio_patch *p);

/* For the session; they live as long as the patch.  Closing them does nothing. */
struct audio_source *audio_patch_source(struct audio_patch *p);
struct audio_sink   *audio_patch_sink(struct audio_patch *p);

/* Say this instead of the source, from the next frame to its end; then done(arg), which
 * may be NULL.  Takes `file`; NULL: stop. */
void audio_patch_play(struct audio_patch *p, struct audio_source *file, void (*done)(void *arg), void *arg);

/* Write what is heard there too.  Takes `recording`; NULL: stop.  Returns what closing the
 * one before says (audio_sink_close). */
int audio_patch_record(struct audio_patch *p, struct audio_sink *recording);

/* Root mean square since the last call, in dB below the loudest: 0 to AUDIO_LEVEL_SILENT. */
void audio_patch_levels(struct audio_patch *p, double *out, double *in);

#endif
