/* SPDX-License-Identifier: BSD-2-Clause */
/* blocks.h - memory for a great many small blocks that stay for hours.
 *
 *     segment (2 MiB)  | heads | run | run | run | ...     begun from the left
 *     run (16 KiB)     | block | block | free | ...        all of one size, a multiple of 16
 *
 * malloc puts a word before each block, and lays what stays for hours among what a message needed for a moment: holes
 * remain, one beside each.  Here what stays is together.  (Of a million contacts, each in a block of 137 bytes, 222
 * bytes were resident with malloc.)
 *
 * From the third segment on each is a huge page, if the kernel has them: of ten thousands of blocks one at random is in
 * no cache, and then where its page is should be.  (With a million contacts a fifth of what a REGISTER that refreshes
 * costs, a seventh of a call; with a hundred thousand a twelfth of the REGISTER.)  Before that small pages are enough,
 * and nothing is resident that is not used.
 *
 * A run whose blocks were all given back serves any size, a segment whose runs all were returns to the kernel but for
 * one.  What has never been used is not resident, but in a huge page.  Any thread: a lock is held for some
 * instructions. */

#ifndef SERVER_BLOCKS_H
#define SERVER_BLOCKS_H

#include "base/list.h"
#include "base/pages.h"
#include "base/pool.h"

#include <pthread.h>

enum {
    BLOCKS_STEP    = 16,
    BLOCKS_LARGEST = 1024, /* bytes; what is larger is malloc's affair */
    BLOCKS_CLASSES = BLOCKS_LARGEST / BLOCKS_STEP,
    BLOCKS_RUN     = 16 << 10,
    BLOCKS_SEGMENT = PAGES_HUGE,
    BLOCKS_SMALL   = 2,              /* segments before huge pages begin */
    BLOCKS_EXACT   = POOL_SANITIZED, /* what the server asks for: sanitizers want to see each block */
};

struct blocks {
    pthread_mutex_t lock;
    struct link     open;                    /* segments that have a free run              */
    struct link     partial[BLOCKS_CLASSES]; /* runs of each size that have a free block */
    size_t          segments;
    bool            exact;
};

/* `exact`: each is one of malloc's, at the size that was asked for. */
void blocks_init(struct blocks *b, bool exact);
/* There must be no block in use. */
void blocks_fini(struct blocks *b);

/* Aligned to 16, not zeroed; NULL without memory. */
void *blocks_take(struct blocks *b, size_t size);
/* `size` is what it was taken with; `block` may be NULL. */
void blocks_give(struct blocks *b, void *block, size_t size);

/* Bytes that a block of this size has in all: what is to be accounted for. */
size_t blocks_size(size_t size);

#endif
