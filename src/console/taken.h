/* SPDX-License-Identifier: BSD-2-Clause */
/* taken.h - the configuration in force, and the one before it, kept in the state folder for as long as the
 * program lives: a child that is started again after a crash goes on with it, not with what its parent read at
 * the start nor with a file that is being edited, and can go back to the one before.
 *
 * A file "configuration" with mode 0600: a line of numbers, then the name and text of either. */

#ifndef CONSOLE_TAKEN_H
#define CONSOLE_TAKEN_H

#include "server/config.h"

struct taken {
    unsigned             number; /* of configurations since the start, this one counted */
    uint64_t             at;     /* when it was taken, ms since 1970; 0: at the start */
    const struct config *now;    /* held                                                */
    const struct config *before; /* held; NULL: there is none                           */
};

/* Written whole or not at all.  Returns 0, -ERR_PERMISSION, -ERR_DISK_FULL or -ERR_IO. */
int taken_write(const struct taken *t);

/* What `start`, the configuration that the program was started with, has in its state folder.  Returns 0,
 * -ERR_NOT_FOUND if nothing is kept, -ERR_CORRUPT, or an error of reading or of config_parse. */
int taken_read(const struct config *start, struct taken *t);

/* The program begins: nothing that is kept is of its life. */
void taken_forget(const struct config *start);

/* Drop both configurations. */
void taken_fini(struct taken *t);

#endif
