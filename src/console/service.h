/* SPDX-License-Identifier: BSD-2-Clause */
/* service.h - a whole server in one process: workers, store, trace, control socket.
 *
 * What `ahoy serve` runs.  The order of beginning and end is the point of this
 * file: the store is read before anybody listens, and what waits in its queue is
 * committed after nobody does. */

#ifndef CONSOLE_SERVICE_H
#define CONSOLE_SERVICE_H

#include "console/house.h"
#include "console/taken.h"
#include "server/certificates.h"
#include "sip/flow.h"

#include <stddef.h>

struct log_writer;
struct service;

/* What it serves by, and where a reload finds the next one. */
struct service_setup {
    struct taken taken;         /* the configuration, and what is known of those before; borrowed           */
    const char  *path;          /* of its file; NULL: there is none                                         */
    bool         path_may_lack; /* without the file the defaults are as good                                */
    /* What is logged with such a configuration; NULL: what that says. */
    void (*levels)(void *arg, const struct config *config, struct log_levels *levels);
    void *arg;
};

/* Start everything.  Borrows `setup`, `log` and `place`; SIGHUP opens the log's file again and reads the
 * configuration again (reloading.h).  Returns 0 and `*out`, or
 * -ERR_X with a sentence for people in `problem`.  0 with a sentence: it runs, but people should know this. */
int service_open(const struct service_setup *setup, struct log_writer *log, const struct place *place,
                 struct service **out, char *problem, size_t problem_size);
/* End everything: what was queued for the disk is written.  Returns 0, or -ERR_X if
 * the trace is incomplete.  NULL is fine. */
int service_close(struct service *v);

/* Serve until service_stop, SIGINT, SIGTERM or `ahoy stop`, and then until the requests
 * in progress are finished, `drain` ms at most.  The parent hears that we end.  Returns 0
 * or -ERR_NO_MEMORY. */
int service_run(struct service *v);
/* From any thread. */
void service_stop(struct service *v);

/* The addresses really listened on. */
unsigned    service_listener_count(const struct service *v);
struct flow service_listener(const struct service *v, unsigned index);
/* The certificate that the server has signed itself; NULL if it has another one, or none. */
const struct self_signed *service_self_signed(const struct service *v);
size_t                    service_user_count(const struct service *v);

#endif
