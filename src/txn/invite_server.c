/* SPDX-License-Identifier: BSD-2-Clause */
#include "txn/invite_server.h"

/* RFC 3261 17.2.1: how long the user may say nothing before we send a 100. */
enum { TRYING_AFTER = 200 };

/* Entering a state stops the timers of the one we leave. */
static void enter(struct ist *t, enum ist_state state, msec resend_at, msec end_at)
{
    t->state     = state;
    t->resend_at = resend_at;
    t->end_at    = end_at;
}

static unsigned terminate(struct ist *t, unsigned actions)
{
    enter(t, IST_TERMINATED, NEVER, NEVER);
    return actions;
}

/* What a repeated INVITE hears while the user has not decided. */
static unsigned latest(const struct ist *t)
{
    if (t->answered)
        return IST_SEND_RESPONSE;
    return t->trying ? IST_SEND_TRYING : 0;
}

static unsigned in_proceeding(struct ist *t, enum ist_event event, msec now)
{
    msec end = now + 64 * t->timers.t1;

    switch (event) {
    case IST_REQUEST:
        return latest(t);
    case IST_1XX:
        t->answered  = true;
        t->resend_at = NEVER;
        return IST_SEND_RESPONSE;
    case IST_2XX:
        enter(t, IST_ACCEPTED, NEVER, end); /* Timer L */
        return IST_SEND_RESPONSE;
    case IST_300_699:
        enter(t, IST_COMPLETED, t->reliable ? NEVER : now + t->timers.t1, end); /* Timers G and H */
        return IST_SEND_RESPONSE;
    case IST_TIMER:
        if (now < t->resend_at)
            return 0;
        t->resend_at = NEVER;
        t->trying    = true;
        return IST_SEND_TRYING;
    case IST_TRANSPORT_ERROR:
        return IST_PASS_ERROR;
    case IST_ACK:
        break;
    }
    return 0;
}

/* H before G: when both are due there is no point in one more response. */
static unsigned on_timer_in_completed(struct ist *t, msec now)
{
    if (now >= t->end_at)
        return terminate(t, IST_PASS_TIMEOUT);
    if (now < t->resend_at)
        return 0;
    t->resend_gap *= 2;
    if (t->resend_gap > t->timers.t2)
        t->resend_gap = t->timers.t2;
    t->resend_at = now + t->resend_gap;
    return IST_SEND_RESPONSE;
}

static unsigned in_completed(struct ist *t, enum ist_event event, msec now)
{
    switch (event) {
    case IST_REQUEST:
        return IST_SEND_RESPONSE;
    case IST_ACK:
        if (t->reliable)
            return terminate(t, 0); /* I = 0 */
        enter(t, IST_CONFIRMED, NEVER, now + t->timers.t4);
        return 0;
    case IST_TIMER:
        return on_timer_in_completed(t, now);
    case IST_TRANSPORT_ERROR:
        return IST_PASS_ERROR;
    case IST_1XX:
    case IST_2XX:
    case IST_300_699:
        break;
    }
    return 0;
}

static unsigned in_accepted(struct ist *t, enum ist_event event, msec now)
{
    switch (event) {
    case IST_ACK:
        return IST_PASS_ACK;
    case IST_2XX:
        return IST_SEND_RESPONSE;
    case IST_TIMER:
        return now >= t->end_at ? terminate(t, 0) : 0;
    case IST_TRANSPORT_ERROR:
        return IST_PASS_ERROR;
    case IST_REQUEST: /* the user repeats its 2xx by its own clock */
    case IST_1XX:
    case IST_300_699:
        break;
    }
    return 0;
}

unsigned ist_start(struct ist *t, bool reliable, const struct txn_timers *timers, msec now)
{
    *t = (struct ist){
        .state      = IST_PROCEEDING,
        .reliable   = reliable,
        .timers     = *timers,
        .resend_at  = now + TRYING_AFTER,
        .resend_gap = timers->t1,
        .end_at     = NEVER,
    };
    return 0;
}

unsigned ist_step(struct ist *t, enum ist_event event, msec now)
{
    switch (t->state) {
    case IST_PROCEEDING:
        return in_proceeding(t, event, now);
    case IST_COMPLETED:
        return in_completed(t, event, now);
    case IST_ACCEPTED:
        return in_accepted(t, event, now);
    case IST_CONFIRMED: /* absorb repeated ACKs until Timer I */
        if (event == IST_TIMER && now >= t->end_at)
            return terminate(t, 0);
        break;
    case IST_TERMINATED:
        break;
    }
    return 0;
}

msec ist_deadline(const struct ist *t)
{
    return t->resend_at < t->end_at ? t->resend_at : t->end_at;
}
