/* SPDX-License-Identifier: BSD-2-Clause */
/* queue.h - bytes that wait for a socket: in at the tail, out at the head.
 *
 * One block of memory, contiguous, so that a send is one pointer.  It grows by
 * doubling up to the limit its user gives and is given back when a large one
 * has run empty. */

#ifndef NET_QUEUE_H
#define NET_QUEUE_H

#include "base/slice.h"

/* All zero: empty. */
struct queue {
    char  *ptr;
    size_t head, tail, cap;
};

void queue_fini(struct queue *q);

/* Room for `len` bytes at the tail, or NULL if that would make more than `limit`
 * bytes wait or memory is short.  They count once queue_added says so; any other
 * call with the queue may move them. */
char *queue_room(struct queue *q, size_t len, size_t limit);
void  queue_added(struct queue *q, size_t len);

/* What waits.  Lives until the next queue_room or queue_drop. */
struct slice queue_bytes(const struct queue *q);
void         queue_drop(struct queue *q, size_t len);

static inline bool queue_empty(const struct queue *q)
{
    return q->head == q->tail;
}

#endif
