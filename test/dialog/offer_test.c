/* SPDX-License-Identifier: BSD-2-Clause */
#include "dialog/offer.h"

#include "support/test.h"

/* One side of a dialog, with as much of a negotiation as the rules ask for. */
struct side {
    struct offer_rules     rules;
    enum negotiation_state state;
    bool                   agreed; /* once: a rollback leads to STABLE */
};

/* Send it with a description, if it may have one; what it was for the sender. */
static enum offer_part say(struct side *from, enum offer_message message)
{
    enum offer_part part = offer_sends(&from->rules, from->state, message);

    if (part == PART_OFFER)
        from->state = NEGOTIATION_OFFER_SENT;
    else if (part == PART_ANSWER || part == PART_PREVIEW)
        from->state = NEGOTIATION_STABLE;
    from->agreed |= from->state == NEGOTIATION_STABLE;
    offer_note(&from->rules, true, message, part);
    return part;
}

static enum offer_part hear(struct side *to, enum offer_message message)
{
    enum offer_part part = offer_reads(&to->rules, to->state, message);

    if (part == PART_OFFER)
        to->state = NEGOTIATION_OFFER_RECEIVED;
    else if (part == PART_ANSWER || part == PART_PREVIEW)
        to->state = NEGOTIATION_STABLE;
    to->agreed |= to->state == NEGOTIATION_STABLE;
    offer_note(&to->rules, false, message, part);
    return part;
}

/* From one to the other at once: both must mean the same by it. */
static enum offer_part pass(struct side *from, struct side *to, enum offer_message message)
{
    enum offer_part sent = say(from, message);

    if (sent != PART_NONE)
        CHECK_INT(sent, hear(to, message));
    return sent;
}

static void invite(struct side *caller, struct side *callee, bool described)
{
    offer_on_invite(&caller->rules, true, described);
    offer_on_invite(&callee->rules, false, described);
    if (!described)
        return;
    caller->state = NEGOTIATION_OFFER_SENT;
    callee->state = NEGOTIATION_OFFER_RECEIVED;
}

static void accept_invite(struct side *caller, struct side *callee)
{
    offer_on_2xx(&caller->rules);
    offer_on_2xx(&callee->rules);
}

/* RFC 6337 table 1, pattern 1 */
TEST(offer_in_invite_answer_in_2xx)
{
    struct side a = { 0 }, b = { 0 };

    invite(&a, &b, true);
    CHECK_INT(PART_ANSWER, pass(&b, &a, IN_2XX));
    accept_invite(&a, &b);
    CHECK_INT(PART_NONE, say(&a, IN_ACK));
    CHECK_INT(PART_OFFER, pass(&b, &a, IN_UPDATE));
    CHECK_INT(PART_ANSWER, pass(&a, &b, IN_UPDATE_2XX));
}

/* Pattern 2 */
TEST(offer_in_2xx_answer_in_ack)
{
    struct side a = { 0 }, b = { 0 };

    invite(&a, &b, false);
    CHECK_INT(PART_NONE, say(&b, IN_PROVISIONAL));
    CHECK_INT(PART_OFFER, pass(&b, &a, IN_2XX));
    accept_invite(&a, &b);
    CHECK_INT(PART_NONE, say(&b, IN_UPDATE));
    CHECK_INT(PART_ANSWER, pass(&a, &b, IN_ACK));
    CHECK_INT(PART_OFFER, pass(&a, &b, IN_UPDATE));
}

/* Pattern 3, and RFC 3262 5: the first reliable response has the offer; with patterns 4 and 5 behind it. */
TEST(offer_in_a_reliable_response_answer_in_prack)
{
    struct side a = { 0 }, b = { 0 };

    invite(&a, &b, false);
    CHECK_INT(PART_OFFER, pass(&b, &a, IN_RELIABLE));
    CHECK_INT(PART_NONE, say(&b, IN_2XX));
    CHECK_INT(PART_ANSWER, pass(&a, &b, IN_PRACK));
    offer_on_prack(&b.rules);
    CHECK_INT(PART_NONE, say(&b, IN_RELIABLE));
    CHECK_INT(PART_OFFER, pass(&a, &b, IN_PRACK));
    CHECK_INT(PART_ANSWER, pass(&b, &a, IN_PRACK_2XX));
    CHECK_INT(PART_OFFER, pass(&b, &a, IN_UPDATE));
    CHECK_INT(PART_ANSWER, pass(&a, &b, IN_UPDATE_2XX));
    CHECK_INT(PART_NONE, say(&b, IN_2XX));
    accept_invite(&a, &b);
    CHECK_INT(PART_NONE, say(&a, IN_ACK));
}

/* RFC 3311 5.1: the callee only behind the PRACK, the caller at once. */
TEST(an_answer_in_a_reliable_response_opens_the_way_for_update)
{
    struct side a = { 0 }, b = { 0 };

    invite(&a, &b, true);
    CHECK_INT(PART_NONE, say(&a, IN_UPDATE));
    CHECK_INT(PART_NONE, say(&b, IN_UPDATE));
    CHECK_INT(PART_ANSWER, pass(&b, &a, IN_RELIABLE));
    CHECK_INT(PART_NONE, say(&b, IN_UPDATE));
    CHECK_INT(PART_OFFER, pass(&a, &b, IN_UPDATE));
    CHECK_INT(PART_ANSWER, pass(&b, &a, IN_UPDATE_2XX));
    offer_on_prack(&b.rules);
    CHECK_INT(PART_OFFER, pass(&b, &a, IN_UPDATE));
}

/* RFC 3261 13.2.1: the copy in an unreliable response settles nothing. */
TEST(a_preview_leaves_the_answer_to_what_arrives)
{
    struct side a = { 0 }, b = { 0 };

    invite(&a, &b, true);
    CHECK_INT(PART_PREVIEW, pass(&b, &a, IN_PROVISIONAL));
    CHECK_INT(PART_NONE, say(&a, IN_UPDATE));
    CHECK_INT(PART_NONE, say(&b, IN_UPDATE));
    CHECK_INT(PART_ANSWER, pass(&b, &a, IN_2XX));
    accept_invite(&a, &b);
    CHECK_INT(PART_OFFER, say(&a, IN_UPDATE));
}

/* RFC 3311 5.2, RFC 3261 14.2 */
TEST(offers_that_cross_are_glare_and_early_ones_wait)
{
    struct side a = { 0 }, b = { 0 };

    invite(&a, &b, true);
    CHECK_INT(PART_GLARE, offer_reads(&a.rules, a.state, IN_UPDATE));
    CHECK_INT(PART_EARLY, offer_reads(&b.rules, b.state, IN_UPDATE));
    pass(&b, &a, IN_PROVISIONAL);
    CHECK_INT(PART_GLARE, offer_reads(&a.rules, a.state, IN_UPDATE));
    CHECK_INT(PART_EARLY, offer_reads(&b.rules, b.state, IN_UPDATE));
    pass(&b, &a, IN_2XX);
    accept_invite(&a, &b);
    CHECK_INT(PART_OFFER, say(&a, IN_UPDATE));
    CHECK_INT(PART_OFFER, say(&b, IN_UPDATE));
    CHECK_INT(PART_GLARE, offer_reads(&a.rules, a.state, IN_UPDATE));
    CHECK_INT(PART_GLARE, offer_reads(&b.rules, b.state, IN_UPDATE));
    CHECK_INT(PART_GLARE, offer_reads(&b.rules, b.state, IN_INVITE));
}

/* RFC 3261 14.1: a re-INVITE that is refused leaves all as it was. */
TEST(a_refused_re_invite_leaves_the_way_open)
{
    struct side a = { 0 }, b = { 0 };

    invite(&a, &b, true);
    pass(&b, &a, IN_2XX);
    accept_invite(&a, &b);
    CHECK_INT(PART_OFFER, offer_sends(&b.rules, b.state, IN_INVITE));
    invite(&b, &a, true);
    CHECK_INT(PART_NONE, say(&b, IN_UPDATE));
    CHECK_INT(PART_GLARE, offer_reads(&b.rules, b.state, IN_UPDATE));
    offer_on_refusal(&b.rules);
    offer_on_refusal(&a.rules);
    b.state = a.state = NEGOTIATION_STABLE;
    CHECK_INT(PART_OFFER, pass(&b, &a, IN_UPDATE));
}

/* Each message in each state: what is sent never depends on what only the other side knows, and nobody
 * sends what he reads from the other only. */
TEST(each_message_has_its_direction)
{
    for (unsigned bits = 0; bits < 32; bits++)
        for (unsigned n = NEGOTIATION_NONE; n <= NEGOTIATION_STABLE; n++)
            for (unsigned carrier = 0; carrier < OFFER_MESSAGES; carrier++) {
                struct offer_rules r = {
                    bits & 1, bits & 2, bits & 4, bits & 8, bits & 16, (enum offer_message)carrier
                };
                enum negotiation_state s = (enum negotiation_state)n;

                for (unsigned m = IN_PROVISIONAL; m <= IN_PRACK_2XX; m++) {
                    bool by_caller = m == IN_ACK || m == IN_PRACK;

                    if (by_caller == r.ours)
                        CHECK_INT(PART_NONE, offer_reads(&r, s, (enum offer_message)m));
                    else
                        CHECK_INT(PART_NONE, offer_sends(&r, s, (enum offer_message)m));
                }
                for (unsigned m = 0; m < OFFER_MESSAGES; m++) {
                    enum offer_part part = offer_sends(&r, s, (enum offer_message)m);

                    CHECK(part != PART_GLARE && part != PART_EARLY);
                    CHECK(part != PART_OFFER || s == NEGOTIATION_NONE || s == NEGOTIATION_STABLE);
                    part = offer_reads(&r, s, (enum offer_message)m);
                    CHECK(part != PART_OFFER || s == NEGOTIATION_NONE || s == NEGOTIATION_STABLE);
                    CHECK(part != PART_GLARE || s == NEGOTIATION_OFFER_SENT || r.ours);
                }
            }
}

/* Two sides that do what the rules let them do, in any order, always mean the same. */
TEST(a_walk_of_two_sides_never_disagrees)
{
    uint32_t seed = 5;

    for (unsigned call = 0; call < 2000; call++) {
        struct side sides[2] = { 0 };
        unsigned    caller   = 0;
        bool        open     = true;

        invite(&sides[0], &sides[1], call & 1);
        for (unsigned step = 0; step < 40; step++) {
            struct side       *from, *to;
            enum offer_message message;
            enum offer_part    part;

            seed    = seed * 1664525 + 1013904223;
            from    = &sides[seed >> 30 & 1];
            to      = from == &sides[0] ? &sides[1] : &sides[0];
            message = (enum offer_message)(seed >> 20 & 7);
            if (message == IN_INVITE) {
                if (open || offer_sends(&from->rules, from->state, IN_INVITE) != PART_OFFER)
                    continue;
                CHECK_INT(PART_OFFER, offer_reads(&to->rules, to->state, IN_INVITE));
                invite(from, to, true);
                caller = (unsigned)(from - sides);
                open   = true;
                continue;
            }
            part = pass(from, to, message);
            if (message == IN_PRACK && part != PART_NONE)
                offer_on_prack(&sides[1 - caller].rules);
            if (message == IN_2XX && part != PART_NONE) {
                accept_invite(&sides[0], &sides[1]);
                open = false;
            }
            if (message == IN_PRACK && part == PART_OFFER)
                CHECK_INT(PART_ANSWER, pass(to, from, IN_PRACK_2XX));
            if (message == IN_UPDATE && part == PART_OFFER)
                CHECK_INT(PART_ANSWER, pass(to, from, IN_UPDATE_2XX));
            CHECK(!(sides[0].state == NEGOTIATION_OFFER_SENT && sides[1].state == NEGOTIATION_OFFER_SENT));
            CHECK(!(sides[0].state == NEGOTIATION_OFFER_RECEIVED && sides[1].state == NEGOTIATION_OFFER_RECEIVED));
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(offer_in_invite_answer_in_2xx),
        cmocka_unit_test(offer_in_2xx_answer_in_ack),
        cmocka_unit_test(offer_in_a_reliable_response_answer_in_prack),
        cmocka_unit_test(an_answer_in_a_reliable_response_opens_the_way_for_update),
        cmocka_unit_test(a_preview_leaves_the_answer_to_what_arrives),
        cmocka_unit_test(offers_that_cross_are_glare_and_early_ones_wait),
        cmocka_unit_test(a_refused_re_invite_leaves_the_way_open),
        cmocka_unit_test(each_message_has_its_direction),
        cmocka_unit_test(a_walk_of_two_sides_never_disagrees),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
