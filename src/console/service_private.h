/* SPDX-License-Identifier: BSD-2-Clause */
/* service_private.h - the inside of a service, for the files that it is made of.
 *
 *     service.c          begin and end, the store, the workers, the control socket
 *     service_reload.c   what changes while it runs: certificates, metrics, the configuration */

#ifndef CONSOLE_SERVICE_PRIVATE_H
#define CONSOLE_SERVICE_PRIVATE_H

#include "console/admin.h"
#include "console/cert_watch.h"
#include "console/control.h"
#include "console/drain.h"
#include "console/metrics.h"
#include "console/overview.h"
#include "console/reloading.h"
#include "console/service.h"
#include "console/worker.h"

struct service {
    const struct service_setup *setup;
    const struct config        *config; /* of the start; what a reload may change is in reloading.taken.now */
    struct log_writer          *log;
    struct budget               budget;
    struct name_cache          *names;
    struct rcu                 *rcu; /* that of shared: this thread has joined */
    struct workers             *all;
    struct shared              *shared;
    struct store               *store;
    struct worker               workers[WORKERS_MAX];
    struct world               *worlds[WORKERS_MAX]; /* of the workers */
    unsigned                    count;               /* of workers that have been opened */
    struct control             *control;
    struct admin                admin;
    struct overview             overview;
    struct numbers             *numbers;
    struct metrics             *metrics;      /* NULL: not configured */
    struct metrics             *next_metrics; /* of a reload that is under way */
    struct reloading            reloading;
    bool                        hung_up; /* SIGHUP came during a reload: once more */
    const struct place         *place;
    struct drain                drain;
    struct cert_watch           watch;   /* of the certificates */
    bool                        closing; /* a signal that comes now is late: what it would speak of goes */
};

/* Where a step of the start says what is wrong. */
struct problem {
    char  *text;
    size_t size;
};

/* Say what `error` means.  Returns it. */
int service_fail(const struct problem *p, int error);

/* Each once, at the start.  0, or -ERR_X with a sentence. */
int  service_open_certificates(struct service *v, const struct problem *p); /* the state folder is there */
int  service_open_metrics(struct service *v, const struct problem *p);
void service_open_reloading(struct service *v); /* the servers listen */

/* `arg` is the service.  Read the certificates again: as shared_reload_certificates. */
int service_reload_certificates(void *arg, char *problem, size_t problem_size);
/* As reloading_order. */
void service_order_reload(void *arg, const struct reloading_order *order, reloading_done_fn *done, void *done_arg);
/* SIGHUP: the log's file is opened again, and the configuration read. */
void service_on_hangup(void *arg);

#endif
