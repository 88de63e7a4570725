/* SPDX-License-Identifier: BSD-2-Clause */
/* supervisor.h - the parent: starts the server as its child, and starts it again.
 *
 *     parent: one thread, poll      fork      child: all the rest
 *     SIGTERM, SIGINT, SIGHUP -----------------> passed on
 *     ready, stopping, hear   <---- socket ----- child_ready, child_stopping, child_tell
 *     hearts                  <-- shared memory - heartbeat_start, per worker
 *     SIGCHLD: restart_ended decides (process/restart.h)
 *     READY=1, STOPPING=1, WATCHDOG=1, STATUS= --> service manager (process/notify.h)
 *
 * The child is a fork without exec: what the parent has bound and read before (the
 * sockets of net/descriptors.h, the configuration) is there in every child.  The
 * parent has no other thread and does nothing but this.  A child dies with its
 * parent.  A worker whose heart stops gets SIGABRT, on its own thread, so that the
 * backtrace (process/crash.h) is that of what hangs; then, if need be, SIGKILL. */

#ifndef PROCESS_SUPERVISOR_H
#define PROCESS_SUPERVISOR_H

#include "process/heartbeat.h"

/* What a child has of its parent. */
struct child {
    struct hearts *hearts; /* NULL without a parent                          */
    msec           watchdog;
    unsigned       restarts; /* how often one was started before             */
    int            pipe;     /* to the parent; -1 without one                */
    pid_t          parent;
};

/* Without a parent: everything below does nothing. */
void child_alone(struct child *c);

void child_ready(const struct child *c);
/* It was asked to end, and does so: do not start another one. */
void child_stopping(const struct child *c);
/* Tell the parent `size` bytes, at most CHILD_WORDS, and if `fd` is not -1 give it a copy of that: its `hear` is
 * called, in the order of what is told.  Returns 0, also without a parent, or -ERR_LIMIT if it does not listen. */
enum { CHILD_WORDS = 256 };
int child_tell(const struct child *c, const void *bytes, size_t size, int fd);
/* Die with the parent, also after a change of the user, which the kernel takes for
 * a reason to forget this.  False if the parent has gone. */
bool child_follow_parent(const struct child *c);

enum supervisor_event {
    SUPERVISOR_DIED,      /* a child that is started again after `delay`        */
    SUPERVISOR_HUNG,      /* worker `worker` hangs: the child will be killed     */
    SUPERVISOR_RESTARTED, /* ready again, `delay` ms after the other had ended   */
    SUPERVISOR_GAVE_UP,   /* the child has ended and none follows it             */
};

struct supervisor_report {
    enum supervisor_event event;
    pid_t                 pid;
    int                   signal, code; /* how it ended: by signal, or if 0 with this code */
    unsigned              worker, restarts;
    msec                  delay;
};

struct supervisor_options {
    /* In the child; its result is the exit code. */
    int (*child)(void *arg, struct child *c);
    /* In the parent, for people and logs. */
    void (*report)(void *arg, const struct supervisor_report *r);
    /* In the parent: what a child has told.  Takes `fd`; -1: none came.  May be NULL. */
    void (*hear)(void *arg, const void *bytes, size_t size, int fd);
    void *arg;
    msec  watchdog; /* a worker that does not beat for so long hangs; 0: none is watched */
    msec  patience; /* that a child has to end when it was asked to; 0: for ever          */
};

/* Run until a child ends for good.  Returns in the parent with the exit code of the
 * program, and in each child with the result of `child`: both go on from there to
 * their end.  A parent that was asked to end hears no SIGTERM, SIGINT and SIGHUP from then on.  -ERR_LIMIT or
 * -ERR_NO_MEMORY if it cannot begin. */
int supervisor_run(const struct supervisor_options *options);

#endif
