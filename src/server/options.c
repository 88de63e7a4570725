/* SPDX-License-Identifier: BSD-2-Clause */
/* Without transaction, answering costs half the instructions and no memory. */
#include "server/options.h"

#include "server/facts.h"

/* What only asks; anything that needs a longer look is left to decide.c. */
static bool is_plain(const struct server *s, const struct message *request)
{
    static const enum header_id ids[] = { HEADER_REQUIRE, HEADER_PROXY_REQUIRE, HEADER_ROUTE, HEADER_AUTHORIZATION,
                                          HEADER_PROXY_AUTHORIZATION };

    if (request->method != METHOD_OPTIONS || request->flow.transport != TRANSPORT_UDP || request->to_tag.len > 0 ||
        request->uri.user.len > 0 || s->offer.text.len > 0 || shared_is_draining(s->shared))
        return false;
    for (size_t i = 0; i < sizeof ids / sizeof *ids; i++)
        if (message_header(request, ids[i]) != NULL)
            return false;
    return true;
}

bool options_at_once(struct server *s, struct message *request)
{
    struct passage         p;
    struct policy_decision decision;
    struct reason          why;
    unsigned               status;

    if (!is_plain(s, request) || !passage_open(s, 0, request, &p) || facts_decide(s, &p, &decision) != USER_FOUND ||
        decision.kind != POLICY_SELF)
        return false;
    status = proxy_validate(request, &s->shared->loop_key, false, &why);
    if (status != 0 && status != 483) /* what ends here may have used up its hops */
        return false;
    (void)stack_answer_stateless(s->stack, request, s->snapshot->abilities);
    return true;
}
