/* SPDX-License-Identifier: BSD-2-Clause */
/* trace_log.h - ahoy trace --log: the calls of a log, or one of them as a ladder. */

#ifndef CMD_TRACE_LOG_H
#define CMD_TRACE_LOG_H

#include "cmd/trace_print.h"

enum { TRACE_LOGS = 32 };

struct trace_log {
    const char        *files[TRACE_LOGS]; /* "-": stdin */
    size_t             count;
    const char        *call; /* NULL: list the calls */
    bool               details;
    struct trace_style style;
};

/* Returns an exit code. */
int trace_log_run(const struct trace_log *t);

#endif
