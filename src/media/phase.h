/* SPDX-License-Identifier: BSD-2-Clause */
/* phase.h - in which millisecond of 20 each call of one loop sends.
 *
 * Calls that begin in the same millisecond would send in the same one of each frame, and the last of a
 * hundred would wait for the ninety-nine before it, packet for packet, as long as they talk.
 * So who begins takes the millisecond in which fewest send, the next one if several are equal: the first
 * call begins at once, and none later than 19 ms after it might have. */

#ifndef MEDIA_PHASE_H
#define MEDIA_PHASE_H

#include "base/msec.h"

enum { PHASES = 20 };

/* All zero: nobody sends.  One for all sessions of a loop. */
struct phases {
    uint32_t senders[PHASES];
};

/* When to begin: at `now`, or up to PHASES - 1 ms later.  To be given back with phase_leave. */
msec phase_take(struct phases *p, msec now);
/* `at`: what phase_take said. */
void phase_leave(struct phases *p, msec at);

#endif
