/* SPDX-License-Identifier: BSD-2-Clause */
/* ping_run.h - what `ahoy ping` does once it knows what is wanted. */

#ifndef CMD_PING_RUN_H
#define CMD_PING_RUN_H

#include "cmd/account_file.h"
#include "net/tls_shared.h"
#include "probe/ping_summary.h"
#include "sip/write.h"
#include "stack/trace.h"

enum { PING_TOKEN = 16, PING_SLOTS = 1024 };

/* Wanted is set by the caller, all else is zero. */
struct ping {
    struct world        *world;
    struct stack        *stack;
    struct trace_writer *trace;
    struct timer         timer;
    struct gather        gather;
    const char          *target;
    char                 from[256], call_id[PING_TOKEN], tag[PING_TOKEN];
    uint32_t             count;
    msec                 interval, wait;
    bool                 json, quiet, ending;
    double               sent_at[PING_SLOTS]; /* ms, by number; only the last PING_SLOTS are waited for */
    uint32_t             sent, failed;
    int                  error; /* the last one, if nothing was answered */
    struct ping_summary  summary;

    struct ping_conditions conditions;
    ping_output_fn        *output; /* NULL: text, or JSON */
    struct account_entry   tls_options;
    struct tls_shared     *tls;
};

/* Send and wait until all is done or Ctrl-C; print; returns an exit code. */
int ping_run(struct ping *p, const char *trace);

#endif
