/* SPDX-License-Identifier: BSD-2-Clause */
#include "base/error.h"
#include "call/asked.h"
#include "call/mesh.h"
#include "call/reference.h"
#include "call/referral.h"
#include "sip/refer_to.h"
#include "sip/sipfrag.h"

#include <stdlib.h>

/* ---- NOTIFY ---- */

static void put_event(const struct call_referral *r, struct gather *g)
{
    size_t mark = gather_mark(g);

    buf_put(&g->scratch, SLICE("Event: refer"));
    if (r->count > 1) { /* RFC 3515 2.4.6 */
        buf_put(&g->scratch, SLICE(";id="));
        buf_put_number(&g->scratch, r->cseq);
    }
    buf_put(&g->scratch, SLICE("\r\nSubscription-State: "));
    notifier_write_state(&r->notifier, &g->scratch, world_now(r->call->phone->world));
    buf_put(&g->scratch, SLICE("\r\n"));
    gather_written(g, mark);
}

static void on_notify(const struct client_user *u, object_id txn, enum client_event event, struct message *response,
                      int detail);

static int send_notify(struct call_referral *r)
{
    struct call         *c    = r->call;
    struct phone        *p    = c->phone;
    struct gather       *g    = &p->gather;
    struct dialog       *d    = r->own != NULL ? r->own : c->up->dialog;
    struct client_user   user = { .fn = on_notify, .self = p, .owner = c->id };
    char                 text[REASON_MAX + 32];
    struct buf           body = BUF_ON(text);
    struct request_start start;
    int                  error = dialog_write_request(d, METHOD_NOTIFY, dialog_next_cseq(d), g, &start);

    if (error != 0)
        return error;
    gather_header(g, HEADER_CONTACT, c->contact);
    put_event(r, g);
    auth_write(&c->auth, &c->account->secret, p->hasher, &p->world->random, METHOD_NOTIFY, d->target, SLICE(""), g);
    if (p->config.user_agent.len > 0)
        gather_header(g, HEADER_USER_AGENT, p->config.user_agent);
    sipfrag_write(&body, r->status, reason_slice(&r->reason));
    gather_body(g, SLICE(SIPFRAG_TYPE), buf_slice(&body));
    r->notify = call_send(c, METHOD_NOTIFY, &start, &user);
    return r->notify == 0 ? -ERR_LIMIT : 0;
}

static void on_notify(const struct client_user *u, object_id txn, enum client_event event, struct message *response,
                      int detail)
{
    struct call          *c = phone_find_call(u->self, u->owner);
    struct call_referral *r = c == NULL ? NULL : c->referral;

    (void)detail;
    if (r == NULL || r->notify != txn || (event == CLIENT_RESPONSE && response->status < 200))
        return;
    if (event == CLIENT_RESPONSE && (response->status == 401 || response->status == 407) &&
        auth_challenged(&c->auth, &c->account->secret, response) == AUTH_RETRY && send_notify(r) == 0)
        return;
    referral_perform(r, notifier_on_response(&r->notifier, event == CLIENT_RESPONSE ? response->status : 408,
                                             world_now(c->phone->world)));
}

static void on_timer(struct timer *t, msec now);

static void set_timer(struct call_referral *r)
{
    msec at = r->watched ? notifier_deadline(&r->notifier) : NEVER;

    if (r->asking && r->ask_until < at)
        at = r->ask_until;
    world_timer(r->call->phone->world, &r->timer, on_timer, at);
}

/* The call may have been kept for this alone. */
void referral_perform(struct call_referral *r, unsigned actions)
{
    if (actions & NOTIFIER_SEND) {
        auth_begin(&r->call->auth);
        if (send_notify(r) != 0)
            actions |= notifier_on_response(&r->notifier, 408, world_now(r->call->phone->world));
    }
    if (actions & NOTIFIER_TELL_GONE)
        r->watched = false;
    set_timer(r);
    phone_wake(r->call->phone);
}

void referral_set_status(struct call_referral *r, unsigned status, struct slice reason)
{
    r->status = status;
    reason_set(&r->reason, reason.len > 0 ? reason : status_reason(status));
}

/* RFC 3515 2.4.4, 2.4.7: the last word. */
void referral_conclude(struct call_referral *r, unsigned status, struct slice reason, enum end_reason why)
{
    if (!r->open)
        return;
    r->open = r->asking = false;
    referral_set_status(r, status, reason);
    referral_perform(r, r->watched ? notifier_end(&r->notifier, why, world_now(r->call->phone->world)) : 0);
}

static void on_timer(struct timer *t, msec now)
{
    struct call_referral *r = CONTAINER_OF(t, struct call_referral, timer);

    if (r->asking && now >= r->ask_until)
        referral_conclude(r, 603, SLICE(""), END_GIVEUP);
    referral_perform(r, r->watched ? notifier_on_timer(&r->notifier, now) : 0);
}

/* ---- following it ---- */

static int place(struct call *c)
{
    struct call_referral *r = c->referral;
    struct refer_to       to;
    struct call_options   options = { .account = c->account->id };
    struct call          *placed;
    int                   error;

    if (refer_to_read(slice_from(r->refer_to), &to) != 0)
        return -ERR_SYNTAX;
    options.target      = to.target;
    options.replaces    = to.has_replaces ? &to.replaces : NULL;
    options.join        = to.has_join ? &to.join : NULL;
    options.required    = to.required || r->mesh;
    options.mesh        = r->mesh;
    options.referred_by = slice_from(r->referred_by != NULL ? r->referred_by : "");
    error               = call_place(c->phone, &options, &r->placed);
    if (error != 0)
        return error;
    placed                = phone_find_call(c->phone, r->placed);
    placed->referred_from = c->id;
    placed->refer_depth   = c->refer_depth + 1;
    placed->mesh.agreed   = false; /* our user has not asked for it */
    if (r->mesh)
        mesh_bring(placed, c);
    return 0;
}

/* Who is to be called is in the mesh already, or about to be. */
static void meet(struct call_referral *r, struct call *there)
{
    r->placed = there->id;
    if (!there->outgoing || there->referred_from == 0)
        there->referred_from = r->call->id;
    if (session_is_up(&there->session))
        referral_conclude(r, 200, SLICE(""), END_NORESOURCE);
}

int referral_follow(struct call *c)
{
    struct call_referral *r     = c->referral;
    struct call          *there = r->mesh ? mesh_agree(c, slice_from(r->target)) : NULL;
    int                   error = 0;

    r->asking = false;
    if (there == NULL)
        error = place(c);
    if (error != 0)
        referral_conclude(r, 503, slice_from(error_text(error)), END_NORESOURCE);
    else
        referral_perform(r, r->watched ? notifier_allow(&r->notifier, world_now(c->phone->world)) : 0);
    if (there != NULL)
        meet(r, there);
    call_tell(c, PHONE_REFERRED);
    return error;
}

unsigned referral_status(const struct call *c)
{
    if (c->status >= 300)
        return c->status;
    switch (c->cause) {
    case CALL_CANCELLED:
        return 487;
    case CALL_TIMED_OUT:
    case CALL_EXPIRED:
        return 408;
    case CALL_BAD_SDP:
        return 488;
    case CALL_NORMAL:
    case CALL_REFUSED:
    case CALL_UNREACHABLE:
    case CALL_NO_ACK:
    case CALL_ELSEWHERE:
    case CALL_REPLACED:
    case CALL_TRANSFERRED:
    case CALL_LOST:
    case CALL_LOCAL_FAULT:
        break;
    }
    return 503;
}

/* Something has become of a call that was made for a reference. */
static void on_placed(struct call_referral *r, const struct call *c, enum phone_event_kind kind)
{
    if (kind == PHONE_RINGING && r->status != c->status) {
        referral_set_status(r, c->status, reason_slice(&c->reason));
        referral_perform(r, r->watched ? notifier_changed(&r->notifier, world_now(c->phone->world)) : 0);
    }
    if (kind == PHONE_ANSWERED && !c->blamed)
        referral_conclude(r, 200, SLICE(""), END_NORESOURCE);
    if (kind == PHONE_ENDED)
        referral_conclude(r, referral_status(c), c->status >= 300 ? reason_slice(&c->reason) : SLICE(""),
                          END_NORESOURCE);
}

void referred_on_event(struct call *c, enum phone_event_kind kind)
{
    struct call *from = c->referred_from == 0 ? NULL : phone_find_call(c->phone, c->referred_from);

    if (from != NULL && from->referral != NULL && from->referral->open && from->referral->placed == c->id)
        on_placed(from->referral, c, kind);
    asked_on_event(c, kind);
    if (kind == PHONE_ENDED && c->referral != NULL && c->referral->asking)
        referral_conclude(c->referral, 603, SLICE(""), END_GIVEUP);
}

void referral_moved(struct call *c, object_id placed, object_id instead)
{
    if (c != NULL && c->referral != NULL && c->referral->open && c->referral->placed == placed)
        c->referral->placed = instead;
}

/* ---- what its user sees and does ---- */

bool referred_pins(const struct call *c)
{
    return c->referral != NULL && c->referral->watched;
}

/* The URI alone; check_referrer has seen it. */
static struct slice referrer(const struct call_referral *r)
{
    struct scan      s = scan_from(slice_from(r->referred_by != NULL ? r->referred_by : ""));
    struct name_addr who;

    return name_addr_scan(&s, &who) ? who.uri.text : (struct slice){ NULL, 0 };
}

void referred_fill_event(const struct call *c, enum phone_event_kind kind, struct phone_event *e)
{
    const struct call_referral *r = c->referral;

    if (kind != PHONE_REFERRED || r == NULL)
        return;
    e->target      = slice_from(r->target != NULL ? r->target : "");
    e->referred_by = referrer(r);
    e->placed      = r->placed;
    e->asking      = r->asking;
}

void referral_forget(struct call_referral *r)
{
    free(r->refer_to);
    free(r->referred_by);
    free(r->target);
    dialog_free(r->own);
    r->refer_to = r->referred_by = r->target = NULL;
    r->own                                   = NULL;
}

void referred_free(struct call *c)
{
    struct call_referral *r = c->referral;

    if (r == NULL)
        return;
    world_timer_stop(c->phone->world, &r->timer);
    referral_forget(r);
    free(r);
    c->referral = NULL;
}

static int find_asking(struct phone *p, object_id id, struct call **c)
{
    *c = phone_find_call(p, id);
    if (*c == NULL || (*c)->told_ended)
        return -ERR_NOT_FOUND;
    return (*c)->referral == NULL || !(*c)->referral->asking ? -ERR_UNSUPPORTED : 0;
}

int call_follow_refer(struct phone *p, object_id id, object_id *placed)
{
    struct call *c;
    int          error;

    if (id_kind(id) == ID_REFERRAL)
        return asked_follow(p, id, placed);
    error = find_asking(p, id, &c);
    if (error == 0)
        error = referral_follow(c);
    if (error == 0)
        *placed = c->referral->placed;
    return error;
}

int call_refuse_refer(struct phone *p, object_id id)
{
    struct call *c;
    int          error;

    if (id_kind(id) == ID_REFERRAL)
        return asked_refuse(p, id);
    error = find_asking(p, id, &c);
    if (error == 0)
        referral_conclude(c->referral, 603, SLICE(""), END_REJECTED);
    return error;
}
