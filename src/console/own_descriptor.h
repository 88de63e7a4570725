/* SPDX-License-Identifier: BSD-2-Clause */
/* own_descriptor.h - standard input and output for a loop: made non-blocking without doing so
 * to those who share them (the shell its terminal, the next command of a script). */

#ifndef CONSOLE_OWN_DESCRIPTOR_H
#define CONSOLE_OWN_DESCRIPTOR_H

#include <stdbool.h>

struct own_descriptor {
    int  fd;
    bool opened; /* once more: only ours               */
    int  flags;  /* else what it had before; -1: unknown */
};

/* A pipe or terminal is opened once more; anything else (a socket, a file, or where /proc is
 * missing) is used as it is, and is as it was after the close.  `access`: O_RDONLY or O_WRONLY. */
void own_descriptor_open(struct own_descriptor *d, int fd, int access);
void own_descriptor_close(struct own_descriptor *d);

#endif
