/* SPDX-License-Identifier: BSD-2-Clause */
/* conceal.h - something to hear where a packet is missing (after the manner of
 * ITU-T G.711 Appendix I, simpler).
 *
 * The last pitch period heard is repeated, at its full strength for
 * CONCEAL_HOLD_MS, then fading to silence at CONCEAL_END_MS; when sound comes
 * back it is blended in over CONCEAL_BLEND_MS. */

#ifndef MEDIA_CONCEAL_H
#define MEDIA_CONCEAL_H

#include "base/slice.h"

#include <stdint.h>

enum {
    CONCEAL_HOLD_MS  = 10,
    CONCEAL_END_MS   = 60,
    CONCEAL_BLEND_MS = 4,
    CONCEAL_PAST_MS  = 40,
    CONCEAL_PAST     = CONCEAL_PAST_MS * 48, /* at the highest rate, 48 kHz */
};

/* Embed it; fields are private. */
struct conceal {
    size_t  rate;
    int16_t past[CONCEAL_PAST]; /* the last samples heard, in order */
    size_t  past_count;         /* of CONCEAL_PAST_MS               */
    size_t  period;             /* samples repeated in this gap     */
    size_t  made;               /* samples since the gap began      */
};

/* `rate` is at most 48000. */
void conceal_init(struct conceal *c, unsigned rate);

/* These samples came; after a gap their beginning is blended with what has been
 * made up. */
void conceal_hear(struct conceal *c, int16_t *samples, size_t count);

/* Make up samples[count].  Silence if nothing has been heard yet. */
void conceal_make(struct conceal *c, int16_t *samples, size_t count);

#endif
