/* SPDX-License-Identifier: BSD-2-Clause */
#include "server/number_rules.h"

#include "sip/peek.h"

/* Nobody who has proved nothing is taken for anybody, but where nothing has to be proved. */
static struct number_caller caller_of(struct server *s, const struct passage *p, char memory[USER_NAME_MAX])
{
    const struct uri *from  = &p->request->from.uri;
    struct slice      trunk = p->trunk != NULL ? p->trunk->name : SLICE("");
    struct buf        name  = buf_on(memory, USER_NAME_MAX);
    bool              taken = !s->config->authentication || (p->trunk != NULL && p->trunk->trusted);

    if (p->standing.authenticated)
        return (struct number_caller){ standing_user(&p->standing), standing_domain(&p->standing), trunk };
    uri_write_unescaped(&name, from->user);
    if (taken && buf_ok(&name) && aor_domain(s, from).len > 0)
        return (struct number_caller){ buf_slice(&name), aor_domain(s, from), trunk };
    return (struct number_caller){ .trunk = trunk };
}

static void log_rule(struct server *s, const struct passage *p, const struct number_rule *rule, struct slice to)
{
    struct log_line line;

    if (!log_begin(&line, s->world->log, to.len > 0 ? LOG_INFO : LOG_NOTICE, LOG_PART_PROXY, "number"))
        return;
    log_slice(&line, "call", p->request->call_id);
    peek_log_masked(&line, "uri", p->way.uri.text);
    log_slice(&line, "name", rule->name);
    if (to.len > 0)
        peek_log_masked(&line, "to", to);
    log_text(&line, "rule", "policy: number");
    log_end(&line);
}

static struct policy_decision refuse(unsigned status, const char *text)
{
    return (struct policy_decision){ .kind = POLICY_ANSWER, .status = status, .why = REASON(text, "policy: number") };
}

static enum number_outcome follow(struct server *s, struct passage *p, const struct number_rule *by,
                                  struct slice result, struct policy_decision *decision)
{
    struct buf   uri    = BUF_ON(p->number_text);
    struct slice domain = aor_domain(s, &p->way.uri);

    if (domain.len == 0)
        domain = s->snapshot->policy.domains[0];
    if (!number_write_uri(&uri, result, by, &p->way.uri, domain)) {
        *decision = refuse(500, "what a number rule makes is no URI");
        log_rule(s, p, by, SLICE(""));
        return NUMBER_FAILED;
    }
    log_rule(s, p, by, buf_slice(&uri));
    passage_redirect(s, p, buf_slice(&uri));
    return NUMBER_CHANGED;
}

enum number_outcome number_rules_follow(struct server *s, struct passage *p, struct policy_decision *decision)
{
    const struct policy      *policy = &s->snapshot->policy;
    char                      memory[3][NUMBER_TEXT];
    struct slice              number = number_of_uri(&p->way.uri, memory[0]), result;
    struct number_caller      caller = caller_of(s, p, memory[1]);
    const struct number_rule *by;
    enum number_outcome       outcome;

    p->standing.numbered = true;
    if (number.len == 0 && p->way.uri.user.len > 0) { /* routes would take what rules have not seen */
        *decision = refuse(414, "the number is too long for number rules");
        return NUMBER_REJECTED;
    }
    if (number.len == 0)
        return NUMBER_SAME;
    outcome = number_rules_apply(policy->number_rules, policy->number_rule_count, number, &caller, memory[2], &result,
                                 &by, p->explain);
    switch (outcome) {
    case NUMBER_SAME:
        break;
    case NUMBER_CHANGED:
        return follow(s, p, by, result, decision);
    case NUMBER_REJECTED:
        *decision = refuse(by->reject, "a number rule rejects it");
        break;
    case NUMBER_FAILED:
        *decision = refuse(500, "a number rule takes too long, or makes too much of it");
        log_rule(s, p, by, SLICE(""));
        break;
    }
    return outcome;
}
