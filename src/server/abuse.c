/* SPDX-License-Identifier: BSD-2-Clause */
#include "server/abuse.h"

#include "server/ban_list.h"
#include "server/limiter.h"
#include "server/registrar.h"
#include "server/trunk.h"

/* ---- limits ---- */

static unsigned status_of(const struct limit_rule *rule)
{
    return rule->answer == LIMIT_SAY_403 ? 403 : 503;
}

static void log_limited(struct server *s, const struct message *request, struct slice limit)
{
    struct log_line line;
    struct log_debt debt;

    if (!log_wants(s->world->log, LOG_NOTICE, LOG_PART_SERVER))
        return;
    if (!log_limit_pass(&s->log_limit, &request->flow.remote, world_now(s->world), &debt)) {
        counter_add(&s->world->counters.log_lines_skipped, 1);
        return;
    }
    log_begin(&line, s->world->log, LOG_NOTICE, LOG_PART_SERVER, "limited");
    log_slice(&line, "limit", limit);
    log_address(&line, "remote", &request->flow.remote);
    log_slice(&line, "method", request->method_text);
    log_slice(&line, "call", request->call_id);
    log_debt_put(&line, &debt);
    log_end(&line);
}

/* Without a transaction: what is too much is to cost as little as can be.  Who is allowed everything is looked for
 * only now, so that others need not be.  True: he is. */
static bool refuse(struct server *s, const struct message *request, enum limiter_verdict verdict,
                   const struct limit_rule *rule)
{
    if (abuse_allows(s->snapshot->abuse, &request->flow.remote))
        return true;
    if (verdict == LIMITER_SAYS_NOTHING || rule->answer == LIMIT_DROP || request->method == METHOD_ACK) {
        counter_add(&s->world->counters.limited_dropped, 1);
        return false;
    }
    counter_add(&s->world->counters.limited_answered, 1);
    log_limited(s, request, rule->name);
    stack_reply_stateless(s->stack, request, status_of(rule), SLICE(""));
    return false;
}

static bool is_about(const struct limit_rule *rule, const struct message *request)
{
    return rule->methods == 0 || (rule->methods >> request->method & 1) != 0;
}

/* A user who has lately proved himself there has a bucket of his own when that of the source is
 * empty: whoever shares his address cannot shut him out. */
static bool is_known_there(struct server *s, const struct message *request)
{
    char                 memory[USER_NAME_MAX];
    struct buf           name  = BUF_ON(memory);
    const struct attempt t     = { &request->flow.remote, SLICE(""), aor_domain(s, &request->from.uri) };
    struct attempt       known = t;
    struct limited       who;

    if (s->shared->attempts == NULL || known.domain.len == 0)
        return false;
    uri_write_unescaped(&name, request->from.uri.user);
    known.user = buf_ok(&name) ? buf_slice(&name) : SLICE("");
    if (!attempts_knows(s->shared->attempts, &known, world_now(s->world)))
        return false;
    who = (struct limited){ &request->flow.remote, known.user, known.domain };
    return limiter_take(s->shared->limiter, &s->snapshot->abuse->known, &who, world_now(s->world)) == LIMITER_PASSES;
}

static bool passes(struct server *s, const struct message *request, const struct limit_rule *rule,
                   const struct limited *who)
{
    enum limiter_verdict verdict =
        who->name.len == 0 ? purse_take(&s->purse, s->shared->limiter, rule, who->source, world_now(s->world))
                           : limiter_take(s->shared->limiter, rule, who, world_now(s->world));

    if (verdict == LIMITER_PASSES || (rule == s->snapshot->abuse->of_source && is_known_there(s, request)))
        return true;
    return refuse(s, request, verdict, rule);
}

uint32_t abuse_unasked(uint32_t limit, unsigned workers)
{
    return limit / (8 * workers) + 1;
}

static bool has_room(struct server *s, const struct message *request)
{
    static const struct limit_rule once_a_second = {
        .name = SLICE_INIT("max_peer_transactions"), .key = 2, .interval = 1, .burst = 0
    };
    const uint32_t       limit = s->snapshot->abuse->peer_transactions;
    const uint32_t       part  = abuse_unasked(limit, s->workers);
    const struct limited who   = { &request->flow.remote, SLICE(""), SLICE("") };

    if (stack_peer_load(s->stack, &request->flow.remote, part) < limit)
        return true;
    if (refuse(s, request, limiter_take(s->shared->limiter, &once_a_second, &who, world_now(s->world)), &once_a_second))
        return true;
    counter_add(&s->world->counters.peer_transactions_refused, 1);
    return false;
}

static bool passes_all(struct server *s, const struct message *request, enum limit_per per, const struct limited *who)
{
    const struct abuse_rules *rules = s->snapshot->abuse;

    for (size_t i = 0; i < rules->limit_count; i++)
        if (rules->limits[i].per == per && is_about(&rules->limits[i], request) &&
            !passes(s, request, &rules->limits[i], who))
            return false;
    return true;
}

bool abuse_admits(struct server *s, const struct message *request)
{
    const struct address *source = &request->flow.remote;
    const struct limited  who    = { source, SLICE(""), SLICE("") };
    const struct trunk   *trunk;
    struct limited        name = { NULL, SLICE(""), SLICE("trunk") };

    trunk = trunk_of(s, &request->flow);
    if (trunk == NULL)
        return has_room(s, request) && passes_all(s, request, PER_SOURCE, &who);
    name.name = trunk->name;
    return passes_all(s, request, PER_TRUNK, &name);
}

static bool user_passes(struct server *s, object_id txn, const struct limit_rule *rule, const struct limited *who)
{
    static const struct reason why     = { "this user has sent too many requests", "ahoy.conf limit" };
    msec                       now     = world_now(s->world);
    enum limiter_verdict       verdict = limiter_take(s->shared->limiter, rule, who, now);

    if (verdict == LIMITER_PASSES)
        return true;
    counter_add(&s->world->counters.limited_answered, 1);
    if (status_of(rule) == 403)
        answer(s, txn, 403, &why);
    else
        answer_retry_after(s, txn, 503, SLICE(""), (unsigned)(rule->interval / 1000000) + 1, &why);
    return false;
}

bool abuse_user_admits(struct server *s, object_id txn, const struct message *request, struct slice user,
                       struct slice domain)
{
    const struct abuse_rules *rules = s->snapshot->abuse;
    const struct limited      who   = { NULL, user, domain };

    if ((rules->pers >> PER_USER & 1) == 0 || s->asked != NULL || abuse_allows(rules, &request->flow.remote))
        return true;
    for (size_t i = 0; i < rules->limit_count; i++)
        if (rules->limits[i].per == PER_USER && is_about(&rules->limits[i], request) &&
            !user_passes(s, txn, &rules->limits[i], &who))
            return false;
    return true;
}

/* ---- scanners ---- */

static const char *const what_it_did[SCAN_KINDS] = {
    [SCAN_UNKNOWN]   = "asked for many users who do not exist",
    [SCAN_GUESSED]   = "gave wrong passwords for many users",
    [SCAN_REFUSED]   = "sent many requests that are not allowed",
    [SCAN_MALFORMED] = "sent many messages that cannot be read",
};

/* A ban of one who was made to look so would shut out users. */
static bool is_spared(struct server *s, const struct flow *flow)
{
    const struct address *source = &flow->remote;

    return abuse_allows(s->snapshot->abuse, source) || trunk_of(s, flow) != NULL ||
           (s->shared->attempts != NULL && attempts_knows_source(s->shared->attempts, source, world_now(s->world)));
}

void abuse_note(struct server *s, const struct flow *flow, enum scan_kind kind, struct slice what)
{
    const struct config    *c        = s->config;
    const struct scan_rules rules    = { c->scanner_window,
                                         { [SCAN_UNKNOWN]   = c->scanner_unknown,
                                           [SCAN_GUESSED]   = c->scanner_guessed,
                                           [SCAN_REFUSED]   = c->scanner_refused,
                                           [SCAN_MALFORMED] = c->scanner_malformed } };
    const bool              datagram = flow->transport == TRANSPORT_UDP;

    if (c->scanner_ban == 0 || s->asked != NULL || s->explain != NULL)
        return;
    if (scanners_note(s->shared->scanners, &rules, &flow->remote, datagram, kind, what, world_now(s->world)) &&
        !is_spared(s, flow))
        ban_list_earn(s, &flow->remote, datagram, what_it_did[kind]);
}

void abuse_note_answer(struct server *s, const struct message *request, unsigned status)
{
    if (status == 403)
        abuse_note(s, &request->flow, SCAN_REFUSED, SLICE(""));
    else if (status == 404)
        abuse_note(s, &request->flow, SCAN_UNKNOWN,
                   request->method == METHOD_REGISTER ? request->to.uri.user : request->uri.user);
}
