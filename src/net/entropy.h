/* SPDX-License-Identifier: BSD-2-Clause */
/* entropy.h - random bytes from the kernel, fetched some thousand at a time. */

#ifndef NET_ENTROPY_H
#define NET_ENTROPY_H

#include "base/random.h"

struct entropy {
    uint8_t bytes[4096];
    size_t  left; /* at the end of `bytes` */
};

/* False if the kernel has none. */
bool entropy_init(struct entropy *e);
/* For struct random; `entropy` is one that was initialised. */
void entropy_fill(void *entropy, void *bytes, size_t len);

#endif
