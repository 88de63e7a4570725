/* SPDX-License-Identifier: BSD-2-Clause */
#include "txn/non_invite_client.h"

static unsigned terminate(struct nict *t, unsigned actions)
{
    t->state     = NICT_TERMINATED;
    t->resend_at = NEVER;
    t->end_at    = NEVER;
    return actions;
}

/* F before E: when both are due there is no point in one more request. */
static unsigned on_timer(struct nict *t, msec now)
{
    if (now >= t->end_at)
        return terminate(t, NICT_PASS_TIMEOUT);
    if (now < t->resend_at)
        return 0;
    t->resend_gap *= 2;
    if (t->resend_gap > t->timers.t2 || t->state == NICT_PROCEEDING)
        t->resend_gap = t->timers.t2;
    t->resend_at = now + t->resend_gap;
    return NICT_SEND_REQUEST;
}

static unsigned on_final(struct nict *t, msec now)
{
    if (t->reliable)
        return terminate(t, NICT_PASS_RESPONSE); /* K = 0 */
    t->state     = NICT_COMPLETED;
    t->resend_at = NEVER;
    t->end_at    = now + t->timers.t4; /* Timer K */
    return NICT_PASS_RESPONSE;
}

/* TRYING and PROCEEDING differ only in Timer E's gap. */
static unsigned on_event_while_waiting(struct nict *t, enum nict_event event, msec now)
{
    switch (event) {
    case NICT_1XX:
        t->state = NICT_PROCEEDING;
        return NICT_PASS_RESPONSE;
    case NICT_FINAL:
        return on_final(t, now);
    case NICT_TIMER:
        return on_timer(t, now);
    case NICT_TRANSPORT_ERROR:
        return terminate(t, NICT_PASS_ERROR); /* RFC 3261 17.1.4 */
    }
    return 0;
}

unsigned nict_start(struct nict *t, bool reliable, const struct txn_timers *timers, msec now)
{
    *t = (struct nict){
        .state      = NICT_TRYING,
        .reliable   = reliable,
        .timers     = *timers,
        .resend_gap = timers->t1,
        .resend_at  = reliable ? NEVER : now + timers->t1,
        .end_at     = now + 64 * timers->t1, /* Timer F */
    };
    return NICT_SEND_REQUEST;
}

unsigned nict_step(struct nict *t, enum nict_event event, msec now)
{
    switch (t->state) {
    case NICT_TRYING:
    case NICT_PROCEEDING:
        return on_event_while_waiting(t, event, now);
    case NICT_COMPLETED: /* absorb retransmitted responses until Timer K */
        if (event == NICT_TIMER && now >= t->end_at)
            return terminate(t, 0);
        break;
    case NICT_TERMINATED:
        break;
    }
    return 0;
}

msec nict_deadline(const struct nict *t)
{
    return t->resend_at < t->end_at ? t->resend_at : t->end_at;
}
