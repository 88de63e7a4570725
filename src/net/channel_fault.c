/* SPDX-License-Identifier: BSD-2-Clause */
#include "net/channel_private.h"

#include "net/tls.h"
#include "net/websocket.h"

static const char *const kind_names[] = { "tcp", "tls", "ws", "wss" };

/* The one line about a channel that ends badly, as often as its peer may cause one. */
static void report(struct channel *c, const char *why, unsigned code)
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
    if (code != 0)
        log_number(&line, "code", code);
    log_debt_put(&line, &debt);
    log_end(&line);
}

void fault_of_tls(struct channel *c, const struct tls_fault *f)
{
    report(c, f->text, 0); /* it has been counted */
}

static struct counter *websocket_counter(struct counters *all, enum websocket_fault_kind kind)
{
    switch (kind) {
    case WEBSOCKET_HANDSHAKE:
        return &all->websocket_faults_handshake;
    case WEBSOCKET_PROTOCOL:
        return &all->websocket_faults_protocol;
    case WEBSOCKET_TOO_LARGE:
        return &all->websocket_faults_too_large;
    case WEBSOCKET_NO_MEMORY:
        break;
    }
    return &all->no_memory;
}

void fault_of_websocket(struct channel *c, const struct websocket_fault *f)
{
    counter_add(websocket_counter(&c->all->world->counters, f->kind), 1);
    report(c, f->text, f->code);
}

void fault_of_time(struct channel *c)
{
    struct counters *counters = &c->all->world->counters;

    if (c->state == CHANNEL_OPENING) {
        counter_add(&counters->handshakes_late, 1);
        report(c, "its handshake was not over in time", 0);
    } else {
        counter_add(&counters->messages_late, 1);
        report(c, "no whole message came in time", 0);
    }
}

void fault_of_cut(struct channel *c)
{
    counter_add(&c->all->world->counters.handshakes_cut, 1);
    if (c->heard || !c->accepted)
        report(c, "it left before its handshake was over", 0);
}

void fault_of_stall(struct channel *c)
{
    report(c, "it takes nothing of what is sent to it", 0);
}
