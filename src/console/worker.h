/* SPDX-License-Identifier: BSD-2-Clause */
/* worker.h - one worker of a running server: its world, its server, its thread.
 *
 * The first worker runs on the thread that runs the service, each other one on its
 * own.  All are opened, and closed, by that one thread while no world turns: what they
 * share is then made and freed without anybody looking on. */

#ifndef CONSOLE_WORKER_H
#define CONSOLE_WORKER_H

#include "console/house.h"
#include "process/duty.h"
#include "server/server.h"

#include <pthread.h>
#include <semaphore.h>

struct log_writer;
struct name_cache;
struct trace_writer;

struct worker {
    unsigned             index;
    struct world        *world;
    struct server       *server;
    struct rcu          *rcu;   /* that its thread joins */
    struct trace_writer *trace; /* NULL: none is written */
    const struct child  *child;
    struct duty          duty;
    pthread_t            thread;
    bool                 running; /* on a thread of its own   */
    sem_t                begun;   /* that thread has got to its loop, or given up */
    int                  error;   /* why it gave up, or 0     */
};

/* How many workers a server with this configuration has: what it says, or one for
 * each processor that this process may run on. */
unsigned workers_wanted(const struct config *config);

/* What the worlds of all workers have in common; all borrowed. */
struct common {
    struct log_writer  *log;
    struct budget      *budget; /* where they account for their memory  */
    struct name_cache  *names;  /* what one has learnt of names all know */
    const struct place *place;
};

/* Its world and its trace.  Borrows `config` and what `common` says.  Returns 0, or -ERR_X with a
 * sentence in `problem`; worker_close in any case. */
int worker_open(struct worker *w, unsigned index, const struct config *config, const struct common *common,
                char *problem, size_t problem_size);
/* The world of a zeroed worker is none.  Returns 0, or -ERR_X if the trace is
 * incomplete. */
int worker_close(struct worker *w);

/* Its server, which does not listen yet.  Returns 0 or -ERR_NO_MEMORY. */
int worker_make_server(struct worker *w, struct shared *shared);

/* Turn its world, on this thread, until it is stopped.  Returns 0 or -ERR_NO_MEMORY. */
int worker_run(struct worker *w);

/* The same on a thread of its own, and the end of that.  worker_start returns 0,
 * -ERR_NO_MEMORY or -ERR_LIMIT; worker_stop does nothing if there is no thread. */
int  worker_start(struct worker *w);
void worker_stop(struct worker *w);

#endif
