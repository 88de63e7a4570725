/* SPDX-License-Identifier: BSD-2-Clause */
/* codec.h - the audio codecs we speak, as a table in order of preference
 * (RFC 3551 4.5, 6).
 *
 * A codec turns a frame of 16-bit samples into a payload and back.  One with
 * memory between frames (none yet) gets it from `open`, one per direction of a
 * stream. */

#ifndef MEDIA_CODEC_H
#define MEDIA_CODEC_H

#include "base/slice.h"

#include <stdint.h>

enum {
    CODEC_DYNAMIC     = 255, /* static_pt: the codec has no static payload type */
    CODEC_PAYLOAD_MAX = 1280,
    CODEC_SAMPLES_MAX = 5760, /* 120 ms at 48 kHz: the longest frame anyone sends */
};

struct codec {
    struct slice name;  /* encoding name of a=rtpmap, compared without case */
    uint32_t     clock; /* RTP clock rate, as in a=rtpmap                   */
    uint32_t     rate;  /* samples a second; differs from clock for G.722   */
    uint8_t      channels;
    uint8_t      static_pt; /* RFC 3551 6, or CODEC_DYNAMIC                     */

    /* NULL in a codec without memory.  Returns 0 or -ERR_NO_MEMORY. */
    int (*open)(void **memory);
    void (*close)(void *memory);
    /* Returns the bytes written, 0 if `room` is too small. */
    size_t (*encode)(void *memory, const int16_t *samples, size_t count, uint8_t *payload, size_t room);
    /* How long a payload lasts, in units of `clock`; 0: it is malformed. */
    uint32_t (*duration)(const uint8_t *payload, size_t len);
    /* Returns the samples written, 0 if the payload cannot be decoded or gives
     * more than `room` of them. */
    size_t (*decode)(void *memory, const uint8_t *payload, size_t len, int16_t *samples, size_t room);
};

/* `*memory` is NULL for a codec without it.  Returns 0 or -ERR_NO_MEMORY. */
int  codec_open(const struct codec *c, void **memory);
void codec_close(const struct codec *c, void *memory);

/* The i-th codec in order of preference, NULL past the last. */
const struct codec *codec_at(size_t i);

/* The codec of an a=rtpmap; `channels` 0 means 1 (RFC 8866 6.6).  NULL if unknown. */
const struct codec *codec_find(struct slice name, uint32_t clock, unsigned channels);

/* The codec of a payload type without a=rtpmap.  NULL if it is none of ours. */
const struct codec *codec_of_static(unsigned payload_type);

#endif
