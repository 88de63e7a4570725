/* SPDX-License-Identifier: BSD-2-Clause */
/* The registrar (RFC 3261 10.3): route/binding decides, RAM changes at once, and
 * the 200 waits for the commit that holds what it acknowledges.  This file asks who it
 * is and whose bindings they are; registrar_update.c changes RAM, registrar_store.c
 * the store. */
#include "server/registrar.h"

#include "route/gruu.h"
#include "route/third_party.h"

/* ---- who asks ---- */

/* Credentials are those of who is responsible for the request, whom From names (10.2); but if
 * that is none of ours, of who is to be registered. */
static struct slice domain_of_sender(struct server *s, const struct message *request)
{
    struct slice domain = aor_domain(s, &request->from.uri);

    return domain.len > 0 ? domain : aor_domain(s, &request->to.uri);
}

/* Each his own bindings, and those that third_party says. */
static bool may_register(struct server *s, const struct auth_proof *proof, const struct message *request)
{
    const struct config_list *rules = &s->config->third_party;
    char                      text[AOR_TEXT];
    struct buf                user = BUF_ON(text);
    struct third_party_user   who  = { proof->user, domain_of_sender(s, request) };
    struct third_party_user   whom = { SLICE(""), aor_domain(s, &request->to.uri) };

    uri_write_unescaped(&user, request->to.uri.user);
    if (!buf_ok(&user))
        return false;
    whom.user = buf_slice(&user);
    return (slice_eq(who.user, whom.user) && slice_eq(who.domain, whom.domain)) ||
           third_party_allows(rules->texts, rules->count, who, whom);
}

/* 10.3 steps 3 and 4.  True: go on; false: answered. */
static bool is_allowed(struct server *s, struct registering *r)
{
    static const struct reason other   = { "users may change only their own bindings", "RFC 3261 10.3 step 4" };
    const struct message      *request = r->request;
    enum auth_result           result;

    r->proved = s->config->authentication;
    if (!r->proved)
        return true;
    result = prove(s, request, HEADER_AUTHORIZATION, domain_of_sender(s, request), NULL, &r->proof);
    if (result == AUTH_OK && may_register(s, &r->proof, request))
        return true;
    if (result == AUTH_OK)
        answer(s, r->txn, 403, &other);
    else
        answer_unproved(s, r->txn, 401, result, &r->proof);
    return false;
}

/* ---- what is asked for ---- */

const struct domain_rules *registrar_rules(const struct server *s, struct slice key)
{
    return domain_rules_find(s->shared->rules, s->shared->policy.domain_count, gruu_domain(key));
}

/* 10.3 step 2.  False: answered. */
static bool is_understood(struct server *s, object_id txn, const struct message *request)
{
    static const struct reason broken = { "Require cannot be read", "RFC 3261 20.32" };
    char                       lines[1024];
    struct buf                 unsupported = BUF_ON(lines);
    unsigned                   status      = register_terms_require(request, &unsupported);

    if (status == 420)
        answer_unsupported(s, txn, buf_slice(&unsupported));
    else if (status != 0)
        answer(s, txn, status, &broken);
    return status == 0;
}

/* 10.3 step 5.  A Request-URI that names an address of ours names none of our domains, so that
 * any of them will do. */
static bool is_valid_for_domain(struct server *s, const struct registering *r)
{
    struct slice asked = policy_domain(&s->shared->policy, r->request->uri.host);

    if (r->key.len == 0 || r->request->to.uri.user.len == 0)
        return false;
    if (gruu_is_user(r->request->to.uri.user, &s->shared->gruu_keys, s->hasher))
        return false;
    return asked.len == 0 || slice_eq(asked, aor_domain(s, &r->request->to.uri));
}

/* Which domains are ours is no secret, so what is in none of them is refused before anybody is asked who
 * he is: nothing that he could prove would help. */
void registrar_request(struct server *s, object_id txn, struct message *request)
{
    static const struct reason foreign = { "To is no user of the domain in the Request-URI", "RFC 3261 10.3 step 5" };
    struct registering         r; /* large: only what is used is set */

    counter_add(&s->world->counters.registers, 1);
    r.txn     = txn;
    r.request = request;
    r.key     = aor_of(s, &request->to.uri, r.memory);
    if (!is_understood(s, txn, request))
        return;
    if (!is_valid_for_domain(s, &r)) {
        answer(s, txn, 404, &foreign);
        return;
    }
    if (!is_allowed(s, &r))
        return;
    r.rules = registrar_rules(s, r.key);
    register_terms_read(request, s->config->path_without_support, &r.terms);
    if (r.terms.status != 0)
        registrar_answer_terms(s, &r);
    else
        registrar_update(s, &r);
}
