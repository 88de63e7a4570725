/* SPDX-License-Identifier: BSD-2-Clause */
#include "net/post.h"

#include "base/error.h"

#include <stdlib.h>

enum { FIRST = 256 };

static bool room_for_one(struct post_list *l)
{
    size_t       cap = l->cap * 2;
    struct post *items;

    if (l->count < l->cap)
        return true;
    if (l->cap == POST_LIMIT)
        return false;
    items = realloc(l->items, cap * sizeof *items);
    if (items == NULL)
        return false;
    l->items = items;
    l->cap   = cap;
    return true;
}

static bool list_start(struct post_list *l)
{
    *l = (struct post_list){ .items = malloc(FIRST * sizeof *l->items), .cap = FIRST };
    return l->items != NULL;
}

int post_queue_init(struct post_queue *q)
{
    if (!list_start(&q->coming))
        return -ERR_NO_MEMORY;
    if (!list_start(&q->running)) {
        free(q->coming.items);
        return -ERR_NO_MEMORY;
    }
    pthread_mutex_init(&q->lock, NULL);
    return 0;
}

void post_queue_fini(struct post_queue *q)
{
    pthread_mutex_destroy(&q->lock);
    free(q->coming.items);
    free(q->running.items);
}

int post_add(struct post_queue *q, void (*fn)(void *arg), void *arg, bool *first)
{
    int error = -ERR_LIMIT;

    pthread_mutex_lock(&q->lock);
    *first = q->coming.count == 0;
    if (room_for_one(&q->coming)) {
        q->coming.items[q->coming.count++] = (struct post){ fn, arg };
        error                              = 0;
    }
    pthread_mutex_unlock(&q->lock);
    return error;
}

void post_run(struct post_queue *q)
{
    struct post_list taken;

    pthread_mutex_lock(&q->lock);
    taken      = q->coming;
    q->coming  = q->running;
    q->running = taken;
    pthread_mutex_unlock(&q->lock);

    for (size_t i = 0; i < taken.count; i++)
        taken.items[i].fn(taken.items[i].arg);
    q->running.count = 0;
}

bool post_waiting(struct post_queue *q)
{
    bool waiting;

    pthread_mutex_lock(&q->lock);
    waiting = q->coming.count > 0;
    pthread_mutex_unlock(&q->lock);
    return waiting;
}
