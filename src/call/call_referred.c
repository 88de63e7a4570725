/* SPDX-License-Identifier: BSD-2-Clause */
/* The other side wants us to call somebody (RFC 3515, RFC 7647): ask or follow, and tell it
 * what becomes of that, by the subscription that its REFER implies. */
#include "base/error.h"
#include "call/methods.h"
#include "call/reference.h"
#include "dialog/notifier.h"
#include "sip/refer_to.h"
#include "sip/sipfrag.h"

#include <stdlib.h>

enum {
    REFER_COUNT   = 16,        /* that the other side of a call may have called    */
    REFER_DEPTH   = 8,         /* calls that were each made for the one before     */
    REFER_EXPIRES = 300,       /* seconds: longer than anything rings (3.4)        */
    REFER_MOST    = 3600,      /* that a SUBSCRIBE may make it                     */
    REFER_GAP     = 1000,      /* between two NOTIFYs (3.10)                       */
    REFER_ASK     = 60 * 1000, /* so long the user may think about it              */
};

/* One reference at a time within a call. */
struct call_referral {
    struct call    *call;
    struct notifier notifier;
    bool            watched; /* there is a subscription; no: Refer-Sub was false         */
    bool            open;    /* it has not come to its end                               */
    bool            asking;
    char           *refer_to, *referred_by; /* values of the headers; referred_by may be NULL */
    char           *target;                 /* whom to call                                */
    uint32_t        cseq;
    unsigned        count; /* REFERs of this call so far: the first needs no id        */
    struct dialog  *own;   /* it came outside of the call's dialog and has its own, or NULL */
    object_id       placed;
    unsigned        status; /* what there is to tell */
    struct reason   reason;
    struct timer    timer;
    msec            ask_until;
};

/* ---- NOTIFY ---- */

static void perform(struct call_referral *r, unsigned actions);

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
    return call_send(c, METHOD_NOTIFY, &start, &user) == 0 ? -ERR_LIMIT : 0;
}

static void on_notify(const struct client_user *u, object_id txn, enum client_event event, struct message *response,
                      int detail)
{
    struct call          *c = phone_find_call(u->self, u->owner);
    struct call_referral *r = c == NULL ? NULL : c->referral;

    (void)txn;
    (void)detail;
    if (r == NULL || (event == CLIENT_RESPONSE && response->status < 200))
        return;
    if (event == CLIENT_RESPONSE && (response->status == 401 || response->status == 407) &&
        auth_challenged(&c->auth, &c->account->secret, response) == AUTH_RETRY && send_notify(r) == 0)
        return;
    perform(r, notifier_on_response(&r->notifier, event == CLIENT_RESPONSE ? response->status : 408,
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
static void perform(struct call_referral *r, unsigned actions)
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

static void set_status(struct call_referral *r, unsigned status, struct slice reason)
{
    r->status = status;
    reason_set(&r->reason, reason.len > 0 ? reason : status_reason(status));
}

/* RFC 3515 2.4.4, 2.4.7: the last word. */
static void conclude(struct call_referral *r, unsigned status, struct slice reason, enum end_reason why)
{
    if (!r->open)
        return;
    r->open = r->asking = false;
    set_status(r, status, reason);
    perform(r, r->watched ? notifier_end(&r->notifier, why, world_now(r->call->phone->world)) : 0);
}

static void on_timer(struct timer *t, msec now)
{
    struct call_referral *r = CONTAINER_OF(t, struct call_referral, timer);

    if (r->asking && now >= r->ask_until)
        conclude(r, 603, SLICE(""), END_GIVEUP);
    perform(r, r->watched ? notifier_on_timer(&r->notifier, now) : 0);
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
    options.required    = to.required;
    options.referred_by = slice_from(r->referred_by != NULL ? r->referred_by : "");
    error               = call_place(c->phone, &options, &r->placed);
    if (error != 0)
        return error;
    placed                = phone_find_call(c->phone, r->placed);
    placed->referred_from = c->id;
    placed->refer_depth   = c->refer_depth + 1;
    return 0;
}

static int follow(struct call *c)
{
    struct call_referral *r = c->referral;
    int                   error;

    r->asking = false;
    error     = place(c);
    if (error != 0)
        conclude(r, 503, slice_from(error_text(error)), END_NORESOURCE);
    else
        perform(r, r->watched ? notifier_allow(&r->notifier, world_now(c->phone->world)) : 0);
    call_tell(c, PHONE_REFERRED);
    return error;
}

/* What a call that was not answered came to, as a status (RFC 3515 2.4.5). */
static unsigned status_of(const struct call *c)
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
        set_status(r, c->status, reason_slice(&c->reason));
        perform(r, r->watched ? notifier_changed(&r->notifier, world_now(c->phone->world)) : 0);
    }
    if (kind == PHONE_ANSWERED)
        conclude(r, 200, SLICE(""), END_NORESOURCE);
    if (kind == PHONE_ENDED)
        conclude(r, status_of(c), c->status >= 300 ? reason_slice(&c->reason) : SLICE(""), END_NORESOURCE);
}

void referred_on_event(struct call *c, enum phone_event_kind kind)
{
    struct call *from = c->referred_from == 0 ? NULL : phone_find_call(c->phone, c->referred_from);

    if (from != NULL && from->referral != NULL && from->referral->open && from->referral->placed == c->id)
        on_placed(from->referral, c, kind);
    if (kind == PHONE_ENDED && c->referral != NULL && c->referral->asking)
        conclude(c->referral, 603, SLICE(""), END_GIVEUP);
}

/* ---- REFER ---- */

/* 200 (RFC 7647 5: never 202), with what was asked about the subscription. */
static void accept(struct call *c, object_id txn, const struct message *request, bool watched)
{
    struct phone  *p = c->phone;
    struct gather *g = &p->gather;

    gather_init(g);
    write_response_head(g, request, 200, SLICE(""), stack_server_tag(p->stack, txn));
    gather_header(g, HEADER_CONTACT, c->contact);
    put_allow(g);
    extensions_put_supported(p->extensions, METHOD_REFER, g);
    if (!watched)
        gather_header(g, HEADER_REFER_SUB, SLICE("false"));
    if (p->config.user_agent.len > 0)
        gather_header(g, HEADER_USER_AGENT, p->config.user_agent);
    gather_body(g, SLICE(""), SLICE(""));
    stack_respond(p->stack, txn, 200, g);
}

static bool wants_no_subscription(const struct message *request)
{
    const struct header *h = message_header(request, HEADER_REFER_SUB);
    struct scan          s = scan_from(h == NULL ? SLICE("") : h->value);

    return scan_word(&s, SLICE("false")) && scan_lws(&s) && (scan_at_end(&s) || *s.at == ';');
}

/* A header that is passed on must be one line (RFC 3892 2.2 copies it as it is). */
static bool can_be_copied(struct slice text)
{
    return text.len > 0 && text.len <= REFERRER_MAX && scan_is_one_line(text);
}

/* RFC 3892 2.2: 0, or the status that a bad one deserves. */
static unsigned check_referrer(const struct message *request)
{
    const struct header *h = message_header(request, HEADER_REFERRED_BY);
    struct name_addr     who;
    struct scan          s;

    if (h == NULL)
        return 0;
    s = scan_from(h->value);
    return can_be_copied(h->value) && name_addr_scan(&s, &who) && scan_lws(&s) && scan_at_end(&s) ? 0 : 400;
}

/* Whoever is called would be this phone. */
static bool leads_here(const struct call *c, const struct refer_to *to)
{
    struct uri uri;

    return uri_parse(to->target, &uri) && stack_is_local(c->phone->stack, uri.host, uri.port);
}

/* Has it what it must have?  0, or the status that it deserves. */
static unsigned read_reference(const struct message *request, struct refer_to *to)
{
    const struct header *h = message_header(request, HEADER_REFER_TO);
    unsigned             status;

    if (h == NULL || message_header(request, HEADER_CONTACT) == NULL)
        return 400;
    status = h->value.len > REFER_TEXT ? 414 : refer_to_read(h->value, to);
    return status != 0 ? status : check_referrer(request);
}

/* 0, or why it is not followed. */
static unsigned judge(const struct call *c, const struct message *request)
{
    const struct phone *p = c->phone;
    struct refer_to     to;
    unsigned            status = read_reference(request, &to);

    if (status != 0)
        return status;
    if (c->told_ended)
        return 481;
    if (!session_is_up(&c->session))
        return 403;
    if (c->account->transfer == TRANSFER_REFUSE)
        return 603;
    if (c->referral != NULL && (c->referral->open || c->referral->watched))
        return 491;
    if (c->referral != NULL && c->referral->count >= REFER_COUNT)
        return 403;
    if (leads_here(c, &to))
        return 482;
    if (c->refer_depth >= REFER_DEPTH)
        return 483;
    return p->call_count > p->config.max_calls ? 486 : 0; /* one more than may come in: it will take this one's place */
}

static char *copy_value(const struct message *m, enum header_id id)
{
    const struct header *h = message_header(m, id);

    return h == NULL ? NULL : strndup(h->value.ptr, h->value.len);
}

static void forget(struct call_referral *r)
{
    free(r->refer_to);
    free(r->referred_by);
    free(r->target);
    dialog_free(r->own);
    r->refer_to = r->referred_by = r->target = NULL;
    r->own                                   = NULL;
}

/* Keeps what it says.  False without memory. */
static bool keep(struct call *c, const struct message *request)
{
    struct call_referral *r = c->referral;
    struct refer_to       to;

    if (r == NULL)
        r = c->referral = calloc(1, sizeof *r);
    if (r == NULL)
        return false;
    forget(r);
    r->call        = c;
    r->placed      = 0;
    r->refer_to    = copy_value(request, HEADER_REFER_TO);
    r->referred_by = copy_value(request, HEADER_REFERRED_BY);
    if (r->refer_to == NULL || refer_to_read(slice_from(r->refer_to), &to) != 0)
        return false;
    r->target = strndup(to.target.ptr, to.target.len);
    return r->target != NULL && (r->referred_by != NULL || message_header(request, HEADER_REFERRED_BY) == NULL);
}

static void begin(struct call *c, object_id txn, struct message *request)
{
    struct call_referral *r   = c->referral;
    msec                  now = world_now(c->phone->world);
    bool                  ask = c->account->transfer == TRANSFER_ASK;

    r->cseq = request->cseq.number;
    r->count++;
    r->watched = !wants_no_subscription(request);
    r->open    = true;
    r->asking  = ask;
    set_status(r, 100, SLICE(""));
    accept(c, txn, request, r->watched);
    r->ask_until = now + REFER_ASK;
    perform(r, r->watched ? notifier_start(&r->notifier, REFER_EXPIRES, !ask, REFER_GAP, now) : 0);
    if (ask)
        call_tell(c, PHONE_REFERRED);
    else
        (void)follow(c);
}

void referred_within(struct call *c, struct fork *f, object_id txn, struct message *request)
{
    unsigned status = f == c->up ? judge(c, request) : 403;

    if (status == 0 && !keep(c, request))
        status = 503;
    if (status != 0) {
        stack_reply(c->phone->stack, txn, status, SLICE(""));
        return;
    }
    (void)dialog_refresh(f->dialog, request); /* a Contact that cannot be read changes nothing */
    begin(c, txn, request);
}

/* RFC 4538: who names a call of ours is in it. */
void referred_outside(struct phone *p, struct account *a, object_id txn, struct message *request)
{
    struct call   *c      = call_of_target_dialog(p, request);
    struct dialog *own    = NULL;
    unsigned       status = c == NULL || c->account != a ? 403 : judge(c, request);

    if (status == 0 && dialog_new_uas(request, stack_server_tag(p->stack, txn),
                                      transport_is_secure(request->flow.transport), &own) != 0)
        status = 400;
    if (status == 0 && !keep(c, request))
        status = 503;
    if (status != 0) {
        dialog_free(own);
        stack_reply(p->stack, txn, status, SLICE(""));
        return;
    }
    dialog_confirm(own, NULL);
    c->referral->own = own;
    begin(c, txn, request);
    if (!c->referral->watched) { /* no subscription, no dialog (RFC 4488 4) */
        dialog_free(own);
        c->referral->own = NULL;
    }
}

/* ---- SUBSCRIBE: longer, or no more of it ---- */

static void refresh(struct call *c, object_id txn, struct message *request)
{
    struct phone  *p = c->phone;
    struct gather *g = &p->gather;
    uint32_t       seconds;

    (void)notifier_grant(request, REFER_EXPIRES, 0, REFER_MOST, &seconds);
    gather_init(g);
    write_response_head(g, request, 200, SLICE(""), stack_server_tag(p->stack, txn));
    gather_header(g, HEADER_CONTACT, c->contact);
    gather_header_number(g, HEADER_EXPIRES, seconds);
    gather_body(g, SLICE(""), SLICE(""));
    stack_respond(p->stack, txn, 200, g);
    perform(c->referral, notifier_refresh(&c->referral->notifier, seconds, world_now(p->world)));
}

void referred_subscribe(struct call *c, struct fork *f, object_id txn, struct message *request)
{
    struct call_referral *r = c->referral;
    struct event          event;
    struct scan           s;
    uint32_t              id;

    if (!event_of(request, &event) || !slice_eq(event.name, SLICE("refer"))) {
        reply_bad_event(c->phone, txn, request);
        return;
    }
    s = scan_from(event.id);
    if (f != c->up || r == NULL || !r->watched || r->own != NULL ||
        (event.has_id && !(scan_number(&s, UINT32_MAX, &id) && id == r->cseq))) {
        stack_reply(c->phone->stack, txn, 403, SLICE("")); /* RFC 3515 2.4.4 */
        return;
    }
    refresh(c, txn, request);
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

void referred_free(struct call *c)
{
    struct call_referral *r = c->referral;

    if (r == NULL)
        return;
    world_timer_stop(c->phone->world, &r->timer);
    forget(r);
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
    int          error = find_asking(p, id, &c);

    if (error == 0)
        error = follow(c);
    if (error == 0)
        *placed = c->referral->placed;
    return error;
}

int call_refuse_refer(struct phone *p, object_id id)
{
    struct call *c;
    int          error = find_asking(p, id, &c);

    if (error == 0)
        conclude(c->referral, 603, SLICE(""), END_REJECTED);
    return error;
}
