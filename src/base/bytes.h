/* SPDX-License-Identifier: BSD-2-Clause */
/* bytes.h - text built left to right in memory that grows.
 *
 * As buf.h, but from malloc: what does not fit grows by doubling, so it follows
 * what has come and not what was announced.  Without memory nothing is written and
 * `failed` stays set: build everything, then check once. */

#ifndef BASE_BYTES_H
#define BASE_BYTES_H

#include "base/slice.h"

/* {0} is an empty one. */
struct bytes {
    char  *ptr;
    size_t len, cap;
    bool   failed;
};

void bytes_fini(struct bytes *b); /* and empty again */

/* Room for `more` bytes, so that putting them cannot fail.  False without memory. */
bool bytes_reserve(struct bytes *b, size_t more);
void bytes_put(struct bytes *b, struct slice text);

/* Empty again, good again, its memory kept. */
void bytes_clear(struct bytes *b);
/* What has been put; lives until the next put, clear or fini. */
struct slice bytes_slice(const struct bytes *b);

#endif
