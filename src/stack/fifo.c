/* SPDX-License-Identifier: BSD-2-Clause */
#include "stack/fifo.h"

#include <stdalign.h>
#include <stdlib.h>
#include <sys/mman.h>

enum { ALIGN = alignof(max_align_t) };

struct fifo_chunk {
    struct fifo_chunk *next;
    size_t             size, fill; /* bytes, this included */
    size_t             in_use;     /* blocks               */
};

static size_t aligned(size_t size)
{
    return (size + ALIGN - 1) & ~(size_t)(ALIGN - 1);
}

static const size_t HEAD = (sizeof(struct fifo_chunk) + ALIGN - 1) & ~(size_t)(ALIGN - 1);

/* Not malloc's where it is a chunk for many: those come back to the kernel one by one. */
static struct fifo_chunk *chunk_new(const struct fifo *f, size_t size)
{
    void *memory;

    if (f->chunk == 0)
        return malloc(size);
    memory = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    return memory == MAP_FAILED ? NULL : memory;
}

static void chunk_free(const struct fifo *f, struct fifo_chunk *c)
{
    if (f->chunk == 0)
        free(c);
    else if (c != NULL)
        munmap(c, c->size);
}

void fifo_init(struct fifo *f, size_t chunk)
{
    *f = (struct fifo){ .chunk = chunk };
}

/* One with room for a block of this size. */
static struct fifo_chunk *chunk_for(struct fifo *f, size_t size)
{
    size_t             all = HEAD + size > f->chunk ? HEAD + size : f->chunk;
    struct fifo_chunk *c   = all == f->chunk ? f->spare : NULL;

    if (c != NULL)
        f->spare = NULL;
    else
        c = chunk_new(f, all);
    if (c != NULL)
        *c = (struct fifo_chunk){ .size = all, .fill = HEAD };
    return c;
}

void *fifo_take(struct fifo *f, size_t size)
{
    struct fifo_chunk *c    = f->last;
    size_t             room = f->chunk == 0 ? size : aligned(size);
    void              *block;

    if (c == NULL || c->size - c->fill < room) {
        c = chunk_for(f, room);
        if (c == NULL)
            return NULL;
        if (f->last != NULL)
            f->last->next = c;
        else
            f->first = c;
        f->last = c;
    }
    block = (char *)c + c->fill;
    c->fill += room;
    c->in_use++;
    return block;
}

/* One of the usual size is kept: taking and giving by turns must not cost two calls each. */
static void keep_or_free(struct fifo *f, struct fifo_chunk *c)
{
    if (f->spare == NULL && c->size == f->chunk)
        f->spare = c;
    else
        chunk_free(f, c);
}

void fifo_give(struct fifo *f)
{
    struct fifo_chunk *c = f->first;

    if (--c->in_use > 0)
        return;
    f->first = c->next;
    if (f->first == NULL)
        f->last = NULL;
    keep_or_free(f, c);
}

void fifo_fini(struct fifo *f)
{
    chunk_free(f, f->spare);
    fifo_init(f, f->chunk);
}
