/* SPDX-License-Identifier: BSD-2-Clause */
/* mixer.h - several voices, each of which hears all the others and not itself.
 *
 *     one says  --> [its last 160 ms] --+--> sum --> what another hears
 *     one says  --> [its last 160 ms] --/
 *
 * A calculation: no clock, no I/O.  Each port speaks and hears in its own time, in frames of whatever
 * length; whoever hears reads each of the others at a place of its own.  One that has not said enough
 * yet is silence for that frame, and a frame in reserve from then on; one who is read too slowly loses
 * what is old.  So neither the order in which the ports come within a turn nor a clock that is a little
 * faster matters. */

#ifndef MEDIA_MIXER_H
#define MEDIA_MIXER_H

#include "media/audio.h"

struct mixer;

enum {
    MIXER_PORTS     = 16,
    MIXER_KEEP_MS   = 160, /* of each voice                                   */
    MIXER_BEHIND_MS = 60,  /* more than this and the frame: it is caught up   */
    MIXER_FRAME_MS  = 60,  /* the longest frame                               */
};

/* NULL without memory. */
struct mixer *mixer_new(unsigned rate);
void          mixer_free(struct mixer *m); /* NULL is allowed */
unsigned      mixer_rate(const struct mixer *m);

/* A voice more, which speaks and hears from now on.  Returns its port, -ERR_LIMIT or -ERR_NO_MEMORY. */
int  mixer_add(struct mixer *m);
void mixer_remove(struct mixer *m, int port);

/* One that is out neither hears nor is heard. */
void mixer_let(struct mixer *m, int port, bool in);

/* Two that need not be mixed, since they hear each other by themselves; or that are from now on. */
void mixer_part(struct mixer *m, int port, int other, bool apart);

/* This is what it says now.  At most MIXER_FRAME_MS; of more the end counts. */
void mixer_say(struct mixer *m, int port, const int16_t *samples, size_t count);

/* Add what the others have said to the samples, which are the local user's: what this one hears. */
void mixer_hear(struct mixer *m, int port, int16_t *samples, size_t count);

/* Write all of them to `recording`, the local user as whoever is first among those that are in hears
 * him.  Takes it; NULL: stop.  Returns what closing the one before says (audio_sink_close). */
int mixer_record(struct mixer *m, struct audio_sink *recording);

#endif
