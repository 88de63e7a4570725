/* SPDX-License-Identifier: BSD-2-Clause */
/* config_changes.h - what differs between two configurations, key by key, for people.
 *
 *     max_contacts                  10            -> 5
 *     route "other.test"            (none)        -> { to = {'sip:192.0.2.1'} }
 *     order of the number sections  'out', 'in'   -> 'in', 'out'                        */

#ifndef SERVER_CONFIG_CHANGES_H
#define SERVER_CONFIG_CHANGES_H

#include "server/config.h"

/* Texts live until the function that is told returns. */
struct config_change {
    const char *what;           /* the key, or the key and title of a section          */
    const char *before, *after; /* as in a file; NULL: there is no such section        */
    bool        needs_restart;  /* a reload cannot take it (config_key_needs_restart)  */
};

typedef void config_change_fn(void *arg, const struct config_change *change);

/* In the order of config.def.  Returns 0 or -ERR_NO_MEMORY, when not all has been told. */
int config_changes(const struct config *before, const struct config *after, config_change_fn *fn, void *arg);

#endif
