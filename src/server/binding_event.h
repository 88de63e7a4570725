/* SPDX-License-Identifier: BSD-2-Clause */
/* binding_event.h - each change of a binding is told to those who want to know, with its
 * reason (RFC 3680 5.1): registered, refreshed, expired, unregistered, rejected.
 *
 *     worker that changes it          home of the AOR                  subscribers
 *     under the lock of its shard --> queue --> turn of that worker --> on_event ...
 *
 * An AOR's home is the worker that its key hashes to, so all that is told of one AOR is
 * told on one thread, and in the order of the changes: they are put into the queue
 * while the AOR is locked.  A queue is bounded: what does not fit is counted, and
 * subscribers are told how many were lost before the next event, so that they can look
 * at the location instead.  A kind of event that no subscriber wants is not posted.
 *
 * What is told has happened in RAM; the commit that makes it last may still be under
 * way (location.h). */

#ifndef SERVER_BINDING_EVENT_H
#define SERVER_BINDING_EVENT_H

#include "base/accounts.h"
#include "base/list.h"
#include "net/world.h"
#include "route/binding.h"
#include "server/aor.h"

#include <stdatomic.h>

enum {
    BINDING_EVENTS_QUEUED   = 8192, /* on their way to one home */
    BINDING_SUBSCRIBERS_MAX = 8,
};

/* One change of one binding, in one block; its texts are in it. */
struct binding_notice {
    struct link        link; /* whose it is at the moment */
    enum binding_event event;
    uint64_t           number;  /* the journal's, from 1 on; 0: it has none */
    uint64_t           at;      /* wall clock, ms */
    uint32_t           expires; /* seconds left; 0: it is there no more */
    uint32_t           reg_id;
    struct slice       aor, contact, instance;
    char               text[];
};

/* Its bytes of memory. */
size_t binding_notice_size(const struct binding_notice *n);

struct binding_subscriber {
    /* On the thread of the AOR's home.  True: it has been taken, which only the last
     * subscriber may; it is to be freed with binding_notice_free. */
    bool (*on_event)(void *arg, struct binding_notice *n);
    /* So many events were lost before the next one; any thread of a home. */
    void (*on_lost)(void *arg, uint64_t count);
    void    *arg;
    unsigned wants; /* bits, 1 << enum binding_event: what it wants at the start */
};

struct binding_events;

/* For so many workers; 1 or more.  NULL without memory. */
struct binding_events *binding_events_new(unsigned workers);
/* Account in `b`, which it borrows; before there are any. */
void binding_events_account(struct binding_events *e, struct budget *b);
/* What has not been told is dropped.  After the last binding_events_leave; a world that has
 * a post of it under way turns once more, before it is freed. */
void binding_events_free(struct binding_events *e);

/* Before the first of the worlds turns; copies.  Subscribers stay.  0 or -ERR_LIMIT. */
int binding_events_subscribe(struct binding_events *e, const struct binding_subscriber *s);
/* Any thread: this subscriber wants these kinds from now on. */
void binding_events_want(struct binding_events *e, const void *arg, unsigned wants);

/* Worker `worker` is told its events in turns of `world`; and no more. */
void binding_events_join(struct binding_events *e, unsigned worker, struct world *world);
void binding_events_leave(struct binding_events *e, unsigned worker);

/* A binding of `key` has changed, under the lock of its shard; `b` is what it has become,
 * or was.  In a turn of `world`; `home` is the key's. */
void binding_events_tell(struct binding_events *e, struct world *world, unsigned home, struct slice key,
                         const struct binding *b, enum binding_event event);
/* A post that the world of this worker could not take is tried again: now and then, on its
 * thread. */
void binding_events_poke(struct binding_events *e, unsigned worker);

/* Gives it back. */
void binding_notice_free(struct binding_events *e, struct binding_notice *n);

#endif
