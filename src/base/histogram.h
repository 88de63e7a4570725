/* SPDX-License-Identifier: BSD-2-Clause */
/* histogram.h - many numbers in a fixed room, with three digits kept of each.
 *
 * Values up to 2047 have a cell of their own; above, each power of two is cut into
 * 1024 cells, so that what comes out is at most a thousandth above what went in
 * (the log-linear form of HdrHistogram).  Adding costs a few instructions and never
 * fails; a value above HISTOGRAM_MAX is counted as that, but the maximum is exact.
 *
 * All zero is an empty one.  216 KB each: not for the stack of a function. */

#ifndef BASE_HISTOGRAM_H
#define BASE_HISTOGRAM_H

#include <stdint.h>

enum { HISTOGRAM_HALF_BITS = 10, HISTOGRAM_BITS = 36 };

#define HISTOGRAM_MAX   ((UINT64_C(1) << HISTOGRAM_BITS) - 1) /* of microseconds: 19 hours */
#define HISTOGRAM_CELLS ((HISTOGRAM_BITS - HISTOGRAM_HALF_BITS + 1) << HISTOGRAM_HALF_BITS)

struct histogram {
    uint64_t count, sum, least, most;
    uint64_t cells[HISTOGRAM_CELLS];
};

void histogram_clear(struct histogram *h);
void histogram_add(struct histogram *h, uint64_t value);
/* All of `from` into `h`, too. */
void histogram_merge(struct histogram *h, const struct histogram *from);

/* The smallest value that `percent` (0 to 100) of all are not above, within a thousandth;
 * 0 if it is empty. */
uint64_t histogram_percentile(const struct histogram *h, double percent);
double   histogram_mean(const struct histogram *h);

#endif
