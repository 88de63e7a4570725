/* SPDX-License-Identifier: BSD-2-Clause */
/* pace.h - when the n-th operation is due: a calculation.
 *
 *   open loop      rate |      ________          the n-th is due when the area below has
 *                       |    /                   reached n; it does not wait for others
 *                       |__/____________ t
 *                          ramp
 *   closed loop    the n-th of the first `window` at ramp * n / window; after these,
 *                  whenever another has ended
 */

#ifndef LOAD_PACE_H
#define LOAD_PACE_H

#include <stdint.h>

struct pace {
    double   rate;   /* operations a second; 0: closed loop */
    uint64_t ramp;   /* microseconds                        */
    uint32_t window; /* at one time                         */
};

/* Microseconds from the beginning; `n` counts from 0.  Of a closed loop 0 says: now. */
uint64_t pace_due(const struct pace *p, uint64_t n);

/* Open loop: how many are due by `at`, the one that is due at that moment included. */
uint64_t pace_count(const struct pace *p, uint64_t at);

#endif
