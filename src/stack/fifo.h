/* SPDX-License-Identifier: BSD-2-Clause */
/* fifo.h - memory for what is given back in the order in which it was taken.
 *
 *     first                                   last
 *   [ ▒▒▒ given back ▒▒▒ │ in use ] ──► [ in use │ free ──► ]
 *
 * Blocks lie one behind the other in chunks from the kernel; a chunk all of whose blocks were
 * given back returns to it, but for as many as an eighth of what is in use, and one at least.  So
 * what waited half a minute beside what stays for hours leaves no holes between: of a million
 * registrations malloc kept 450 bytes each that way.  And nothing is looked for: taking one is an
 * addition.  Nothing stands between blocks, so who knows the size of each can walk them in their order.
 *
 * Where much is in use, chunks are huge pages (base/pages.h): by turns a REGISTER that refreshes took
 * 4.74 us instead of 5.56, a call 24.5 instead of 25.8.
 *
 * With a chunk of 0 bytes each block is one of malloc's, at its exact size: so it is for
 * builds with sanitizers. */

#ifndef STACK_FIFO_H
#define STACK_FIFO_H

#include "base/pool.h"

struct fifo_chunk;

struct fifo {
    struct fifo_chunk *first, *last, *spare;
    size_t             chunk, usual; /* bytes of one: where there is little, and now */
    size_t             bytes;        /* of all chunks in use                         */
    size_t             spare_bytes;
};

enum {
    FIFO_CHUNK = POOL_SANITIZED ? 0 : 64 << 10,
    FIFO_LARGE = 4 << 20, /* bytes in use from which on chunks are huge pages; at half of it they are small again */
};

/* `chunk`: bytes of one, FIFO_CHUNK but in tests.  What is larger gets one of its own. */
void fifo_init(struct fifo *f, size_t chunk);

enum { FIFO_ALIGN = 8 };

/* At a multiple of FIFO_ALIGN, not zeroed; NULL without memory. */
void *fifo_take(struct fifo *f, size_t size);
/* The one that was taken last needs only `size` of the bytes it was taken with. */
void fifo_trim(struct fifo *f, void *last, size_t size);
/* The one that was taken longest ago, or NULL; and which was taken after it, `size` being its own. */
void *fifo_first(const struct fifo *f);
void *fifo_second(const struct fifo *f, size_t size);
/* Give back the first, which was taken with this size.  There must be one. */
void fifo_give(struct fifo *f, size_t size);
/* Return what is kept.  There must be no block in use. */
void fifo_fini(struct fifo *f);

#endif
