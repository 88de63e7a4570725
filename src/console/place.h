/* SPDX-License-Identifier: BSD-2-Clause */
/* place.h - where a server lives: what it gets from the process around it, and tells it.
 *
 *     parent: its list of bound sockets <--- what a reload binds or drops --- child: its own list
 *        | fork, after a crash
 *        +--> the next child finds the sockets of the configuration that was in force
 *
 * The parent gets each socket itself, by the socket to its child (child_tell). */

#ifndef CONSOLE_PLACE_H
#define CONSOLE_PLACE_H

#include "net/descriptors.h"
#include "process/supervisor.h"
#include "server/config.h"

struct place {
    struct descriptors *descriptors;
    const struct child *child;
};

/* Sockets for `l`, one for each worker, unless they are there; the parent gets them, too.  An address in use may
 * be one that the parent has yet to hear of that we have dropped it: that is waited for, a tenth of a second at most.
 * Returns 0, or -ERR_X as descriptors_bind, with a sentence. */
int place_bind(const struct place *p, const struct config_listen *l, unsigned workers, char *problem,
               size_t problem_size);
/* Nobody listens there any more. */
void place_drop(const struct place *p, enum transport transport, const struct address *address);
/* For a child that begins with another configuration than its parent: all of it is bound, and nothing else.
 * What is not on this host is left out if `config` listens where all do.  As place_bind. */
int place_fit(const struct place *p, const struct config *config, unsigned workers, char *problem, size_t problem_size);

/* In the parent: what a child has told of its sockets.  Takes `fd`. */
void place_hear(struct descriptors *d, const void *bytes, size_t size, int fd);

#endif
