/* SPDX-License-Identifier: BSD-2-Clause */
/* trace_print.h - a ladder, for people or as JSON lines. */

#ifndef CMD_TRACE_PRINT_H
#define CMD_TRACE_PRINT_H

#include "stack/ladder.h"
#include "stack/log_reader.h"

#include <stdio.h>

struct trace_style {
    FILE             *out; /* where it is drawn */
    enum ladder_style pens;
    bool              json;
    bool              has_time; /* false: a log without times, only the order is known */
};

void trace_print_head(const struct ladder *l, const struct trace_style *style);
void trace_print_arrow(const struct ladder *l, size_t i, const struct trace_style *style);
/* `start`: the time of the first arrow. */
void trace_print_event(const struct log_event *e, uint64_t start, const struct trace_style *style);
void trace_print_calls(const struct log_call *const *calls, size_t count, const struct trace_style *style);

#endif
