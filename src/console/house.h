/* SPDX-License-Identifier: BSD-2-Clause */
/* house.h - the walls around a server: addresses bound, a user to be, a parent.
 *
 *   house_open:  sockets of the service manager, then all that the configuration
 *                listens on; the user looked up; the state folder made and given to it
 *   house_run:   the parent (process/supervisor.h), and in its child, or alone, the
 *                user's rights, then `serve`
 *
 * All of it while there is one thread. */

#ifndef CONSOLE_HOUSE_H
#define CONSOLE_HOUSE_H

#include "console/place.h"
#include "process/privilege.h"
#include "server/config.h"

struct house {
    const struct config *config;
    struct descriptors   descriptors;
    struct identity      user;
    bool                 has_user;
};

struct house_life {
    int (*serve)(void *arg, const struct place *place);
    void (*report)(void *arg, const struct supervisor_report *r); /* in the parent */
    void *arg;
    bool  alone; /* no parent */
};

/* For people, each once: what is not as they may think. */
typedef void house_notice_fn(void *arg, const char *text);

/* Borrows `config`.  Returns 0, or -ERR_X with a sentence in `problem`; house_close in
 * any case. */
int  house_open(struct house *h, const struct config *config, unsigned workers, house_notice_fn *notice, void *arg,
                char *problem, size_t problem_size);
void house_close(struct house *h);

/* The exit code of the program: returns in the parent and in each child. */
int house_run(struct house *h, const struct house_life *life);

#endif
