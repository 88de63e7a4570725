/* SPDX-License-Identifier: BSD-2-Clause */
/* audio_echo.h - whoever speaks hears himself: what is pushed is pulled again, a moment
 * later. */

#ifndef MEDIA_AUDIO_ECHO_H
#define MEDIA_AUDIO_ECHO_H

#include "media/audio.h"

/* Source and sink are one object and may be closed in any order; what is pushed while
 * nobody pulls is kept for 240 ms, the latest of it.  0 or -ERR_NO_MEMORY. */
int audio_echo_open(unsigned rate, struct audio_source **source, struct audio_sink **sink);

#endif
