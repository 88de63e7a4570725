/* SPDX-License-Identifier: BSD-2-Clause */
/* sound.h - what a phone says and hears, kept with its times.
 *
 * Every phone speaks with a voice of its own (media/audio_tone.h).  Who hears
 * whom is proved by correlation of what one heard with what the other said in the
 * same span (media/compare.h). */

#ifndef TEST_SCENARIO_SOUND_H
#define TEST_SCENARIO_SOUND_H

#include "media/audio.h"
#include "support/world_fake.h"

enum { SOUND_RATE = AUDIO_RATE, SOUND_FRAMES = 6000 }; /* two minutes of 20 ms */

/* A run of frames, each with the time at which it was pulled or pushed.  It grows: most scenarios talk for seconds,
 * and there are two for each stream of each phone. */
struct track {
    msec    *at;
    size_t  *start; /* index of each frame's first sample */
    int16_t *samples;
    size_t   frames, count;
    size_t   room; /* in frames */
};

struct track *track_new(void);
void          track_free(struct track *t);

/* Both note into the tracks, of which the second may be NULL, what passes, with the clock of `world`; they
 * borrow all.  Close them as any source or sink.  NULL without memory. */
struct audio_source *voice_new(struct world *world, struct track *track, struct track *own, uint64_t seed);
struct audio_sink   *ear_new(struct world *world, struct track *track, struct track *own);

/* What was said between `from` and `to`, in what was heard from `from` to `until`.
 * `why` gets a sentence. */
bool track_is_heard(const struct track *said, const struct track *heard, msec from, msec to, msec until,
                    struct buf *why);
/* It is one of several voices that speak at once: its part in what was heard is clear, or there is none. */
enum track_share { SHARE_CLEAR, SHARE_UNCLEAR, SHARE_NONE };
enum track_share track_share(const struct track *said, const struct track *heard, msec from, msec to, msec until,
                             struct buf *why);
/* Nothing louder than a whisper was heard. */
bool track_is_silent(const struct track *heard, msec from, msec until);

#endif
