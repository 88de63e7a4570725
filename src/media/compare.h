/* SPDX-License-Identifier: BSD-2-Clause */
/* compare.h - was this speech heard?  A recording against what was played.
 *
 *  1. The delay is where the cross-correlation of the two, weighed by energy, is
 *     highest, COMPARE_LEAD_MS early to COMPARE_DELAY_MS late.
 *  2. What was played is cut into segments of COMPARE_SEGMENT_MS.  Those that are
 *     voiced for at least half of their time are looked up in the recording, each
 *     within COMPARE_SLIP_MS of the delay, since a jitter buffer may stretch time;
 *     one that is not found whole is looked up as two halves, each counting half.
 *  3. Correlation, level and signal-to-noise ratio are those of the voiced
 *     segments in the places where they were found.
 *
 * A segment is `found` if its normalised correlation is at least
 * COMPARE_SEGMENT_FOUND.  The speech was heard if
 *     found segments / voiced segments >= COMPARE_COVERED,
 *     correlation over all of them     >= COMPARE_CORRELATION, and
 *     the level differs by at most        COMPARE_LEVEL_DB either way.
 * G.711 with 3 % of its packets lost and concealed stays above all three;
 * silence, noise, another voice, or speech of which a quarter is missing does not
 * (compare_test.c has each of these). */

#ifndef MEDIA_COMPARE_H
#define MEDIA_COMPARE_H

#include "base/slice.h"

#include <stdint.h>

enum {
    COMPARE_LEAD_MS     = 1000,
    COMPARE_DELAY_MS    = 10000,
    COMPARE_SEGMENT_MS  = 240,
    COMPARE_SLIP_MS     = 100,
    COMPARE_SAMPLES_MAX = 1 << 20, /* of either: two minutes at 8 kHz */
};

#define COMPARE_SEGMENT_FOUND 0.75
#define COMPARE_COVERED       0.80
#define COMPARE_CORRELATION   0.85
#define COMPARE_LEVEL_DB      6.0

struct compare_result {
    bool        heard;
    const char *reason;      /* a sentence: why not; or "heard"                         */
    double      delay_ms;    /* of the recording behind what was played                 */
    double      correlation; /* 0 to 1                                                  */
    double      covered;     /* found segments / voiced segments                        */
    double      level_db;    /* the recording's level above that of what was played;
                                -infinity is given as -100                              */
    double snr_db;           /* segmental, of 20 ms frames, each held to -10 ... 35 dB,
                                after the level difference is taken out                 */
    unsigned voiced_segments;
};

/* Both are mono at `rate`.  Returns 0 whatever the verdict; -ERR_SYNTAX if what
 * was played has no voiced segment to look for; -ERR_TOO_LARGE; -ERR_NO_MEMORY. */
int compare_speech(const int16_t *played, size_t played_count, const int16_t *recorded, size_t recorded_count,
                   unsigned rate, struct compare_result *out);

#endif
