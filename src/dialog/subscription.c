/* SPDX-License-Identifier: BSD-2-Clause */
#include "dialog/subscription.h"

#include "dialog/pace.h"

#include "dialog/notifier.h"

enum {
    ROUNDS_MAX  = 4,             /* SUBSCRIBEs of one refresh: answers to 423         */
    EXPIRES_MAX = 7 * 24 * 3600, /* seconds; the longest that is believed             */
    RETRY_MAX   = 24 * 3600,     /* seconds; the longest Retry-After that is heeded       */
    BREATH      = 2000,          /* ms: two refreshes do not follow each other faster     */
    STEADY      = 60000,         /* ms: one that has lasted so long was no failure        */
    IMPLICIT    = 300,           /* seconds: of one of which nobody says how long it is   */
};

static msec back_off(unsigned failures, uint32_t retry_after, uint32_t random)
{
    return pace_back_off(failures, PACE_BASE, retry_after < RETRY_MAX ? retry_after : RETRY_MAX, random);
}

static msec refresh_after(uint32_t seconds, uint32_t random)
{
    msec after = pace_refresh_after(seconds, random);

    return after > BREATH ? after : BREATH;
}

/* ---- what happens ---- */

static unsigned send(struct subscription *s, uint32_t seconds, msec now)
{
    s->asked      = seconds;
    s->open       = true;
    s->timer_n    = now + s->t1_64;
    s->refresh_at = NEVER;
    return SUBSCRIPTION_SEND;
}

/* A `pause` of NEVER: it is not worth another try. */
static unsigned end(struct subscription *s, unsigned status, msec pause, msec now)
{
    s->state    = SUBSCRIPTION_ENDED;
    s->status   = status;
    s->retry_at = s->leaving || s->implicit || s->wanted == 0 || pause == NEVER ? NEVER : now + pause;
    s->failures = s->since != NEVER && now >= s->since + STEADY ? 0 : s->failures + 1;
    s->timer_n = s->refresh_at = s->expires_at = NEVER;
    return SUBSCRIPTION_TELL_ENDED;
}

static void grant(struct subscription *s, uint32_t seconds, uint32_t random, msec now)
{
    if (seconds > EXPIRES_MAX)
        seconds = EXPIRES_MAX;
    s->expires_at = now + (msec)seconds * 1000;
    s->refresh_at = s->leaving || s->implicit || s->wanted == 0 ? NEVER : now + refresh_after(seconds, random);
}

static bool has_dialog(const struct subscription *s)
{
    return s->state == SUBSCRIPTION_PENDING || s->state == SUBSCRIPTION_ACTIVE;
}

/* ---- beginnings ---- */

static void init(struct subscription *s, msec t1)
{
    *s = (struct subscription){
        .state      = SUBSCRIPTION_NOTIFY_WAIT,
        .retry_at   = NEVER,
        .expires_at = NEVER,
        .timer_n    = NEVER,
        .refresh_at = NEVER,
        .since      = NEVER,
        .t1_64      = 64 * t1,
    };
}

unsigned subscription_start(struct subscription *s, uint32_t seconds, msec t1, unsigned failures, msec now)
{
    init(s, t1);
    s->wanted   = seconds;
    s->failures = failures;
    return send(s, seconds, now);
}

void subscription_again(struct subscription *s, msec now)
{
    s->timer_n = now + s->t1_64 + s->t1_64 / 64; /* the silence of this one is heard before, and leads to the next */
}

void subscription_expect(struct subscription *s, msec t1, msec now)
{
    init(s, t1);
    s->implicit = true;
    s->timer_n  = now + s->t1_64;
}

void subscription_fork(struct subscription *s, const struct subscription *first, msec now)
{
    init(s, first->t1_64 / 64);
    s->wanted   = first->wanted;
    s->asked    = first->asked;
    s->leaving  = first->leaving;
    s->failures = first->failures; /* else who forks has us come back at once for ever */
    s->timer_n  = now + s->t1_64;
}

/* ---- responses ---- */

static uint32_t retry_after_of(const struct message *response)
{
    uint32_t seconds = 0;

    return response != NULL && message_number(response, HEADER_RETRY_AFTER, &seconds) ? seconds : 0;
}

/* Will the same SUBSCRIBE fare better later? */
static bool is_passing(unsigned status)
{
    return status == 408 || status == 480 || status == 481 || status == 486 || status == 491 || status == 500 ||
           (status >= 502 && status <= 504);
}

static unsigned on_success(struct subscription *s, unsigned status, const struct message *response, uint32_t random,
                           msec now)
{
    uint32_t seconds;

    s->rounds = 0;
    if (status == 204 && has_dialog(s) && s->asked != 0) /* RFC 5839: no NOTIFY follows; elsewhere 204 means nothing */
        s->timer_n = NEVER;
    if (response == NULL || !message_number(response, HEADER_EXPIRES, &seconds) || seconds > s->asked)
        seconds = s->asked; /* it may be less, but not more (4.1.2.1) */
    if (seconds > 0 && !s->told_expires && !s->leaving)
        grant(s, seconds, random, now);
    return s->leaving && s->asked != 0 && has_dialog(s) ? send(s, 0, now) : 0;
}

/* 423 (RFC 3261 21.4.17): ask for longer. */
static bool raise_asked(struct subscription *s, const struct message *response)
{
    uint32_t least;

    if (response == NULL || s->rounds++ >= ROUNDS_MAX || s->asked == 0 ||
        !message_number(response, HEADER_MIN_EXPIRES, &least) || least <= s->asked || least > EXPIRES_MAX)
        return false;
    s->wanted = least;
    return true;
}

/* What was not a refresh has made nothing; but a NOTIFY may have come all the same, from another branch. */
static unsigned on_first_refusal(struct subscription *s, unsigned status, uint32_t retry_after, uint32_t random,
                                 msec now)
{
    msec pause = is_passing(status) ? back_off(s->failures, retry_after, random) : NEVER;

    return end(s, status, pause, now);
}

/* 4.1.2.2: most refusals of a refresh change nothing, and it is tried again while there is time. */
static unsigned on_later_refusal(struct subscription *s, unsigned status, uint32_t retry_after, uint32_t random,
                                 msec now)
{
    msec left = s->expires_at > now && s->expires_at != NEVER ? s->expires_at - now : 0;

    if (status == 481 && s->failures == 0) /* it has forgotten us: begin anew */
        return end(s, status, 0, now);
    if (s->leaving || subscription_is_gone(status))
        return end(s, status, is_passing(status) ? back_off(s->failures, retry_after, random) : NEVER, now);
    s->timer_n    = NEVER;
    s->refresh_at = now + (left / 2 > BREATH ? left / 2 : BREATH);
    if (s->refresh_at < now + (msec)retry_after * 1000)
        s->refresh_at = now + (msec)retry_after * 1000;
    return 0;
}

unsigned subscription_on_response(struct subscription *s, unsigned status, const struct message *response,
                                  uint32_t random, msec now)
{
    uint32_t retry_after = retry_after_of(response);

    if (!s->open || s->state == SUBSCRIPTION_ENDED || status < 200)
        return 0;
    s->open = false;
    if (status < 300)
        return on_success(s, status, response, random, now);
    if (status == 423 && !s->leaving && raise_asked(s, response))
        return send(s, s->wanted, now);
    return has_dialog(s) ? on_later_refusal(s, status, retry_after, random, now)
                         : on_first_refusal(s, status, retry_after, random, now);
}

/* ---- NOTIFY ---- */

/* 4.1.3 */
static msec pause_after(const struct subscription *s, const struct subscription_state *state, uint32_t random)
{
    uint32_t retry_after = state->has_retry_after ? state->retry_after : 0;

    switch (state->reason) {
    case END_DEACTIVATED:
    case END_TIMEOUT:
        return s->failures == 0 ? 0 : back_off(s->failures, 0, random);
    case END_PROBATION:
    case END_GIVEUP:
    case END_UNKNOWN:
        return back_off(s->failures, retry_after, random);
    case END_REJECTED:
    case END_NORESOURCE:
    case END_INVARIANT:
    case END_REASON_COUNT:
        break;
    }
    return NEVER;
}

static unsigned on_end(struct subscription *s, const struct subscription_state *state, uint32_t random, msec now)
{
    s->reason = state->reason;
    return end(s, 0, pause_after(s, state, random), now);
}

unsigned subscription_on_notify(struct subscription *s, const struct subscription_state *state, uint32_t random,
                                msec now)
{
    enum subscriber_state next = state->phase == PHASE_PENDING ? SUBSCRIPTION_PENDING : SUBSCRIPTION_ACTIVE;
    unsigned              tell = next != s->state ? SUBSCRIPTION_TELL_STATE : 0;

    if (s->state == SUBSCRIPTION_ENDED)
        return 0;
    if (state->phase == PHASE_TERMINATED)
        return on_end(s, state, random, now);
    if (s->since == NEVER)
        s->since = now;
    s->state = next;
    if (s->leaving) /* only now is there somewhere to send it; or it crossed what has been sent */
        return s->open || s->asked == 0 ? tell : tell | send(s, 0, now);
    if (s->wanted == 0 && !s->implicit) /* what was fetched ends with this NOTIFY, or should */
        return tell;
    s->timer_n      = NEVER;
    s->told_expires = s->told_expires || state->has_expires;
    if (state->has_expires)
        grant(s, state->expires, random, now);
    else if (s->expires_at == NEVER)
        grant(s, s->implicit ? IMPLICIT : s->asked, random, now);
    return tell;
}

/* ---- the user and the clock ---- */

unsigned subscription_end(struct subscription *s, msec now)
{
    if (s->state == SUBSCRIPTION_ENDED || s->leaving)
        return 0;
    s->leaving    = true;
    s->refresh_at = NEVER;
    return s->open || !has_dialog(s) ? 0 : send(s, 0, now);
}

unsigned subscription_on_timer(struct subscription *s, uint32_t random, msec now)
{
    if (s->state == SUBSCRIPTION_ENDED)
        return 0;
    if (now >= s->timer_n) {
        s->open = false;
        return end(s, 408, back_off(s->failures, 0, random), now);
    }
    if (now >= s->expires_at) {
        s->reason = END_TIMEOUT;
        return end(s, 0, s->failures == 0 ? 0 : back_off(s->failures, 0, random), now);
    }
    if (now < s->refresh_at)
        return 0;
    s->refresh_at = NEVER;
    return s->open ? 0 : send(s, s->wanted, now);
}

static msec earlier(msec a, msec b)
{
    return a < b ? a : b;
}

msec subscription_deadline(const struct subscription *s)
{
    if (s->state == SUBSCRIPTION_ENDED)
        return NEVER;
    return earlier(s->timer_n, earlier(s->expires_at, s->refresh_at));
}
