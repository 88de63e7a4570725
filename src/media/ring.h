/* SPDX-License-Identifier: BSD-2-Clause */
/* ring.h - samples from one thread to one other, without a lock.
 *
 * One thread writes, one reads; neither ever waits.  `written` and `taken` only
 * grow: their difference is what the ring holds, and each is stored by one
 * thread alone.  All but init and fini are inline, so that a module can use a
 * ring without linking the library. */

#ifndef MEDIA_RING_H
#define MEDIA_RING_H

#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

struct ring {
    int16_t      *samples;
    size_t        size; /* a power of two */
    atomic_size_t written, taken;
};

/* Room for at least `size` samples.  Returns 0 or -ERR_NO_MEMORY. */
int  ring_init(struct ring *r, size_t size);
void ring_fini(struct ring *r);

static inline size_t ring_held(struct ring *r)
{
    return atomic_load_explicit(&r->written, memory_order_acquire) -
           atomic_load_explicit(&r->taken, memory_order_acquire);
}

/* The writer's.  Returns how many were taken in: fewer than `count` if the ring
 * is full. */
static inline size_t ring_write(struct ring *r, const int16_t *samples, size_t count)
{
    size_t at    = atomic_load_explicit(&r->written, memory_order_relaxed);
    size_t room  = r->size - (at - atomic_load_explicit(&r->taken, memory_order_acquire));
    size_t start = at & (r->size - 1), first;

    count = count < room ? count : room;
    first = count < r->size - start ? count : r->size - start;
    memcpy(r->samples + start, samples, first * sizeof *samples);
    memcpy(r->samples, samples + first, (count - first) * sizeof *samples);
    atomic_store_explicit(&r->written, at + count, memory_order_release);
    return count;
}

/* The reader's.  `samples` NULL: skip them.  Returns how many there were. */
static inline size_t ring_read(struct ring *r, int16_t *samples, size_t count)
{
    size_t at    = atomic_load_explicit(&r->taken, memory_order_relaxed);
    size_t held  = atomic_load_explicit(&r->written, memory_order_acquire) - at;
    size_t start = at & (r->size - 1), first;

    count = count < held ? count : held;
    first = count < r->size - start ? count : r->size - start;
    if (samples != NULL) {
        memcpy(samples, r->samples + start, first * sizeof *samples);
        memcpy(samples + first, r->samples, (count - first) * sizeof *samples);
    }
    atomic_store_explicit(&r->taken, at + count, memory_order_release);
    return count;
}

#endif
