/* SPDX-License-Identifier: BSD-2-Clause */
/* rate.h - how often something may be: "10/s", "300/minute", "5000/hour". */

#ifndef SERVER_RATE_H
#define SERVER_RATE_H

#include "base/msec.h"
#include "base/slice.h"

#include <stdint.h>

struct rate {
    uint32_t count; /* 1 to a million ... */
    msec     per;   /* ... in so long     */
};

/* All of `text`; the units are s, second, m, minute, h and hour. */
bool rate_parse(struct slice text, struct rate *out);

/* How long one takes, in microseconds, at least 1. */
uint64_t rate_interval(const struct rate *r);

#endif
