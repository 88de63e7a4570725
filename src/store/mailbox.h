/* SPDX-License-Identifier: BSD-2-Clause */
/* mailbox.h - a client of a store, as its backends see it: how what the store's
 * thread finds out reaches the thread of the client's world.
 *
 *   store's threads                         thread of the world
 *   mailbox_note: newest of each kind
 *   mailbox_answer: all of them
 *   mailbox_deliver: one post at a time --> on_post --> report, answers
 *
 * What has not been reported yet is overtaken by what is newer, never put behind
 * it, so a mailbox takes no memory however far its world lags.  Questions that have been
 * answered still count as asked until they are told. */

#ifndef STORE_MAILBOX_H
#define STORE_MAILBOX_H

#include "base/list.h"
#include "store/question.h"

#include <pthread.h>

struct mailbox {
    struct store_client client;
    struct link         link; /* of the backend: in its list of clients */
    struct store       *store;
    struct world       *world;
    store_report_fn    *report;
    void               *owner;
    uint64_t            wanted;      /* under the backend's lock: reports up to here are waited for */
    uint64_t            covered;     /* under the backend's lock: committed, and noted              */
    size_t              promised;    /* world's thread: room for so many changes ... */
    msec                promised_at; /* ... in this turn */

    bool            closed;    /* only the world's thread reads it */
    bool            reporting; /* within on_post; only the world's thread reads it */
    pthread_mutex_t mutex;     /* the rest */
    bool            posted;    /* on_post will come */
    uint64_t        good;      /* not yet reported: committed up to here; 0: nothing */
    uint64_t        bad;       /* not yet reported: tried up to here in vain; 0: nothing */
    int             error;     /* with `bad` */
    struct link     answers;   /* struct question, not yet told */
};

static inline struct mailbox *mailbox_of(struct store_client *client)
{
    return CONTAINER_OF(client, struct mailbox, client);
}

/* NULL without memory. */
struct mailbox *mailbox_new(struct store *store, struct world *world, store_report_fn *report, void *owner);
/* World's thread, and no more notes, answers or deliveries may follow.  Frees, now or with the
 * post that is under way; answers that were not told are done with at once. */
void mailbox_close(struct mailbox *m);

/* Under the backend's lock: the outcome of everything up to `seq`, unless the client
 * waits for nothing. */
void mailbox_note(struct mailbox *m, uint64_t seq, int error);
/* Takes a question that has been answered.  False if the world's queue was full: it is
 * still the caller's, who may try again. */
bool mailbox_answer(struct mailbox *m, struct question *q);
/* Post what is noted.  False if the world's queue was full: try again. */
bool mailbox_deliver(struct mailbox *m);

/* World's thread: store_has_room has said yes. */
void mailbox_promise(struct mailbox *m, size_t count);
/* World's thread: is there a promise that covers these?  It is used up. */
bool mailbox_redeem(struct mailbox *m, size_t count);

#endif
