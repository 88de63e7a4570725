/* SPDX-License-Identifier: BSD-2-Clause */
/* listener.h - a TCP socket that accepts connections.
 *
 * When the process has no descriptors left, a listener rests for ACCEPT_PAUSE
 * and tries again: the kernel's queue keeps the callers meanwhile, and a loop
 * that spun on a socket it cannot accept from would help nobody.  The functions
 * are those of net/world.h and promise the same. */

#ifndef NET_LISTENER_H
#define NET_LISTENER_H

#include "net/stream.h"

enum { ACCEPT_PAUSE = 200 }; /* ms */

int  listener_open(struct stream_hub *hub, const struct address *local, accept_fn *on_accept, void *owner,
                   struct listener **out);
void listener_close(struct listener *l);

struct address listener_local(const struct listener *l);

/* For stream_hub_fini. */
void listener_close_all(struct stream_hub *hub);

#endif
