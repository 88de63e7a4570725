/* SPDX-License-Identifier: BSD-2-Clause */
#include "call/call.h"

#include "base/error.h"
#include "call/conference_private.h"
#include "call/methods.h"
#include "call/reference.h"

#include <stdlib.h>

static void on_timer(struct timer *t, msec now);

static msec earlier(msec a, msec b)
{
    return a < b ? a : b;
}

static void set_timer(struct call *c)
{
    msec at = earlier(session_deadline(&c->session), earlier(c->ring_again_at, c->ring_until));

    at = earlier(at, earlier(call_due(c), earlier(reliable_deadline(&c->reliable), call_update_deadline(c))));
    world_timer(c->phone->world, &c->timer, on_timer, at);
}

/* ---- life ---- */

static int add(struct phone *p, struct call *c)
{
    c->id = id_add(&p->call_ids, c);
    if (c->id == 0)
        return -ERR_LIMIT;
    table_insert(&p->call_table, &c->entry, siphash(&p->key, c->call_id));
    list_append(&p->calls, &c->link);
    p->call_count++;
    if (!list_empty(&p->tellers))
        phone_wake(p);
    return 0;
}

int call_new(struct account *a, bool outgoing, struct slice call_id, struct slice local_tag,
             const struct address *local, enum transport transport, bool secure, struct call **out)
{
    struct phone              *p      = a->phone;
    const struct stack_config *config = &p->config.stack;
    struct txn_timers          timers = TXN_TIMERS_DEFAULT;
    struct call               *c      = calloc(1, sizeof *c);
    int                        error;

    if (c == NULL)
        return -ERR_NO_MEMORY;
    timers.t1 = config->t1 != 0 ? config->t1 : timers.t1;
    timers.t2 = config->t2 != 0 ? config->t2 : timers.t2;
    timers.t4 = config->t4 != 0 ? config->t4 : timers.t4;
    if (outgoing)
        session_start_caller(&c->session, &timers);
    else
        session_start_callee(&c->session, &timers);
    reliable_begin(&c->reliable, timers.t1, (uint32_t)random_u64(&p->world->random));
    arena_init(&c->arena, NULL, 0, CALL_MEMORY);
    auth_init(&c->auth);
    c->phone         = p;
    c->account       = a;
    c->outgoing      = outgoing;
    c->call_id       = arena_copy(&c->arena, call_id);
    c->local_tag     = arena_copy(&c->arena, local_tag);
    c->contact       = account_dialog_contact(a, &c->arena, local, transport, secure, false);
    c->local         = *local;
    c->transport     = transport;
    c->secure        = secure;
    c->here.family   = FAMILY_NONE;
    c->sdp_id        = random_u64(&p->world->random) >> 2;
    c->ring_again_at = c->ring_until = NEVER;
    c->answered_at = c->ended_at = NEVER;
    c->again_at = c->give_up_at = NEVER;
    session_timer_init(&c->refresh, p->config.session_expires, p->config.min_se);
    c->started = world_now(p->world);
    c->times   = (struct call_times){ NEVER, NEVER, NEVER, NEVER, NEVER, NEVER };
    error      = arena_ok(&c->arena) ? add(p, c) : -ERR_NO_MEMORY;
    if (error != 0) {
        arena_fini(&c->arena);
        free(c);
        return error;
    }
    *out = c;
    call_watch(p);
    return 0;
}

void call_free_fork(struct call *c, struct fork *f)
{
    if (f->negotiation != c->negotiation)
        negotiation_free(f->negotiation);
    dialog_free(f->dialog);
    free(f->prack.sdp);
    free(f->update_sdp);
}

void call_free(struct call *c)
{
    struct phone *p = c->phone;

    call_remember_ended(c);
    refer_free(c);
    referred_free(c);
    if (c->gone) /* a re-INVITE that nobody has answered, though the session is over */
        stack_forget(p->stack, c->invite_txn);
    world_timer_stop(p->world, &c->timer);
    call_sound_close(c);
    if (!c->told_ended)
        p->call_count--;
    for (unsigned i = 0; i < c->fork_count; i++)
        call_free_fork(c, &c->forks[i]);
    negotiation_free(c->negotiation);
    auth_fini(&c->auth);
    message_drop(c->invite);
    free(c->sdp);
    free(c->ack_sdp);
    free(c->credentials);
    table_remove(&p->call_table, &c->entry);
    list_unlink(&c->link);
    id_remove(&p->call_ids, c->id);
    arena_fini(&c->arena);
    free(c);
}

/* ---- what the user is told ---- */

void call_tell(struct call *c, enum phone_event_kind kind)
{
    if (c->told_ended && kind != PHONE_ENDED)
        return;
    c->pending |= 1u << kind;
    phone_wake(c->phone);
}

void call_blame(struct call *c, enum call_cause cause, enum call_side side, unsigned status, struct slice reason)
{
    if (c->blamed)
        return;
    c->blamed = true;
    c->cause  = cause;
    c->side   = side;
    c->status = status;
    reason_set(&c->reason, reason.len > 0 || status == 0 ? reason : status_reason(status));
}

void call_fail(struct call *c, enum call_cause cause, int error)
{
    if (!c->blamed)
        c->error = error;
    call_blame(c, cause, cause == CALL_UNREACHABLE ? SIDE_NETWORK : SIDE_LOCAL, 0,
               error != 0 ? slice_from(error_text(error)) : (struct slice){ NULL, 0 });
}

void call_note_time(struct call *c, msec *time)
{
    if (*time == NEVER)
        *time = world_now(c->phone->world) - c->started;
}

void call_note_provisional(struct call *c, unsigned status)
{
    call_note_time(c, status == 100 ? &c->times.trying : status == 180 ? &c->times.ringing : &c->times.progress);
}

static char next_digit(struct call *c)
{
    char digit = c->digits[0];

    c->digit_count--;
    memmove(c->digits, c->digits + 1, c->digit_count);
    if (c->digit_count > 0)
        c->pending |= 1u << PHONE_DIGIT;
    return digit;
}

/* Of all that there is the peer takes nothing: by its direction (RFC 3264 8.4), or by the
 * address 0.0.0.0 (RFC 2543 B.5). */
bool call_is_held_by_peer(const struct call *c)
{
    const struct fork        *f    = c->up != NULL ? c->up : c->early;
    const struct negotiation *n    = f != NULL ? call_negotiation(c, f) : NULL;
    bool                      held = false;

    if (n == NULL || negotiation_state(n) != NEGOTIATION_STABLE)
        return false;
    for (unsigned i = 0; i < CALL_STREAMS; i++) {
        const struct sdp_agreed *agreed = negotiation_stream(n, i);

        if (!agreed->active)
            continue;
        if ((agreed->remote_direction & SDP_RECVONLY) && !agreed->black_hole)
            return false;
        held = true;
    }
    return held;
}

void call_fill_event(struct call *c, enum phone_event_kind kind, struct phone_event *e)
{
    *e = (struct phone_event){
        .kind         = kind,
        .account      = c->account->id,
        .call         = c->id,
        .outgoing     = c->outgoing,
        .status       = c->status,
        .reason       = reason_slice(&c->reason),
        .peer         = c->peer,
        .peer_display = c->peer_display,
        .local        = c->account->aor,
        .call_id      = c->call_id,
        .replaces     = c->replaces,
        .joins        = c->joins,
        .referred_by  = c->referred_by,
        .digit        = kind == PHONE_DIGIT ? next_digit(c) : '\0',
        .held         = c->hold,
        .held_by_peer = call_is_held_by_peer(c),
        .cause        = c->cause,
        .side         = c->side,
        .error        = c->error,
        .setup        = c->answered_at == NEVER ? NEVER : c->answered_at - c->started,
        .duration     = c->answered_at == NEVER || c->ended_at == NEVER ? 0 : c->ended_at - c->answered_at,
        .times        = c->times,
        .codec        = call_main_stream(c)->codec,
        .has_stats    = call_main_stream(c)->has_stats,
        .stats        = call_main_stream(c)->stats,
    };
    if (kind == PHONE_RINGING)
        e->branch = c->ringing;
    if (kind == PHONE_EARLY_MEDIA && c->early != NULL)
        e->branch = c->early->number;
    call_fill_why(c, e);
    call_fill_streams(c, e);
    conference_fill_event(c, kind, e);
    refer_fill_event(c, kind, e);
    referred_fill_event(c, kind, e);
}

/* Without memory the name is left out. */
void call_set_peer(struct call *c, const struct name_addr *peer)
{
    c->peer         = arena_copy(&c->arena, peer->uri.text);
    c->peer_display = display_name(&c->arena, peer);
}

static void end(struct call *c)
{
    if (c->told_ended)
        return;
    c->ended_at = world_now(c->phone->world);
    call_sound_close(c);
    call_tell(c, PHONE_ENDED);
    c->told_ended   = true;
    c->answer_waits = false;
    for (unsigned i = 0; i < c->fork_count; i++)
        update_stop(&c->forks[i].update);
    c->ring_again_at = c->ring_until = NEVER;
    c->phone->call_count--;
    call_changed(c, true);
}

/* ---- the session's actions ---- */

static void refuse(struct call *c)
{
    if ((c->refusal == 488 || c->refusal == 606) && c->invite != NULL)
        reply_incompatible(c->phone, c->server_txn, c->invite, c->refusal);
    else
        stack_reply(c->phone->stack, c->server_txn, c->refusal, SLICE(""));
}

static void reply(struct call *c, unsigned actions, object_id txn)
{
    struct stack *s = c->phone->stack;

    if (actions & SESSION_REPLY_200)
        stack_reply(s, txn, 200, SLICE(""));
    if (actions & SESSION_REPLY_481)
        stack_reply(s, txn, 481, SLICE(""));
    if (actions & SESSION_REPLY_491)
        stack_reply(s, txn, 491, SLICE(""));
    if ((actions & SESSION_REPLY_500) && stack_server_request(s, txn) != NULL)
        reply_retry_after(c->phone, txn, stack_server_request(s, txn), 500);
}

static void tell(struct call *c, unsigned actions)
{
    if (actions & SESSION_TELL_ANSWERED) {
        c->answered_at = world_now(c->phone->world);
        call_note_time(c, &c->times.answered);
        call_tell(c, PHONE_ANSWERED);
        conference_let_join(c);
    }
    if (actions & SESSION_TELL_CONFIRMED) {
        call_tell(c, PHONE_ANSWERED);
        conference_let_join(c);
    }
    if (actions & SESSION_TELL_CHANGED)
        call_tell(c, PHONE_CHANGED);
    if (actions & SESSION_TELL_UNCHANGED)
        call_tell(c, PHONE_UNCHANGED);
    if (actions & SESSION_TELL_ENDED)
        end(c);
    if (actions & SESSION_GONE) {
        c->gone = true;
        phone_wake(c->phone);
    }
}

void call_perform(struct call *c, unsigned actions, const struct occasion *o)
{
    struct fork *f = o->fork != NULL ? o->fork : c->up;

    if (actions & SESSION_SEND_ACK)
        call_send_ack(c, f, o->cseq);
    if (actions & SESSION_SEND_BYE)
        call_start_bye(c, f);
    if (actions & (SESSION_SEND_2XX | SESSION_SEND_487 | SESSION_SEND_REFUSAL))
        reliable_close(&c->reliable);
    if (actions & SESSION_SEND_CANCEL)
        call_cancel(c);
    if (actions & SESSION_SEND_2XX)
        call_send_2xx(c);
    if (actions & SESSION_SEND_487)
        stack_reply(c->phone->stack, c->server_txn, 487, SLICE(""));
    if (actions & SESSION_SEND_REFUSAL)
        refuse(c);
    reply(c, actions, o->txn);
    if (actions & SESSION_SEND_REINVITE)
        call_send_reinvite(c);
    tell(c, actions);
    set_timer(c);
}

/* The second try of a re-INVITE waits for what goes on in the dialog meanwhile: an UPDATE of ours that has an offer. */
static void let_update_end(struct call *c, msec now)
{
    if (now >= c->session.again_at && c->up->rules.carrier == IN_UPDATE &&
        call_offer_state(c, c->up) == NEGOTIATION_OFFER_SENT)
        session_put_off(&c->session, now + c->session.timers.t1);
}

static void on_timer(struct timer *t, msec now)
{
    struct call *c = CONTAINER_OF(t, struct call, timer);
    unsigned     actions;

    call_ring_timer(c, now);
    call_reliable_timer(c, now);
    call_update_timer(c, now);
    call_on_due(c, now);
    let_update_end(c, now);
    actions = session_on_timer(&c->session, now);
    if (actions & SESSION_TELL_ENDED)
        call_blame(c, CALL_NO_ACK, SIDE_NETWORK, 0, SLICE("no ACK"));
    call_perform(c, actions, &(struct occasion){ 0 });
}

/* ---- what the user may do with any call ---- */

int call_hang_up(struct phone *p, object_id id)
{
    struct call *c = phone_find_call(p, id);
    unsigned     actions;

    if (c == NULL || c->told_ended)
        return -ERR_NOT_FOUND;
    c->refusal = 480;
    if (session_is_up(&c->session))
        call_blame(c, CALL_NORMAL, SIDE_LOCAL, 0, SLICE(""));
    else if (c->outgoing)
        call_blame(c, CALL_CANCELLED, SIDE_LOCAL, 0, SLICE(""));
    else
        call_blame(c, CALL_REFUSED, SIDE_LOCAL, 480, SLICE(""));
    actions = session_hang_up(&c->session, world_now(p->world));
    call_perform(c, actions, &(struct occasion){ 0 });
    return 0;
}
