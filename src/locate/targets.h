/* SPDX-License-Identifier: BSD-2-Clause */
/* targets.h - transport addresses to try, in order, however they come in.
 *
 * First the place of the server whose addresses they are, then the n-th of each
 * family, then the better family (RFC 7984 5, RFC 6724 2.1): so the families of one
 * server alternate, and one that does not work costs one attempt. */

#ifndef LOCATE_TARGETS_H
#define LOCATE_TARGETS_H

#include "base/address.h"
#include "sip/flow.h"

enum { LOCATE_TARGETS = 16 };

struct target {
    enum transport transport;
    struct address address;
};

struct targets {
    struct target list[LOCATE_TARGETS];
    unsigned      count;
    uint32_t      ranks[LOCATE_TARGETS]; /* private: what they are sorted by */
};

/* Add the `nth` address of its family that server number `server` has.  One that is there
 * already keeps the better of its places; the last one falls off a full list. */
void targets_add(struct targets *t, const struct target *target, unsigned server, size_t nth);

/* Nothing that server number `server`, or a later one, has could come into the list. */
bool     targets_full(const struct targets *t, unsigned server);
unsigned targets_server(const struct targets *t, unsigned index);

#endif
