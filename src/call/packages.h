/* SPDX-License-Identifier: BSD-2-Clause */
/* packages.h - the event packages that the phone knows (packages.def).  Not for anybody but call/. */

#ifndef CALL_PACKAGES_H
#define CALL_PACKAGES_H

#include "call/news.h"

struct watch;

struct package {
    struct slice name;
    const char  *accept;  /* a list of content types, as Accept has it */
    uint32_t     expires; /* seconds to ask for                        */
    /* Of what this NOTIFY says an event is made, besides the one that it has come: `event`, which has been filled with
     * who and what it is about.  False: there is nothing to tell.  `w`: whose NOTIFY it is, NULL: of nobody's.  May be
     * NULL. */
    bool (*read)(struct phone *p, struct watch *w, struct news *n, struct slice content);
    enum phone_event_kind event;
};

/* By name, byte by byte; NULL: the phone does not know it. */
const struct package *package_find(struct slice name);

#endif
