/* SPDX-License-Identifier: BSD-2-Clause */
#include "dialog/session.h"

#include "dialog/refusal.h"

static msec earlier(msec a, msec b)
{
    return a < b ? a : b;
}

static void enter(struct session *s, enum session_state state)
{
    s->state     = state;
    s->resend_at = NEVER;
    s->end_at    = NEVER;
    s->exchange  = EXCHANGE_NONE;
}

static unsigned tell_ended(struct session *s)
{
    if (s->told_ended)
        return 0;
    s->told_ended = true;
    return SESSION_TELL_ENDED;
}

/* A caller that heard a 2xx stays to send away the other branches. */
static unsigned finish(struct session *s)
{
    enter(s, SESSION_ENDED);
    s->again_at = NEVER;
    return tell_ended(s) | (s->fork_until == NEVER ? SESSION_GONE : 0u);
}

static unsigned send_bye(struct session *s)
{
    enter(s, SESSION_ENDING);
    s->again_at = NEVER;
    return SESSION_SEND_BYE | tell_ended(s);
}

static unsigned cancel(struct session *s, msec now)
{
    enter(s, SESSION_CANCELLING);
    s->end_at = now + 64 * s->timers.t1;
    return SESSION_SEND_CANCEL | tell_ended(s);
}

static void start(struct session *s, const struct txn_timers *timers, bool is_caller)
{
    *s = (struct session){
        .state      = is_caller ? SESSION_CALLING : SESSION_INCOMING,
        .exchange   = is_caller ? EXCHANGE_OURS : EXCHANGE_THEIRS,
        .timers     = *timers,
        .is_caller  = is_caller,
        .resend_at  = NEVER,
        .end_at     = NEVER,
        .again_at   = NEVER,
        .fork_until = NEVER,
    };
}

void session_start_caller(struct session *s, const struct txn_timers *timers)
{
    start(s, timers, true);
}

unsigned session_on_provisional(struct session *s, bool has_to_tag)
{
    switch (s->state) {
    case SESSION_CALLING:
    case SESSION_PROCEEDING:
    case SESSION_EARLY:
        if (has_to_tag)
            s->state = SESSION_EARLY;
        else if (s->state == SESSION_CALLING)
            s->state = SESSION_PROCEEDING;
        return SESSION_TELL_PROGRESS;
    case SESSION_CANCELLING:
    case SESSION_INCOMING:
    case SESSION_RINGING:
    case SESSION_ANSWERED:
    case SESSION_CONFIRMED:
    case SESSION_ENDING:
    case SESSION_ENDED:
        break;
    }
    return 0;
}

unsigned session_on_2xx(struct session *s, enum session_2xx which, msec now)
{
    if (which == SESSION_2XX_AGAIN)
        return SESSION_SEND_ACK;
    if (which == SESSION_2XX_OTHER) /* one answer is enough for us: its dialog ends as it begins */
        return SESSION_SEND_ACK | SESSION_SEND_BYE;

    s->fork_until = now + 64 * s->timers.t1;
    switch (s->state) {
    case SESSION_CALLING:
    case SESSION_PROCEEDING:
    case SESSION_EARLY:
        enter(s, SESSION_CONFIRMED);
        return SESSION_SEND_ACK | SESSION_TELL_ANSWERED;
    case SESSION_CANCELLING: /* the CANCEL came too late */
    case SESSION_ENDED:
        return SESSION_SEND_ACK | send_bye(s);
    case SESSION_INCOMING:
    case SESSION_RINGING:
    case SESSION_ANSWERED:
    case SESSION_CONFIRMED:
    case SESSION_ENDING:
        break;
    }
    return SESSION_SEND_ACK;
}

unsigned session_on_failure(struct session *s)
{
    switch (s->state) {
    case SESSION_CALLING:
    case SESSION_PROCEEDING:
    case SESSION_EARLY:
    case SESSION_CANCELLING:
        return finish(s);
    case SESSION_INCOMING:
    case SESSION_RINGING:
    case SESSION_ANSWERED:
    case SESSION_CONFIRMED:
    case SESSION_ENDING:
    case SESSION_ENDED:
        break;
    }
    return 0;
}

void session_start_callee(struct session *s, const struct txn_timers *timers)
{
    start(s, timers, false);
}

void session_ring(struct session *s)
{
    if (s->state == SESSION_INCOMING)
        s->state = SESSION_RINGING;
}

unsigned session_answer(struct session *s, msec now)
{
    if (s->exchange != EXCHANGE_THEIRS)
        return 0;
    if (s->state == SESSION_INCOMING || s->state == SESSION_RINGING)
        s->state = SESSION_ANSWERED;
    s->exchange   = EXCHANGE_UNACKED;
    s->resend_gap = s->timers.t1;
    s->resend_at  = now + s->timers.t1;
    s->end_at     = now + 64 * s->timers.t1;
    return SESSION_SEND_2XX;
}

unsigned session_refuse(struct session *s)
{
    if (s->exchange != EXCHANGE_THEIRS)
        return 0;
    if (s->state == SESSION_INCOMING || s->state == SESSION_RINGING)
        return SESSION_SEND_REFUSAL | finish(s);
    s->exchange = EXCHANGE_NONE;
    return SESSION_SEND_REFUSAL;
}

unsigned session_on_ack(struct session *s)
{
    if (s->exchange != EXCHANGE_UNACKED)
        return 0;
    if (s->hang_up)
        return send_bye(s);
    if (s->state != SESSION_ANSWERED) {
        enter(s, s->state);
        return 0;
    }
    enter(s, SESSION_CONFIRMED);
    return SESSION_TELL_CONFIRMED;
}

/* Too late for an INVITE that is answered; and a re-INVITE that is cancelled
 * leaves the session as it was (14.2). */
unsigned session_on_cancel(struct session *s)
{
    if (s->exchange != EXCHANGE_THEIRS)
        return 0;
    if (s->state == SESSION_INCOMING || s->state == SESSION_RINGING)
        return SESSION_SEND_487 | finish(s);
    s->exchange = EXCHANGE_NONE;
    return SESSION_SEND_487;
}

unsigned session_hang_up(struct session *s, msec now)
{
    unsigned pending = s->exchange == EXCHANGE_THEIRS ? SESSION_SEND_487 : 0;

    switch (s->state) {
    case SESSION_CALLING:
    case SESSION_PROCEEDING:
    case SESSION_EARLY:
        return cancel(s, now);
    case SESSION_INCOMING:
    case SESSION_RINGING:
        return session_refuse(s);
    case SESSION_ANSWERED: /* the callee's BYE must wait for the ACK (15) */
        s->hang_up = true;
        return tell_ended(s);
    case SESSION_CONFIRMED:
        return pending | send_bye(s);
    case SESSION_CANCELLING:
    case SESSION_ENDING:
    case SESSION_ENDED:
        break;
    }
    return 0;
}

unsigned session_on_bye(struct session *s)
{
    unsigned pending = s->exchange == EXCHANGE_THEIRS ? SESSION_SEND_487 : 0;

    switch (s->state) {
    case SESSION_INCOMING:
    case SESSION_RINGING:
    case SESSION_ANSWERED:
    case SESSION_CONFIRMED:
        return SESSION_REPLY_200 | pending | finish(s);
    case SESSION_CALLING:
    case SESSION_PROCEEDING:
    case SESSION_EARLY: /* it may have given up on a 2xx that never reached us */
    case SESSION_CANCELLING:
    case SESSION_ENDING: /* the BYEs cross: ours will be answered too */
        return SESSION_REPLY_200;
    case SESSION_ENDED:
        break;
    }
    return SESSION_REPLY_481;
}

unsigned session_on_bye_done(struct session *s)
{
    return s->state == SESSION_ENDING ? finish(s) : 0;
}

bool session_may_reinvite(const struct session *s)
{
    return s->state == SESSION_CONFIRMED && s->exchange == EXCHANGE_NONE && s->again_at == NEVER;
}

unsigned session_reinvite(struct session *s)
{
    if (!session_may_reinvite(s))
        return 0;
    s->exchange = EXCHANGE_OURS;
    s->tries    = 1;
    return SESSION_SEND_REINVITE;
}

/* When the next try is; NEVER: there is none. */
static msec next_try(struct session *s, enum refusal_within what, msec pause, msec retry_after, msec now)
{
    msec wait = what == WITHIN_AGAIN ? pause : what == WITHIN_LATER ? retry_after : NEVER;

    if (s->tries == 1)
        s->give_up_at = now + SESSION_PATIENCE * s->timers.t1;
    if (wait > SESSION_RETRY_MAX || s->tries >= SESSION_TRIES || now >= s->give_up_at)
        return NEVER;
    return now + (what == WITHIN_LATER && wait < s->timers.t1 ? s->timers.t1 : wait);
}

unsigned session_on_reinvite_response(struct session *s, unsigned status, msec pause, msec retry_after, msec now)
{
    bool accepted = status >= 200 && status < 300;

    if (s->state != SESSION_CONFIRMED || s->exchange != EXCHANGE_OURS)
        return accepted ? SESSION_SEND_ACK : 0;
    s->exchange = EXCHANGE_NONE;
    if (accepted)
        return SESSION_SEND_ACK | SESSION_TELL_CHANGED;
    if (refusal_of(status)->within == WITHIN_LOST) /* 12.2.1.2: the peer has lost the dialog */
        return send_bye(s);
    s->again_at = next_try(s, refusal_of(status)->within, pause, retry_after, now);
    return s->again_at == NEVER ? SESSION_TELL_UNCHANGED : 0;
}

unsigned session_on_reinvite(struct session *s)
{
    if (s->state == SESSION_ENDING || s->state == SESSION_ENDED || s->hang_up)
        return SESSION_REPLY_481;
    switch (s->exchange) {
    case EXCHANGE_OURS:
    case EXCHANGE_UNACKED: /* the ACK may carry the answer to our offer: it comes first */
        return SESSION_REPLY_491;
    case EXCHANGE_THEIRS:
        return SESSION_REPLY_500;
    case EXCHANGE_NONE:
        break;
    }
    if (s->state != SESSION_CONFIRMED)
        return SESSION_REPLY_491;
    s->exchange = EXCHANGE_THEIRS;
    return SESSION_TELL_REINVITE;
}

msec session_pause(const struct session *s, uint32_t random)
{
    if (s->is_caller)
        return 2100 + 10 * (msec)(random % 191);
    return 10 * (msec)(random % 201);
}

static unsigned on_unacked_timer(struct session *s, msec now)
{
    if (now >= s->end_at) /* 13.3.1.4: no ACK, the session ends */
        return send_bye(s);
    if (now < s->resend_at)
        return 0;
    s->resend_gap = earlier(2 * s->resend_gap, s->timers.t2);
    s->resend_at  = now + s->resend_gap;
    return SESSION_SEND_2XX;
}

static unsigned on_again_timer(struct session *s, msec now)
{
    if (s->exchange != EXCHANGE_NONE) { /* their INVITE came first: look again a little later */
        s->again_at = now + s->timers.t1;
        return 0;
    }
    s->again_at = NEVER;
    s->exchange = EXCHANGE_OURS;
    s->tries++;
    return SESSION_SEND_REINVITE;
}

void session_put_off(struct session *s, msec until)
{
    if (s->again_at != NEVER && s->again_at < until)
        s->again_at = until;
}

unsigned session_on_timer(struct session *s, msec now)
{
    unsigned actions = 0;

    if (s->exchange == EXCHANGE_UNACKED)
        actions |= on_unacked_timer(s, now);
    if (s->state == SESSION_CANCELLING && now >= s->end_at)
        return finish(s);
    if (s->state == SESSION_CONFIRMED && now >= s->again_at)
        actions |= on_again_timer(s, now);
    if (now < s->fork_until)
        return actions;
    s->fork_until = NEVER;
    return actions | (s->state == SESSION_ENDED ? SESSION_GONE : 0u);
}

msec session_deadline(const struct session *s)
{
    return earlier(earlier(s->resend_at, s->end_at), earlier(s->again_at, s->fork_until));
}

bool session_is_up(const struct session *s)
{
    return (s->state == SESSION_ANSWERED || s->state == SESSION_CONFIRMED) && !s->told_ended;
}
