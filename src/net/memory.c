/* SPDX-License-Identifier: BSD-2-Clause */
#include "net/memory.h"

static const char *const levels[] = {
    [BUDGET_NORMAL] = "normal", [BUDGET_HIGH] = "high", [BUDGET_CRITICAL] = "critical"
};

static const char *const answers[] = {
    [BUDGET_NORMAL]   = "all requests are served",
    [BUDGET_HIGH]     = "new requests are refused with 503",
    [BUDGET_CRITICAL] = "only responses and requests within dialogs pass",
};

static void log_level_change(struct world *w, enum budget_level from, enum budget_level to)
{
    struct budget_figures total = budget_total(w->memory->budget);
    struct log_line       line;

    if (!log_begin(&line, w->log, to > from ? LOG_WARNING : LOG_NOTICE, LOG_PART_NET, "memory_level"))
        return;
    log_text(&line, "level", levels[to]);
    log_text(&line, "was", levels[from]);
    log_number(&line, "bytes", (int64_t)total.bytes);
    log_number(&line, "limit", (int64_t)total.limit);
    log_text(&line, "so", answers[to]);
    log_end(&line);
}

void memory_end_turn(struct world *w)
{
    enum budget_level from, to;

    if (w->memory == NULL)
        return;
    budget_flush(w->memory);
    if (budget_level_changed(w->memory->budget, &from, &to))
        log_level_change(w, from, to);
}
