/* SPDX-License-Identifier: BSD-2-Clause */
#include "net/queue.h"

#include <assert.h>
#include <stdlib.h>

enum { SMALLEST = 4096, KEPT = 256 * 1024 };

void queue_fini(struct queue *q)
{
    free(q->ptr);
    *q = (struct queue){ 0 };
}

static void move_to_front(struct queue *q)
{
    if (q->head == 0)
        return;
    memmove(q->ptr, q->ptr + q->head, q->tail - q->head);
    q->tail -= q->head;
    q->head = 0;
}

static bool grow(struct queue *q, size_t wanted)
{
    size_t cap = q->cap == 0 ? SMALLEST : q->cap;
    char  *ptr;

    while (cap < wanted)
        cap *= 2;
    ptr = realloc(q->ptr, cap);
    if (ptr == NULL)
        return false;
    q->ptr = ptr;
    q->cap = cap;
    return true;
}

char *queue_room(struct queue *q, size_t len, size_t limit)
{
    size_t waiting = q->tail - q->head;

    if (len > limit || waiting > limit - len)
        return NULL;
    if (q->tail + len <= q->cap)
        return q->ptr + q->tail;
    /* Moving costs what it saves only when most of the block is behind the head. */
    if (waiting + len <= q->cap / 2) {
        move_to_front(q);
        return q->ptr + q->tail;
    }
    if (!grow(q, q->tail + len)) {
        if (waiting + len > q->cap)
            return NULL;
        move_to_front(q);
    }
    return q->ptr + q->tail;
}

void queue_added(struct queue *q, size_t len)
{
    assert(q->tail + len <= q->cap);
    q->tail += len;
}

struct slice queue_bytes(const struct queue *q)
{
    if (queue_empty(q))
        return (struct slice){ "", 0 };
    return slice_between(q->ptr + q->head, q->ptr + q->tail);
}

void queue_drop(struct queue *q, size_t len)
{
    assert(len <= q->tail - q->head);
    q->head += len;
    if (!queue_empty(q))
        return;
    q->head = q->tail = 0;
    if (q->cap > KEPT)
        queue_fini(q);
}
