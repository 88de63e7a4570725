/* SPDX-License-Identifier: BSD-2-Clause */
/* audio_device.h - the sound card.
 *
 * PortAudio lives in a module of ours, ahoy_portaudio.so, which is loaded when
 * the first card is opened: beside the executable, then in ../lib/ahoy.  The
 * card's own thread touches only two rings (ring.h). */

#ifndef MEDIA_AUDIO_DEVICE_H
#define MEDIA_AUDIO_DEVICE_H

#include "base/buf.h"
#include "media/audio.h"
#include "media/audio_module.h"

/* Open the default card, or the one whose name contains `name` (NULL: default),
 * for both directions at `rate`.  Source and sink are one device and may be
 * closed in any order; it stops with the second.  A card without microphone
 * gives silence, one without loudspeaker drops the sound; neither blocks.  `why`
 * (may be NULL) gets a sentence for a person if it fails.  Returns 0,
 * -ERR_NOT_FOUND (no module, no card, none of that name), -ERR_UNSUPPORTED (the
 * module is of another version, the card cannot do `rate`), -ERR_IO,
 * -ERR_NO_MEMORY. */
int audio_device_open(const char *name, unsigned rate, struct buf *why, struct audio_source **source,
                      struct audio_sink **sink);

/* The cards there are, at most `room`; there may be none.  Returns 0, -ERR_NOT_FOUND (no
 * module), -ERR_UNSUPPORTED (of another version) or -ERR_IO, with a sentence in `why`. */
int audio_device_list(struct audio_card_info *cards, size_t room, size_t *count, struct buf *why);
int audio_device_list_on(const struct audio_module *module, struct audio_card_info *cards, size_t room, size_t *count,
                         struct buf *why);

/* The same with a module that is loaded already, which must outlive both. */
int audio_device_open_on(const struct audio_module *module, const char *name, unsigned rate, struct buf *why,
                         struct audio_source **source, struct audio_sink **sink);

#endif
