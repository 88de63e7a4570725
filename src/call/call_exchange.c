/* SPDX-License-Identifier: BSD-2-Clause */
/* Offers and answers in the dialogs of a call, whatever message they come in: dialog/offer.h says which may. */
#include "base/error.h"
#include "call/state.h"

struct negotiation *call_negotiation(const struct call *c, const struct fork *f)
{
    if (f->negotiation != NULL)
        return f->negotiation;
    return f == c->up ? c->negotiation : NULL;
}

/* A branch that has not answered yet has our offer, if there was one. */
enum negotiation_state call_offer_state(const struct call *c, const struct fork *f)
{
    const struct negotiation *n = call_negotiation(c, f);

    if (n != NULL)
        return negotiation_state(n);
    return f->rules.ours && f->rules.described ? NEGOTIATION_OFFER_SENT : NEGOTIATION_NONE;
}

int call_answer_offer(struct call *c, struct fork *f, struct slice offer, enum offer_message message,
                      struct slice *text)
{
    struct negotiation *n = call_negotiation(c, f);
    struct sdp_fault    fault;
    int                 error = negotiation_receive_offer(n, offer, &fault);

    if (error != 0)
        return error;
    call_describe(c, false);
    c->describe_hold = f->hold;
    error            = call_make_answer(c, n, text);
    if (error == 0)
        error = call_sound_start(c, n);
    if (error != 0) {
        negotiation_rollback(n);
        return error;
    }
    c->early = f;
    offer_note(&f->rules, false, message, PART_OFFER);
    offer_note(&f->rules, true, message, PART_ANSWER);
    return 0;
}

int call_offer_again(struct call *c, struct fork *f, enum offer_message message, struct slice *text)
{
    int error;

    call_describe(c, true);
    error = call_make_offer(c, call_negotiation(c, f), text);
    if (error != 0)
        return error;
    f->offered_hold = c->wish_hold;
    offer_note(&f->rules, true, message, PART_OFFER);
    return 0;
}

int call_take_answer(struct call *c, struct fork *f, const struct message *m, enum offer_message message)
{
    struct negotiation *n = call_negotiation(c, f);
    struct sdp_fault    fault;
    int error = message_has_sdp(m) ? negotiation_receive_answer(n, message_sdp(m), &fault) : -ERR_NOT_FOUND;

    if (error == 0)
        error = call_sound_start(c, n);
    if (error != 0)
        return error;
    offer_note(&f->rules, false, message, PART_ANSWER);
    c->early = f;
    f->hold  = f->offered_hold;
    if (c->up == NULL || c->up == f)
        c->hold = f->hold;
    return 0;
}

void call_note_allow(struct fork *f, const struct message *m)
{
    struct header_values v = message_values(m, HEADER_ALLOW);
    struct slice         method;
    unsigned             allows = 0;

    if (m->cseq.method == METHOD_INVITE && message_header(m, HEADER_SUPPORTED) != NULL)
        f->joins = message_lists(m, HEADER_SUPPORTED, extension_tag(EXTENSION_JOIN));
    if (message_header(m, HEADER_ALLOW) == NULL)
        return;
    while (values_next_token(&v, &method))
        allows |= 1u << method_parse(method);
    f->allows = allows;
}

bool call_peer_allows(const struct fork *f, enum method method)
{
    return f->allows & 1u << method;
}
