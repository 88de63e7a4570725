/* SPDX-License-Identifier: BSD-2-Clause */
/* The registrar (RFC 3261 10.3): route/binding decides, RAM changes at once, and
 * the 200 waits for the commit that holds what it acknowledges.  This file asks who it
 * is and whose bindings they are; registrar_update.c changes RAM, registrar_store.c
 * the store. */
#include "server/registrar.h"

#include "route/gruu.h"
#include "route/third_party.h"
#include "server/abuse.h"
#include "server/agreement.h"
#include "server/merged.h"
#include "server/user_hold.h"
#include "server/who.h"

/* ---- who asks ---- */

/* Credentials are those of who is responsible for the request, whom From names (10.2); but if
 * that is none of ours, of who is to be registered. */
static const struct uri *sender_of(struct server *s, const struct message *request)
{
    return who_may_be(s, &request->from.uri) ? &request->from.uri : &request->to.uri;
}

/* A number that is nobody's: as with any user who does not exist, there is somebody to be asked
 * for a password. */
static struct slice domain_of(struct server *s, const struct user_id *id)
{
    return id->domain.len > 0 ? id->domain : s->snapshot->policy.domains[0];
}

/* Each his own bindings, and those that third_party says. */
static bool may_register(struct server *s, const struct registering *r)
{
    const struct config_list *rules = &s->config->third_party;
    struct third_party_user   who   = { r->proof.user, domain_of(s, r->sender) };
    struct third_party_user   whom  = { r->whom.name, r->whom.domain };

    if (whom.user.len == 0)
        return false;
    return (slice_eq(who.user, whom.user) && slice_eq_nocase(who.domain, whom.domain)) ||
           third_party_allows(rules->texts, rules->count, who, whom);
}

/* 10.3 steps 3 and 4.  True: go on; false: answered, or held. */
static bool is_allowed(struct server *s, struct registering *r)
{
    static const struct reason other   = { "users may change only their own bindings", "RFC 3261 10.3 step 4" };
    static const struct reason list    = { "the proof is not for the list of mechanisms", "RFC 3329 2.2" };
    const struct message      *request = r->request;
    enum auth_result           result  = AUTH_NONE;

    r->proved = s->config->authentication;
    if (!r->proved)
        return true;
    if (message_header(request, HEADER_AUTHORIZATION) != NULL)
        result = prove(s, request, HEADER_AUTHORIZATION, domain_of(s, r->sender), NULL, &r->proof);
    if (result == AUTH_OK && !agreement_is_proved(s, request, &r->proof)) {
        agreement_refuse(s, r->txn, request, &list);
        return false;
    }
    if (result == AUTH_OK && may_register(s, r))
        return abuse_user_admits(s, r->txn, request, r->proof.user, domain_of(s, r->sender));
    if (result == AUTH_WAIT)
        user_hold(s, r->txn, r->request);
    else if (result == AUTH_OK)
        answer(s, r->txn, 403, &other);
    else
        answer_unproved(s, r->txn, 401, result, &r->proof);
    return false;
}

/* ---- whose bindings ---- */

static bool has_key(struct server *s, struct slice key)
{
    bool has;

    rcu_enter(s->shared->rcu);
    has = key.len > 0 && location_find(s->shared->location, key) != NULL;
    rcu_leave(s->shared->rcu);
    return has;
}

/* Nobody is looked for in vain: who gives no password will be asked for one, whoever he is;
 * and where none is needed, a name that has bindings is no alias, nor is any where there are none. */
static bool is_to_be_looked_for(struct server *s, const struct registering *r)
{
    if (s->config->authentication)
        return message_header(r->request, HEADER_AUTHORIZATION) != NULL;
    return users_may_have_aliases(s->shared->users) && !has_key(s, r->key);
}

/* Where there are no aliases everybody is whom he is called, and if there is no such user, his password will be wrong:
 * 2 % of the instructions of a REGISTER with one. */
static enum user_state find(struct server *s, const struct uri *uri, struct slice domain, struct user_id *id)
{
    if (users_may_have_aliases(s->shared->users))
        return who_is_in(s, uri, domain, id);
    who_is_called(uri, domain, id);
    return USER_UNKNOWN;
}

/* Before anybody proves anything, since a nonce is good for that only once.  Most phones register
 * themselves: who is named twice is looked for once. */
static enum user_state find_both(struct server *s, struct registering *r)
{
    const struct uri *to    = &r->request->to.uri, *sender;
    enum user_state   state = find(s, to, to->scheme == URI_TEL ? SLICE("") : r->domain, &r->whom);

    if (state == USER_FOUND && r->whom.by_alias) {
        r->key    = who_key(s, &r->whom, r->memory);
        r->domain = gruu_domain(r->key);
    }
    if (state == USER_WAIT || state == USER_FAILED || slice_eq(r->request->from.uri.text, to->text))
        return state;
    sender = sender_of(s, r->request);
    if (sender == to)
        return state;
    r->sender = &r->other;
    return find(s, sender, sender->scheme == URI_TEL ? SLICE("") : aor_domain(s, sender), &r->other);
}

/* 10.3 step 5: aliases stand for their user.  False: answered, or held. */
static bool find_whom(struct server *s, struct registering *r)
{
    r->whom.name = r->whom.domain = SLICE("");
    r->sender                     = &r->whom;
    if (!is_to_be_looked_for(s, r))
        return true;
    switch (find_both(s, r)) {
    case USER_FOUND:
    case USER_UNKNOWN:
        return true;
    case USER_WAIT:
        user_hold(s, r->txn, r->request);
        break;
    case USER_FAILED:
        answer_retry_later(s, r->txn, 503, SLICE(""));
        break;
    }
    return false;
}

/* ---- what is asked for ---- */

const struct domain_rules *registrar_rules(const struct server *s, struct slice key)
{
    return snapshot_rules(s->snapshot, gruu_domain(key));
}

/* 8.2.2.2, behind 8.2's first step: who has been overheard and is said again hears, as ever, that his
 * nonce has been used, and who was asked for a password may come again with the same CSeq.
 * False: answered. */
static bool is_first(struct server *s, object_id txn, const struct message *request)
{
    static const struct reason merged = { "it came another way already", "RFC 3261 8.2.2.2" };
    uint64_t                   mark   = merged_mark(&s->shared->loop_key, request);
    bool                       first  = !merged_is_known(s->merged, s->stack, mark, txn);

    if (!first)
        answer(s, txn, 482, &merged);
    else
        merged_note(s->merged, mark, txn);
    return first;
}

/* A Request-URI that names an address of ours names none of our domains, so that any of them will do. */
static bool is_asked_in(struct server *s, const struct message *request, struct slice domain)
{
    struct slice asked;

    if (slice_eq(request->uri.host, request->to.uri.host))
        return true;
    asked = policy_domain(&s->snapshot->policy, request->uri.host);
    return asked.len == 0 || slice_eq(asked, domain);
}

/* 10.3 step 5.  A telephone number is of no domain. */
static bool is_valid_for_domain(struct server *s, const struct message *request, struct slice domain, bool has_key)
{
    if (request->to.uri.scheme == URI_TEL)
        return who_may_be(s, &request->to.uri);
    if (!has_key || request->to.uri.user.len == 0)
        return false;
    if (gruu_is_user(request->to.uri.user, &s->shared->gruu_keys, s->hasher))
        return false;
    return is_asked_in(s, request, domain);
}

/* Whoever has a name so long that it may not fit into a key is looked at more closely. */
bool registrar_asks(struct server *s, const struct message *request)
{
    const struct uri *to     = &request->to.uri;
    struct slice      domain = aor_domain(s, to);
    bool              is_sip = to->scheme == URI_SIP || to->scheme == URI_SIPS;

    return is_valid_for_domain(s, request, domain,
                               is_sip && domain.len > 0 && sizeof "sip:@" + to->user.len + domain.len <= AOR_TEXT);
}

/* Which domains are ours is no secret, so what is in none of them is refused before anybody is asked who
 * he is: nothing that he could prove would help. */
void registrar_request(struct server *s, object_id txn, struct message *request)
{
    static const struct reason foreign = { "To is no user of the domain in the Request-URI", "RFC 3261 10.3 step 5" };
    static const struct reason nobodys = { "To is a number of nobody here", "RFC 3261 10.3 step 5" };
    struct registering         r; /* large: only what is used is set */

    counter_add(&s->world->counters.registers, s->times_held == 0);
    r.txn     = txn;
    r.request = request;
    r.domain  = aor_domain(s, &request->to.uri);
    r.key     = aor_in(&request->to.uri, r.domain, r.memory);
    if (!answer_understood(s, txn, request)) /* 10.3 step 2 */
        return;
    if (!is_valid_for_domain(s, request, r.domain, r.key.len > 0)) {
        answer(s, txn, 404, &foreign);
        return;
    }
    if (!find_whom(s, &r) || !is_allowed(s, &r))
        return;
    if (r.key.len == 0) {
        answer(s, txn, 404, &nobodys);
        return;
    }
    if (!is_first(s, txn, request))
        return;
    r.rules = snapshot_rules(s->snapshot, r.domain);
    register_terms_read(request, s->config->path_without_support, &r.terms);
    if (r.terms.status != 0)
        registrar_answer_terms(s, &r);
    else
        registrar_update(s, &r);
}
