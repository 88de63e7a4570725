/* SPDX-License-Identifier: BSD-2-Clause */
/* load.h - a load generator: many users agents at once, as lean as the rules allow.
 *
 *   CONNECT -> PROBE -> PREPARE -> RUN -> DRAIN -> CLEAN -> DONE
 *      |         |         |        |       |        |
 *      |         |         |        |       |        REGISTER with Expires: 0
 *      |         |         |        |       what is begun ends
 *      |         |         |        operations, by the plan's pace (pace.h)
 *      |         |         our callees REGISTER
 *      |         one OPTIONS: nobody is shot at who does not answer it
 *      sockets and connections
 *
 * Callers and callees live in one process and meet through the server, each by sockets
 * of his own.  One operation is one `struct attempt` (attempt.h), one call answered one
 * `struct answered` (callee.c); both are used again and again.
 *
 * Stands on the world alone, with the parts of the stack that are calculation: messages,
 * digest, the client transaction machines, how a request inside a dialog is written.
 * Server transactions, RFC 3263, connection reuse and dialogs kept are not used
 * (docs/decisions/0059). */

#ifndef LOAD_LOAD_H
#define LOAD_LOAD_H

#include "load/plan.h"
#include "load/tally.h"
#include "net/world.h"

struct load;
struct tls_shared;

enum load_phase {
    LOAD_CONNECT,
    LOAD_PROBE,
    LOAD_PREPARE,
    LOAD_RUN,
    LOAD_DRAIN,
    LOAD_CLEAN,
    LOAD_DONE,
};

/* What the generator asks of whoever runs it. */
struct load_host {
    uint64_t (*now_us)(void *arg); /* monotonic: milliseconds of it are world_now's */
    /* Call load_tick at this time; 0: no longer. */
    void (*wake_at)(void *arg, uint64_t us);
    /* Another phase has begun; `counting` begins and ends within LOAD_RUN. */
    void (*on_phase)(void *arg, enum load_phase phase);
    void (*on_counting)(void *arg, bool counting);
    void *arg;
};

struct load_setup {
    const struct load_plan *plan;     /* borrowed */
    struct address          server;   /* with its port */
    struct address          local;    /* where to send from; with a port: the first way's, the next has the next */
    struct slice            password; /* of all users; borrowed, empty: none */
    struct tls_shared      *tls;      /* borrowed; NULL but for TLS and WSS  */
    struct load_host        host;
};

/* Borrows the world.  NULL without memory. */
struct load *load_new(struct world *w, const struct load_setup *setup);
void         load_free(struct load *l);

/* Open what is needed and go.  Returns 0 or what world_udp_open and channel_connect say. */
int load_start(struct load *l);

/* What wake_at was about. */
void load_tick(struct load *l);

/* Begin nothing new, and end in order; a second time: at once. */
void load_stop(struct load *l);

enum load_phase load_phase(const struct load *l);
/* Why it ended before LOAD_RUN: 0, -ERR_TIMEOUT (nobody answered the probe), what a
 * connection came to, -ERR_PERMISSION: callees could not register. */
int load_error(const struct load *l);
/* Operations in progress. */
uint32_t load_in_progress(const struct load *l);
/* Whoever shows progress may clear `recent`. */
struct tally *load_tally(struct load *l);

#endif
