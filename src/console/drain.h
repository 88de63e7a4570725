/* SPDX-License-Identifier: BSD-2-Clause */
/* drain.h - end without cutting anybody off.
 *
 *   drain_begin --> nobody waits any more ----------------------> done
 *               \-> `patience` is over, or a second request --> give_up --> a moment --> done
 *
 * Whoever begins has closed the gate (shared_drain).  A terminal sends its signal to
 * every process and the parent passes on what it hears, so requests that come together
 * are one. */

#ifndef CONSOLE_DRAIN_H
#define CONSOLE_DRAIN_H

#include "net/world.h"

enum {
    DRAIN_LOOK     = 20,  /* ms between two looks at who still waits      */
    DRAIN_TOGETHER = 500, /* ms within which two requests to end are one  */
    DRAIN_LEAVE    = 50,  /* ms for what give_up says to leave            */
};

struct drain_events {
    size_t (*waiting)(void *arg); /* requests that wait for their answer */
    void (*give_up)(void *arg);   /* tell them that there will be none   */
    void (*done)(void *arg);
};

struct drain {
    struct timer               timer;
    struct world              *world;
    const struct drain_events *events;
    void                      *arg;
    msec                       began_at, end_at;
    bool                       began, given_up;
};

/* To be zeroed before.  Called again it is a second request to end. */
void drain_begin(struct drain *d, struct world *w, msec patience, const struct drain_events *events, void *arg);
/* Harmless if it has not begun. */
void drain_stop(struct drain *d);

#endif
