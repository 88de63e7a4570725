/* SPDX-License-Identifier: BSD-2-Clause */
#include "server/claim.h"

#include "route/third_party.h"
#include "server/asked.h"
#include "server/who.h"

/* An outcome of the search for a user that ends the check, or AUTH_OK to go on. */
static enum auth_result found(enum user_state state)
{
    switch (state) {
    case USER_WAIT:
        return AUTH_WAIT;
    case USER_FAILED:
        return AUTH_FAILED;
    case USER_FOUND:
    case USER_UNKNOWN:
        break;
    }
    return AUTH_OK;
}

static bool may_act_for(const struct server *s, const struct auth_proof *proof, struct slice domain,
                        const struct user_id *id)
{
    const struct config_list *rules = &s->config->act_for;

    return third_party_allows(rules->texts, rules->count, (struct third_party_user){ proof->user, domain },
                              (struct third_party_user){ id->name, id->domain });
}

/* "anonymous" of a domain of ours where nobody is called so, as phones of before RFC 3323 write it. */
static bool is_nobody(enum user_state state, const struct user_id *id)
{
    return state == USER_UNKNOWN && slice_eq_nocase(id->name, SLICE("anonymous"));
}

/* From is `id`, a user of ours or the name of none. */
static enum auth_result check_user(struct server *s, struct passage *p, struct auth_proof *proof, enum user_state state,
                                   const struct user_id *id)
{
    enum auth_result result = prove(s, p->request, HEADER_PROXY_AUTHORIZATION, id->domain, &p->way.uri, proof);

    if (result != AUTH_OK)
        return result;
    p->standing.acting = !slice_eq(id->name, proof->user);
    if (!p->standing.acting || is_nobody(state, id) || may_act_for(s, proof, id->domain, id))
        (void)standing_prove(&p->standing, proof->user, id->domain);
    return AUTH_OK;
}

/* The domain whose user he is, he does not say: the first one, unless what he would be called tells (RFC 3325 9.2). */
static struct slice domain_of_nameless(struct server *s, const struct message *request)
{
    struct header_values values = message_values(request, HEADER_P_PREFERRED_IDENTITY);
    struct name_addr     preferred;
    struct slice         domain;

    while (values_next_name_addr(&values, &preferred)) {
        domain = policy_domain(&s->snapshot->policy, preferred.uri.host);
        if (domain.len > 0)
            return domain;
    }
    return s->snapshot->policy.domains[0];
}

static enum auth_result check_nameless(struct server *s, struct passage *p, struct auth_proof *proof)
{
    struct slice     domain = domain_of_nameless(s, p->request);
    enum auth_result result = prove(s, p->request, HEADER_PROXY_AUTHORIZATION, domain, &p->way.uri, proof);

    if (result == AUTH_OK)
        (void)standing_prove(&p->standing, proof->user, domain);
    return result;
}

enum auth_result claim_check(struct server *s, struct passage *p, struct auth_proof *proof)
{
    const struct uri *from = &p->request->from.uri;
    struct user_id    id;
    enum user_state   state;

    if (s->asked != NULL)
        return asked_caller(s, p);
    if (!s->config->authentication || message_header(p->request, HEADER_PROXY_AUTHORIZATION) == NULL)
        return AUTH_NONE;
    if (from->scheme != URI_TEL && policy_is_nameless(from))
        return check_nameless(s, p, proof);
    if (from->scheme != URI_TEL && aor_domain(s, from).len == 0)
        return AUTH_NONE;
    state = who_is(s, from, &id);
    if (found(state) != AUTH_OK)
        return found(state);
    if (id.domain.len == 0) /* a number of nobody here */
        return AUTH_NONE;
    return check_user(s, p, proof, state, &id);
}
