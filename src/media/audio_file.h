/* SPDX-License-Identifier: BSD-2-Clause */
/* audio_file.h - WAV files as source and sink, by libsndfile.
 *
 * A source is read, mixed down to mono and resampled when it is opened, so that
 * pulling never waits for a disk; hence the limit on its length.  Any format
 * that libsndfile reads will do.
 *
 * A sink is written by a thread of its own behind a ring of about a minute.
 * Its header is brought up to date about once a second, so the file is whole
 * and readable whenever the process may die. */

#ifndef MEDIA_AUDIO_FILE_H
#define MEDIA_AUDIO_FILE_H

#include "base/buf.h"
#include "media/audio.h"

enum { AUDIO_FILE_SECONDS_MAX = 3600 };

/* Read `path` for playing at `rate`, over and over if `loop`, else once with
 * silence after it.  `why` (may be NULL) gets a sentence for a person if it
 * fails.  Returns 0, -ERR_NOT_FOUND, -ERR_PERMISSION, -ERR_CORRUPT (not a sound
 * file), -ERR_TOO_LARGE (above AUDIO_FILE_SECONDS_MAX), -ERR_NO_MEMORY, -ERR_IO. */
int audio_file_source_open(const char *path, unsigned rate, bool loop, struct buf *why, struct audio_source **out);

/* Create or replace `path`: mono, 16 bit, `rate`.  Returns 0, -ERR_NOT_FOUND (no
 * such folder), -ERR_PERMISSION, -ERR_DISK_FULL, -ERR_NO_MEMORY, -ERR_IO. */
int audio_file_sink_open(const char *path, unsigned rate, struct buf *why, struct audio_sink **out);
/* The same with two channels: left and right are pushed in turns, both count as samples. */
int audio_file_sink_open_stereo(const char *path, unsigned rate, struct buf *why, struct audio_sink **out);

#endif
