/* SPDX-License-Identifier: BSD-2-Clause */
#include "cmd/phone_log.h"

#include "base/log_parse.h"

#include <stdio.h>
#include <string.h>

enum { LINE_MAX_READ = 2048 };

static void on_line(void *arg, enum log_level level, struct slice line)
{
    char              memory[LINE_MAX_READ];
    struct log_fields fields;
    struct slice      to;

    (void)arg;
    (void)level;
    if (line.len > sizeof memory || !log_parse(line, memory, &fields) ||
        !slice_eq(log_field(&fields, "event"), SLICE("connection_fault")))
        return;
    to = log_field(&fields, "to");
    if (to.len == 0)
        to = log_field(&fields, "from");
    fprintf(stderr, "ahoy: %.*s %.*s: %.*s\n", SLICE_ARG(log_field(&fields, "transport")), SLICE_ARG(to),
            SLICE_ARG(log_field(&fields, "why")));
}

void phone_log_init(struct phone_log *l)
{
    memset(l, 0, sizeof *l);
    log_levels_init(&l->levels, LOG_ERROR);
    (void)log_levels_set(&l->levels, "net", LOG_NOTICE); /* it exists */
    l->log.levels = &l->levels;
    l->log.sink   = on_line;
}
