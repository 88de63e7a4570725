/* SPDX-License-Identifier: BSD-2-Clause */
/* offline.h - a server that listens nowhere, in the process of a command: the database opened by ourselves
 * because no server runs, or none at all.  The same methods as those of a running one do the work
 * (console/admin.h).
 *
 *     struct offline o = { .admin = { .config = config } };
 *     error = offline_open(&o, OFFLINE_DATABASE, problem, sizeof problem);
 *     ...
 *     offline_close(&o);           also after an error */

#ifndef CMD_OFFLINE_H
#define CMD_OFFLINE_H

#include "console/admin.h"

enum offline_store {
    OFFLINE_DATABASE, /* that of the configuration, under its lock; made if there is none */
    OFFLINE_READING,  /* the same, but if there is none, none is made: it is as if it were empty */
    OFFLINE_EMPTY,    /* none: nothing is known, and nothing kept */
};

struct offline {
    struct world  *world;
    struct shared *shared;
    struct server *server; /* it takes itself to listen where the configuration says */
    struct store  *store;
    struct admin   admin; /* `config` is the caller's, the rest is made */
};

/* 0, or -ERR_X with a sentence for people. */
int  offline_open(struct offline *o, enum offline_store store, char *problem, size_t problem_size);
void offline_close(struct offline *o);

/* One turn of its world, asleep for `longest` ms at most; tells its time. */
msec offline_turn(struct offline *o, msec longest);

#endif
