/* SPDX-License-Identifier: BSD-2-Clause */
#include "txn/non_invite_server.h"

static unsigned terminate(struct nist *t, unsigned actions)
{
    t->state     = NIST_TERMINATED;
    t->trying_at = NEVER;
    t->end_at    = NEVER;
    return actions;
}

/* How long after its start a client's Timer E is set to T2: 500 + 1000 + 2000
 * ms with the default values. */
static msec until_timer_e_is_t2(const struct txn_timers *timers)
{
    msec sum = 0;
    msec gap = timers->t1;

    do {
        sum += gap;
        gap *= 2;
    } while (gap < timers->t2 && gap > 0);
    return sum;
}

static unsigned on_timer(struct nist *t, msec now)
{
    if (now >= t->end_at)
        return terminate(t, 0);
    if (now < t->trying_at)
        return 0;
    t->trying_at = NEVER;
    t->state     = NIST_PROCEEDING;
    return NIST_SEND_TRYING;
}

static unsigned on_final(struct nist *t, msec now)
{
    if (t->reliable)
        return terminate(t, NIST_SEND_RESPONSE); /* J = 0 */
    t->state     = NIST_COMPLETED;
    t->trying_at = NEVER;
    t->end_at    = now + 64 * t->timers.t1; /* Timer J */
    return NIST_SEND_RESPONSE;
}

/* TRYING and PROCEEDING: the user has not decided. */
static unsigned on_event_while_open(struct nist *t, enum nist_event event, msec now)
{
    switch (event) {
    case NIST_REQUEST:
        if (t->state == NIST_TRYING)
            return 0;
        return t->answered ? NIST_SEND_RESPONSE : NIST_SEND_TRYING;
    case NIST_1XX:
        if (now < t->quiet_to)
            return 0;
        t->state     = NIST_PROCEEDING;
        t->answered  = true;
        t->trying_at = NEVER;
        return NIST_SEND_RESPONSE;
    case NIST_FINAL:
        return on_final(t, now);
    case NIST_TIMER:
        return on_timer(t, now);
    case NIST_TRANSPORT_ERROR:
        return NIST_PASS_ERROR;
    }
    return 0;
}

static unsigned in_completed(struct nist *t, enum nist_event event, msec now)
{
    switch (event) {
    case NIST_REQUEST:
        return NIST_SEND_RESPONSE;
    case NIST_TIMER:
        return now >= t->end_at ? terminate(t, 0) : 0;
    case NIST_TRANSPORT_ERROR:
        return NIST_PASS_ERROR;
    case NIST_1XX:
    case NIST_FINAL:
        break;
    }
    return 0;
}

unsigned nist_start(struct nist *t, bool reliable, const struct txn_timers *timers, msec now)
{
    msec quiet = until_timer_e_is_t2(timers);

    *t = (struct nist){
        .state     = NIST_TRYING,
        .reliable  = reliable,
        .timers    = *timers,
        .trying_at = now + quiet,
        .quiet_to  = reliable ? now : now + quiet,
        .end_at    = now + 64 * timers->t1,
    };
    return 0;
}

unsigned nist_step(struct nist *t, enum nist_event event, msec now)
{
    switch (t->state) {
    case NIST_TRYING:
    case NIST_PROCEEDING:
        return on_event_while_open(t, event, now);
    case NIST_COMPLETED:
        return in_completed(t, event, now);
    case NIST_TERMINATED:
        break;
    }
    return 0;
}

msec nist_deadline(const struct nist *t)
{
    return t->trying_at < t->end_at ? t->trying_at : t->end_at;
}
