/* SPDX-License-Identifier: BSD-2-Clause */
/* duty.h - what a worker's thread does for those who watch over it: its heart beats,
 * and a crash finds the Call-ID it has in hand. */

#ifndef PROCESS_DUTY_H
#define PROCESS_DUTY_H

#include "process/supervisor.h"

struct duty {
    struct heartbeat heartbeat;
    unsigned         worker;
};

/* On the worker's own thread, before it turns its loop.  Borrows the world until
 * duty_end.  Returns 0 or -ERR_NO_MEMORY. */
int  duty_begin(struct duty *d, const struct child *c, struct world *w, unsigned worker);
void duty_end(struct duty *d);

#endif
