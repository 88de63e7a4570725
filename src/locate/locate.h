/* SPDX-License-Identifier: BSD-2-Clause */
/* locate.h - from a URI to the transport addresses to try, in order (RFC 3263).
 *
 * A machine: it says what to ask the DNS, is told the answer, and in the end
 * holds the targets.  It asks nothing itself.
 *
 *     action = locate_start(&l, &uri, &random, supported);
 *     while (action == LOCATE_ASK)
 *         action = locate_answer(&l, ...what the DNS said of l.ask_name, l.ask_type...);
 *     LOCATE_DONE: l.targets[0 .. l.target_count - 1];  LOCATE_FAILED: l.error */

#ifndef LOCATE_LOCATE_H
#define LOCATE_LOCATE_H

#include "base/limits.h"
#include "base/random.h"
#include "base/record.h"
#include "sip/uri.h"

struct target {
    enum transport transport;
    struct address address;
};

enum locate_action { LOCATE_ASK, LOCATE_DONE, LOCATE_FAILED };

enum { LOCATE_TARGETS = 16, LOCATE_NAME = 256 };

struct locate {
    struct target    targets[LOCATE_TARGETS];
    unsigned         target_count;
    int              error; /* -ERR_NAME, -ERR_TIMEOUT, -ERR_UNSUPPORTED */

    enum record_type ask_type; /* LOCATE_ASK: what to ask; a slice into `name` */
    struct slice     ask_name;

    /* private from here on; see locate.c */
    char             name[LOCATE_NAME];
    /* ... */
};

#endif
