/* SPDX-License-Identifier: BSD-2-Clause */
/* notify.h - tell the service manager how things are (sd_notify(3)).
 *
 * A datagram of NAME=VALUE lines to the socket that NOTIFY_SOCKET names; if there
 * is none, every call does nothing.  Decision record 0011 says why this is not
 * libsystemd. */

#ifndef PROCESS_NOTIFY_H
#define PROCESS_NOTIFY_H

#include "base/msec.h"

#include <stdbool.h>

struct notify {
    int  fd;       /* -1: nobody listens                                    */
    msec watchdog; /* a ping is expected within this (WATCHDOG_USEC), 0: no */
};

/* Reads the environment and takes the three names out of it, so that no child
 * speaks for us. */
void notify_init(struct notify *n);
void notify_fini(struct notify *n);

/* "READY=1", "STOPPING=1", "WATCHDOG=1", "STATUS=..." or several, one a line.  What
 * cannot be sent is dropped: nothing here depends on it. */
void notify_send(const struct notify *n, const char *text);
void notify_status(const struct notify *n, const char *format, ...) __attribute__((format(printf, 2, 3)));

#endif
