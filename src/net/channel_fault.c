/* SPDX-License-Identifier: BSD-2-Clause */
#include "net/channel_private.h"

static const char *const kind_names[] = { "tcp", "tls", "ws", "wss" };

void channel_report(struct channel *c, const char *why)
{
    struct channels *all = c->all;
    struct log_debt  debt;
    struct log_line  line;

    if (!log_wants(all->world->log, LOG_NOTICE, LOG_PART_NET))
        return;
    if (!log_limit_pass(&all->log_limit, &c->remote, world_now(all->world), &debt)) {
        counter_add(&all->world->counters.log_lines_skipped, 1);
        return;
    }
    if (!log_begin(&line, all->world->log, LOG_NOTICE, LOG_PART_NET, "connection_fault"))
        return;
    log_text(&line, "transport", kind_names[c->kind]);
    log_address(&line, c->accepted ? "from" : "to", &c->remote);
    log_text(&line, "why", why);
    log_debt_put(&line, &debt);
    log_end(&line);
}
