/* SPDX-License-Identifier: BSD-2-Clause */
/* log_ring.h - log records on their way from one thread to the one that writes them.
 *
 * One thread puts, one takes; neither ever waits for the other.  A record that finds
 * no room is dropped and counted: a log that cannot keep up must not slow down what
 * it tells about.  Records lie in one piece each, so that the taker reads them where
 * they are; one that would reach over the end begins anew at the start. */

#ifndef BASE_LOG_RING_H
#define BASE_LOG_RING_H

#include "base/log_record.h"

/* Called by the putting thread when the taker sleeps, or rests and has to hurry: at most
 * once for each time it has said so. */
typedef void log_wake_fn(void *arg);

/* What the taker is doing.  Resting, it will look again by itself in a moment: only a ring
 * that is more than half full by then has to wake it.  So where many records come, almost
 * none costs its putter a system call. */
enum log_taker { LOG_TAKER_AWAKE, LOG_TAKER_RESTS, LOG_TAKER_SLEEPS };

/* Shared by all rings that one thread takes from. */
struct log_waker {
    atomic_uint  state; /* enum log_taker */
    log_wake_fn *wake;
    void        *arg;
};

struct log_ring {
    char             *bytes;
    size_t            size; /* a power of two */
    struct log_waker *waker;
    char              apart[64]; /* what the two threads write lies in cache lines of its own */
    atomic_size_t     written;
    atomic_ullong     dropped;
    char              apart_too[64];
    atomic_size_t     taken;
};

/* Room for at least `size` bytes of records, and for at least one.  `waker` is
 * borrowed.  Returns 0 or -ERR_NO_MEMORY. */
int  log_ring_init(struct log_ring *r, size_t size, struct log_waker *waker);
void log_ring_fini(struct log_ring *r);

/* The putter's.  Copies the record; false if it was dropped. */
bool log_ring_put(struct log_ring *r, const struct log_record *record);

/* The taker's.  The oldest record, or NULL; it stays where it is until it is dropped
 * by log_ring_next. */
const struct log_record *log_ring_first(struct log_ring *r);
void                     log_ring_next(struct log_ring *r);

/* The taker's: "I am going to sleep; wake me for the next record."  It must then look
 * once more, because a record may have been put just before. */
void log_waker_sleep(struct log_waker *w);
void log_waker_rest(struct log_waker *w); /* "I look again in a moment; wake me only to hurry" */
void log_waker_stay(struct log_waker *w); /* it found one, or is awake by other means */

/* Any thread's: records dropped since the ring was made. */
unsigned long long log_ring_dropped(const struct log_ring *r);
/* Any thread's: has everything put so far been taken? */
bool log_ring_is_empty(const struct log_ring *r);

#endif
