/* SPDX-License-Identifier: BSD-2-Clause */
/* post.h - functions to be run by another thread, or by this one in its next turn.
 *
 * Bounded; first in, first out.  post_add may be called from any thread, the
 * rest only from the one that runs the posts. */

#ifndef NET_POST_H
#define NET_POST_H

#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>

struct post {
    void (*fn)(void *arg);
    void *arg;
};

struct post_list {
    struct post *items;
    size_t       count, cap;
};

struct post_queue {
    pthread_mutex_t  lock;
    struct post_list coming;  /* under the lock          */
    struct post_list running; /* of the thread that runs */
};

enum { POST_LIMIT = 65536 };

/* 0 or -ERR_NO_MEMORY: room for the first few hundred is taken at once. */
int  post_queue_init(struct post_queue *q);
void post_queue_fini(struct post_queue *q);

/* Returns 0 or -ERR_LIMIT; `*first` says that none had been waiting. */
int post_add(struct post_queue *q, void (*fn)(void *arg), void *arg, bool *first);

/* Run what has come so far.  What that posts is left for the next time. */
void post_run(struct post_queue *q);
bool post_waiting(struct post_queue *q);

#endif
