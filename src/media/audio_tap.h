/* SPDX-License-Identifier: BSD-2-Clause */
/* audio_tap.h - stands between a call and its sound: how loud is it, and a recording
 * of both sides.
 *
 *     source --> [tap] --> call          said:  left
 *     sink   <-- [tap] <-- call          heard: right
 *
 * The sink's frames are the clock, as a call pushes one each 20 ms whatever happens:
 * what was said in the meantime goes beside them, silence where nothing was. */

#ifndef MEDIA_AUDIO_TAP_H
#define MEDIA_AUDIO_TAP_H

#include "media/audio.h"

struct audio_tap;

/* Put one between: takes *source and *sink (either may be NULL: silence, discard) and
 * `both` (a stereo sink, or NULL: no recording), and leaves its own source and sink
 * there.  It is gone with the second of them; closing the sink closes `both` and tells of
 * its error too.  Returns 0 or -ERR_NO_MEMORY, and then nothing was taken. */
int audio_tap_open(unsigned rate, struct audio_sink *both, struct audio_source **source, struct audio_sink **sink,
                   struct audio_tap **out);

/* How loud the last 20 ms were: 0, silence, to 1, as loud as can be. */
struct audio_levels {
    double said, heard;
};
struct audio_levels audio_tap_levels(const struct audio_tap *t);

#endif
