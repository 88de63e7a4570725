/* SPDX-License-Identifier: BSD-2-Clause */
#include "base/arena.h"

#include <stdint.h>
#include <stdlib.h>

enum { ALIGNMENT = _Alignof(max_align_t), CHUNK = 2048 };

struct arena_chunk {
    _Alignas(max_align_t) struct arena_chunk *next;
};

void arena_init(struct arena *a, void *memory, size_t size, size_t limit)
{
    size_t skew = memory == NULL ? 0 : (ALIGNMENT - (uintptr_t)memory % ALIGNMENT) % ALIGNMENT;

    *a = (struct arena){ .limit = limit };
    if (skew >= size)
        return;
    a->at  = (char *)memory + skew;
    a->end = (char *)memory + size;
}

void arena_fini(struct arena *a)
{
    while (a->chunks != NULL) {
        struct arena_chunk *next = a->chunks->next;

        free(a->chunks);
        a->chunks = next;
    }
    *a = (struct arena){ 0 };
}

/* A chunk with room for `size` bytes at least; what was left of the last one is lost. */
static bool take_chunk(struct arena *a, size_t size)
{
    size_t              header = sizeof(struct arena_chunk);
    size_t              left   = a->limit - a->spent;
    size_t              want   = size < CHUNK - header ? CHUNK : size + header;
    struct arena_chunk *chunk;

    if (want > left)
        want = size + header; /* the last crumbs of the limit */
    if (want > left || (chunk = malloc(want)) == NULL)
        return false;
    chunk->next = a->chunks;
    a->chunks   = chunk;
    a->spent += want;
    a->at  = (char *)chunk + header;
    a->end = (char *)chunk + want;
    return true;
}

void *arena_alloc(struct arena *a, size_t size)
{
    size_t rounded = (size + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
    void  *memory;

    if (a->failed || size > SIZE_MAX / 2)
        a->failed = true;
    else if ((a->at == NULL || rounded > (size_t)(a->end - a->at)) && !take_chunk(a, rounded))
        a->failed = true;
    if (a->failed)
        return NULL;
    memory = a->at;
    a->at += rounded;
    return memset(memory, 0, size);
}

struct slice arena_copy(struct arena *a, struct slice text)
{
    char *copy;

    if (text.len == 0 || (copy = arena_alloc(a, text.len)) == NULL)
        return SLICE("");
    memcpy(copy, text.ptr, text.len);
    return (struct slice){ copy, text.len };
}

bool arena_ok(const struct arena *a)
{
    return !a->failed;
}
