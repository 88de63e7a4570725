/* SPDX-License-Identifier: BSD-2-Clause */
#include "txn/invite_client.h"

/* RFC 6026 8.4: an absolute minimum, as nobody knows the server's T1. */
enum { TIMER_D = 32000 };

/* Entering a state stops the timers of the one we leave. */
static void enter(struct ict *t, enum ict_state state, msec end_at)
{
    t->state     = state;
    t->resend_at = NEVER;
    t->end_at    = end_at;
}

static unsigned terminate(struct ict *t, unsigned actions)
{
    enter(t, ICT_TERMINATED, NEVER);
    return actions;
}

/* A first response: the same three answers in CALLING and in PROCEEDING. */
static unsigned on_response(struct ict *t, enum ict_event event, msec now)
{
    switch (event) {
    case ICT_1XX:
        enter(t, ICT_PROCEEDING, NEVER);
        return ICT_PASS_RESPONSE;
    case ICT_2XX:
        enter(t, ICT_ACCEPTED, now + 64 * t->timers.t1); /* Timer M */
        return ICT_PASS_RESPONSE;
    case ICT_300_699:
        if (t->reliable)
            return terminate(t, ICT_SEND_ACK | ICT_PASS_RESPONSE); /* D = 0 */
        enter(t, ICT_COMPLETED, now + TIMER_D);
        return ICT_SEND_ACK | ICT_PASS_RESPONSE;
    case ICT_TRANSPORT_ERROR:
        return terminate(t, ICT_PASS_ERROR); /* RFC 3261 17.1.4 */
    case ICT_TIMER:
        break;
    }
    return 0;
}

/* B before A: when both are due there is no point in one more INVITE. */
static unsigned on_timer_in_calling(struct ict *t, msec now)
{
    if (now >= t->end_at)
        return terminate(t, ICT_PASS_TIMEOUT);
    if (now < t->resend_at)
        return 0;
    t->resend_gap *= 2;
    t->resend_at = now + t->resend_gap;
    return ICT_SEND_INVITE;
}

unsigned ict_start(struct ict *t, bool reliable, const struct txn_timers *timers, msec now)
{
    *t = (struct ict){
        .state      = ICT_CALLING,
        .reliable   = reliable,
        .timers     = *timers,
        .resend_gap = timers->t1,
        .resend_at  = reliable ? NEVER : now + timers->t1,
        .end_at     = now + 64 * timers->t1,
    };
    return ICT_SEND_INVITE;
}

unsigned ict_step(struct ict *t, enum ict_event event, msec now)
{
    switch (t->state) {
    case ICT_CALLING:
        if (event == ICT_TIMER)
            return on_timer_in_calling(t, now);
        return on_response(t, event, now);

    case ICT_PROCEEDING:
        return on_response(t, event, now);

    case ICT_COMPLETED: /* absorb retransmitted finals until Timer D */
        if (event == ICT_300_699)
            return ICT_SEND_ACK;
        if (event == ICT_TRANSPORT_ERROR)
            return terminate(t, ICT_PASS_ERROR); /* the ACK did not go out */
        break;

    case ICT_ACCEPTED: /* each fork's 2xx goes up until Timer M; the user ACKs */
        if (event == ICT_2XX)
            return ICT_PASS_RESPONSE;
        break;

    case ICT_TERMINATED:
        return 0;
    }
    if (event == ICT_TIMER && now >= t->end_at)
        return terminate(t, 0);
    return 0;
}

msec ict_deadline(const struct ict *t)
{
    return t->resend_at < t->end_at ? t->resend_at : t->end_at;
}
