/* SPDX-License-Identifier: BSD-2-Clause */
/* Classes end 8 bytes before a multiple of 32, and from 512 bytes on eight of them lie
 * between a power of two and the next: malloc puts a word before each block and rounds to
 * 16, so nothing is lost there, and at most an eighth here. */
#include "base/pool.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

enum {
    WORD       = 8, /* malloc's own, before each block */
    SMALL      = 512,
    SMALL_STEP = 32,
    SMALL_LOG2 = 9,
    STEPS_LOG2 = 3,
    STEPS      = 1 << STEPS_LOG2
};

/* The class of what has this size. */
static inline size_t number_of(size_t size)
{
    size_t   last = size + WORD - 1;
    unsigned top;

    if (last < SMALL)
        return last / SMALL_STEP;
    top = 63u - (unsigned)__builtin_clzll(last);
    return SMALL / SMALL_STEP + (top - SMALL_LOG2) * STEPS + (last >> (top - STEPS_LOG2)) - STEPS;
}

/* The bytes of a class's blocks. */
static size_t size_of(size_t number)
{
    unsigned shift;

    if (number < SMALL / SMALL_STEP)
        return (number + 1) * SMALL_STEP - WORD;
    number -= SMALL / SMALL_STEP;
    shift = SMALL_LOG2 - STEPS_LOG2 + (unsigned)(number / STEPS);
    return ((number % STEPS + STEPS + 1) << shift) - WORD;
}

void pool_init(struct pool *p, size_t keep)
{
    memset(p, 0, sizeof *p);
    for (size_t i = 0; i < POOL_CLASSES; i++)
        p->classes[i].limit = (uint32_t)(keep / size_of(i));
}

void pool_fini(struct pool *p)
{
    for (size_t i = 0; i < POOL_CLASSES; i++)
        while (p->classes[i].first != NULL) {
            void *block = p->classes[i].first;

            memcpy(&p->classes[i].first, block, sizeof(void *));
            free(block);
        }
    memset(p, 0, sizeof *p);
}

/* With sanitizers exactly as large as was asked for, unless it may be kept and taken by
 * somebody who asks for a little more. */
__attribute__((cold, noinline)) static void *fresh(size_t size, bool kept)
{
    return malloc(size > POOL_LARGEST || (POOL_SANITIZED && !kept) ? size : size_of(number_of(size)));
}

void *pool_take(struct pool *p, size_t size)
{
    struct pool_class *c;
    void              *block;

    if (p == NULL || size > POOL_LARGEST)
        return fresh(size, false);
    c     = &p->classes[number_of(size)];
    block = c->first;
    if (block == NULL)
        return fresh(size, c->limit > 0);
    memcpy(&c->first, block, sizeof(void *));
    c->count--;
    return block;
}

void *pool_take_zero(struct pool *p, size_t size)
{
    void *block = pool_take(p, size);

    return block == NULL ? NULL : memset(block, 0, size);
}

void pool_give(struct pool *p, void *block, size_t size)
{
    struct pool_class *c;

    if (block == NULL)
        return;
    c = p == NULL || size > POOL_LARGEST ? NULL : &p->classes[number_of(size)];
    if (c == NULL || c->count >= c->limit) {
        free(block);
        return;
    }
    memcpy(block, &c->first, sizeof(void *));
    c->first = block;
    c->count++;
}

size_t pool_size(size_t size)
{
    return size > POOL_LARGEST ? size : size_of(number_of(size));
}

size_t pool_kept(const struct pool *p)
{
    size_t bytes = 0;

    for (size_t i = 0; i < POOL_CLASSES; i++)
        bytes += p->classes[i].count * size_of(i);
    return bytes;
}
