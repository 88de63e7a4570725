/* SPDX-License-Identifier: BSD-2-Clause */
/* srv.h - the order in which to try the servers of a service (RFC 2782, "Usage
 * rules"): by priority, and within one priority by lot, weighted. */

#ifndef LOCATE_SRV_H
#define LOCATE_SRV_H

#include "base/random.h"
#include "base/record.h"

enum { SRV_NAME_MAX = 253 };

/* Is `target` the root, "." (or nothing)? */
bool srv_is_root(struct slice target);

/* Write the indexes of at most `room` usable records, the first to try first; returns
 * how many.  Not usable: another type, target ".", a name too long, port 0.  Of more
 * than LIMIT_LIST records the rest is passed over. */
size_t srv_order(const struct record *records, size_t count, const struct random *random, uint8_t *order, size_t room);

/* "The service is decidedly not available at this domain": the one target is ".".
 * Asked when srv_order found nothing. */
bool srv_refuses(const struct record *records, size_t count);

#endif
