/* SPDX-License-Identifier: BSD-2-Clause */
/* Without transaction, answering costs no memory and a third to a half fewer instructions. */
#include "server/at_once.h"

#include "server/facts.h"

enum { CHALLENGES_TEXT = 2048 };

/* What only asks, or shows nothing; anything that needs a longer look is left to decide.c. */
static bool is_plain(const struct server *s, const struct message *request)
{
    static const enum header_id ids[] = { HEADER_REQUIRE, HEADER_PROXY_REQUIRE, HEADER_ROUTE, HEADER_AUTHORIZATION,
                                          HEADER_PROXY_AUTHORIZATION };

    if (request->flow.transport != TRANSPORT_UDP || request->to_tag.len > 0 || request->uri.user.len > 0 ||
        shared_is_draining(s->shared))
        return false;
    for (size_t i = 0; i < sizeof ids / sizeof *ids; i++)
        if (message_header(request, ids[i]) != NULL)
            return false;
    return true;
}

/* Is it certain that decide.c would come to this?  What ends here may have used up its hops. */
static bool is_decided(struct server *s, struct message *request, enum policy_kind kind)
{
    struct passage         p;
    struct policy_decision decision;
    struct reason          why;
    unsigned               status;

    if (!passage_open(s, 0, request, &p) || facts_decide(s, &p, &decision) != USER_FOUND || decision.kind != kind)
        return false;
    status = proxy_validate(request, &s->shared->loop_key, false, &why);
    return status == 0 || status == 483;
}

static bool answer_question(struct server *s, struct message *request)
{
    if (!is_decided(s, request, POLICY_SELF))
        return false;
    (void)stack_answer_stateless(s->stack, request, 200,
                                 s->offer.text.len > 0 ? s->snapshot->abilities_agreed : s->snapshot->abilities);
    return true;
}

static bool ask_for_password(struct server *s, struct message *request)
{
    char       text[CHALLENGES_TEXT];
    struct buf challenges = BUF_ON(text);

    if (!registrar_asks(s, request) || !is_decided(s, request, POLICY_REGISTER))
        return false;
    authenticator_write_challenges(s->authenticator, &challenges, HEADER_WWW_AUTHENTICATE, false);
    if (!buf_ok(&challenges))
        return false;
    counter_add(&s->world->counters.registers, 1);
    answer_note_challenge(s, request, 401, AUTH_NONE, NULL);
    (void)stack_answer_stateless(s->stack, request, 401, buf_slice(&challenges));
    return true;
}

bool at_once_answer(struct server *s, struct message *request)
{
    if (request->method == METHOD_OPTIONS)
        return is_plain(s, request) && answer_question(s, request);
    if (request->method == METHOD_REGISTER && s->config->authentication)
        return is_plain(s, request) && ask_for_password(s, request);
    return false;
}
