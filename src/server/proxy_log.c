/* SPDX-License-Identifier: BSD-2-Clause */
#include "server/proxy_log.h"

#include "sip/peek.h"

void proxy_log_forward(struct server *s, const struct passage *p, unsigned targets, unsigned groups)
{
    const struct policy_decision *d = p->decision;
    struct log_line               line;

    if (s->asked != NULL || d == NULL || !log_begin(&line, s->world->log, LOG_INFO, LOG_PART_PROXY, "forwarded"))
        return;
    log_slice(&line, "call", p->request->call_id);
    log_slice(&line, "method", p->request->method_text);
    peek_log_masked(&line, "uri", p->way.uri.text);
    log_text(&line, "why", d->why.text);
    log_text(&line, "rule", d->why.rule);
    if (p->trunk != NULL)
        log_slice(&line, "trunk", p->trunk->name);
    if (d->route != NULL) {
        log_slice(&line, "route", d->route->domain);
        log_number(&line, "line", d->route->line);
    }
    log_number(&line, "targets", targets);
    log_number(&line, "groups", groups);
    log_end(&line);
}

static enum log_level level_of(const struct context *c)
{
    return c->several || c->rc.count > 1 ? LOG_INFO : LOG_DEBUG;
}

void proxy_log_branch(const struct context *c, const struct passage *p, unsigned index, const struct route_target *t)
{
    struct log_line line;

    if (!log_begin(&line, c->server->world->log, level_of(c), LOG_PART_PROXY, "branch"))
        return;
    log_slice(&line, "call", p->request->call_id);
    log_number(&line, "branch", index + 1);
    log_number(&line, "group", t->group + 1);
    peek_log_masked(&line, "uri", t->uri);
    if (t->why.text != NULL)
        log_text(&line, "why", t->why.text);
    if (t->why.rule != NULL)
        log_text(&line, "rule", t->why.rule);
    log_end(&line);
}

/* RFC 3261 16.7 items 5 and 6. */
static const char *why_it(unsigned status)
{
    if (status < 300)
        return "a 2xx is the answer";
    return status >= 600 ? "a 6xx is the answer" : "the best response of all branches";
}

void proxy_log_answer(const struct context *c, unsigned branch, unsigned status)
{
    const struct message *response = c->branches[branch].response;
    struct log_line       line;

    if (status < 200 || !log_begin(&line, c->server->world->log, level_of(c), LOG_PART_PROXY, "answered"))
        return;
    log_slice(&line, "call", response->call_id);
    log_slice(&line, "method", response->cseq.method_text);
    log_number(&line, "status", status);
    log_number(&line, "branch", branch + 1);
    log_number(&line, "branches", c->rc.count);
    log_text(&line, "why", why_it(status));
    log_text(&line, "rule", "RFC 3261 16.7");
    log_end(&line);
}

void proxy_log_late(struct server *s, const struct message *response)
{
    struct log_line line;

    if (!log_begin(&line, s->world->log, LOG_DEBUG, LOG_PART_PROXY, "answered"))
        return;
    log_slice(&line, "call", response->call_id);
    log_slice(&line, "method", response->cseq.method_text);
    log_number(&line, "status", response->status);
    log_text(&line, "why", "one more 2xx");
    log_text(&line, "rule", "RFC 6026 7.3");
    log_end(&line);
}
