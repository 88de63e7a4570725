/* SPDX-License-Identifier: BSD-2-Clause */
#include "base/log_ring.h"

#include "base/error.h"

#include <stdlib.h>

/* `written` and `taken` only grow; their difference is what the ring holds. */

int log_ring_init(struct log_ring *r, size_t size, struct log_waker *waker)
{
    r->size = (size_t)2 * LOG_RECORD_MAX;
    while (r->size < size)
        r->size *= 2;
    r->waker = waker;
    r->bytes = malloc(r->size);
    atomic_init(&r->written, 0);
    atomic_init(&r->taken, 0);
    atomic_init(&r->dropped, 0);
    return r->bytes == NULL ? -ERR_NO_MEMORY : 0;
}

void log_ring_fini(struct log_ring *r)
{
    free(r->bytes);
    r->bytes = NULL;
}

/* A size of 0 stands for "go on at the start": there is always room for it, because
 * all sizes are multiples of 8. */
static void put_skip(char *at)
{
    memset(at, 0, sizeof((struct log_record){ 0 }.size));
}

static size_t size_at(const char *at)
{
    uint32_t size;

    memcpy(&size, at, sizeof size);
    return size;
}

/* Putter: `written`, then a look at `state`.  Taker: `state`, then a look at `written`
 * (log_ring_is_empty).  All four are sequentially consistent, so that in the one order
 * that both agree upon at least one of them sees the other. */
static void wake(struct log_waker *w, bool hurry)
{
    unsigned state = atomic_load(&w->state);

    if (state == LOG_TAKER_AWAKE || (state == LOG_TAKER_RESTS && !hurry))
        return;
    if (atomic_exchange(&w->state, LOG_TAKER_AWAKE) != LOG_TAKER_AWAKE)
        w->wake(w->arg);
}

bool log_ring_put(struct log_ring *r, const struct log_record *record)
{
    size_t at    = atomic_load_explicit(&r->written, memory_order_relaxed);
    size_t taken = atomic_load_explicit(&r->taken, memory_order_acquire);
    size_t start = at & (r->size - 1);
    size_t skip  = r->size - start < record->size ? r->size - start : 0;

    if (r->size - (at - taken) < record->size + skip) {
        unsigned long long dropped = atomic_load_explicit(&r->dropped, memory_order_relaxed);

        atomic_store_explicit(&r->dropped, dropped + 1, memory_order_relaxed);
        return false;
    }
    if (skip > 0) {
        put_skip(r->bytes + start);
        start = 0;
    }
    memcpy(r->bytes + start, record, record->size);
    at += skip + record->size;
    atomic_store(&r->written, at);
    wake(r->waker, at - taken > r->size / 2);
    return true;
}

/* Steps over a skip, and says where the oldest record is; false if there is none. */
static bool find_first(struct log_ring *r, size_t *start)
{
    size_t at      = atomic_load_explicit(&r->taken, memory_order_relaxed);
    size_t written = atomic_load_explicit(&r->written, memory_order_acquire);

    *start = at & (r->size - 1);
    if (at == written)
        return false;
    if (size_at(r->bytes + *start) == 0) { /* a record follows: both were published at once */
        atomic_store_explicit(&r->taken, at + r->size - *start, memory_order_release);
        *start = 0;
    }
    return true;
}

const struct log_record *log_ring_first(struct log_ring *r)
{
    size_t start;

    return find_first(r, &start) ? (const struct log_record *)(const void *)(r->bytes + start) : NULL;
}

void log_ring_next(struct log_ring *r)
{
    size_t start, at;

    if (!find_first(r, &start))
        return;
    at = atomic_load_explicit(&r->taken, memory_order_relaxed);
    atomic_store_explicit(&r->taken, at + size_at(r->bytes + start), memory_order_release);
}

void log_waker_sleep(struct log_waker *w)
{
    atomic_store(&w->state, LOG_TAKER_SLEEPS);
}

void log_waker_rest(struct log_waker *w)
{
    atomic_store(&w->state, LOG_TAKER_RESTS);
}

void log_waker_stay(struct log_waker *w)
{
    atomic_store_explicit(&w->state, LOG_TAKER_AWAKE, memory_order_relaxed);
}

unsigned long long log_ring_dropped(const struct log_ring *r)
{
    return atomic_load_explicit(&r->dropped, memory_order_relaxed);
}

bool log_ring_is_empty(const struct log_ring *r)
{
    return atomic_load_explicit(&r->taken, memory_order_acquire) == atomic_load(&r->written);
}
