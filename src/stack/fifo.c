/* SPDX-License-Identifier: BSD-2-Clause */
#include "stack/fifo.h"

#include "base/pages.h"

#include <stdlib.h>

enum { KEPT = 8 /* of so many in use one is kept */ };

struct fifo_chunk {
    struct fifo_chunk *next;
    size_t             size;       /* bytes, this included                         */
    size_t             from, fill; /* where the first in use is, and the next will be */
};

static const size_t HEAD = sizeof(struct fifo_chunk);

_Static_assert(sizeof(struct fifo_chunk) % FIFO_ALIGN == 0, "a block may stand behind it");

/* What a block of this size takes. */
static size_t room_for(const struct fifo *f, size_t size)
{
    return f->chunk == 0 ? size : (size + FIFO_ALIGN - 1) & ~(size_t)(FIFO_ALIGN - 1);
}

void fifo_init(struct fifo *f, size_t chunk)
{
    *f = (struct fifo){ .chunk = chunk, .usual = chunk };
}

/* ---- chunks ---- */

static struct fifo_chunk *chunk_new(const struct fifo *f, size_t size)
{
    struct fifo_chunk *c;

    if (f->chunk == 0)
        return malloc(size);
    c = pages_take(size);
    if (c != NULL && size == PAGES_HUGE)
        pages_make_huge(c, size);
    return c;
}

static void chunk_free(const struct fifo *f, struct fifo_chunk *c)
{
    if (f->chunk == 0)
        free(c);
    else
        pages_give(c, c->size);
}

static struct fifo_chunk *take_spare(struct fifo *f)
{
    struct fifo_chunk *c = f->spare;

    f->spare = c->next;
    f->spare_bytes -= c->size;
    return c;
}

static void free_spares(struct fifo *f, size_t but)
{
    while (f->spare_bytes > but)
        chunk_free(f, take_spare(f));
}

/* Chunks of another size from now on.  Half as little must be in use for the way back: who is at the bound would have
 * some of each size, and need others all the time. */
static void choose_size(struct fifo *f)
{
    size_t usual = f->usual;

    if (f->chunk == 0)
        return;
    if (f->bytes >= FIFO_LARGE)
        usual = PAGES_HUGE;
    else if (f->bytes <= FIFO_LARGE / 2)
        usual = f->chunk;
    if (usual != f->usual)
        free_spares(f, 0);
    f->usual = usual;
}

/* One with room for a block of this size. */
static struct fifo_chunk *chunk_for(struct fifo *f, size_t size)
{
    size_t             all = HEAD + size > f->usual ? HEAD + size : f->usual;
    struct fifo_chunk *c   = all == f->usual && f->spare != NULL ? take_spare(f) : chunk_new(f, all);

    if (c == NULL)
        return NULL;
    *c = (struct fifo_chunk){ .size = all, .from = HEAD, .fill = HEAD };
    f->bytes += all;
    choose_size(f);
    return c;
}

/* Of the usual size one is kept, and more where there are many: traffic that swings a little asks the kernel nothing.
 * As what is in use gets less, so does what is kept. */
static void keep_or_free(struct fifo *f, struct fifo_chunk *c)
{
    f->bytes -= c->size;
    choose_size(f);
    if (c->size != f->usual) {
        chunk_free(f, c);
        return;
    }
    c->next  = f->spare;
    f->spare = c;
    f->spare_bytes += c->size;
    free_spares(f, f->bytes / KEPT > c->size ? f->bytes / KEPT : c->size);
}

/* ---- blocks ---- */

void *fifo_take(struct fifo *f, size_t size)
{
    struct fifo_chunk *c    = f->last;
    size_t             room = room_for(f, size);
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
    return block;
}

void fifo_trim(struct fifo *f, void *last, size_t size)
{
    f->last->fill = (size_t)((char *)last - (char *)f->last) + room_for(f, size);
}

static void *first_of(struct fifo_chunk *c)
{
    return c != NULL ? (char *)c + c->from : NULL;
}

void *fifo_first(const struct fifo *f)
{
    return first_of(f->first);
}

void *fifo_second(const struct fifo *f, size_t size)
{
    struct fifo_chunk *c  = f->first;
    size_t             at = c->from + room_for(f, size);

    return at < c->fill ? (char *)c + at : first_of(c->next);
}

void fifo_give(struct fifo *f, size_t size)
{
    struct fifo_chunk *c = f->first;

    c->from += room_for(f, size);
    if (c->from < c->fill)
        return;
    f->first = c->next;
    if (f->first == NULL)
        f->last = NULL;
    keep_or_free(f, c);
}

void fifo_fini(struct fifo *f)
{
    free_spares(f, 0);
    fifo_init(f, f->chunk);
}
