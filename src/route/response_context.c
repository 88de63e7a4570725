/* SPDX-License-Identifier: BSD-2-Clause */
#include "route/response_context.h"

#include <assert.h>
#include <stddef.h>

static struct rc_action *add(struct rc_actions *out, enum rc_action_kind kind, const char *text, const char *rule)
{
    struct rc_action *a = &out->list[out->count++];

    assert(out->count <= RC_ACTIONS);
    *a = (struct rc_action){ .kind = kind, .why = REASON(text, rule) };
    return a;
}

static bool is_challenge(unsigned status)
{
    return status == 401 || status == 407;
}

void rc_init(struct response_context *rc, bool is_invite, msec timer_c, msec linger)
{
    *rc = (struct response_context){ .is_invite = is_invite, .timer_c = timer_c, .linger = linger, .next_at = NEVER };
}

void rc_room(struct response_context *rc, struct rc_branch memory[], unsigned room)
{
    assert(room <= LIMIT_BRANCHES && rc->count <= room);
    for (unsigned i = 0; i < rc->count; i++)
        memory[i] = rc->branches[i];
    rc->branches = memory;
    rc->room     = (uint8_t)room;
}

int rc_add(struct response_context *rc, enum rc_branch_kind kind, msec now)
{
    if (rc->closed || rc->count >= rc->room)
        return -1;
    rc->branches[rc->count] = (struct rc_branch){
        .state   = RC_OPEN,
        .kind    = kind,
        .timer_c = rc->is_invite ? now + rc->timer_c : NEVER,
    };
    return (int)rc->count++;
}

static void cancel_one(struct response_context *rc, unsigned branch, unsigned cause, struct rc_actions *out,
                       const char *text, const char *rule)
{
    struct rc_action *a = add(out, RC_CANCEL, text, rule);

    a->branch                      = branch;
    a->status                      = cause;
    rc->branches[branch].cancelled = true;
}

/* 16.7 item 10; only INVITE can be cancelled (9.1). */
static void cancel_open(struct response_context *rc, unsigned cause, struct rc_actions *out, const char *text,
                        const char *rule)
{
    for (unsigned i = 0; rc->is_invite && i < rc->count; i++)
        if (rc->branches[i].state == RC_OPEN && !rc->branches[i].cancelled)
            cancel_one(rc, i, cause, out, text, rule);
}

/* How much a 4xx says about how to ask again, or about why not; less is better. */
static unsigned rank_4xx(const struct response_context *rc, unsigned status)
{
    switch (status) {
    case 487: /* what a client that has cancelled waits for */
        return rc->cancelled ? 0 : 6;
    case 401:
    case 407:
        return 1;
    case 415:
    case 420:
    case 484:
        return 2;
    case 480:
        return 4;
    case 408:
        return 5;
    default:
        return 3;
    }
}

/* 16.7 item 6: any 6xx; else the lowest class, and in it what helps most.  A 408
 * to anything but INVITE must not go up (RFC 4320 4.2), so it comes last. */
static unsigned rank(const struct response_context *rc, unsigned status)
{
    if (status >= 600)
        return 0;
    if (status == 408 && !rc->is_invite)
        return 1000;
    if (status / 100 == 4)
        return 400 + rank_4xx(rc, status);
    return status / 100 * 100 + (status == 503);
}

/* The best of the final responses, or NULL. */
static const struct rc_branch *best_of(const struct response_context *rc)
{
    const struct rc_branch *best = NULL;

    for (unsigned i = 0; i < rc->count; i++) {
        const struct rc_branch *b = &rc->branches[i];

        if (b->taken || b->status < 300)
            continue;
        if (best == NULL || rank(rc, b->status) < rank(rc, best->status))
            best = b;
    }
    return best;
}

static uint32_t other_challenges(const struct response_context *rc, unsigned chosen)
{
    uint32_t set = 0;

    for (unsigned i = 0; i < rc->count; i++)
        if (i != chosen && is_challenge(rc->branches[i].status))
            set |= (uint32_t)1 << i;
    return set;
}

static struct rc_action *answer(struct rc_actions *out, unsigned status, const char *text, const char *rule)
{
    struct rc_action *a = add(out, RC_ANSWER, text, rule);

    a->status = status;
    return a;
}

static void give_best(struct response_context *rc, const struct rc_branch *best, struct rc_actions *out)
{
    unsigned          index  = (unsigned)(best - rc->branches);
    unsigned          status = best->status;
    struct rc_action *a;

    if (status == 408 && !rc->is_invite) {
        add(out, RC_SILENCE, "too late to answer", "RFC 4320 4.2");
    } else if (status == 503) {
        a         = answer(out, 500, "no target could serve the request", "RFC 3261 16.7 item 6");
        a->branch = index;
        a->retry  = !best->made;
    } else if (status == 408 && best->made && rc->cancelled) {
        answer(out, 487, "cancelled by the client", "RFC 3261 16.10");
    } else if (best->made) {
        answer(out, status, "no target has answered", "RFC 3261 16.7 item 6");
    } else {
        a             = add(out, RC_FORWARD, "best final response", "RFC 3261 16.7 item 6");
        a->branch     = index;
        a->status     = status;
        a->challenges = is_challenge(status) ? other_challenges(rc, index) : 0;
    }
}

static bool all_closed(const struct response_context *rc)
{
    for (unsigned i = 0; i < rc->count; i++)
        if (rc->branches[i].state != RC_CLOSED)
            return false;
    return true;
}

static void ask_for_more(struct response_context *rc, struct rc_actions *out, const char *text)
{
    rc->more    = false;
    rc->next_at = NEVER;
    add(out, RC_MORE, text, "RFC 3261 16.6");
}

/* When the last branch is closed and nothing has gone up. */
static void conclude(struct response_context *rc, struct rc_actions *out)
{
    const struct rc_branch *best;

    if (rc->answered || !all_closed(rc))
        return;
    if (rc->more && !rc->closed) {
        ask_for_more(rc, out, "nobody of the group before has taken it");
        return;
    }
    best = best_of(rc);
    if (best == NULL)
        return;
    rc->answered = true;
    rc->closed   = true;
    give_best(rc, best, out);
}

static void close_branch(struct rc_branch *b, unsigned status, bool made)
{
    b->state   = RC_CLOSED;
    b->status  = (uint16_t)status;
    b->made    = made;
    b->timer_c = NEVER;
}

/* 16.7 items 2 and 5; RFC 4320 4.1: no 1xx but to INVITE. */
static void on_provisional(struct response_context *rc, unsigned branch, unsigned status, msec now,
                           struct rc_actions *out)
{
    struct rc_branch *b = &rc->branches[branch];
    struct rc_action *a;

    if (b->state != RC_OPEN)
        return;
    b->provisional = true;
    b->reached     = b->reached || status > 100;
    if (status == 100 || !rc->is_invite)
        return;
    if (b->timer_c != NEVER)
        b->timer_c = now + rc->timer_c;
    if (rc->answered)
        return;
    a         = add(out, RC_FORWARD, "provisional response", "RFC 3261 16.7 item 5");
    a->branch = branch;
    a->status = status;
}

/* Each 2xx to an INVITE goes up, of any other request the first. */
static void on_success(struct response_context *rc, unsigned branch, unsigned status, msec now, struct rc_actions *out)
{
    struct rc_action *a;

    close_branch(&rc->branches[branch], status, false);
    if (rc->is_invite)
        rc->keep_until = now + rc->linger;
    else if (rc->answered)
        return;
    rc->answered = true;
    rc->closed   = true;
    a            = add(out, RC_FORWARD, "success", "RFC 3261 16.7 item 5");
    a->branch    = branch;
    a->status    = status;
    rc->next_at  = NEVER;
    if (!rc->ring_on)
        cancel_open(rc, status, out, "answered by another branch", "RFC 3261 16.7 item 10");
}

/* RFC 5626 7: any response of the phone but 408 and 430 is its last word.  A request that is not INVITE has
 * timed out for its sender too. */
static bool is_flow_failure(const struct response_context *rc, const struct rc_branch *b)
{
    if (b->kind != RC_INSTANCE || b->reached)
        return false;
    return b->status == 430 || (b->made && b->status == 503) || (b->status == 408 && rc->is_invite);
}

/* What the status of a branch to a flow means to who asked. */
static void translate(struct rc_branch *b)
{
    bool error = b->made && b->status == 503;

    if (b->kind == RC_INSTANCE && (error || b->status == 430))
        close_branch(b, 480, true);
    else if (b->kind == RC_FLOW && error)
        close_branch(b, 430, true);
}

/* Of 305 and 380 the Contacts are a proxy, and another service (21.3.4, 21.3.5). */
static bool is_to_be_followed(const struct response_context *rc, const struct rc_branch *b)
{
    return (b->kind == RC_REDIRECT || rc->recurse) && b->status / 100 == 3 && b->status != 305 && b->status != 380;
}

/* Others may take its place: true, and its status waits for what comes of them. */
static bool gives_way(struct response_context *rc, unsigned branch, struct rc_actions *out)
{
    struct rc_branch *b    = &rc->branches[branch];
    bool              flow = is_flow_failure(rc, b);

    translate(b);
    if (rc->closed || b->cancelled)
        return false;
    if (flow)
        add(out, RC_NEXT, "the flow has failed", "RFC 5626 7")->branch = branch;
    else if (is_to_be_followed(rc, b))
        add(out, RC_FOLLOW, "redirected", "RFC 3261 16.7 item 4")->branch = branch;
    else
        return false;
    b->state = RC_FOLLOWING;
    return true;
}

static void on_failure(struct response_context *rc, unsigned branch, unsigned status, struct rc_actions *out)
{
    struct rc_branch *b = &rc->branches[branch];

    if (b->state != RC_OPEN)
        return;
    close_branch(b, status, false);
    if (gives_way(rc, branch, out))
        return;
    if (status >= 600) {
        rc->closed  = true;
        rc->next_at = NEVER;
        if (!rc->ring_on)
            cancel_open(rc, status, out, "refused for all branches", "RFC 3261 16.7 item 5");
    }
    conclude(rc, out);
}

void rc_response(struct response_context *rc, unsigned branch, unsigned status, msec now, struct rc_actions *out)
{
    out->count = 0;
    if (branch >= rc->count)
        return;
    if (status < 200)
        on_provisional(rc, branch, status, now, out);
    else if (status < 300)
        on_success(rc, branch, status, now, out);
    else
        on_failure(rc, branch, status, out);
}

/* As if a response had come, but there is none to forward. */
static void make(struct response_context *rc, unsigned branch, unsigned status, struct rc_actions *out)
{
    out->count = 0;
    if (branch >= rc->count || rc->branches[branch].state != RC_OPEN)
        return;
    close_branch(&rc->branches[branch], status, true);
    if (!gives_way(rc, branch, out))
        conclude(rc, out);
}

void rc_timeout(struct response_context *rc, unsigned branch, struct rc_actions *out)
{
    make(rc, branch, 408, out);
}

void rc_error(struct response_context *rc, unsigned branch, struct rc_actions *out)
{
    make(rc, branch, 503, out);
}

void rc_followed(struct response_context *rc, unsigned branch, bool any, struct rc_actions *out)
{
    out->count = 0;
    if (branch >= rc->count || rc->branches[branch].state != RC_FOLLOWING)
        return;
    rc->branches[branch].state = RC_CLOSED;
    rc->branches[branch].taken = any;
    conclude(rc, out);
}

void rc_cancel(struct response_context *rc, struct rc_actions *out)
{
    out->count = 0;
    if (rc->answered)
        return;
    rc->cancelled = true;
    rc->closed    = true;
    rc->next_at   = NEVER;
    cancel_open(rc, 0, out, "cancelled by the client", "RFC 3261 16.10");
}

void rc_group(struct response_context *rc, bool more, bool alone, msec time, msec now, struct rc_actions *out)
{
    out->count  = 0;
    rc->more    = more && !rc->closed;
    rc->alone   = alone;
    rc->next_at = rc->more ? now + time : NEVER;
    conclude(rc, out);
}

void rc_in_time(struct response_context *rc)
{
    rc->next_at = NEVER;
}

void rc_no_more(struct response_context *rc)
{
    rc->more    = false;
    rc->next_at = NEVER;
}

/* Who has let it ring for so long is not waited for; of those who have not even said that it does, neither,
 * though they are cancelled only when they have. */
static void end_group(struct response_context *rc, msec now, struct rc_actions *out)
{
    if (now < rc->next_at)
        return;
    rc->next_at = NEVER;
    cancel_open(rc, 408, out, "the time of its group is over", "RFC 3261 16.6");
    if (!rc->alone && rc->more && !rc->closed && !all_closed(rc))
        ask_for_more(rc, out, "the group before has not answered in its time");
}

/* 16.8.  What was cancelled ends with a response, or when the stack gives up. */
void rc_timer(struct response_context *rc, msec now, struct rc_actions *out)
{
    out->count = 0;
    for (unsigned i = 0; i < rc->count; i++) {
        struct rc_branch *b = &rc->branches[i];

        if (now < b->timer_c)
            continue;
        b->timer_c = NEVER;
        if (!b->cancelled)
            cancel_one(rc, i, 408, out, "Timer C", "RFC 3261 16.8");
        if (!b->provisional)
            close_branch(b, 408, true);
    }
    end_group(rc, now, out);
    conclude(rc, out);
}

/* The wait for further 2xx ends the context only if it is all that is left. */
msec rc_deadline(const struct response_context *rc)
{
    msec first = rc->keep_until > 0 && all_closed(rc) ? rc->keep_until : rc->next_at;

    for (unsigned i = 0; i < rc->count; i++)
        if (rc->branches[i].timer_c < first)
            first = rc->branches[i].timer_c;
    return first;
}

bool rc_is_done(const struct response_context *rc, msec now)
{
    return rc->answered && now >= rc->keep_until && all_closed(rc);
}

bool rc_only_lingers(const struct response_context *rc)
{
    return rc->answered && rc->keep_until > 0 && all_closed(rc);
}
