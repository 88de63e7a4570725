/* SPDX-License-Identifier: BSD-2-Clause */
#include "base/error.h"
#include "call/state.h"

#include <stdlib.h>

static void on_reinvite(const struct client_user *u, object_id txn, enum client_event event, struct message *response,
                        int detail);

static int write_reinvite(struct call *c)
{
    struct phone        *p    = c->phone;
    struct gather       *g    = &p->gather;
    struct client_user   user = { .fn = on_reinvite, .self = p, .owner = c->id };
    struct dialog       *d    = c->up->dialog;
    struct request_start start_of;
    uint32_t             cseq  = dialog_next_cseq(d);
    int                  error = dialog_write_request(d, METHOD_INVITE, cseq, g, &start_of);

    if (error != 0)
        return error;
    call_put_headers(c, g);
    session_timer_write_request(&c->refresh, g);
    call_write_credentials(c, METHOD_INVITE, d->target, slice_from(c->sdp), g);
    gather_body(g, SLICE("application/sdp"), slice_from(c->sdp));
    offer_on_invite(&c->up->rules, true, true);
    c->up->heard   = (struct reliable_receiver){ 0 };
    c->invite_cseq = cseq;
    c->invite_txn  = call_send(c, METHOD_INVITE, &start_of, &user);
    return c->invite_txn == 0 ? -ERR_LIMIT : 0;
}

static void finish_reinvite(struct call *c, unsigned status, struct slice reason, msec retry_after)
{
    struct phone   *p     = c->phone;
    struct occasion o     = { .cseq = c->invite_cseq };
    msec            pause = session_pause(&c->session, (uint32_t)random_u64(&p->world->random));
    unsigned actions      = session_on_reinvite_response(&c->session, status, pause, retry_after, world_now(p->world));

    if (status >= 300 && c->up->rules.open) {
        negotiation_rollback(c->negotiation);
        offer_on_refusal(&c->up->rules);
    }
    if (actions & SESSION_SEND_BYE)
        call_blame(c, CALL_LOST, SIDE_NETWORK, status, reason);
    if (status >= 300)
        call_refresh_failed(c);
    if (c->only_refreshes && (actions & SESSION_SEND_BYE) == 0) /* nothing that a user would want to know */
        actions &= ~(unsigned)(SESSION_TELL_CHANGED | SESSION_TELL_UNCHANGED);
    c->only_refreshes = c->only_refreshes && c->session.again_at != NEVER;
    if (actions & SESSION_TELL_UNCHANGED) {
        c->status = status;
        reason_set(&c->reason, reason);
        call_forget_wishes(c);
    }
    call_perform(c, actions, &o);
    if (actions & (SESSION_TELL_CHANGED | SESSION_TELL_UNCHANGED))
        call_changed(c, actions & SESSION_TELL_CHANGED);
}

/* Nothing goes out while an UPDATE of ours has the offer. */
static int offer_reinvite(struct call *c)
{
    struct slice text;
    int          error = call_make_offer(c, c->negotiation, &text);

    if (error != 0)
        return error;
    offer_on_invite(&c->up->rules, true, true);
    return call_set_sdp(&c->sdp, text) ? write_reinvite(c) : -ERR_NO_MEMORY;
}

void call_send_reinvite(struct call *c)
{
    int error;

    free(c->ack_sdp);
    c->ack_sdp      = NULL;
    c->change_waits = c->change_waits && c->only_refreshes;
    call_describe(c, !c->only_refreshes);
    c->up->offered_hold = c->describe_hold;
    auth_begin(&c->auth);
    error = offer_reinvite(c);
    if (error != 0)
        finish_reinvite(c, 500, slice_from(error_text(error)), NEVER);
}

/* The answer, then the ACK; an answer that makes no sense ends the call. */
static void on_reinvite_2xx(struct call *c, struct message *response)
{
    int error = 0;

    if (c->session.exchange != EXCHANGE_OURS || c->session.state != SESSION_CONFIRMED) {
        call_perform(c, SESSION_SEND_ACK, &(struct occasion){ .cseq = response->cseq.number });
        return;
    }
    call_take_next_nonce(c, c->up->dialog->target, response);
    (void)dialog_refresh(c->up->dialog, response);
    c->up->flow   = response->flow;
    c->move_tries = 0;
    session_timer_on_2xx(&c->refresh, response, world_now(c->phone->world));
    call_note_allow(c->up, response);
    if (!c->up->rules.settled) /* else the answer came before it, in a response that was acknowledged */
        error = call_take_answer(c, c->up, response, IN_2XX);
    offer_on_2xx(&c->up->rules);
    finish_reinvite(c, response->status, response->reason, NEVER);
    if (error == 0)
        return;
    call_fail(c, CALL_BAD_SDP, error);
    call_hang_up(c->phone, c->id);
}

/* A re-INVITE may be answered by a response that arrives, too (RFC 3262 5). */
static void on_provisional(struct call *c, const struct message *response)
{
    struct fork *f = c->up;
    uint32_t     rseq;

    if (!dialog_matches_response(f->dialog, response) || !call_is_reliable(c, response, &rseq) ||
        reliable_receive(&f->heard, rseq) != RELIABLE_NEXT)
        return;
    if (message_has_sdp(response) && offer_reads(&f->rules, call_offer_state(c, f), IN_RELIABLE) == PART_ANSWER)
        (void)call_take_answer(c, f, response, IN_RELIABLE); /* of one without sense the 2xx will make a fault */
    call_acknowledge(c, f, response, rseq, (struct slice){ NULL, 0 });
}

static void on_reinvite(const struct client_user *u, object_id txn, enum client_event event, struct message *response,
                        int detail)
{
    struct call *c = phone_find_call(u->self, u->owner);

    if (c == NULL)
        return;
    c->why = (struct why){ 0 };
    if (event == CLIENT_RESPONSE && response->status < 200)
        on_provisional(c, response);
    else if (event == CLIENT_RESPONSE && response->status < 300)
        on_reinvite_2xx(c, response);
    else if (txn != c->invite_txn)
        return;
    else if (event == CLIENT_TIMEOUT)
        finish_reinvite(c, 408, SLICE("no response"), NEVER);
    else if (event == CLIENT_ERROR)
        finish_reinvite(c, 503, slice_from(error_text(detail)), NEVER);
    else if ((response->status == 401 || response->status == 407) &&
             auth_challenged(&c->auth, &c->account->secret, response) == AUTH_RETRY && write_reinvite(c) == 0)
        return;
    else if (response->status == 422 && session_timer_on_422(&c->refresh, response) && write_reinvite(c) == 0)
        return;
    else {
        call_note_why(c, response);
        finish_reinvite(c, response->status, response->reason, call_retry_after(response));
    }
}

/* ---- what the user wishes ---- */

bool call_may_offer(const struct call *c)
{
    return session_is_up(&c->session) && c->negotiation != NULL && session_may_reinvite(&c->session) &&
           offer_sends(&c->up->rules, call_offer_state(c, c->up), IN_INVITE) == PART_OFFER;
}

int call_may_wish(const struct call *c)
{
    if (c == NULL || c->told_ended)
        return -ERR_NOT_FOUND;
    return session_is_up(&c->session) && c->negotiation != NULL ? 0 : -ERR_UNSUPPORTED;
}

/* A re-INVITE that waits for its next try will say it. */
void call_change(struct call *c)
{
    bool waits = c->session.again_at != NEVER;

    c->change_waits = !waits && !call_may_offer(c);
    if (waits)
        c->only_refreshes = false;
    if (waits || c->change_waits) {
        call_perform(c, 0, &(struct occasion){ 0 }); /* for its timer */
        return;
    }
    c->only_refreshes = false;
    call_perform(c, session_reinvite(&c->session), &(struct occasion){ 0 });
}

static bool is_as_wished(const struct call *c)
{
    for (unsigned i = 0; i < CALL_STREAMS; i++)
        if (c->streams[i].now.on != c->streams[i].wish.on ||
            c->streams[i].now.direction != c->streams[i].wish.direction)
            return false;
    return c->hold == c->wish_hold;
}

bool call_change_is_due(const struct call *c)
{
    return c->change_waits && call_may_offer(c);
}

/* Wishes may have taken each other back. */
void call_change_waiting(struct call *c)
{
    if (!call_change_is_due(c))
        return;
    if (!is_as_wished(c)) {
        call_change(c);
        return;
    }
    c->change_waits = false;
    call_tell(c, PHONE_CHANGED);
    call_changed(c, true);
}

void call_keep_wish(struct call *c)
{
    if (c->wish_hold != c->hold && call_may_wish(c) == 0)
        call_change(c);
}

/* Before the answer.  Who has no dialog yet that takes an offer keeps the wish. */
static int hold_early(struct call *c, bool hold)
{
    bool before = c->wish_hold;

    c->wish_hold = hold;
    if (call_send_updates(c, false) > 0) {
        call_perform(c, 0, &(struct occasion){ 0 });
        return 0;
    }
    if (c->outgoing && c->session.state != SESSION_CANCELLING)
        return 0;
    c->wish_hold = before;
    return -ERR_UNSUPPORTED;
}

int call_hold(struct phone *p, object_id id, bool hold)
{
    struct call *c     = phone_find_call(p, id);
    bool         early = c != NULL && !c->told_ended && !session_is_up(&c->session);
    int          error = early ? 0 : call_may_wish(c);

    if (error != 0)
        return error;
    if (early)
        return hold_early(c, hold);
    c->wish_hold = hold;
    if (!hold)
        c->take_up = 0;
    call_change(c);
    return 0;
}

/* ---- one held, another taken up ---- */

/* What it is by now may not allow that: its user hears of it as of a refusal. */
static void take_up(struct phone *p, object_id id)
{
    int          error = call_hold(p, id, false);
    struct call *c     = phone_find_call(p, id);

    if (error == 0 || error == -ERR_NOT_FOUND)
        return;
    c->status = 491;
    reason_set(&c->reason, slice_from(error_text(error)));
    call_tell(c, PHONE_UNCHANGED);
}

void call_changed(struct call *c, bool changed)
{
    object_id next = c->take_up;

    if (!c->told_ended && (c->change_waits || !session_may_reinvite(&c->session)))
        return; /* something newer is on its way */
    c->take_up = 0;
    if (next != 0 && changed)
        take_up(c->phone, next);
}

int call_swap(struct phone *p, object_id from, object_id to)
{
    struct call *held = phone_find_call(p, from), *up = phone_find_call(p, to);
    int          error = call_may_wish(held);

    if (error == 0)
        error = call_may_wish(up);
    if (error == 0 && held == up)
        error = -ERR_UNSUPPORTED;
    if (error != 0)
        return error;
    if (held->hold && held->wish_hold)
        return call_hold(p, to, false);
    held->take_up = to;
    return call_hold(p, from, true);
}
