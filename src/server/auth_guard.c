/* SPDX-License-Identifier: BSD-2-Clause */
#include "server/auth_guard.h"

static struct attempt attempt_of(const struct message *request, struct slice user, struct slice domain)
{
    return (struct attempt){ &request->flow.remote, user, domain };
}

bool auth_guard_allow(const struct auth_guard *g, const struct message *request, struct slice user, struct slice domain,
                      msec *wait)
{
    const struct attempt t = attempt_of(request, user, domain);

    if (g->attempts == NULL || attempts_allow(g->attempts, &t, world_now(g->world), wait))
        return true;
    counter_add(&g->world->counters.auth_limited, 1);
    return false;
}

static const char *held_by(const struct attempts_news *news)
{
    if (news->source && news->user)
        return "both";
    return news->source ? "source" : "user";
}

/* Once for each source and each user, until they are forgotten; never the password's hash. */
static void log_held(const struct auth_guard *g, const struct message *request, const struct attempt *t,
                     const struct attempts_news *news)
{
    struct log_line line;
    struct log_debt debt;

    if (!log_wants(g->world->log, LOG_WARNING, LOG_PART_SERVER))
        return;
    if (!log_limit_pass(g->lines, t->source, world_now(g->world), &debt)) {
        counter_add(&g->world->counters.log_lines_skipped, 1);
        return;
    }
    log_begin(&line, g->world->log, LOG_WARNING, LOG_PART_SERVER, "password_guessing");
    log_text(&line, "held", held_by(news)); /* first what no stranger chooses: programs look for it there */
    log_address(&line, "remote", t->source);
    log_number(&line, "failures", news->failures);
    log_number(&line, "wait", (int64_t)news->delay);
    log_slice(&line, "user", t->user);
    log_slice(&line, "domain", t->domain);
    log_slice(&line, "call", request->call_id);
    log_debt_put(&line, &debt);
    log_end(&line);
}

void auth_guard_note(const struct auth_guard *g, const struct message *request, struct slice user, struct slice domain,
                     bool right)
{
    const struct attempt t = attempt_of(request, user, domain);
    struct attempts_news news;

    if (g->attempts == NULL)
        return;
    if (right) {
        attempts_proved(g->attempts, &t, world_now(g->world));
        return;
    }
    attempts_failed(g->attempts, &t, world_now(g->world), &news);
    if (news.source || news.user)
        log_held(g, request, &t, &news);
}
