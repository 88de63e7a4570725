/* SPDX-License-Identifier: BSD-2-Clause */
/* in_hand.h - the Call-ID of what a worker is busy with: for the report of a crash, and for what it sends meanwhile
 * (net/udp_out.c).
 *
 * Set for each message, so it must cost nothing: two stores, no copy.  The report reads it
 * from a signal handler, at any moment and perhaps of another thread; the
 * bytes may be gone by then, and are asked of the kernel rather than touched
 * (process/crash.c).  The thread itself reads them as they are: who sets it empties it
 * before the bytes go. */

#ifndef BASE_IN_HAND_H
#define BASE_IN_HAND_H

#include "base/slice.h"

#include <stdatomic.h>

struct in_hand {
    const char *_Atomic ptr;
    _Atomic size_t      len; /* 0: nothing */
};

/* Borrows `call_id` until the next call; an empty one: nothing is in hand. */
static inline void in_hand_set(struct in_hand *h, struct slice call_id)
{
    atomic_store_explicit(&h->len, 0, memory_order_relaxed);
    atomic_signal_fence(memory_order_seq_cst);
    atomic_store_explicit(&h->ptr, call_id.ptr, memory_order_relaxed);
    atomic_signal_fence(memory_order_seq_cst);
    atomic_store_explicit(&h->len, call_id.len, memory_order_relaxed);
}

/* For the thread itself. */
static inline struct slice in_hand_get(const struct in_hand *h)
{
    return (struct slice){ atomic_load_explicit(&h->ptr, memory_order_relaxed),
                           atomic_load_explicit(&h->len, memory_order_relaxed) };
}

#endif
