/* SPDX-License-Identifier: BSD-2-Clause */
/* Responses that the server makes itself. */
#include "route/register_terms.h"
#include "server/abilities.h"
#include "server/abuse.h"
#include "server/asked.h"
#include "sip/peek.h"

/* Anybody can make us refuse: a flood of requests is not to become a flood of lines. */
void answer_log_at(struct server *s, enum log_level level, const struct message *request, unsigned status,
                   const struct reason *why)
{
    struct log_line line;
    struct log_debt debt;

    if (s->asked != NULL) {
        asked_reason(s->asked, why);
        return;
    }
    if (!log_wants(s->world->log, level, LOG_PART_SERVER))
        return;
    if (!log_limit_pass(&s->log_limit, &request->flow.remote, world_now(s->world), &debt)) {
        counter_add(&s->world->counters.log_lines_skipped, 1);
        return;
    }
    log_begin(&line, s->world->log, level, LOG_PART_SERVER, "answered");
    log_slice(&line, "call", request->call_id);
    log_slice(&line, "method", request->method_text);
    peek_log_masked(&line, "uri", request->uri_text);
    log_address(&line, "remote", &request->flow.remote);
    log_number(&line, "status", status);
    log_text(&line, "why", why->text);
    log_text(&line, "rule", why->rule);
    log_debt_put(&line, &debt);
    log_end(&line);
}

void answer_log(struct server *s, const struct message *request, unsigned status, const struct reason *why)
{
    answer_log_at(s, LOG_INFO, request, status, why);
}

/* A response in the making; false if its transaction is over. */
bool answer_begin(struct server *s, object_id txn, struct gather *g, unsigned status, struct slice reason)
{
    struct message *request = stack_server_request(s->stack, txn);

    if (request == NULL)
        return false;
    gather_init(g);
    write_response_head(g, request, status, reason, stack_server_tag(s->stack, txn));
    return true;
}

void answer_end_with(struct server *s, object_id txn, struct gather *g, unsigned status, struct slice type,
                     struct slice body)
{
    gather_body(g, type, body);
    if (stack_respond(s->stack, txn, status, g) != 0 && !gather_ok(g))
        stack_reply(s->stack, txn, 513, SLICE(""));
}

void answer_end(struct server *s, object_id txn, struct gather *g, unsigned status)
{
    answer_end_with(s, txn, g, status, SLICE(""), SLICE(""));
}

void answer(struct server *s, object_id txn, unsigned status, const struct reason *why)
{
    struct message *request = stack_server_request(s->stack, txn);

    if (request == NULL)
        return;
    answer_log(s, request, status, why);
    abuse_note_answer(s, request, status);
    counter_add(&s->world->counters.requests_refused, 1);
    stack_reply(s->stack, txn, status, SLICE(""));
}

static struct slice warning_text(unsigned warning)
{
    return warning == WARNING_SIPS_NOT_ALLOWED ? SLICE("SIPS Not Allowed") : SLICE("SIPS Required");
}

static void put_warning(struct server *s, struct gather *g, unsigned warning)
{
    size_t      mark = gather_mark(g);
    struct buf *b    = &g->scratch;

    buf_put(b, SLICE("Warning: "));
    buf_put_number(b, warning);
    buf_put_byte(b, ' ');
    buf_put(b, s->snapshot->policy.domains[0]);
    buf_put(b, SLICE(" \""));
    buf_put(b, warning_text(warning));
    buf_put(b, SLICE("\"\r\n"));
    gather_written(g, mark);
}

/* RFC 3261 21.4.18: the reason phrase should say why the user is not available. */
static struct slice reason_of(const struct policy_decision *d)
{
    return d->status == 480 ? slice_from(d->why.text) : SLICE("");
}

static void put_allow(const struct server *s, struct gather *g)
{
    size_t mark = gather_mark(g);

    abilities_write_allow(&g->scratch, s->config);
    gather_written(g, mark);
}

void answer_policy(struct server *s, object_id txn, const struct policy_decision *d)
{
    struct gather g;

    if (!answer_begin(s, txn, &g, d->status, reason_of(d)))
        return;
    answer_log(s, stack_server_request(s->stack, txn), d->status, &d->why);
    abuse_note_answer(s, stack_server_request(s->stack, txn), d->status);
    counter_add(&s->world->counters.requests_refused, 1);
    if (d->warning != 0)
        put_warning(s, &g, d->warning);
    if (d->status == 405) /* RFC 3261 8.2.1 */
        put_allow(s, &g);
    answer_end(s, txn, &g, d->status);
}

void answer_retry_after(struct server *s, object_id txn, unsigned status, struct slice reason, unsigned seconds,
                        const struct reason *why)
{
    struct message *request = stack_server_request(s->stack, txn);
    struct gather   g;

    if (!answer_begin(s, txn, &g, status, reason))
        return;
    answer_log(s, request, status, why);
    gather_header_number(&g, HEADER_RETRY_AFTER, seconds);
    answer_end(s, txn, &g, status);
}

void answer_retry_later(struct server *s, object_id txn, unsigned status, struct slice reason)
{
    static const struct reason why = { "no room or no store at the moment", "RFC 3261 21.5.4" };

    answer_retry_after(s, txn, status, reason, RETRY_AFTER, &why);
}

void answer_unsupported(struct server *s, object_id txn, struct slice headers)
{
    static const struct reason why     = { "an extension is required that is not known", "RFC 3261 8.2.2.3" };
    struct message            *request = stack_server_request(s->stack, txn);
    struct gather              g;

    if (!answer_begin(s, txn, &g, 420, SLICE("")))
        return;
    answer_log(s, request, 420, &why);
    gather_put(&g, headers);
    answer_end(s, txn, &g, 420);
}

/* RFC 3261 8.2.2.3, for what ends here. */
bool answer_understood(struct server *s, object_id txn, const struct message *request)
{
    static const struct reason broken = { "Require cannot be read", "RFC 3261 20.32" };
    char                       lines[1024];
    struct buf                 unsupported = BUF_ON(lines);
    unsigned                   status      = register_terms_require(request, s->offer.text.len > 0, &unsupported);

    if (status == 420)
        answer_unsupported(s, txn, buf_slice(&unsupported));
    else if (status != 0)
        answer(s, txn, status, &broken);
    return status == 0;
}

/* RFC 3261 11.2: what this server can do, for those who ask it and not a user. */
void answer_options(struct server *s, object_id txn)
{
    struct message *request = stack_server_request(s->stack, txn);
    struct gather   g;

    if (request == NULL || !answer_understood(s, txn, request))
        return;
    if (!answer_begin(s, txn, &g, 200, SLICE("")))
        return;
    gather_put(&g, s->offer.text.len > 0 ? s->snapshot->abilities_agreed : s->snapshot->abilities);
    answer_end(s, txn, &g, 200);
}
