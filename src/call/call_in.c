/* SPDX-License-Identifier: BSD-2-Clause */
#include "base/error.h"
#include "call/mesh.h"
#include "call/reference.h"
#include "sip/reason.h"

static int take_offer(struct call *c)
{
    struct sdp_fault fault;

    if (!message_has_sdp(c->invite))
        return 0;
    if (c->negotiation == NULL)
        c->negotiation = call_new_negotiation(c);
    if (c->negotiation == NULL)
        return -ERR_NO_MEMORY;
    return negotiation_receive_offer(c->negotiation, message_sdp(c->invite), &fault);
}

/* ---- an INVITE outside of any dialog ---- */

static void hold_invite(struct call *c, object_id txn, struct message *invite)
{
    message_drop(c->invite);
    c->invite      = message_hold(invite);
    c->server_txn  = txn;
    c->invite_cseq = invite->cseq.number;
}

/* RFC 3261 12.1.1: must the Contact of the dialog that this request begins be a sips URI? */
static bool asks_for_sips(const struct message *invite)
{
    struct header_values values = message_values(invite, HEADER_RECORD_ROUTE);
    struct name_addr     next;

    if (invite->uri.scheme == URI_SIPS)
        return true;
    if (!values_next_name_addr(&values, &next)) {
        values = message_values(invite, HEADER_CONTACT);
        if (!values_next_name_addr(&values, &next))
            return false;
    }
    return next.uri.scheme == URI_SIPS;
}

/* Peers reach us at the address that this one hit. */
static int new_incoming(struct account *a, object_id txn, struct message *invite, struct call **out)
{
    struct stack  *s     = a->phone->stack;
    struct call   *c     = NULL;
    struct address local = invite->flow.local;
    int            error;

    local.port = a->phone->address.port;
    error      = call_new(a, false, invite->call_id, stack_server_tag(s, txn), &local, invite->flow.transport,
                          asks_for_sips(invite), &c);
    if (error != 0)
        return error;
    error = dialog_new_uas(invite, c->local_tag, transport_is_secure(invite->flow.transport), &c->forks[0].dialog);
    if (error != 0) {
        call_free(c);
        return error;
    }
    c->fork_count    = 1;
    c->up            = &c->forks[0];
    c->forks[0].flow = invite->flow;
    c->reliable_cseq = invite->cseq.number;
    update_init(&c->up->update);
    offer_on_invite(&c->up->rules, false, message_has_sdp(invite));
    call_note_allow(c->up, invite);
    call_set_peer(c, &invite->from);
    hold_invite(c, txn, invite);
    *out = c;
    return 0;
}

/* Our own limit, or the Expires of the INVITE (13.3.1, 20.19). */
static void limit_ringing(struct call *c)
{
    msec     limit = c->phone->config.ring_limit;
    uint32_t seconds;

    if (message_number(c->invite, HEADER_EXPIRES, &seconds) && (msec)seconds * 1000 < limit) {
        limit      = (msec)seconds * 1000;
        c->expires = true;
    }
    c->ring_until = c->started + limit;
}

static void refuse_new(struct phone *p, object_id txn, int error)
{
    if (error == -ERR_SYNTAX)
        stack_reply(p->stack, txn, 400, SLICE("Bad or missing Contact or Record-Route"));
    else
        stack_reply(p->stack, txn, 503, SLICE(""));
}

static bool lacks_100rel(const struct phone *p, const struct message *invite)
{
    struct slice tag = extension_tag(EXTENSION_100REL);

    return p->config.reliable == PHONE_RELIABLE_REQUIRED && !message_lists(invite, HEADER_SUPPORTED, tag) &&
           !message_lists(invite, HEADER_REQUIRE, tag);
}

void call_incoming(struct phone *p, struct account *a, object_id txn, struct message *invite)
{
    struct call      *c, *replaced, *joined, *there = NULL;
    struct offer_ends ends   = call_ends_of_message(p, invite);
    unsigned          status = call_named(p, a, invite, &replaced, &joined);
    int               error;

    if (status == 0 && joined != NULL)
        status = mesh_receive(joined, invite, &there);
    if (status != 0) {
        stack_reply(p->stack, txn, status, SLICE(""));
        return;
    }
    call_supersede(p, invite);
    if (p->call_count >= p->config.max_calls + (replaced != NULL ? 1 : 0)) {
        stack_reply(p->stack, txn, 486, SLICE(""));
        return;
    }
    if (lacks_100rel(p, invite)) {
        reply_extension_required(p, txn, invite, EXTENSION_100REL);
        return;
    }
    if (reply_interval(p, txn, invite) || reply_unacceptable(p, txn, invite, SLICE("application/sdp")))
        return;
    if (message_has_sdp(invite) && !call_can_talk(&ends, message_sdp(invite))) {
        reply_incompatible(p, txn, invite, 488);
        return;
    }
    error = new_incoming(a, txn, invite, &c);
    if (error != 0) {
        refuse_new(p, txn, error);
        return;
    }
    error = take_offer(c);
    if (error != 0) {
        call_free(c);
        stack_reply(p->stack, txn, error == -ERR_NO_MEMORY ? 503 : 400, SLICE(""));
        return;
    }
    limit_ringing(c);
    call_note_named(c, replaced, joined);
    if (joined != NULL)
        mesh_note(c, joined, there);
    call_tell(c, PHONE_INCOMING);
    call_perform(c, 0, &(struct occasion){ 0 });
    if (replaced != NULL)
        call_take_place(c, replaced);
    else if (joined != NULL)
        mesh_let_in(c, joined);
}

/* Ring again every minute so that no proxy gives up; in the end, refuse (13.3.1). */
void call_ring_timer(struct call *c, msec now)
{
    if (now >= c->ring_again_at) {
        c->ring_again_at = now + RING_AGAIN;
        (void)call_send_provisional(c, 180, false); /* what it had to describe it has described */
    }
    if (now < c->ring_until)
        return;
    c->ring_until = c->ring_again_at = NEVER;
    c->refusal                       = c->expires ? 487 : 480;
    call_blame(c, CALL_REFUSED, SIDE_LOCAL, c->refusal, SLICE("no answer"));
    call_perform(c, session_refuse(&c->session), &(struct occasion){ 0 });
}

struct call *call_find_ringing(struct phone *p, object_id id, int *error)
{
    struct call *c = phone_find_call(p, id);

    *error = 0;
    if (c == NULL || c->told_ended)
        *error = -ERR_NOT_FOUND;
    else if (c->session.state != SESSION_INCOMING && c->session.state != SESSION_RINGING)
        *error = -ERR_UNSUPPORTED;
    return c;
}

int call_ring(struct phone *p, object_id id)
{
    int          error;
    struct call *c = call_find_ringing(p, id, &error);

    if (error != 0)
        return error;
    error = call_send_provisional(c, 180, false);
    if (error != 0) {
        call_refuse_for(c, error);
        return error;
    }
    session_ring(&c->session);
    c->ring_again_at = world_now(p->world) + RING_AGAIN;
    call_perform(c, 0, &(struct occasion){ 0 });
    return 0;
}

static void refuse(struct call *c, unsigned status)
{
    c->refusal = status;
    call_blame(c, CALL_REFUSED, SIDE_LOCAL, status, SLICE(""));
    call_perform(c, session_refuse(&c->session), &(struct occasion){ 0 });
}

void call_refuse_for(struct call *c, int error)
{
    call_fail(c, error == -ERR_UNSUPPORTED ? CALL_BAD_SDP : CALL_LOCAL_FAULT, error);
    refuse(c, error == -ERR_UNSUPPORTED ? 488 : 500);
}

int call_reject(struct phone *p, object_id id, unsigned status)
{
    int          error;
    struct call *c = call_find_ringing(p, id, &error);

    if (error == 0)
        refuse(c, status >= 300 && status <= 699 ? status : 480);
    return error;
}

void call_on_cancel(struct call *c, const struct message *cancel)
{
    unsigned        actions = session_on_cancel(&c->session);
    enum call_cause cause   = message_completed_elsewhere(cancel) ? CALL_ELSEWHERE : CALL_CANCELLED;

    call_note_why(c, cancel);
    if (actions & SESSION_TELL_ENDED) {
        call_blame(c, cause, SIDE_REMOTE, 487, SLICE(""));
    } else if ((actions & SESSION_SEND_487) && c->negotiation != NULL) {
        negotiation_rollback(c->negotiation);
        offer_on_refusal(&c->up->rules);
    }
    call_perform(c, actions, &(struct occasion){ 0 });
}

/* ---- ACK ---- */

/* The answer to the offer in our 2xx; without a good one there is no session. */
static int take_late_answer(struct call *c, const struct message *ack)
{
    struct sdp_fault fault;
    int              error;

    if (!c->offer_in_2xx)
        return 0;
    if (!message_has_sdp(ack))
        return -ERR_SYNTAX;
    error = negotiation_receive_answer(c->negotiation, message_sdp(ack), &fault);
    if (error == 0)
        offer_note(&c->up->rules, false, IN_ACK, PART_ANSWER);
    return error == 0 ? call_sound_start(c, c->negotiation) : error;
}

void call_on_ack(struct call *c, struct message *ack)
{
    bool first;

    if (c->session.exchange != EXCHANGE_UNACKED || ack->cseq.number != c->invite_cseq)
        return;
    first = c->session.state == SESSION_ANSWERED;
    call_note_time(c, &c->times.acked);
    call_perform(c, session_on_ack(&c->session), &(struct occasion){ 0 });
    if (c->told_ended)
        return;
    if (take_late_answer(c, ack) != 0) {
        call_blame(c, CALL_BAD_SDP, SIDE_REMOTE, 0, SLICE("no usable answer in the ACK"));
        call_hang_up(c->phone, c->id);
        return;
    }
    if (!first && !c->same_again)
        call_tell(c, PHONE_CHANGED);
    call_perform(c, 0, &(struct occasion){ 0 }); /* what waits for its exchange can begin */
}

/* ---- requests within the dialog ---- */

/* What is outstanding is given up; the session stays as it was (14.2). */
static void refuse_reinvite(struct call *c, unsigned status)
{
    if (c->negotiation != NULL)
        negotiation_rollback(c->negotiation);
    offer_on_refusal(&c->up->rules);
    c->refusal = status;
    call_perform(c, session_refuse(&c->session), &(struct occasion){ 0 });
}

static void accept_reinvite(struct call *c)
{
    enum offer_part part   = message_has_sdp(c->invite) ? PART_ANSWER : PART_OFFER;
    struct reason   before = call_described(c);
    int             error  = take_offer(c);

    c->same_again = message_has_sdp(c->invite) && call_describes_same(c, &before);
    if (error == -ERR_SYNTAX || error == -ERR_LOCKED) {
        refuse_reinvite(c, 488);
        return;
    }
    call_describe(c, false);
    c->offer_in_2xx = part == PART_OFFER;
    if (error == 0)
        error = call_write_description(c);
    if (error == 0 && part == PART_ANSWER)
        error = call_sound_start(c, c->negotiation);
    if (error != 0) {
        refuse_reinvite(c, error == -ERR_UNSUPPORTED ? 488 : 500);
        return;
    }
    (void)dialog_refresh(c->up->dialog, c->invite);
    session_timer_accept(&c->refresh, c->invite, world_now(c->phone->world));
    offer_note(&c->up->rules, true, IN_2XX, part);
    offer_on_2xx(&c->up->rules);
    call_perform(c, session_answer(&c->session, world_now(c->phone->world)), &(struct occasion){ 0 });
}

/* Who sends another INVITE has done with the last one (14.1), though its ACK was lost, or our 2xx has gone to where its
 * host is no longer.  Not if the ACK has the answer to our offer. */
static void take_for_ack(struct call *c)
{
    if (c->session.state != SESSION_CONFIRMED || c->session.exchange != EXCHANGE_UNACKED || c->offer_in_2xx)
        return;
    call_perform(c, session_on_ack(&c->session), &(struct occasion){ 0 });
    if (!c->same_again)
        call_tell(c, PHONE_CHANGED);
}

void call_on_reinvite(struct call *c, struct fork *f, object_id txn, struct message *invite)
{
    struct occasion o = { .txn = txn };
    unsigned        actions;

    if (f != c->up) {
        stack_reply(c->phone->stack, txn, 481, SLICE(""));
        return;
    }
    call_note_allow(f, invite);
    if (f->rules.carrier == IN_UPDATE && call_offer_state(c, f) == NEGOTIATION_OFFER_SENT) { /* glare, RFC 3311 5.2 */
        stack_reply(c->phone->stack, txn, 491, SLICE(""));
        return;
    }
    if (reply_interval(c->phone, txn, invite))
        return;
    take_for_ack(c);
    actions = session_on_reinvite(&c->session);
    if (!(actions & SESSION_TELL_REINVITE)) {
        call_perform(c, actions, &o);
        return;
    }
    hold_invite(c, txn, invite);
    offer_on_invite(&f->rules, false, message_has_sdp(invite));
    accept_reinvite(c);
}

void call_on_bye(struct call *c, struct fork *f, object_id txn, struct message *bye)
{
    struct occasion o = { .txn = txn };

    (void)bye;
    if (f != c->up) { /* an early branch that gave up, or one that we sent away */
        stack_reply(c->phone->stack, txn, 200, SLICE(""));
        return;
    }
    call_note_why(c, bye);
    if (session_is_up(&c->session))
        call_blame(c, CALL_NORMAL, SIDE_REMOTE, 0, SLICE(""));
    else
        call_blame(c, CALL_CANCELLED, SIDE_REMOTE, 0, SLICE(""));
    call_perform(c, session_on_bye(&c->session), &o);
}
