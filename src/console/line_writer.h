/* SPDX-License-Identifier: BSD-2-Clause */
/* line_writer.h - lines to a descriptor whose reader may be slow: what it does not take waits
 * up to a limit, then whole lines are left out and counted.  Nothing here ever waits. */

#ifndef CONSOLE_LINE_WRITER_H
#define CONSOLE_LINE_WRITER_H

#include "net/world.h"

struct line_writer;

struct line_writer_events {
    /* There is room again, after so many lines had to be left out.  May put lines. */
    void (*on_dropped)(void *arg, unsigned long count);
    /* Nobody reads any more; what is put from now on is forgotten. */
    void (*on_broken)(void *arg);
};

/* At most `limit` bytes wait.  Returns 0, -ERR_NO_MEMORY or -ERR_LIMIT. */
int line_writer_open(struct world *w, int fd, size_t limit, const struct line_writer_events *events, void *arg,
                     struct line_writer **out);
/* Waits `patience` ms at most for what still waits to be taken; false: not all of it was, or nobody has read for
 * a while.  Its memory goes in one of the next turns of the world.  NULL is allowed. */
bool line_writer_close(struct line_writer *l, msec patience);

/* A line with its LF, as a whole or not at all. */
void line_writer_put(struct line_writer *l, struct slice line);

#endif
