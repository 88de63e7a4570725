/* SPDX-License-Identifier: BSD-2-Clause */
/* A session is refreshed (RFC 4028 7.4, 10): by an UPDATE without an offer if the peer takes that,
 * else by a re-INVITE that describes what is agreed. */
#include "call/state.h"
#include "dialog/refusal.h"

enum { REFRESH_PAUSE = 5000 /* between tries */ };

static bool send_update(struct call *c);

void call_refresh_failed(struct call *c)
{
    session_timer_on_failure(&c->refresh, REFRESH_PAUSE, world_now(c->phone->world));
}

/* Some say in Allow what they do not do. */
static void note_refusal(struct call *c, unsigned status)
{
    if (status == 405 || status == 501)
        c->up->allows &= ~(1u << METHOD_UPDATE);
    call_refresh_failed(c);
}

static void refused(struct call *c, unsigned status, struct slice reason)
{
    if (refusal_of(status)->within == WITHIN_LOST) {
        call_blame(c, CALL_LOST, SIDE_NETWORK, status, reason);
        call_hang_up(c->phone, c->id);
        return;
    }
    note_refusal(c, status);
    call_perform(c, 0, &(struct occasion){ 0 }); /* for its timer */
}

static void accepted(struct call *c, const struct message *response)
{
    call_take_next_nonce(c, c->up->dialog->target, response);
    (void)dialog_refresh(c->up->dialog, response); /* without memory it stays where it was */
    call_note_allow(c->up, response);
    session_timer_on_2xx(&c->refresh, response, world_now(c->phone->world));
    call_perform(c, 0, &(struct occasion){ 0 });
}

static bool is_tried_again(struct call *c, const struct message *response)
{
    switch (refusal_of(response->status)->within) {
    case WITHIN_PROVE:
        return auth_challenged(&c->auth, &c->account->secret, response) == AUTH_RETRY && send_update(c);
    case WITHIN_LONGER:
        return session_timer_on_422(&c->refresh, response) && send_update(c);
    case WITHIN_KEEP:
    case WITHIN_LOST:
    case WITHIN_AGAIN:
    case WITHIN_LATER: /* REFRESH_PAUSE is as good: there is time enough */
        break;
    }
    return false;
}

static void on_update(const struct client_user *u, object_id txn, enum client_event event, struct message *response,
                      int detail)
{
    struct call *c = phone_find_call(u->self, u->owner);

    (void)detail;
    if (c == NULL || txn != c->refresh_txn || (event == CLIENT_RESPONSE && response->status < 200))
        return;
    c->refresh_txn = 0;
    if (c->told_ended)
        return;
    if (event == CLIENT_TIMEOUT)
        refused(c, 408, SLICE("no response"));
    else if (event == CLIENT_ERROR)
        refused(c, 503, SLICE(""));
    else if (response->status < 300)
        accepted(c, response);
    else if (!is_tried_again(c, response))
        refused(c, response->status, response->reason);
}

static bool send_update(struct call *c)
{
    struct phone        *p    = c->phone;
    struct client_user   user = { .fn = on_update, .self = p, .owner = c->id };
    struct request_start start;

    if (call_begin_within(c, c->up, METHOD_UPDATE, SLICE(""), &start) != 0)
        return false;
    call_put_headers(c, &p->gather);
    session_timer_write_request(&c->refresh, &p->gather);
    gather_body(&p->gather, SLICE(""), SLICE(""));
    c->refresh_txn = call_send_within(c, c->up, METHOD_UPDATE, &start, &user);
    return c->refresh_txn != 0;
}

/* RFC 3311 5.1: one at a time. */
static bool may_update(const struct call *c)
{
    return call_peer_allows(c->up, METHOD_UPDATE) && c->up->update.state == UPDATE_IDLE && c->refresh_txn == 0;
}

void call_refresh(struct call *c)
{
    unsigned actions;

    if (may_update(c)) {
        auth_begin(&c->auth);
        if (!send_update(c))
            call_refresh_failed(c);
        return;
    }
    actions = session_reinvite(&c->session);
    if (actions == 0) { /* another INVITE is under way: as good, if it succeeds */
        call_refresh_failed(c);
        return;
    }
    c->only_refreshes = true;
    call_perform(c, actions, &(struct occasion){ 0 });
}
