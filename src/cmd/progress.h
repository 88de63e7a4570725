/* SPDX-License-Identifier: BSD-2-Clause */
/* progress.h - while something is waited for: one line on stderr that is written anew a
 * few times a second, and is gone in the end.  Only on a terminal that can do that, and
 * not beside JSON; else nothing at all. */

#ifndef CMD_PROGRESS_H
#define CMD_PROGRESS_H

#include "call/call.h"
#include "cmd/sound.h"
#include "probe/progress_line.h"

struct progress {
    struct world       *world;
    struct phone      **phone; /* may be made later */
    const struct sound *sound;
    struct timer        timer;
    bool                on, shown;
    enum progress_phase phase;
    msec                since;
    object_id           call;
    bool                held;
    char                whom[256];
};

/* Is there a terminal for it? */
bool progress_is_possible(bool json);

/* Borrows all of them. */
void progress_open(struct progress *p, struct world *w, struct phone **phone, const struct sound *sound);
void progress_close(struct progress *p);

/* What is waited for from now on; `whom` may be NULL. */
void progress_set(struct progress *p, enum progress_phase phase, const char *whom);
/* Follow a call by its events. */
void progress_note(struct progress *p, const struct phone_event *e);

/* Take the line away, before something else is printed; it comes back by itself. */
void progress_hide(struct progress *p);

#endif
