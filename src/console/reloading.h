/* SPDX-License-Identifier: BSD-2-Clause */
/* reloading.h - `ahoy reload` and SIGHUP: the configuration is read again, looked at as a whole, and taken by all
 * workers, or by none.
 *
 *     read, parsed, checked; keys that need a restart; certificates; all that is made of it;
 *     addresses bound; the service's own part (events.prepare)        any "no": nothing has changed
 *        | server/reload.h: all workers are ready
 *     kept in the state folder for the next child (taken.h), certificates in use
 *        | all workers have taken it
 *     events.take, addresses that are no longer used closed, answered
 *
 * On the first worker's thread, which is the main one.  One reload at a time. */

#ifndef CONSOLE_RELOADING_H
#define CONSOLE_RELOADING_H

#include "console/place.h"
#include "console/taken.h"
#include "server/certificates.h"
#include "server/reload.h"

#include <jansson.h>

struct reloading_events {
    /* `next` will be in force soon: get ready.  Returns 0, or -ERR_X with a sentence. */
    int (*prepare)(void *arg, const struct config *next, char *problem, size_t problem_size);
    /* It is, instead of `before`; both live until this returns, and `next` until the next take. */
    void (*take)(void *arg, const struct config *next, const struct config *before);
    /* It will not be, after prepare: as before. */
    void (*give_up)(void *arg);
};

struct reloading_order {
    bool        dry_run, undo;
    const char *path; /* of the file; NULL: the one that the program was started with */
};

/* Told once for each order: takes `answer`, {"taken", "dry_run", "file", "number", "changes": [...],
 * "problems": [...], "error": name or null}; NULL without memory. */
typedef void reloading_done_fn(void *arg, json_t *answer);

struct reloading {
    struct taken                   taken;
    const char                    *path; /* what is read; NULL: nothing but the defaults                    */
    bool                           path_may_lack;
    struct shared                 *shared;
    struct world                  *world;
    const struct place            *place;
    const struct reloading_events *events;
    void                          *arg;
    struct server                 *servers[RELOAD_WORKERS];
    unsigned                       count;
    struct timer                   closing; /* while addresses are being closed */
    struct reload                  reload;

    /* Of the order that is under way. */
    const struct config     *next;
    struct certificates_read certificates;
    json_t                  *answer;
    reloading_done_fn       *done;
    void                    *done_arg;
};

/* Begin with what is in force: holds both configurations of `taken`.  The rest has been filled in by the caller,
 * who keeps it where it is. */
void reloading_begin(struct reloading *r, const struct taken *taken);
/* No worker turns any more, and the servers are still there.  An order under way is answered. */
void reloading_end(struct reloading *r);

/* Is an order under way? */
static inline bool reloading_is_busy(const struct reloading *r)
{
    return r->answer != NULL;
}

/* Carry it out; `done` is called at once or later. */
void reloading_order(struct reloading *r, const struct reloading_order *order, reloading_done_fn *done, void *arg);

#endif
