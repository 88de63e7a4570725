/* SPDX-License-Identifier: BSD-2-Clause */
#include "server/blocks.h"

#include "base/pages.h"

#include <assert.h>
#include <stdint.h>
#include <stdlib.h>

enum { RUNS = BLOCKS_SEGMENT / BLOCKS_RUN };

/* Its blocks are at the same place among the segment's runs as this is among the heads. */
struct run {
    struct link link; /* of its size's, while it has a free block; or of its segment's, while all of it is free */
    void       *free; /* blocks that were given back, each with the next in front */
    uint32_t    size; /* of one block */
    uint16_t    begun, used;
};

/* At its start, an address that is a multiple of its size. */
struct segment {
    struct link link; /* while it has a free run */
    struct link free; /* runs that were given back */
    uint32_t    begun, used;
    struct run  runs[RUNS]; /* the first ones' place is taken by this */
};

enum { FIRST_RUN = (sizeof(struct segment) + BLOCKS_RUN - 1) / BLOCKS_RUN };

void blocks_init(struct blocks *b, bool exact)
{
    *b = (struct blocks){ .exact = exact };
    pthread_mutex_init(&b->lock, NULL); /* glibc's default kind cannot fail */
    list_init(&b->open);
    for (size_t i = 0; i < BLOCKS_CLASSES; i++)
        list_init(&b->partial[i]);
}

/* ---- segments ---- */

static struct segment *segment_new(struct blocks *b)
{
    struct segment *s = pages_take(BLOCKS_SEGMENT);

    if (s == NULL)
        return NULL;
    if (b->segments >= BLOCKS_SMALL)
        pages_make_huge(s, BLOCKS_SEGMENT);
    list_init(&s->free); /* all else is zero */
    s->begun = FIRST_RUN;
    list_append(&b->open, &s->link);
    b->segments++;
    return s;
}

static void segment_free(struct blocks *b, struct segment *s)
{
    list_unlink(&s->link);
    pages_give(s, BLOCKS_SEGMENT);
    b->segments--;
}

static bool is_only_open_one(const struct blocks *b, const struct segment *s)
{
    return b->open.next == &s->link && b->open.prev == &s->link;
}

static struct segment *segment_of(const void *at)
{
    return (struct segment *)((uintptr_t)at & ~(uintptr_t)(BLOCKS_SEGMENT - 1)); /* NOLINT(performance-no-int-to-ptr) */
}

/* ---- runs ---- */

static char *first_block(const struct run *r)
{
    struct segment *s = segment_of(r);

    return (char *)s + (size_t)(r - s->runs) * BLOCKS_RUN;
}

static bool has_room(const struct run *r)
{
    return r->free != NULL || (size_t)(r->begun + 1) * r->size <= BLOCKS_RUN;
}

/* The leftmost that was never used, unless one was given back; in none of the lists. */
static struct run *run_new(struct blocks *b, uint32_t size)
{
    struct segment *s = list_empty(&b->open) ? segment_new(b) : CONTAINER_OF(b->open.next, struct segment, link);
    struct link    *again;
    struct run     *r;

    if (s == NULL)
        return NULL;
    again = list_shift(&s->free);
    r     = again != NULL ? CONTAINER_OF(again, struct run, link) : &s->runs[s->begun++];
    *r    = (struct run){ .size = size };
    if (++s->used == RUNS - FIRST_RUN)
        list_unlink(&s->link);
    return r;
}

/* In none of the lists.  One segment is kept: taking and giving by turns must not cost two calls each. */
static void run_free(struct blocks *b, struct run *r)
{
    struct segment *s = segment_of(r);

    list_append(&s->free, &r->link);
    if (s->used-- == RUNS - FIRST_RUN)
        list_append(&b->open, &s->link);
    if (s->used == 0 && !is_only_open_one(b, s))
        segment_free(b, s);
}

void blocks_fini(struct blocks *b)
{
    LIST_EACH_SAFE (at, &b->open)
        segment_free(b, CONTAINER_OF(at, struct segment, link));
    assert(b->segments == 0);
    pthread_mutex_destroy(&b->lock);
}

/* ---- blocks ---- */

static uint32_t rounded(size_t size)
{
    return (uint32_t)(size + BLOCKS_STEP - 1) & ~(uint32_t)(BLOCKS_STEP - 1);
}

static bool is_mallocs(const struct blocks *b, size_t size)
{
    return b->exact || size > BLOCKS_LARGEST || size == 0;
}

static struct link *list_of(struct blocks *b, uint32_t size)
{
    return &b->partial[size / BLOCKS_STEP - 1];
}

static void *block_of(struct run *r)
{
    void *block = r->free;

    r->used++;
    if (block == NULL)
        return first_block(r) + (size_t)r->begun++ * r->size;
    memcpy(&r->free, block, sizeof r->free);
    return block;
}

static void *take(struct blocks *b, uint32_t size)
{
    struct link *list = list_of(b, size);
    struct run  *r;
    void        *block;

    if (list_empty(list)) {
        r = run_new(b, size);
        if (r == NULL)
            return NULL;
        list_append(list, &r->link);
    }
    r     = CONTAINER_OF(list->next, struct run, link);
    block = block_of(r);
    if (!has_room(r))
        list_unlink(&r->link);
    return block;
}

void *blocks_take(struct blocks *b, size_t size)
{
    void *block;

    if (is_mallocs(b, size))
        return malloc(size);
    pthread_mutex_lock(&b->lock);
    block = take(b, rounded(size));
    pthread_mutex_unlock(&b->lock);
    return block;
}

static void give(struct blocks *b, void *block)
{
    struct segment *s    = segment_of(block);
    struct run     *r    = &s->runs[(size_t)((char *)block - (char *)s) / BLOCKS_RUN];
    bool            full = !has_room(r);

    memcpy(block, &r->free, sizeof r->free);
    r->free = block;
    if (full)
        list_append(list_of(b, r->size), &r->link);
    if (--r->used > 0)
        return;
    list_unlink(&r->link);
    run_free(b, r);
}

void blocks_give(struct blocks *b, void *block, size_t size)
{
    if (block == NULL || is_mallocs(b, size)) {
        free(block);
        return;
    }
    pthread_mutex_lock(&b->lock);
    give(b, block);
    pthread_mutex_unlock(&b->lock);
}

size_t blocks_size(size_t size)
{
    return size > BLOCKS_LARGEST ? size : rounded(size);
}
