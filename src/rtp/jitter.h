/* SPDX-License-Identifier: BSD-2-Clause */
/* jitter.h - the adaptive jitter buffer: packets in as the network brings
 * them, pieces of audio out in order and in time.
 *
 *     push ─► [ ... | 480 | 640 | --- | 960 ] ─► pull, once per piece played
 *                                  └ missing      play point = timestamp of the next sample
 *
 * The delay of each packet against the fastest of the last few seconds says
 * how much the network varies; the target delay covers all but two in a hundred
 * of them, within [min, max].  A talk spurt starts at the target.  Within
 * one, a play point that has come to lag (or lead) the target by more than a
 * piece, because the network changed or the clocks of the two ends differ, is put
 * right one piece at a time: one is dropped, or one is added as if it were missing.
 *
 * Timestamps are RTP's, in units of the clock rate, modulo 2^32.  Late packets
 * and duplicates are counted and dropped.  At most JITTER_SLOTS packets of at most
 * JITTER_PAYLOAD_MAX bytes are held; a stream that jumps starts anew. */

#ifndef RTP_JITTER_H
#define RTP_JITTER_H

#include "base/msec.h"
#include "base/slice.h"

#include <stdint.h>

enum {
    JITTER_SLOTS       = 128,
    JITTER_PAYLOAD_MAX = 2048, /* longer packets are refused */
    JITTER_WINDOW      = 256,  /* packets whose delay is remembered */
};

struct jitter_config {
    uint32_t clock_rate; /* Hz, 8000..192000 */
    uint32_t piece;      /* timestamp units to conceal or add at a time: a packet's worth, 20 ms */
    unsigned min_ms;     /* the target never goes below... */
    unsigned max_ms;     /* ...or above; min <= max <= 2000 */
};

struct jitter_packet {
    uint32_t     timestamp;
    uint32_t     duration; /* timestamp units of audio in it, > 0 */
    uint8_t      payload_type;
    bool         marker; /* starts a talk spurt */
    struct slice payload;
};

enum jitter_kind {
    JITTER_FRAME,   /* decode `payload`                                     */
    JITTER_MISSING, /* conceal `duration`: lost, late, or added to gain time */
    JITTER_SILENCE, /* nothing is due: not begun, or between talk spurts    */
};

struct jitter_piece {
    enum jitter_kind kind;
    uint32_t         duration; /* timestamp units */
    uint8_t          payload_type;
    bool             starts_spurt; /* FRAME: the first after silence           */
    struct slice     payload;      /* FRAME: valid until the next jitter call  */
};

struct jitter_stats {
    uint64_t played, missing, late, duplicates, dropped; /* dropped: to lose delay, or no room */
    uint64_t added;                                      /* pieces added to gain delay; also in `missing` */
    uint64_t resets;                                     /* the stream jumped                             */
    unsigned target_ms, delay_ms;                        /* wanted; at the last pull                      */
};

struct jitter;

/* NULL without memory or with a configuration out of range. */
struct jitter *jitter_new(const struct jitter_config *c);
void           jitter_free(struct jitter *j);

/* Forget all packets and measurements: the source has changed. */
void jitter_reset(struct jitter *j);

/* A packet came.  Keeps a copy.  Returns 0, or -ERR_EXISTS (a duplicate),
 * -ERR_TIMEOUT (too late to play), -ERR_TOO_LARGE or -ERR_NO_MEMORY; none of
 * these needs a reaction, all are counted. */
int jitter_push(struct jitter *j, const struct jitter_packet *p, msec now);

/* Take the next piece.  Call it when the device or the clock wants more audio;
 * play exactly `out->duration` before the next call. */
void jitter_pull(struct jitter *j, msec now, struct jitter_piece *out);

void jitter_stats(const struct jitter *j, struct jitter_stats *out);

#endif
