/* SPDX-License-Identifier: BSD-2-Clause */
/* phone_pipe.h - the front of `ahoy phone` for scripts: lines on stdin, lines on stdout, JSON or
 * as typed.  The end of stdin is the command quit. */

#ifndef CMD_PHONE_PIPE_H
#define CMD_PHONE_PIPE_H

#include "cmd/phone_seat.h"
#include "console/line_reader.h"
#include "console/line_writer.h"

struct phone_pipe {
    struct phone_seat  *seat;
    bool                json; /* else commands as typed, events and answers in words */
    struct line_reader *reader;
    struct line_writer *writer;
};

/* Sets the seat's front; its world is there, the rest is not.  An exit code, after a complaint. */
int phone_pipe_open(struct phone_pipe *p, struct phone_seat *s, bool json);
/* Begin to read: the seat is open now. */
int phone_pipe_start(struct phone_pipe *p);
/* What to exit with instead of `code`, if what was told has not been read to its end. */
int phone_pipe_close(struct phone_pipe *p, int code);

#endif
