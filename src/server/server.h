/* SPDX-License-Identifier: BSD-2-Clause */
/* server.h - registrar, proxy and redirect server on one stack (RFC 3261 10, 16,
 * 8.3): what one worker does.
 *
 *   stack --on_request--> dispatch --> registrar --> location, store
 *                            |    \--> redirect
 *                            |-------> proxy --> route/ decides --> client transactions
 *                            \-------> OPTIONS for the server itself
 *
 * The server owns its stack and everything under way; it borrows the world and what
 * it shares with the other workers (shared.h).  It decides nothing by
 * itself: route/ does, with a reason that goes into the log. */

#ifndef SERVER_SERVER_H
#define SERVER_SERVER_H

#include "server/shared.h"
#include "stack/stack.h"

struct server;

/* The server of worker number `worker`.  Nothing listens yet.  `trace.fn` may be NULL.
 * NULL without memory.  All of a process are made, by one thread, before the first
 * world turns. */
struct server *server_new(struct world *w, struct shared *shared, unsigned worker, const struct stack_trace *trace);
/* Stops at once; what is under way ends without a word. */
void server_free(struct server *s);

/* Be a client of the store, which has been read (shared_load): know and change what it
 * has, but listen nowhere; for a command when no server runs.  Returns 0 or -ERR_X with
 * a sentence for people in `problem`. */
int server_attach(struct server *s, char *problem, size_t problem_size);
/* After server_attach: take it that we listen where the configuration says, without doing so.  As
 * above. */
int server_assume(struct server *s, char *problem, size_t problem_size);
/* As server_attach, and listen.  `first` NULL: where the configuration says; else where that
 * worker's server does, so that a port the kernel chose is the same for all. */
int server_start(struct server *s, const struct server *first, char *problem, size_t problem_size);

/* What the store calls: a store_report_fn whose owner is the server. */
void server_on_report(void *server, uint64_t seq, int error);

struct stack    *server_stack(const struct server *s);
struct users    *server_users(const struct server *s);
struct location *server_location(const struct server *s);
/* The last changes of its bindings; it outlives the server. */
struct binding_journal *server_binding_journal(const struct server *s);
/* The addresses really listened on. */
unsigned    server_listener_count(const struct server *s);
struct flow server_listener(const struct server *s, unsigned index);
/* What it is called in messages, if the configuration says so; else empty. */
struct slice server_advertised(const struct server *s, unsigned index);

/* Requests that wait for their final response.  Any thread may ask. */
size_t server_unanswered(const struct server *s);
/* Time is up: 503 to whoever still waits, CANCEL to whom it was forwarded; this takes
 * two turns to leave. */
void server_give_up(struct server *s);

/* Requests being forwarded and answers waiting for the store: 0 when quiet. */
size_t server_alive(const struct server *s);

#endif
