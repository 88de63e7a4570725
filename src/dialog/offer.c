/* SPDX-License-Identifier: BSD-2-Clause */
#include "dialog/offer.h"

void offer_on_invite(struct offer_rules *r, bool ours, bool described)
{
    *r = (struct offer_rules){ .ours = ours, .described = described, .open = true, .carrier = IN_INVITE };
}

void offer_on_refusal(struct offer_rules *r)
{
    r->open    = false;
    r->settled = true;
    r->unacked = false;
}

void offer_on_2xx(struct offer_rules *r)
{
    r->open    = false;
    r->unacked = false;
}

void offer_on_prack(struct offer_rules *r)
{
    r->unacked = false;
}

/* A response to the INVITE that arrives: the first of them has the answer, or the offer that the INVITE
 * lacked.  `open` is the state in which the INVITE's offer waits, as seen from this side. */
static enum offer_part in_response(const struct offer_rules *r, enum negotiation_state state,
                                   enum negotiation_state open)
{
    bool idle = state == NEGOTIATION_NONE || state == NEGOTIATION_STABLE;

    if (r->settled)
        return PART_NONE;
    if (r->described)
        return state == open || state == NEGOTIATION_STABLE ? PART_ANSWER : PART_NONE;
    return idle ? PART_OFFER : PART_NONE;
}

static enum offer_part preview(const struct offer_rules *r)
{
    return r->described && !r->settled ? PART_PREVIEW : PART_NONE;
}

/* `open`: the state in which their offer waits for us, when we send; or ours for them, when we read. */
static enum offer_part answer_to(const struct offer_rules *r, enum negotiation_state state, enum negotiation_state open,
                                 enum offer_message carrier)
{
    return state == open && r->carrier == carrier ? PART_ANSWER : PART_NONE;
}

enum offer_part offer_sends(const struct offer_rules *r, enum negotiation_state state, enum offer_message message)
{
    const enum negotiation_state open = NEGOTIATION_OFFER_RECEIVED;
    bool                         free = state == NEGOTIATION_STABLE && r->settled;

    switch (message) {
    case IN_INVITE:
        return state == NEGOTIATION_NONE || (free && !r->open) ? PART_OFFER : PART_NONE;
    case IN_PROVISIONAL:
        return r->ours ? PART_NONE : preview(r);
    case IN_RELIABLE:
    case IN_2XX:
        return r->ours ? PART_NONE : in_response(r, state, open);
    case IN_ACK:
        return r->ours ? answer_to(r, state, open, IN_2XX) : PART_NONE;
    case IN_PRACK:
        if (!r->ours)
            return PART_NONE;
        return free ? PART_OFFER : answer_to(r, state, open, IN_RELIABLE);
    case IN_PRACK_2XX:
        return r->ours ? PART_NONE : answer_to(r, state, open, IN_PRACK);
    case IN_UPDATE: /* RFC 3311 5.1 */
        return free && !r->unacked ? PART_OFFER : PART_NONE;
    case IN_UPDATE_2XX:
        return answer_to(r, state, open, IN_UPDATE);
    case OFFER_MESSAGES:
        break;
    }
    return PART_NONE;
}

/* A request of theirs that would begin an exchange (RFC 3261 14.2, RFC 3311 5.2). */
static enum offer_part in_request(const struct offer_rules *r, enum negotiation_state state)
{
    if (state == NEGOTIATION_OFFER_SENT || (!r->settled && r->ours))
        return PART_GLARE;
    return state == NEGOTIATION_OFFER_RECEIVED || !r->settled ? PART_EARLY : PART_OFFER;
}

enum offer_part offer_reads(const struct offer_rules *r, enum negotiation_state state, enum offer_message message)
{
    const enum negotiation_state open = NEGOTIATION_OFFER_SENT;

    switch (message) {
    case IN_INVITE:
        return state == NEGOTIATION_NONE && !r->open ? PART_OFFER : in_request(r, state);
    case IN_PROVISIONAL:
        return r->ours ? preview(r) : PART_NONE;
    case IN_RELIABLE:
    case IN_2XX:
        return r->ours ? in_response(r, state, open) : PART_NONE;
    case IN_ACK:
        return r->ours ? PART_NONE : answer_to(r, state, open, IN_2XX);
    case IN_PRACK:
        if (r->ours)
            return PART_NONE;
        return state == NEGOTIATION_STABLE && r->settled ? PART_OFFER : answer_to(r, state, open, IN_RELIABLE);
    case IN_PRACK_2XX:
        return r->ours ? answer_to(r, state, open, IN_PRACK) : PART_NONE;
    case IN_UPDATE:
        return in_request(r, state);
    case IN_UPDATE_2XX:
        return answer_to(r, state, open, IN_UPDATE);
    case OFFER_MESSAGES:
        break;
    }
    return PART_NONE;
}

void offer_note(struct offer_rules *r, bool sent, enum offer_message message, enum offer_part part)
{
    if (part == PART_OFFER)
        r->carrier = message;
    if (sent && message == IN_RELIABLE && (part == PART_OFFER || part == PART_ANSWER))
        r->unacked = true;
    /* Of whatever began with the INVITE the answer is the end. */
    if (part == PART_ANSWER)
        r->settled = true;
}
