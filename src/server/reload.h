/* SPDX-License-Identifier: BSD-2-Clause */
/* reload.h - another configuration for all workers at once, or for none.
 *
 *     caller: a snapshot is made, certificates are read, listening_plan, addresses are bound
 *        | reload_begin
 *     each worker: opens what is new to listen on     -- one cannot: all close it again, told why
 *        | events.ready: the last chance to say no    -- no: the same
 *     each worker, between two of its messages: takes the snapshot, its listeners, limits and times
 *        | events.done(0): all have
 *
 * What was begun by a worker before goes on by the snapshot of its decision (snapshot.h).  It all runs
 * by posts to the workers and a timer of the first one's world, on whose thread the functions and events
 * are; nobody waits. */

#ifndef SERVER_RELOAD_H
#define SERVER_RELOAD_H

#include "server/listening.h"
#include "server/server.h"
#include "server/snapshot.h"

enum { RELOAD_WORKERS = 64, RELOAD_PROBLEM = 512 };

struct reload_events {
    /* All are ready.  Returns 0 to go on, or -ERR_X with a sentence in `problem`; must not fail after that. */
    int (*ready)(void *arg, char *problem, size_t problem_size);
    /* The end: 0, and all workers have taken it, or -ERR_X with a sentence.  A next one may begin. */
    void (*done)(void *arg, int error, const char *problem);
};

struct reload;

/* One worker's part; private. */
struct reload_part {
    struct reload *all;
    struct server *server;
    atomic_int     step; /* what it has done, or an -ERR_X */
    bool           posted;
    char           problem[RELOAD_PROBLEM];
};

/* One at a time; private but for its place, which outlives all worlds. */
struct reload {
    const struct snapshot      *snapshot; /* held while it is under way, else NULL */
    struct listening_plan       plan;
    struct shared              *shared;
    struct world               *world;
    struct timer                timer;
    const struct reload_events *events;
    void                       *arg;
    int                         step, error;
    char                        problem[RELOAD_PROBLEM];
    unsigned                    count;
    struct reload_part          parts[RELOAD_WORKERS];
};

static inline bool reload_is_under_way(const struct reload *r)
{
    return r->snapshot != NULL;
}

/* Begin; none is under way.  `servers` are those of all workers, the first one first, and `plan` is of their
 * listening: one of the ends of it is called here.  Holds `snapshot`, which is shared->snapshot at the end if
 * all goes well.  Borrows `events` and `arg`; calls them from the loop. */
void reload_begin(struct reload *r, struct server *const *servers, unsigned count, const struct snapshot *snapshot,
                  const struct listening_plan *plan, const struct reload_events *events, void *arg);

/* The workers have stopped, and their servers will be freed: what is under way is forgotten, `done` not called. */
void reload_forget(struct reload *r);

#endif
