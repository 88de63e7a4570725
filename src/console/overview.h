/* SPDX-License-Identifier: BSD-2-Clause */
/* overview.h - a whole server seen from outside: where the numbers of its workers and
 * of what they share come from. */

#ifndef CONSOLE_OVERVIEW_H
#define CONSOLE_OVERVIEW_H

#include "console/control.h"
#include "console/log_writer.h"
#include "console/numbers.h"
#include "server/shared.h"

/* Borrows everything. */
struct overview {
    const struct shared *shared;
    struct store        *store;
    struct world *const *worlds; /* one for each worker; numbers belong to the first */
    unsigned             world_count;
    struct log_writer   *log;     /* NULL: there is none */
    struct control      *control; /* NULL: there is none */
    struct budget       *memory;  /* NULL: nobody accounts for it */
};

/* Of numbers_new; `o` must live as long. */
struct numbers_source overview_source(struct overview *o);

/* The high-water marks of all workers and of the store begin anew. */
void overview_forget_high(const struct overview *o);

/* {"queued", "limit", "high", "oldest_msec", "committed", "commits", "failures",
 *  "refused", "error", "last_error"}: the errors null or {"error", "message"}. */
json_t *overview_store_to_json(const struct overview *o);

/* {"level", "total": {"bytes", "limit", "high", "percent", "refused"}, "accounts": {name: {"bytes",
 * "high", "percent"}}}: percent of the limit of all.  Null if nobody accounts for memory. */
json_t *overview_memory_to_json(const struct overview *o);

#endif
