/* SPDX-License-Identifier: BSD-2-Clause */
/* batch.h - changes that belong together, copied with all their text into one
 * block, on their way to the store's thread. */

#ifndef STORE_BATCH_H
#define STORE_BATCH_H

#include "base/list.h"
#include "store/store.h"

struct batch {
    struct link         link;
    uint64_t            seq;
    msec                queued_at;
    size_t              count, size; /* changes; bytes of the block */
    struct store_change changes[];
};

/* Copies.  NULL without memory.  Freed by free(). */
struct batch *batch_new(const struct store_change *changes, size_t count);

enum { CHANGE_TEXTS = 20 };

/* Every slice of a change, so that who copies one cannot forget any. */
void change_texts(struct store_change *c, struct slice *texts[CHANGE_TEXTS]);

#endif
