/* SPDX-License-Identifier: BSD-2-Clause */
/* listening.h - where all workers of a server listen: each address has a place, which is the index
 * of its listener in every worker's stack.
 *
 *     free --plan--> opening --begin--> open --plan without it, begin--> closing --> free
 *                       |                ^                                 |
 *                       +-- give up      +---------- planned again --------+
 *
 * Datagram sockets close when no transaction needs them, in each worker in its own time: a place is
 * free again when no worker has the socket any more.  The first worker's thread plans; the workers
 * do what the plan says, each on its own. */

#ifndef SERVER_LISTENING_H
#define SERVER_LISTENING_H

#include "server/config.h"
#include "stack/stack.h"

#include <stdatomic.h>

enum { LISTENING_PLACES = STACK_PLACES };

struct server;

enum place_state { PLACE_FREE, PLACE_OPENING, PLACE_OPEN, PLACE_CLOSING };

/* But for the bits it is the first worker's thread's. */
struct listening_place {
    enum place_state     state;
    bool                 was_closing; /* while it is opening: give it back */
    enum transport       transport;
    struct address       requested;
    atomic_uint_fast64_t holders;   /* bits: the workers who have its socket          */
    atomic_uint_fast64_t needed_by; /* bits, while it is closing: whose transactions need it */
};

struct listening {
    struct listening_place places[LISTENING_PLACES];
};

/* One address of a configuration, and its place. */
struct planned_listener {
    struct config_listen listen; /* its slices are the configuration's; advertise is that of all, if it has none */
    unsigned             place;
    bool                 is_new;
};

struct listening_plan {
    struct planned_listener list[LISTENING_PLACES];
    unsigned                count;
    uint32_t                closing; /* bits: places that are to be closed */
};

/* ---- at the start ---- */

/* The first worker listens as configured, the others where it does.  0, or -ERR_X with a sentence. */
int listening_start(struct server *s, char *problem, size_t problem_size);
int listening_join(struct server *s, const struct server *first, char *problem, size_t problem_size);

/* Take it that the configured addresses are listened on, without doing so. */
int listening_assume(struct server *s, char *problem, size_t problem_size);

/* ---- a reload; the first worker's thread ---- */

/* Where each address of `c` is to have its place.  Returns 0, or -ERR_LIMIT with a sentence if there are more
 * addresses than places, some of which may still be closing.  Then end it by one of the next two. */
int listening_plan(struct listening *l, const struct config *c, struct listening_plan *plan, char *problem,
                   size_t problem_size);
/* It does not exist on this host, and may be left out. */
void listening_leave_out(struct listening *l, struct listening_plan *plan, unsigned index);
void listening_begin(struct listening *l, const struct listening_plan *plan);
void listening_give_up(struct listening *l, const struct listening_plan *plan);

/* Closed by all workers since the last time: told one by one, false at the end. */
bool listening_closed(struct listening *l, enum transport *transport, struct address *address);
/* Does an open place use this address by that kind of socket? */
bool listening_uses(const struct listening *l, enum transport transport, const struct address *address);

/* ---- a reload; each worker ---- */

/* Open what is new: all of it, or nothing.  0, or -ERR_X with a sentence. */
int listening_open(struct server *s, const struct listening_plan *plan, char *problem, size_t problem_size);
/* All that is planned is what the server listens on, with the names and demands of the plan; the rest closes. */
void listening_take(struct server *s, const struct listening_plan *plan);
/* What is new closes again. */
void listening_drop(struct server *s, const struct listening_plan *plan);

#endif
