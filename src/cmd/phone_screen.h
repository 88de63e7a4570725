/* SPDX-License-Identifier: BSD-2-Clause */
/* phone_screen.h - the front of `ahoy phone` for a person at a terminal: a line to type commands
 * into, with history and completion; above it what happens; a status line with the call, its
 * time and its levels; and, while nothing is typed and there is a call, keys that act at once. */

#ifndef CMD_PHONE_SCREEN_H
#define CMD_PHONE_SCREEN_H

#include "cmd/line_editor.h"
#include "cmd/phone_seat.h"

struct phone_screen {
    struct phone_seat  *seat;
    struct line_editor *editor;
    struct timer        tick;    /* while there is a call */
    bool                typing;  /* ':' was pressed: what follows is a command */
    json_t             *account; /* the command that waits for its password    */
};

/* As phone_pipe_open and so on. */
int  phone_screen_open(struct phone_screen *p, struct phone_seat *s);
int  phone_screen_start(struct phone_screen *p);
void phone_screen_close(struct phone_screen *p);

#endif
