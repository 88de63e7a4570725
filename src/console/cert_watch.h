/* SPDX-License-Identifier: BSD-2-Clause */
/* cert_watch.h - warns of certificates that end, while there is time.
 *
 * At the start, after each reload and once a day: a line in the log for each one in use that ends
 * within CERT_SOON_DAYS (warning), or has ended or not begun (error).  Before it warns it has the files read
 * again: who renews them without telling the server (ahoy cert reload) is not to be caught out. */

#ifndef CONSOLE_CERT_WATCH_H
#define CONSOLE_CERT_WATCH_H

#include "net/tls_shared.h"
#include "net/world.h"

enum { CERT_WATCH_PERIOD = 86400000 /* ms */ };

struct cert_watch {
    struct world      *world;
    struct tls_shared *tls;
    struct timer       timer;
    void (*renew)(void *arg);
    void *arg;
};

/* Looks at once, without `renew`, which is called on later days only: what is in use has just
 * been read.  Borrows both until cert_watch_stop. */
void cert_watch_begin(struct cert_watch *w, struct world *world, struct tls_shared *tls, void (*renew)(void *arg),
                      void *arg);
void cert_watch_stop(struct cert_watch *w);

/* The certificates have been changed: warn of those that are in use now. */
void cert_watch_look(struct cert_watch *w);

#endif
