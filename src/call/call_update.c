/* SPDX-License-Identifier: BSD-2-Clause */
/* UPDATE, ours and theirs, before the answer and after it (RFC 3311). */
#include "base/error.h"
#include "call/methods.h"
#include "call/state.h"

#include <stdlib.h>

static object_id send_update(struct call *c, struct fork *f);

/* ---- ours ---- */

static void lose(struct call *c, unsigned status, struct slice reason)
{
    call_blame(c, CALL_LOST, SIDE_NETWORK, status, reason);
    call_hang_up(c->phone, c->id);
}

/* What became of the offer in it. */
static void finish(struct call *c, struct fork *f, unsigned status, struct slice reason, msec retry_after)
{
    struct phone *p       = c->phone;
    msec          pause   = session_pause(&c->session, (uint32_t)random_u64(&p->world->random));
    unsigned      actions = update_on_response(&f->update, status, pause, retry_after, world_now(p->world));

    if (status >= 300 && f->rules.carrier == IN_UPDATE && call_offer_state(c, f) == NEGOTIATION_OFFER_SENT)
        negotiation_rollback(call_negotiation(c, f));
    if (actions & UPDATE_TELL_CHANGED)
        call_tell(c, PHONE_CHANGED);
    if (actions & UPDATE_TELL_UNCHANGED) {
        c->status = status;
        reason_set(&c->reason, reason);
        call_forget_wishes(c);
        call_tell(c, PHONE_UNCHANGED);
    }
    if (actions & UPDATE_TELL_LOST)
        lose(c, status, reason);
    else
        (void)call_resume_answer(c);
    call_perform(c, 0, &(struct occasion){ 0 });
    if (actions & (UPDATE_TELL_CHANGED | UPDATE_TELL_UNCHANGED))
        call_changed(c, actions & UPDATE_TELL_CHANGED);
}

/* An answer that makes no sense ends the call, as with a re-INVITE. */
static void on_2xx(struct call *c, struct fork *f, struct message *response)
{
    int error = 0;

    if (f->update.state != UPDATE_UNDER_WAY)
        return;
    call_take_next_nonce(c, f->dialog->target, response);
    (void)dialog_refresh(f->dialog, response); /* without memory it stays where it was */
    if (session_is_up(&c->session))
        session_timer_on_2xx(&c->refresh, response, world_now(c->phone->world));
    if (offer_reads(&f->rules, call_offer_state(c, f), IN_UPDATE_2XX) == PART_ANSWER)
        error = call_take_answer(c, f, response, IN_UPDATE_2XX);
    c->move_tries = error == 0 ? 0 : c->move_tries;
    finish(c, f, response->status, response->reason, NEVER);
    if (error == 0)
        return;
    call_fail(c, CALL_BAD_SDP, error);
    call_hang_up(c->phone, c->id);
}

static void on_update(const struct client_user *u, object_id txn, enum client_event event, struct message *response,
                      int detail)
{
    struct call *c = phone_find_call(u->self, u->owner);
    struct fork *f;

    if (c == NULL || u->index >= c->fork_count || (event == CLIENT_RESPONSE && response->status < 200))
        return;
    f = &c->forks[u->index];
    if (f->update_txn != txn)
        return;
    if (event == CLIENT_TIMEOUT)
        finish(c, f, 408, SLICE("no response"), NEVER);
    else if (event == CLIENT_ERROR)
        finish(c, f, 503, slice_from(error_text(detail)), NEVER);
    else if (response->status < 300)
        on_2xx(c, f, response);
    else if ((response->status == 401 || response->status == 407) &&
             auth_challenged(&c->auth, &c->account->secret, response) == AUTH_RETRY && send_update(c, f) != 0)
        return;
    else {
        call_note_why(c, response);
        finish(c, f, response->status, response->reason, call_retry_after(response));
    }
}

static object_id send_update(struct call *c, struct fork *f)
{
    struct client_user user = { .fn = on_update, .self = c->phone, .owner = c->id, .index = (unsigned)(f - c->forks) };
    struct slice       body = f->update_sdp != NULL ? slice_from(f->update_sdp) : SLICE("");
    struct request_start start;

    if (call_begin_within(c, f, METHOD_UPDATE, body, &start) != 0)
        return 0;
    call_put_headers(c, &c->phone->gather);
    if (session_is_up(&c->session)) /* any refreshes the session (RFC 4028 7.4) */
        session_timer_write_request(&c->refresh, &c->phone->gather);
    gather_body(&c->phone->gather, body.len > 0 ? SLICE("application/sdp") : SLICE(""), body);
    f->update_txn = call_send_within(c, f, METHOD_UPDATE, &start, &user);
    return f->update_txn;
}

/* Offer what the user wants now, or wait until an offer may be made. */
static void begin_update(struct call *c, struct fork *f)
{
    struct slice text;
    int          error;

    if (c->refresh_txn != 0 || f->prack.open ||
        offer_sends(&f->rules, call_offer_state(c, f), IN_UPDATE) != PART_OFFER) {
        update_postpone(&f->update, world_now(c->phone->world) + c->session.timers.t1);
        return;
    }
    auth_begin(&c->auth);
    error = call_offer_again(c, f, IN_UPDATE, &text);
    if (error == 0 && !call_set_sdp(&f->update_sdp, text))
        error = -ERR_NO_MEMORY;
    if (error == 0 && send_update(c, f) == 0)
        error = -ERR_LIMIT;
    if (error != 0)
        finish(c, f, 503, slice_from(error_text(error)), NEVER);
}

void call_update_timer(struct call *c, msec now)
{
    for (unsigned i = 0; i < c->fork_count; i++)
        if (update_on_timer(&c->forks[i].update, now) & UPDATE_SEND)
            begin_update(c, &c->forks[i]);
}

msec call_update_deadline(const struct call *c)
{
    msec at = NEVER;

    for (unsigned i = 0; i < c->fork_count; i++)
        if (update_deadline(&c->forks[i].update) < at)
            at = update_deadline(&c->forks[i].update);
    return at;
}

/* One at a time, refreshes among them; and one that overtakes a PRACK would have that refused as out of order
 * (RFC 3261 12.2.2). */
bool call_may_update(const struct call *c, const struct fork *f)
{
    return !f->prack.open && c->refresh_txn == 0 && f->dialog->state != DIALOG_TERMINATED &&
           call_peer_allows(f, METHOD_UPDATE) &&
           offer_sends(&f->rules, call_offer_state(c, f), IN_UPDATE) == PART_OFFER;
}

unsigned call_send_updates(struct call *c, bool again)
{
    unsigned count = 0;

    for (unsigned i = 0; i < c->fork_count; i++) {
        struct fork *f = &c->forks[i];

        if ((c->up != NULL && f != c->up) || (!again && f->hold == c->wish_hold) || !call_may_update(c, f) ||
            !(update_start(&f->update) & UPDATE_SEND))
            continue;
        begin_update(c, f);
        count++;
    }
    return count;
}

/* Another exchange is in the way: it goes out behind that.  One that is on its way says it already. */
static bool keep_update(struct call *c)
{
    struct fork *f = c->up;

    if (!session_is_up(&c->session) || f->dialog->state == DIALOG_TERMINATED || !call_peer_allows(f, METHOD_UPDATE))
        return false;
    if (update_start(&f->update) & UPDATE_SEND)
        update_postpone(&f->update, world_now(c->phone->world) + c->session.timers.t1);
    return true;
}

int call_update(struct phone *p, object_id id)
{
    struct call *c = phone_find_call(p, id);

    if (c == NULL || c->told_ended)
        return -ERR_NOT_FOUND;
    if (call_send_updates(c, true) == 0 && !keep_update(c))
        return -ERR_UNSUPPORTED;
    call_perform(c, 0, &(struct occasion){ 0 });
    return 0;
}

/* ---- theirs ---- */

static void accept_update(struct call *c, struct fork *f, object_id txn, struct message *update, struct slice text)
{
    (void)dialog_refresh(f->dialog, update);
    if (session_is_up(&c->session))
        session_timer_accept(&c->refresh, update, world_now(c->phone->world));
    reply_with_sdp(c, txn, update, text);
    call_perform(c, 0, &(struct occasion){ 0 });
}

static void answer_update(struct call *c, struct fork *f, object_id txn, struct message *update)
{
    struct slice text;
    int          error = call_answer_offer(c, f, message_sdp(update), IN_UPDATE, &text);

    if (error == -ERR_SYNTAX || error == -ERR_UNSUPPORTED) {
        reply_incompatible(c->phone, txn, update, 488);
    } else if (error != 0) {
        stack_reply(c->phone->stack, txn, 500, SLICE(""));
    } else {
        accept_update(c, f, txn, update, text);
        call_tell(c, PHONE_CHANGED);
    }
}

void call_on_update(struct call *c, struct fork *f, object_id txn, struct message *update)
{
    if (c->told_ended || f->dialog->state == DIALOG_TERMINATED || (c->up != NULL && f != c->up)) {
        stack_reply(c->phone->stack, txn, 481, SLICE(""));
        return;
    }
    if (reply_interval(c->phone, txn, update))
        return;
    call_note_allow(f, update);
    if (!message_has_sdp(update)) {
        accept_update(c, f, txn, update, (struct slice){ NULL, 0 });
        return;
    }
    switch (offer_reads(&f->rules, call_offer_state(c, f), IN_UPDATE)) {
    case PART_GLARE:
        stack_reply(c->phone->stack, txn, 491, SLICE(""));
        break;
    case PART_EARLY:
    case PART_NONE: /* what begins an exchange is none of these */
    case PART_ANSWER:
    case PART_PREVIEW:
        reply_retry_after(c->phone, txn, update, 500);
        break;
    case PART_OFFER:
        answer_update(c, f, txn, update);
        break;
    }
}
