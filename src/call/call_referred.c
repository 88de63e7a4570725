/* SPDX-License-Identifier: BSD-2-Clause */
/* The other side wants us to call somebody (RFC 3515, RFC 7647): its REFER, and the SUBSCRIBEs to the subscription
 * that this implies. */
#include "call/asked.h"
#include "call/mesh.h"
#include "call/methods.h"
#include "call/reference.h"
#include "call/referral.h"
#include "sip/refer_to.h"

#include <stdlib.h>

enum {
    REFER_COUNT   = 16,        /* that the other side of a call may have called    */
    REFER_DEPTH   = 8,         /* calls that were each made for the one before     */
    REFER_EXPIRES = 300,       /* seconds: longer than anything rings (3.4)        */
    REFER_MOST    = 3600,      /* that a SUBSCRIBE may make it                     */
    REFER_GAP     = 1000,      /* between two NOTIFYs (3.10)                       */
    REFER_ASK     = 60 * 1000, /* so long the user may think about it              */
};

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

unsigned referred_read(const struct message *request, struct refer_to *to)
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
    unsigned            status = referred_read(request, &to);

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
    if (to.has_join && mesh_is_marked(request) && !p->config.joins)
        return 403;
    if (c->refer_depth >= REFER_DEPTH)
        return 483;
    return p->call_count > p->config.max_calls ? 486 : 0; /* one more than may come in: it will take this one's place */
}

static char *copy_value(const struct message *m, enum header_id id)
{
    const struct header *h = message_header(m, id);

    return h == NULL ? NULL : strndup(h->value.ptr, h->value.len);
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
    referral_forget(r);
    r->call        = c;
    r->placed      = 0;
    r->mesh        = false;
    r->refer_to    = copy_value(request, HEADER_REFER_TO);
    r->referred_by = copy_value(request, HEADER_REFERRED_BY);
    if (r->refer_to == NULL || refer_to_read(slice_from(r->refer_to), &to) != 0)
        return false;
    r->mesh   = to.has_join && mesh_is_marked(request);
    r->target = strndup(to.target.ptr, to.target.len);
    return r->target != NULL && (r->referred_by != NULL || message_header(request, HEADER_REFERRED_BY) == NULL);
}

static bool must_ask(struct call *c)
{
    const struct call_referral *r = c->referral;

    return c->account->transfer == TRANSFER_ASK && !(r->mesh && mesh_may_call(c, slice_from(r->target)));
}

static void begin(struct call *c, object_id txn, struct message *request)
{
    struct call_referral *r   = c->referral;
    msec                  now = world_now(c->phone->world);
    bool                  ask = must_ask(c);

    r->cseq = request->cseq.number;
    r->count++;
    r->told    = !refer_is_unwatched(request);
    r->watched = r->told;
    r->open    = true;
    r->asking  = ask;
    referral_set_status(r, 100, SLICE(""));
    accept(c, txn, request, r->watched);
    r->ask_until = now + REFER_ASK;
    referral_perform(r, r->watched ? notifier_start(&r->notifier, REFER_EXPIRES, !ask, REFER_GAP, now) : 0);
    if (ask)
        call_tell(c, PHONE_REFERRED);
    else
        (void)referral_follow(c);
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
    struct call   *c   = call_of_target_dialog(p, request);
    struct dialog *own = NULL;
    unsigned       status;

    if (c == NULL) {
        asked_receive(p, a, txn, request);
        return;
    }
    status = c->account != a ? 403 : judge(c, request);

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

/* ---- SUBSCRIBE: longer, or no more of it; or somebody has moved and asks what he has missed ---- */

/* A NOTIFY that has found nobody has ended the subscription (RFC 6665 4.2.2), but not what it is about. */
static unsigned refresh(struct call_referral *r, uint32_t seconds, msec now)
{
    bool     alive = r->watched && r->open;
    unsigned actions;

    stack_forget(r->call->phone->stack, r->notify);
    notifier_forget(&r->notifier);
    r->notify  = 0;
    r->watched = true;
    if (alive)
        return notifier_refresh(&r->notifier, seconds, now);
    actions = notifier_start(&r->notifier, r->open ? seconds : 0, !r->asking, REFER_GAP, now);
    if (!r->open)
        r->notifier.reason = END_NORESOURCE;
    return actions;
}

static void accept_subscribe(struct call *c, object_id txn, struct message *request)
{
    struct phone  *p = c->phone;
    struct gather *g = &p->gather;
    uint32_t       seconds;

    (void)notifier_grant(request, REFER_EXPIRES, 0, REFER_MOST, &seconds);
    (void)dialog_refresh(c->up->dialog, request); /* a Contact that cannot be read changes nothing */
    gather_init(g);
    write_response_head(g, request, 200, SLICE(""), stack_server_tag(p->stack, txn));
    gather_header(g, HEADER_CONTACT, c->contact);
    gather_header_number(g, HEADER_EXPIRES, seconds);
    gather_body(g, SLICE(""), SLICE(""));
    stack_respond(p->stack, txn, 200, g);
    referral_perform(c->referral, refresh(c->referral, seconds, world_now(p->world)));
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
    if (f != c->up || r == NULL || !r->told || r->own != NULL ||
        (event.has_id && !(scan_number(&s, UINT32_MAX, &id) && id == r->cseq))) {
        stack_reply(c->phone->stack, txn, 403, SLICE("")); /* RFC 3515 2.4.4 */
        return;
    }
    accept_subscribe(c, txn, request);
}
