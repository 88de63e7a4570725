/* SPDX-License-Identifier: BSD-2-Clause */
#include "call/call.h"
#include "call/state.h"

static msec earlier(msec a, msec b)
{
    return a < b ? a : b;
}

/* ---- the session timer (RFC 4028) ---- */

struct reason call_described(const struct call *c)
{
    const struct sdp *sdp = c->negotiation != NULL ? negotiation_remote(c->negotiation) : NULL;
    struct reason     r   = { .len = 0 };
    char              text[sizeof r.text];
    struct buf        b = BUF_ON(text);

    if (sdp == NULL)
        return r;
    buf_printf(&b, "%.*s %.*s", SLICE_ARG(sdp->origin.session_id), SLICE_ARG(sdp->origin.version));
    if (buf_ok(&b))
        reason_set(&r, buf_slice(&b));
    return r;
}

bool call_describes_same(const struct call *c, const struct reason *before)
{
    struct reason now = call_described(c);

    return before->len > 0 && slice_eq(reason_slice(before), reason_slice(&now));
}

static void expire(struct call *c)
{
    call_blame(c, CALL_EXPIRED, SIDE_NETWORK, 0, SLICE("nobody has refreshed the session"));
    call_hang_up(c->phone, c->id);
}

static void on_refresh_timer(struct call *c, msec now)
{
    switch (session_timer_on_timer(&c->refresh, now)) {
    case SESSION_TIMER_NOTHING:
        return;
    case SESSION_TIMER_REFRESH:
        call_refresh(c);
        return;
    case SESSION_TIMER_END:
        expire(c);
        return;
    }
}

/* ---- an INVITE of ours that waits ---- */

/* RFC 3261 13.2.1: what its Expires says is over. */
static void give_up(struct call *c)
{
    call_blame(c, CALL_CANCELLED, SIDE_LOCAL, 0, SLICE("not answered in time"));
    call_hang_up(c->phone, c->id);
}

/* The Retry-After of its refusal is over. */
static void place_again(struct call *c)
{
    int error;

    auth_begin(&c->auth);
    error = call_send_invite(c);
    if (error == 0)
        return;
    call_fail(c, CALL_LOCAL_FAULT, error);
    call_perform(c, session_on_failure(&c->session), &(struct occasion){ 0 });
}

void call_put_expires(struct call *c, struct gather *g)
{
    msec now = world_now(c->phone->world);

    if (c->give_up_at != NEVER && c->give_up_at > now)
        gather_header_number(g, HEADER_EXPIRES, (c->give_up_at - now + 999) / 1000);
}

void call_cancel(struct call *c)
{
    char       line[REASON_LINE];
    struct buf why = BUF_ON(line);

    if (c->again_at == NEVER) {
        call_write_reason(c, NULL, &why);
        stack_cancel(c->phone->stack, c->invite_txn, buf_slice(&why));
        return;
    }
    c->again_at = NEVER; /* nothing is under way that could be cancelled */
    call_perform(c, session_on_failure(&c->session), &(struct occasion){ 0 });
}

/* ---- all of them ---- */

msec call_due(const struct call *c)
{
    if (c->told_ended)
        return NEVER;
    if (call_change_is_due(c))
        return world_now(c->phone->world);
    return earlier(session_timer_deadline(&c->refresh), earlier(c->again_at, c->give_up_at));
}

void call_on_due(struct call *c, msec now)
{
    if (c->told_ended)
        return;
    if (c->answered_at != NEVER)
        c->give_up_at = NEVER;
    if (now >= c->give_up_at) {
        c->give_up_at = NEVER;
        give_up(c);
        return;
    }
    if (now >= c->again_at) {
        c->again_at = NEVER;
        place_again(c);
    }
    call_change_waiting(c);
    on_refresh_timer(c, now);
}
