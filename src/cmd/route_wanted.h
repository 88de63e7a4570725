/* SPDX-License-Identifier: BSD-2-Clause */
/* route_wanted.h - is what route.explain has answered what a table wants? */

#ifndef CMD_ROUTE_WANTED_H
#define CMD_ROUTE_WANTED_H

#include "base/buf.h"
#include "cmd/case_table.h"

#include <jansson.h>

/* URIs are compared as such (RFC 3261 19.1.4); targets of one group in any order. */
bool route_is_wanted(const struct wanted *w, const json_t *explanation);

/* What came, in the words of the table. */
void route_write_outcome(struct buf *b, const json_t *explanation);

#endif
