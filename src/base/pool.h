/* SPDX-License-Identifier: BSD-2-Clause */
/* pool.h - blocks that come and go with every message, kept for the next one.
 *
 *   pool_give ──► [list of this size class] ──► pool_take      no malloc in between
 *                      │ full                      │ empty
 *                      ▼                           ▼
 *                     free                       malloc
 *
 * A pool belongs to one thread, and so does the memory that it hands out last: the block
 * that was given back a moment ago, which is still in the cache.  Each block is one of
 * malloc's: it may be taken by one thread and given back by another, to that one's pool.
 * What a pool keeps is bounded for each class, so that a burst is not remembered for ever.
 *
 * A pool that is all zeros keeps nothing, nor does one in a build with sanitizers (POOL_KEEP
 * is 0 there): each block is then malloc'ed and freed at its exact size, so that they and
 * the tests in which the n-th allocation fails see each one. */

#ifndef BASE_POOL_H
#define BASE_POOL_H

#include <stddef.h>
#include <stdint.h>

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define POOL_SANITIZED 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define POOL_SANITIZED 1
#endif
#endif
#ifndef POOL_SANITIZED
#define POOL_SANITIZED 0
#endif

enum {
    POOL_CLASSES = 72,
    POOL_LARGEST = 65536 - 8,                     /* bytes; what is larger is malloc's affair */
    POOL_KEEP    = POOL_SANITIZED ? 0 : 256 << 10 /* bytes a class, what a worker is given    */
};

struct pool_class {
    void    *first;
    uint32_t count, limit; /* blocks that are kept, and at most */
};

struct pool {
    struct pool_class classes[POOL_CLASSES];
};

/* Keeps at most `keep` bytes of each class. */
void pool_init(struct pool *p, size_t keep);
/* Frees what is kept; blocks that were taken may still be given, and are freed. */
void pool_fini(struct pool *p);

/* Aligned for any type, not zeroed; NULL without memory.  `p` may be NULL: no pool. */
void *pool_take(struct pool *p, size_t size);
/* The same, zeroed. */
void *pool_take_zero(struct pool *p, size_t size);
/* `size` is what it was taken with; `block` may be NULL. */
void pool_give(struct pool *p, void *block, size_t size);

/* Bytes that a block of this size has in all: what is to be accounted for. */
size_t pool_size(size_t size);
/* Bytes that are kept. */
size_t pool_kept(const struct pool *p);

#endif
