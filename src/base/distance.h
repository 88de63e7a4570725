/* SPDX-License-Identifier: BSD-2-Clause */
/* distance.h - how many typing mistakes lie between two words. */

#ifndef BASE_DISTANCE_H
#define BASE_DISTANCE_H

#include "base/slice.h"

enum { DISTANCE_WORD = 48, DISTANCE_FAR = 1000 };

/* Letters to insert, delete, replace, or swap with their neighbour, to get from
 * `a` to `b`; ASCII case ignored.  DISTANCE_FAR if one is longer than
 * DISTANCE_WORD. */
unsigned word_distance(struct slice a, struct slice b);

/* Is this near enough to be offered as "did you mean"? */
bool distance_is_typo(unsigned distance, struct slice word);

#endif
