/* SPDX-License-Identifier: BSD-2-Clause */
/* audio_file.h - WAV files as source and sink, by libsndfile.
 *
 * A source is read by a thread of its own, mixed down to mono and resampled, some seconds ahead
 * of who pulls it: a disk that is slow makes silence, and nobody waits.  The file may be of any length and
 * of any format that libsndfile reads; its header and the first quarter of a second are read when it is opened.
 *
 * A sink is written by a thread of its own behind a ring of about a minute.
 * Its header is brought up to date about once a second, so the file is whole
 * and readable whenever the process may die. */

#ifndef MEDIA_AUDIO_FILE_H
#define MEDIA_AUDIO_FILE_H

#include "base/buf.h"
#include "media/audio.h"

/* Read `path` for playing at `rate`, over and over if `loop`, else once with
 * silence after it.  `why` (may be NULL) gets a sentence for a person if it
 * fails.  Returns 0, -ERR_NOT_FOUND, -ERR_PERMISSION, -ERR_CORRUPT (not a sound
 * file, or no file at all but a pipe, say), -ERR_NO_MEMORY, -ERR_IO. */
int audio_file_source_open(const char *path, unsigned rate, bool loop, struct buf *why, struct audio_source **out);
/* For who is in no loop and pulls faster than sound goes: wait until there are `count` samples (at most two
 * seconds of them), or the file is at its end. */
void audio_file_source_wait(struct audio_source *source, size_t count);

/* Create or replace `path`: mono, 16 bit, `rate`.  Returns 0, -ERR_NOT_FOUND (no
 * such folder), -ERR_PERMISSION, -ERR_DISK_FULL, -ERR_NO_MEMORY, -ERR_IO. */
int audio_file_sink_open(const char *path, unsigned rate, struct buf *why, struct audio_sink **out);
/* The same with two channels: left and right are pushed in turns, both count as samples. */
int audio_file_sink_open_stereo(const char *path, unsigned rate, struct buf *why, struct audio_sink **out);

#endif
