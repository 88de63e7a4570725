/* SPDX-License-Identifier: BSD-2-Clause */
/* Handing a call on: REFER, and what is heard of it (RFC 3515, RFC 5589, RFC 4488).
 * dialog/transfer.h says what follows from what; here it is carried out. */
#include "base/error.h"
#include "call/mesh.h"
#include "call/methods.h"
#include "call/refer.h"
#include "sip/refer_to.h"
#include "sip/sipfrag.h"

#include <stdlib.h>

/* ---- the subscription that it implies ---- */

static void on_timer(struct timer *t, msec now);

static void set_timer(struct call *c)
{
    struct call_transfer *t = c->transfer;

    world_timer(c->phone->world, &t->timer, on_timer, t->watching ? subscription_deadline(&t->watch) : NEVER);
}

/* RFC 3515 2.4.4: by a 2xx or a NOTIFY, whichever comes first. */
void refer_watch(struct call *c)
{
    struct call_transfer *t = c->transfer;

    if (t->watching)
        return;
    t->watching = true;
    subscription_expect(&t->watch, c->session.timers.t1, world_now(c->phone->world));
    set_timer(c);
}

static void stop_watching(struct call *c)
{
    struct call_transfer *t = c->transfer;

    t->loose_ends = t->loose_ends || (t->watching && t->watch.state != SUBSCRIPTION_ENDED);
    t->watching   = false;
    set_timer(c);
}

static void on_timer(struct timer *timer, msec now)
{
    struct call_transfer *t = CONTAINER_OF(timer, struct call_transfer, timer);
    struct call          *c = t->call;
    unsigned              actions;

    actions = subscription_on_timer(&t->watch, (uint32_t)random_u64(&c->phone->world->random), now);
    set_timer(c);
    if (!(actions & SUBSCRIPTION_TELL_ENDED))
        return;
    reason_set(&t->reason, SLICE("nothing was heard of it"));
    refer_perform(c, transfer_on_silence(&t->machine));
}

/* ---- REFER ---- */

static void on_refer(const struct client_user *u, object_id txn, enum client_event event, struct message *response,
                     int detail);

static void write_headers(struct call *c, struct gather *g)
{
    const struct phone *p = c->phone;

    gather_header(g, HEADER_CONTACT, c->contact);
    put_allow(g);
    extensions_put_supported(p->extensions, METHOD_REFER, g);
    gather_header(g, HEADER_REFER_TO, slice_from(c->transfer->refer_to));
    gather_header(g, HEADER_REFERRED_BY, c->account->party);
    if (p->config.user_agent.len > 0)
        gather_header(g, HEADER_USER_AGENT, p->config.user_agent);
}

static int send_refer(struct call *c)
{
    struct phone         *p    = c->phone;
    struct call_transfer *t    = c->transfer;
    struct dialog        *d    = c->up->dialog;
    struct client_user    user = { .fn = on_refer, .self = p, .owner = c->id };
    struct request_start  start;
    int                   error;

    t->cseq = dialog_next_cseq(d);
    error   = dialog_write_request(d, METHOD_REFER, t->cseq, &p->gather, &start);
    if (error != 0)
        return error;
    write_headers(c, &p->gather);
    auth_write(&c->auth, &c->account->secret, p->hasher, &p->world->random, METHOD_REFER, d->target, SLICE(""),
               &p->gather);
    gather_body(&p->gather, SLICE(""), SLICE(""));
    t->txn = call_send(c, METHOD_REFER, &start, &user);
    return t->txn == 0 ? -ERR_LIMIT : 0;
}

static void on_response(struct call *c, unsigned status, struct slice reason, bool unwatched)
{
    struct call_transfer *t       = c->transfer;
    unsigned              actions = transfer_on_response(&t->machine, status, unwatched);

    if (actions & (TRANSFER_TELL_DONE | TRANSFER_TELL_FAILED))
        reason_set(&t->reason, reason);
    else if (t->machine.state == TRANSFER_WATCHING)
        refer_watch(c);
    refer_perform(c, actions);
}

bool refer_is_unwatched(const struct message *m)
{
    const struct header *h = message_header(m, HEADER_REFER_SUB);
    struct scan          s = scan_from(h == NULL ? SLICE("") : h->value);

    return scan_word(&s, SLICE("false")) && scan_lws(&s) && (scan_at_end(&s) || *s.at == ';');
}

/* From where this host is no longer nothing can be sent: it is asked about when it is somewhere again. */
static void on_error(struct call *c, int error)
{
    if (call_is_moving(c))
        refer_moved(c);
    else
        on_response(c, 503, slice_from(error_text(error)), false);
}

static void on_refer(const struct client_user *u, object_id txn, enum client_event event, struct message *response,
                     int detail)
{
    struct call *c = phone_find_call(u->self, u->owner);

    if (c == NULL || c->transfer == NULL || c->transfer->txn != txn ||
        (event == CLIENT_RESPONSE && response->status < 200))
        return;
    if (event == CLIENT_TIMEOUT)
        on_response(c, 408, SLICE("no response"), false);
    else if (event == CLIENT_ERROR)
        on_error(c, detail);
    else if ((response->status != 401 && response->status != 407) || !transfer_is_open(&c->transfer->machine) ||
             auth_challenged(&c->auth, &c->account->secret, response) != AUTH_RETRY || send_refer(c) != 0)
        on_response(c, response->status, response->reason, refer_is_unwatched(response));
}

/* ---- NOTIFY ---- */

/* RFC 3515 2.4.6: the id is the CSeq of the REFER; for the first one of a dialog it may be missing. */
static bool is_of(const struct call_transfer *t, const struct event *event)
{
    struct scan s = scan_from(event->id);
    uint32_t    id;

    if (!event->has_id)
        return !t->loose_ends;
    return scan_number(&s, UINT32_MAX, &id) && scan_at_end(&s) && id == t->cseq;
}

static void on_state(struct call *c, const struct subscription_state *state, unsigned status, struct slice reason)
{
    struct call_transfer *t      = c->transfer;
    uint32_t              random = (uint32_t)random_u64(&c->phone->world->random);
    unsigned              actions;

    refer_watch(c);
    (void)subscription_on_notify(&t->watch, state, random, world_now(c->phone->world));
    set_timer(c);
    actions = transfer_on_notify(&t->machine, status, state->phase == PHASE_TERMINATED);
    if (actions & (TRANSFER_TELL_PROGRESS | TRANSFER_TELL_DONE | TRANSFER_TELL_FAILED))
        reason_set(&t->reason, t->machine.status == status ? reason : SLICE("it ended without a word"));
    refer_perform(c, actions);
}

/* What it says: the body, or the part of it. */
static struct slice fragment_of(const struct message *notify)
{
    struct body_part part;

    return body_find(notify, SLICE("message/sipfrag"), &part) == BODY_FOUND ? part.content : notify->body;
}

void refer_notify(struct call *c, struct fork *f, object_id txn, struct message *notify)
{
    struct stack             *s = c->phone->stack;
    struct event              event;
    struct subscription_state state;
    unsigned                  status;
    struct slice              reason;

    if (!event_of(notify, &event) || !slice_eq(event.name, SLICE("refer")))
        reply_bad_event(c->phone, txn, notify);
    else if (f != c->up || c->transfer == NULL || !transfer_is_open(&c->transfer->machine) ||
             c->transfer->machine.state == TRANSFER_HOLDING || !is_of(c->transfer, &event))
        stack_reply(s, txn, 481, SLICE(""));
    else if (!subscription_state_of(notify, &state) || !sipfrag_read(fragment_of(notify), &status, &reason))
        stack_reply(s, txn, 400, SLICE("No Subscription-State, or no status in the body"));
    else {
        stack_reply(s, txn, 200, SLICE(""));
        on_state(c, &state, status, reason);
    }
}

/* ---- what the machine asks for ---- */

static void hang_up(struct call *c)
{
    if (c == NULL || c->told_ended)
        return;
    call_blame(c, CALL_TRANSFERRED, SIDE_LOCAL, 0, SLICE(""));
    call_hang_up(c->phone, c->id);
}

static void tell(struct call *c, unsigned actions)
{
    const struct call_transfer *t = c->transfer;

    if (t->introduces) {
        if (actions & (TRANSFER_TELL_DONE | TRANSFER_TELL_FAILED))
            mesh_on_introduced(c, t->other, t->machine.status, reason_slice(&t->reason));
        return;
    }
    if (actions & TRANSFER_TELL_PROGRESS)
        call_tell(c, PHONE_TRANSFER);
    if (actions & TRANSFER_TELL_DONE)
        call_tell(c, PHONE_TRANSFERRED);
    if (actions & TRANSFER_TELL_FAILED)
        call_tell(c, PHONE_TRANSFER_FAILED);
}

void refer_perform(struct call *c, unsigned actions)
{
    struct call_transfer *t = c->transfer;
    struct phone         *p = c->phone;

    if ((actions & TRANSFER_SEND_HOLD) && call_hold(p, c->id, true) != 0)
        actions |= transfer_on_hold(&t->machine, false);
    if (actions & TRANSFER_SEND_REFER) {
        auth_begin(&c->auth);
        if (send_refer(c) != 0)
            on_response(c, 503, SLICE("it cannot be sent"), false);
    }
    if (!transfer_is_open(&t->machine))
        stop_watching(c);
    tell(c, actions);
    if ((actions & TRANSFER_HANG_UP) && !t->introduces) {
        hang_up(c);
        hang_up(phone_find_call(p, t->other));
    }
    if (actions & TRANSFER_LOST) {
        call_blame(c, CALL_LOST, SIDE_NETWORK, t->machine.status, reason_slice(&t->reason));
        call_hang_up(p, c->id);
    }
    if (actions & TRANSFER_RESUME)
        (void)call_hold(p, c->id, false);
}

void refer_on_event(struct call *c, enum phone_event_kind kind)
{
    struct call_transfer *t = c->transfer;

    if (t == NULL || !transfer_is_open(&t->machine) || (c->told_ended && kind != PHONE_ENDED))
        return;
    if (kind == PHONE_ENDED) {
        transfer_on_end(&t->machine);
        stop_watching(c);
    } else if ((kind == PHONE_CHANGED || kind == PHONE_UNCHANGED) && session_may_reinvite(&c->session) &&
               !c->change_waits) {
        refer_perform(c, transfer_on_hold(&t->machine, kind == PHONE_CHANGED && c->hold));
    }
}

void refer_fill_event(const struct call *c, enum phone_event_kind kind, struct phone_event *e)
{
    const struct call_transfer *t = c->transfer;

    if (kind != PHONE_TRANSFER && kind != PHONE_TRANSFERRED && kind != PHONE_TRANSFER_FAILED)
        return;
    e->status = t->machine.status;
    e->reason = reason_slice(&t->reason);
}

void refer_free(struct call *c)
{
    if (c->transfer == NULL)
        return;
    world_timer_stop(c->phone->world, &c->transfer->timer);
    free(c->transfer->refer_to);
    free(c->transfer);
    c->transfer = NULL;
}

/* ---- what the user may do ---- */

static int may_transfer(const struct call *c)
{
    if (c == NULL || c->told_ended)
        return -ERR_NOT_FOUND;
    if (c->session.state != SESSION_CONFIRMED)
        return -ERR_UNSUPPORTED;
    return c->transfer != NULL && transfer_is_open(&c->transfer->machine) ? -ERR_LOCKED : 0;
}

static int check_target(struct slice target)
{
    struct uri uri;

    if (!uri_parse(target, &uri))
        return -ERR_SYNTAX;
    return uri.scheme == URI_SIP || uri.scheme == URI_SIPS ? 0 : -ERR_UNSUPPORTED;
}

/* The value of Refer-To has been written.  It is not asked yet. */
static int make_ready(struct call *c, const struct buf *refer_to, object_id other, bool introduces)
{
    char *copy;

    if (!buf_ok(refer_to))
        return -ERR_TOO_LARGE;
    copy = strndup(refer_to->ptr, refer_to->len);
    if (copy != NULL && c->transfer == NULL)
        c->transfer = calloc(1, sizeof *c->transfer);
    if (copy == NULL || c->transfer == NULL) {
        free(copy);
        return -ERR_NO_MEMORY;
    }
    free(c->transfer->refer_to);
    c->transfer->moved      = false;
    c->transfer->call       = c;
    c->transfer->refer_to   = copy;
    c->transfer->other      = other;
    c->transfer->introduces = introduces;
    return 0;
}

/* `required`: whoever is called has to know Replaces. */
static int begin(struct call *c, struct slice target, const struct replaces *replaces, bool required, object_id other)
{
    char       text[REFER_TEXT];
    struct buf b     = BUF_ON(text);
    int        error = check_target(target);

    if (error != 0)
        return error;
    refer_to_write(&b, target, replaces, required);
    error = make_ready(c, &b, other, false);
    if (error == 0)
        refer_perform(c, transfer_start(&c->transfer->machine, !c->hold));
    return error;
}

int call_transfer(struct phone *p, object_id id, struct slice target)
{
    struct call *c     = phone_find_call(p, id);
    int          error = may_transfer(c);

    return error == 0 ? begin(c, target, NULL, false, 0) : error;
}

/* RFC 5589 7.6: nobody has answered there yet, so there is nothing to replace.  Who rings is called off, and called
 * again by the other side. */
static int transfer_to_ringing(struct call *c, struct call *other)
{
    int error = begin(c, other->targets.list[0], NULL, false, 0);

    if (error == 0)
        call_hang_up(other->phone, other->id);
    return error;
}

/* Where the other side of a call is reached by a third (RFC 5589 7.3, 7.5): at its Contact if that leads there from
 * anywhere, or if nobody stands between; else at its address, where all its phones are asked and
 * `*required` keeps those from ringing that have no such call. */
static struct slice reached_at(const struct call *c, bool *required)
{
    const struct dialog *d = c->up->dialog;
    struct uri           uri;
    struct slice         gr;

    *required = false;
    if (d->route_count == 0 || (uri_parse(d->target, &uri) && uri_param(&uri, SLICE("gr"), &gr)))
        return d->target;
    if (!uri_parse(c->peer, &uri) || (uri.scheme != URI_SIP && uri.scheme != URI_SIPS) ||
        slice_eq_nocase(uri.host, SLICE("anonymous.invalid")))
        return d->target;
    *required = true;
    return c->peer;
}

int call_transfer_to(struct phone *p, object_id id, object_id other_id)
{
    struct call    *c = phone_find_call(p, id), *other = phone_find_call(p, other_id);
    int             error = may_transfer(c);
    struct replaces name;
    struct slice    target;
    bool            required;

    if (error == 0 && (other == NULL || other->told_ended))
        error = -ERR_NOT_FOUND;
    if (error == 0 && (other == c || (!session_is_up(&other->session) && !other->outgoing)))
        error = -ERR_UNSUPPORTED;
    if (error != 0)
        return error;
    if (!session_is_up(&other->session))
        return transfer_to_ringing(c, other);
    error = call_name(p, other_id, &name);
    if (error != 0)
        return error;
    target = reached_at(other, &required);
    return begin(c, target, &name, required, other_id);
}

int refer_introduce(struct call *c, const struct call *other)
{
    char            text[REFER_TEXT];
    struct buf      b     = BUF_ON(text);
    int             error = may_transfer(c);
    struct replaces name;
    struct slice    target;
    bool            required;

    if (error == 0)
        error = call_name(c->phone, other->id, &name);
    if (error != 0)
        return error;
    target = reached_at(other, &required);
    error  = check_target(target);
    if (error != 0)
        return error;
    refer_to_write_join(&b, target, &name);
    error = make_ready(c, &b, other->id, true);
    if (error == 0)
        refer_perform(c, transfer_start(&c->transfer->machine, false));
    return error;
}
