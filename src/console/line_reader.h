/* SPDX-License-Identifier: BSD-2-Clause */
/* line_reader.h - lines from a descriptor, read as they come, without ever waiting for one:
 * a pipe, a terminal, a socket or a file.
 * * The descriptor stays the caller's, and after the close is as it was (own_descriptor.h). */

#ifndef CONSOLE_LINE_READER_H
#define CONSOLE_LINE_READER_H

#include "net/world.h"

struct line_reader;

struct line_reader_events {
    /* Without its line end; valid until it returns. */
    void (*on_line)(void *arg, struct slice line);
    /* One was longer than the limit; it is skipped. */
    void (*on_too_long)(void *arg);
    /* Nothing follows: the end of the input, or it cannot be read any more. */
    void (*on_end)(void *arg);
};

/* Copies `events`.  Returns 0, -ERR_NO_MEMORY or -ERR_LIMIT.  Each callback may close the reader. */
int line_reader_open(struct world *w, int fd, size_t longest, const struct line_reader_events *events, void *arg,
                     struct line_reader **out);
/* Its memory goes in one of the next turns of the world (world_uv_turn).  NULL is allowed. */
void line_reader_close(struct line_reader *r);

#endif
