/* SPDX-License-Identifier: BSD-2-Clause */
/* The callee's provisional responses: those that are to arrive, with the answer or the offer that they may
 * carry, and the PRACKs that say they have (RFC 3262 3, 5). */
#include "base/error.h"
#include "call/methods.h"
#include "call/state.h"

/* ---- sending ---- */

/* Our configuration may insist on it, and then the INVITE of who cannot was refused. */
static bool goes_reliably(const struct call *c, bool described)
{
    enum phone_reliable wish = c->phone->config.reliable;

    if (!(c->phone->extensions & EXTENSION_BIT(100REL)))
        return false;
    if (message_lists(c->invite, HEADER_REQUIRE, extension_tag(EXTENSION_100REL)))
        return true;
    if (!message_lists(c->invite, HEADER_SUPPORTED, extension_tag(EXTENSION_100REL)))
        return false;
    return described || wish == PHONE_RELIABLE_ALWAYS || wish == PHONE_RELIABLE_REQUIRED;
}

static void put_description(struct call *c, struct gather *g, bool described)
{
    if (described && c->sdp != NULL)
        gather_body(g, SLICE("application/sdp"), slice_from(c->sdp));
    else
        gather_body(g, SLICE(""), SLICE(""));
}

static void send_unreliable(struct call *c, unsigned status, bool described)
{
    put_description(c, call_begin_response(c, status), described);
    stack_respond(c->phone->stack, c->server_txn, status, &c->phone->gather);
}

/* The same bytes each time, written from what is kept. */
static void send_reliable(struct call *c)
{
    struct gather *g = call_begin_response(c, c->provisional.status);

    gather_header(g, HEADER_REQUIRE, extension_tag(EXTENSION_100REL));
    gather_header_number(g, HEADER_RSEQ, c->reliable.rseq);
    put_description(c, g, c->reliable.described);
    stack_respond(c->phone->stack, c->server_txn, c->provisional.status, g);
}

/* Write the answer, or the offer that the INVITE lacks, and hear and be heard from now on. */
static int describe(struct call *c, enum offer_message message, enum offer_part part)
{
    int error = call_sound_open(c);

    if (error == 0)
        error = call_write_description(c);
    if (error == 0 && part != PART_OFFER)
        error = call_sound_start(c, c->negotiation);
    if (error == 0)
        offer_note(&c->up->rules, true, message, part);
    return error;
}

/* RFC 3262 5: the first reliable response has the offer if the INVITE had none. */
static int send_now(struct call *c, unsigned status, bool media)
{
    bool               reliable = goes_reliably(c, media);
    enum offer_message message  = reliable ? IN_RELIABLE : IN_PROVISIONAL;
    enum offer_part    part     = offer_sends(&c->up->rules, call_offer_state(c, c->up), message);
    bool described = (part == PART_OFFER && reliable) || (media && (part == PART_ANSWER || part == PART_PREVIEW));
    int  error     = 0;

    if (media && part == PART_NONE && !c->up->rules.settled)
        return -ERR_UNSUPPORTED;
    /* What a preview has said stays so. */
    if (described && (c->negotiation == NULL || negotiation_state(c->negotiation) != NEGOTIATION_STABLE))
        error = describe(c, message, part);
    else if (described)
        offer_note(&c->up->rules, true, message, part);
    if (error != 0)
        return error;
    c->provisional.status = status;
    call_note_provisional(c, status);
    if (!reliable)
        send_unreliable(c, status, described);
    else if (reliable_send(&c->reliable, described, world_now(c->phone->world)) & RELIABLE_SEND)
        send_reliable(c);
    return 0;
}

int call_send_provisional(struct call *c, unsigned status, bool media)
{
    if (c->invite == NULL)
        return 0;
    if (c->reliable.unacked) { /* one at a time: the last one asked for follows */
        c->provisional.next = status;
        c->provisional.media |= media;
        return 0;
    }
    return send_now(c, status, media);
}

void call_reliable_timer(struct call *c, msec now)
{
    unsigned actions = reliable_on_timer(&c->reliable, now);

    if (actions & RELIABLE_SEND)
        send_reliable(c);
    if (!(actions & RELIABLE_TELL_LOST))
        return;
    c->refusal = 504;
    call_blame(c, CALL_NO_ACK, SIDE_NETWORK, 504, SLICE("no PRACK"));
    call_perform(c, session_refuse(&c->session), &(struct occasion){ 0 });
}

/* ---- PRACK ---- */

/* The 200 has the answer if there was an offer that can be answered.  PRACK is never refused for what it offers
 * (RFC 3262 3): then all stays as it was. */
static void reply_to_prack(struct call *c, object_id txn, struct message *prack, bool offered)
{
    struct slice text = { NULL, 0 };

    if (offered && call_answer_offer(c, c->up, message_sdp(prack), IN_PRACK, &text) == 0)
        call_tell(c, PHONE_CHANGED);
    reply_with_sdp(c, txn, prack, text);
}

/* What had to wait for it. */
static void go_on(struct call *c)
{
    unsigned status = c->provisional.next;
    bool     media  = c->provisional.media;
    int      error;

    c->provisional.next  = 0;
    c->provisional.media = false;
    if (call_resume_answer(c) || c->answer_waits || status == 0)
        return;
    error = send_now(c, status, media);
    if (error != 0)
        call_refuse_for(c, error);
}

static void on_acknowledged(struct call *c, object_id txn, struct message *prack)
{
    enum offer_part part = PART_NONE;
    bool awaited         = call_offer_state(c, c->up) == NEGOTIATION_OFFER_SENT && c->up->rules.carrier == IN_RELIABLE;
    int  error           = awaited ? -ERR_NOT_FOUND : 0;

    offer_on_prack(&c->up->rules);
    if (message_has_sdp(prack))
        part = offer_reads(&c->up->rules, call_offer_state(c, c->up), IN_PRACK);
    if (part == PART_ANSWER)
        error = call_take_answer(c, c->up, prack, IN_PRACK);
    reply_to_prack(c, txn, prack, part == PART_OFFER);
    if (error == 0)
        return;
    call_blame(c, CALL_BAD_SDP, SIDE_REMOTE, 488, SLICE("no usable answer in the PRACK"));
    c->refusal = 488;
    call_perform(c, session_refuse(&c->session), &(struct occasion){ 0 });
}

void call_on_prack(struct call *c, struct fork *f, object_id txn, struct message *prack)
{
    const struct header *h = message_header(prack, HEADER_RACK);
    struct rack          rack;
    unsigned             actions;

    if (h == NULL || !rack_parse(h->value, &rack)) {
        stack_reply(c->phone->stack, txn, 400, SLICE("Bad or missing RAck"));
        return;
    }
    actions = f == c->up ? reliable_on_prack(&c->reliable, &rack, c->reliable_cseq) : RELIABLE_REPLY_481;
    if (actions & RELIABLE_REPLY_481) {
        stack_reply(c->phone->stack, txn, 481, SLICE(""));
    } else if (!(actions & RELIABLE_TELL_ACKED)) { /* the INVITE is over already */
        stack_reply(c->phone->stack, txn, 200, SLICE(""));
    } else {
        on_acknowledged(c, txn, prack);
        go_on(c);
        call_perform(c, 0, &(struct occasion){ 0 });
    }
}

/* ---- what the user may do ---- */

int call_progress(struct phone *p, object_id id)
{
    int          error;
    struct call *c = call_find_ringing(p, id, &error);

    if (error != 0)
        return error;
    error = call_send_provisional(c, 183, true);
    if (error == -ERR_UNSUPPORTED && call_offer_state(c, c->up) == NEGOTIATION_NONE)
        return error; /* no offer came, and none of ours may go this way: it rings on */
    if (error != 0) {
        call_refuse_for(c, error);
        return error;
    }
    session_ring(&c->session);
    c->ring_again_at = world_now(p->world) + RING_AGAIN;
    call_perform(c, 0, &(struct occasion){ 0 });
    return 0;
}
