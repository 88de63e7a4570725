/* SPDX-License-Identifier: BSD-2-Clause */
/* arena.h - memory that is freed as a whole.
 *
 * An arena starts in memory given by its owner (often the tail of the block
 * that holds a received message) and takes further chunks from malloc up to
 * `limit` bytes in all.  Exhaustion is remembered: arena_ok() says false for
 * ever after, so a caller can build and check once. */

#ifndef BASE_ARENA_H
#define BASE_ARENA_H

#include "base/slice.h"

struct arena_chunk;

struct arena {
    char               *at, *end;
    struct arena_chunk *chunks; /* from malloc, newest first */
    size_t              spent;  /* bytes of chunks taken     */
    size_t              limit;
    bool                failed;
};

/* Borrows `memory` (may be NULL with size 0).  Arena memory is aligned for any
 * type.  arena_fini frees the chunks, not `memory`. */
void arena_init(struct arena *a, void *memory, size_t size, size_t limit);
void arena_fini(struct arena *a);

/* Zeroed memory; NULL when the limit or the machine's memory is reached. */
void *arena_alloc(struct arena *a, size_t size);
#define ARENA_NEW(a, type) ((type *)arena_alloc((a), sizeof(type)))

/* A copy that lives as long as the arena; an empty slice on failure. */
struct slice arena_copy(struct arena *a, struct slice text);

bool arena_ok(const struct arena *a);

#endif
