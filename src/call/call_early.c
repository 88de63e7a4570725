/* SPDX-License-Identifier: BSD-2-Clause */
/* The caller's early dialogs: what each of them answers, offers and lets us hear, until the first 2xx decides. */
#include "base/error.h"
#include "call/state.h"

/* What other branches were told meanwhile counts for them alone. */
static void describe_as_invited(struct call *c)
{
    call_describe(c, false);
    c->describe_hold = false;
}

/* Each branch answers the same offer, so each gets a negotiation of its own, which has offered what the INVITE did. */
static int take_answer(struct call *c, struct fork *f, const struct message *response)
{
    struct sdp_fault fault;
    struct slice     text;
    int              error;

    if (f->negotiation != NULL) /* the first answer of a branch counts (13.2.1) */
        return 0;
    if (!message_has_sdp(response))
        return -ERR_NOT_FOUND;
    f->negotiation = call_new_negotiation(c);
    if (f->negotiation == NULL)
        return -ERR_NO_MEMORY;
    describe_as_invited(c);
    error = call_make_offer(c, f->negotiation, &text);
    if (error == 0)
        error = negotiation_receive_answer(f->negotiation, message_sdp(response), &fault);
    if (error != 0) {
        negotiation_free(f->negotiation);
        f->negotiation = NULL;
    }
    return error;
}

/* Their offer to an INVITE without one: open the ports now; the answer goes into PRACK or ACK. */
static int answer_late_offer(struct call *c, struct fork *f, const struct message *response, struct slice *text)
{
    struct sdp_fault fault;
    int              error;

    if (!message_has_sdp(response))
        return -ERR_NOT_FOUND;
    error = call_sound_open(c);
    if (f->negotiation == NULL)
        f->negotiation = call_new_negotiation(c);
    if (error == 0 && f->negotiation == NULL)
        error = -ERR_NO_MEMORY;
    describe_as_invited(c);
    if (error == 0)
        error = negotiation_receive_offer(f->negotiation, message_sdp(response), &fault);
    return error == 0 ? call_make_answer(c, f->negotiation, text) : error;
}

/* Sound is what the branch said that described itself last: until one answers, nobody knows which will. */
static void begin_early_media(struct call *c, struct fork *f)
{
    if (call_sound_start(c, f->negotiation) != 0)
        return;
    c->early = f;
    call_tell(c, PHONE_EARLY_MEDIA);
}

/* An answer, or a copy of the one to come. */
static void on_early_answer(struct call *c, struct fork *f, const struct message *response, enum offer_message message)
{
    enum offer_part part  = offer_reads(&f->rules, call_offer_state(c, f), message);
    bool            first = f->negotiation == NULL;

    if (!message_has_sdp(response) || (part != PART_ANSWER && part != PART_PREVIEW) || take_answer(c, f, response) != 0)
        return;
    offer_note(&f->rules, false, message, part);
    if (first)
        begin_early_media(c, f);
}

/* RFC 3262 5: an offer, to be answered in the PRACK.  A branch with which nothing can be agreed is sent away, and the
 * call goes on with the others (RFC 3261 15). */
static void on_early_offer(struct call *c, struct fork *f, const struct message *response, uint32_t rseq)
{
    struct slice text  = { NULL, 0 };
    int          error = answer_late_offer(c, f, response, &text);

    if (error == 0) {
        offer_note(&f->rules, false, IN_RELIABLE, PART_OFFER);
        offer_note(&f->rules, true, IN_PRACK, PART_ANSWER);
    }
    call_acknowledge(c, f, response, rseq, text);
    if (error == 0)
        begin_early_media(c, f);
    else
        call_start_bye(c, f);
}

static void on_reliable(struct call *c, struct fork *f, const struct message *response, uint32_t rseq)
{
    if (offer_reads(&f->rules, call_offer_state(c, f), IN_RELIABLE) == PART_OFFER) {
        on_early_offer(c, f, response, rseq);
        return;
    }
    on_early_answer(c, f, response, IN_RELIABLE);
    call_acknowledge(c, f, response, rseq, (struct slice){ NULL, 0 });
}

void call_on_provisional(struct call *c, const struct message *response)
{
    bool         has_tag = response->to_tag.len > 0 && response->status > 100;
    uint32_t     rseq    = 0;
    bool         reliable;
    struct fork *f;
    int          error;

    call_note_provisional(c, response->status);
    if (!(session_on_provisional(&c->session, has_tag) & SESSION_TELL_PROGRESS) || response->status == 100)
        return;
    f = has_tag ? call_fork_of(c, response, &error) : NULL;
    if (f != NULL && f->dialog->state == DIALOG_TERMINATED) /* it has been sent away */
        return;
    reliable = f != NULL && call_is_reliable(c, response, &rseq);
    if (reliable && reliable_receive(&f->heard, rseq) != RELIABLE_NEXT)
        return;
    c->status  = response->status;
    c->ringing = f != NULL ? f->number : 0;
    reason_set(&c->reason, response->reason);
    call_tell(c, PHONE_RINGING);
    if (f == NULL)
        return;
    f->status = response->status;
    call_note_allow(f, response);
    if (reliable)
        on_reliable(c, f, response, rseq);
    else
        on_early_answer(c, f, response, IN_PROVISIONAL);
    if (c->wish_hold != f->hold)
        (void)call_send_updates(c, false);
}

/* The offer of the 2xx is answered in the ACK; what was agreed before stays. */
static int settle_late(struct call *c, struct fork *f, const struct message *response)
{
    enum offer_part part = offer_reads(&f->rules, call_offer_state(c, f), IN_2XX);
    struct slice    text;
    int             error;

    if (part != PART_OFFER)
        return f->negotiation != NULL ? 0 : -ERR_NOT_FOUND;
    error = answer_late_offer(c, f, response, &text);
    if (error == 0 && !call_set_sdp(&c->ack_sdp, text))
        error = -ERR_NO_MEMORY;
    offer_note(&f->rules, false, IN_2XX, PART_OFFER);
    offer_note(&f->rules, true, IN_ACK, PART_ANSWER);
    return error;
}

/* What the winner answered is what holds from now on. */
int call_settle(struct call *c, struct fork *f, const struct message *response)
{
    int error = c->late_offer ? settle_late(c, f, response) : take_answer(c, f, response);

    if (f->dialog->state == DIALOG_TERMINATED) /* it was sent away already */
        error = -ERR_UNSUPPORTED;
    if (f->negotiation != NULL) {
        negotiation_free(c->negotiation);
        c->negotiation   = f->negotiation;
        f->rules.settled = true;
    }
    offer_on_2xx(&f->rules);
    c->hold = f->hold;
    return error == 0 ? call_sound_start(c, c->negotiation) : error;
}
