/* SPDX-License-Identifier: BSD-2-Clause */
#include "call/asked.h"

#include "base/error.h"
#include "call/methods.h"
#include "call/news.h"
#include "call/outside.h"
#include "call/reference.h"
#include "call/referral.h"
#include "dialog/notifier.h"
#include "sip/sipfrag.h"

#include <stdlib.h>

enum {
    ASKED_MAX     = 4,
    ASKED_MEMORY  = 8 * 1024,
    ASKED_EXPIRES = 300,       /* seconds: longer than anything rings                 */
    ASKED_MOST    = 3600,      /* that a SUBSCRIBE may make it                        */
    ASKED_GAP     = 1000,      /* between two NOTIFYs                                 */
    ASKED_ASK     = 60 * 1000, /* so long the user may think about it                 */
};

struct asked {
    struct link     link;
    struct phone   *phone;
    struct account *account;
    object_id       id;
    struct arena    arena;
    struct slice    refer_to, referred_by, contact;
    struct notifier notifier;
    bool            watched, open, asking; /* as of struct call_referral */
    struct dialog  *dialog;
    struct flow     flow;
    struct auth     auth;
    object_id       txn; /* the NOTIFY under way */
    uint32_t        cseq;
    object_id       placed;
    unsigned        status;
    struct reason   reason;
    struct timer    timer;
    msec            ask_until;
};

static msec now_of(const struct asked *r)
{
    return world_now(r->phone->world);
}

/* ---- life ---- */

static void asked_free(struct asked *r)
{
    world_timer_stop(r->phone->world, &r->timer);
    if (r->txn != 0)
        stack_forget(r->phone->stack, r->txn);
    list_unlink(&r->link);
    id_remove(&r->phone->asked_ids, r->id);
    auth_fini(&r->auth);
    dialog_free(r->dialog);
    arena_fini(&r->arena);
    free(r);
}

void asked_sweep(struct phone *p)
{
    LIST_EACH_SAFE (l, &p->asked) {
        struct asked *r = CONTAINER_OF(l, struct asked, link);

        if (!r->open && !r->watched)
            asked_free(r);
    }
}

void asked_free_all(struct phone *p)
{
    LIST_EACH_SAFE (l, &p->asked) {
        asked_free(CONTAINER_OF(l, struct asked, link));
    }
}

bool asked_are_idle(const struct phone *p)
{
    LIST_EACH (l, &p->asked) {
        const struct asked *r = CONTAINER_OF(l, struct asked, link);

        if (!r->asking || r->txn != 0)
            return false;
    }
    return true;
}

/* ---- NOTIFY ---- */

static void perform(struct asked *r, unsigned actions);

static struct asked *find_txn(const struct phone *p, object_id txn)
{
    LIST_EACH (l, &p->asked) {
        struct asked *r = CONTAINER_OF(l, struct asked, link);

        if (r->txn == txn)
            return r;
    }
    return NULL;
}

static void put_event(const struct asked *r, struct gather *g)
{
    size_t mark = gather_mark(g);

    buf_put(&g->scratch, SLICE("Event: refer\r\nSubscription-State: "));
    notifier_write_state(&r->notifier, &g->scratch, now_of(r));
    buf_put(&g->scratch, SLICE("\r\n"));
    gather_written(g, mark);
}

static void on_notify(const struct client_user *u, object_id txn, enum client_event event, struct message *response,
                      int detail);

static int send_notify(struct asked *r)
{
    struct phone        *p    = r->phone;
    struct gather       *g    = &p->gather;
    struct client_user   user = { .fn = on_notify, .self = p };
    struct outgoing      out  = { .rest = g, .method = METHOD_NOTIFY, .flow = flow_kept(&r->flow) };
    char                 text[REASON_MAX + 32];
    struct buf           body = BUF_ON(text);
    struct request_start start;
    int                  error = dialog_write_request(r->dialog, METHOD_NOTIFY, dialog_next_cseq(r->dialog), g, &start);

    if (error != 0)
        return error;
    gather_header(g, HEADER_CONTACT, r->contact);
    put_event(r, g);
    sipfrag_write(&body, r->status, reason_slice(&r->reason));
    auth_write(&r->auth, &r->account->secret, p->hasher, &p->world->random, METHOD_NOTIFY, r->dialog->target,
               buf_slice(&body), g);
    gather_body(g, SLICE(SIPFRAG_TYPE), buf_slice(&body));
    if (!gather_ok(g))
        return -ERR_TOO_LARGE;
    out.start_line  = start.start_line;
    out.destination = &start.destination;
    r->txn          = stack_request(p->stack, &out, &user);
    return r->txn == 0 ? -ERR_LIMIT : 0;
}

static void on_notify(const struct client_user *u, object_id txn, enum client_event event, struct message *response,
                      int detail)
{
    struct asked *r      = find_txn(u->self, txn);
    unsigned      status = event == CLIENT_RESPONSE ? response->status : 408;

    (void)detail;
    if (r == NULL || status < 200)
        return;
    r->txn = 0;
    if ((status == 401 || status == 407) && auth_challenged(&r->auth, &r->account->secret, response) == AUTH_RETRY &&
        send_notify(r) == 0)
        return;
    perform(r, notifier_on_response(&r->notifier, status, now_of(r)));
}

static void conclude(struct asked *r, unsigned status, struct slice reason, enum end_reason why);

static void on_timer(struct timer *t, msec now)
{
    struct asked *r = CONTAINER_OF(t, struct asked, timer);

    if (r->asking && now >= r->ask_until)
        conclude(r, 603, SLICE(""), END_GIVEUP);
    perform(r, r->watched ? notifier_on_timer(&r->notifier, now) : 0);
}

/* What is over is freed later, by asked_sweep. */
static void perform(struct asked *r, unsigned actions)
{
    msec at;

    if (actions & NOTIFIER_SEND) {
        auth_begin(&r->auth);
        if (send_notify(r) != 0)
            actions |= notifier_on_response(&r->notifier, 408, now_of(r));
    }
    if (actions & NOTIFIER_TELL_GONE)
        r->watched = false;
    at = r->watched ? notifier_deadline(&r->notifier) : NEVER;
    world_timer(r->phone->world, &r->timer, on_timer, r->asking && r->ask_until < at ? r->ask_until : at);
    phone_wake(r->phone);
}

static void set_status(struct asked *r, unsigned status, struct slice reason)
{
    r->status = status;
    reason_set(&r->reason, reason.len > 0 ? reason : status_reason(status));
}

static void conclude(struct asked *r, unsigned status, struct slice reason, enum end_reason why)
{
    if (!r->open)
        return;
    r->open = r->asking = false;
    set_status(r, status, reason);
    perform(r, r->watched ? notifier_end(&r->notifier, why, now_of(r)) : 0);
}

/* ---- REFER ---- */

static void accept(struct asked *r, object_id txn, const struct message *request)
{
    struct phone  *p = r->phone;
    struct gather *g = &p->gather;

    gather_init(g);
    write_response_head(g, request, 200, SLICE(""), stack_server_tag(p->stack, txn));
    gather_header(g, HEADER_CONTACT, r->contact);
    put_allow(g);
    extensions_put_supported(p->extensions, METHOD_REFER, g);
    if (!r->watched)
        gather_header(g, HEADER_REFER_SUB, SLICE("false"));
    if (p->config.user_agent.len > 0)
        gather_header(g, HEADER_USER_AGENT, p->config.user_agent);
    gather_body(g, SLICE(""), SLICE(""));
    stack_respond(p->stack, txn, 200, g);
}

/* Who is registered is asked through his registrar. */
static bool may_ask(const struct account *a, const struct message *request)
{
    for (unsigned i = 0; i < a->flow_count; i++)
        if (a->flows[i].path.transport != TRANSPORT_NONE)
            return account_is_from_registrar(a, request);
    return true;
}

static unsigned judge(struct phone *p, const struct account *a, const struct message *request)
{
    struct refer_to to;
    struct uri      uri;
    unsigned        status = referred_read(request, &to);
    unsigned        count  = 0;

    if (status != 0)
        return status;
    if (message_header(request, HEADER_TARGET_DIALOG) != NULL || !may_ask(a, request))
        return 403;
    if (a->transfer == TRANSFER_REFUSE)
        return 603;
    if (uri_parse(to.target, &uri) && stack_is_local(p->stack, uri.host, uri.port))
        return 482;
    LIST_EACH (l, &p->asked) {
        count++;
    }
    return count >= ASKED_MAX || p->call_count >= p->config.max_calls ? 486 : 0;
}

static struct slice copy_value(struct asked *r, const struct message *m, enum header_id id)
{
    const struct header *h = message_header(m, id);

    return h == NULL ? SLICE("") : arena_copy(&r->arena, h->value);
}

static int asked_new(struct account *a, object_id txn, const struct message *m, struct asked **out)
{
    struct phone  *p     = a->phone;
    struct asked  *r     = calloc(1, sizeof *r);
    struct address local = m->flow.local;
    int            error;

    if (r == NULL)
        return -ERR_NO_MEMORY;
    local.port = p->address.port;
    r->phone   = p;
    r->account = a;
    r->flow    = m->flow;
    r->cseq    = m->cseq.number;
    arena_init(&r->arena, NULL, 0, ASKED_MEMORY);
    auth_init(&r->auth);
    list_append(&p->asked, &r->link);
    r->refer_to    = copy_value(r, m, HEADER_REFER_TO);
    r->referred_by = copy_value(r, m, HEADER_REFERRED_BY);
    r->contact     = account_dialog_contact(a, &r->arena, &local, m->flow.transport, m->uri.scheme == URI_SIPS, false);
    r->id          = id_add(&p->asked_ids, r);
    error = dialog_new_uas(m, stack_server_tag(p->stack, txn), transport_is_secure(m->flow.transport), &r->dialog);
    if (error == 0 && (r->id == 0 || !arena_ok(&r->arena)))
        error = -ERR_NO_MEMORY;
    if (error != 0) {
        asked_free(r);
        return error;
    }
    dialog_confirm(r->dialog, NULL);
    *out = r;
    return 0;
}

/* False: there is no room for it. */
static bool tell(struct asked *r, struct message *m)
{
    struct news     *n = news_new(r->phone, PHONE_ASKED, m);
    struct refer_to  to;
    struct name_addr who;
    struct scan      s;

    if (n == NULL)
        return false;
    news_peer(n, &m->from);
    n->event.account = r->account->id;
    n->event.local   = r->account->aor;
    n->event.subject = r->id;
    n->event.call_id = m->call_id;
    if (refer_to_read(r->refer_to, &to) == 0)
        n->event.target = arena_copy(&n->arena, to.target);
    s = scan_from(r->referred_by);
    if (name_addr_scan(&s, &who))
        n->event.referred_by = arena_copy(&n->arena, who.uri.text);
    if (n->event.target.len == 0) { /* without memory nobody could say whom */
        news_drop(n);
        return false;
    }
    news_tell(r->phone, n);
    return true;
}

void asked_receive(struct phone *p, struct account *a, object_id txn, struct message *request)
{
    unsigned      status = judge(p, a, request);
    struct asked *r;
    int           error = status == 0 ? asked_new(a, txn, request, &r) : 0;

    if (error == -ERR_SYNTAX)
        status = 400;
    else if (error != 0)
        status = 503;
    else if (status == 0 && !tell(r, request)) {
        asked_free(r);
        status = 503;
    }
    if (status != 0) {
        stack_reply(p->stack, txn, status, SLICE(""));
        return;
    }
    r->watched = !refer_is_unwatched(request);
    r->open = r->asking = true;
    r->ask_until        = now_of(r) + ASKED_ASK;
    set_status(r, 100, SLICE(""));
    accept(r, txn, request);
    perform(r, r->watched ? notifier_start(&r->notifier, ASKED_EXPIRES, false, ASKED_GAP, now_of(r)) : 0);
}

/* ---- SUBSCRIBE: longer, or no more of it ---- */

static void refresh(struct asked *r, object_id txn, const struct message *request)
{
    struct gather *g = &r->phone->gather;
    uint32_t       seconds;

    (void)notifier_grant(request, ASKED_EXPIRES, 0, ASKED_MOST, &seconds);
    gather_init(g);
    write_response_head(g, request, 200, SLICE(""), stack_server_tag(r->phone->stack, txn));
    gather_header(g, HEADER_CONTACT, r->contact);
    gather_header_number(g, HEADER_EXPIRES, seconds);
    gather_body(g, SLICE(""), SLICE(""));
    stack_respond(r->phone->stack, txn, 200, g);
    perform(r, notifier_refresh(&r->notifier, seconds, now_of(r)));
}

bool asked_subscribe(struct phone *p, object_id txn, struct message *request)
{
    struct asked *r = NULL;
    struct event  event;

    LIST_EACH (l, &p->asked) {
        if (dialog_matches_request(CONTAINER_OF(l, struct asked, link)->dialog, request))
            r = CONTAINER_OF(l, struct asked, link);
    }
    if (r == NULL)
        return false;
    if (!dialog_take_cseq(r->dialog, request->cseq.number))
        stack_reply(p->stack, txn, 500, SLICE("CSeq out of order"));
    else if (!event_of(request, &event) || !slice_eq(event.name, SLICE("refer")))
        reply_bad_event(p, txn, request);
    else if (!r->watched)
        stack_reply(p->stack, txn, 481, SLICE(""));
    else
        refresh(r, txn, request);
    return true;
}

/* ---- following it ---- */

void asked_on_event(struct call *c, enum phone_event_kind kind)
{
    struct asked *r = id_find(&c->phone->asked_ids, c->referred_from);

    if (r == NULL || r->placed != c->id)
        return;
    if (kind == PHONE_RINGING && r->status != c->status) {
        set_status(r, c->status, reason_slice(&c->reason));
        perform(r, r->watched ? notifier_changed(&r->notifier, now_of(r)) : 0);
    }
    if (kind == PHONE_ANSWERED)
        conclude(r, 200, SLICE(""), END_NORESOURCE);
    if (kind == PHONE_ENDED)
        conclude(r, referral_status(c), c->status >= 300 ? reason_slice(&c->reason) : SLICE(""), END_NORESOURCE);
}

static int place(struct asked *r)
{
    struct refer_to     to;
    struct call_options options = { .account = r->account->id, .referred_by = r->referred_by };
    struct call        *placed;
    int                 error;

    if (refer_to_read(r->refer_to, &to) != 0)
        return -ERR_SYNTAX;
    options.target   = to.target;
    options.replaces = to.has_replaces ? &to.replaces : NULL;
    options.join     = to.has_join ? &to.join : NULL;
    options.required = to.required;
    error            = call_place(r->phone, &options, &r->placed);
    if (error != 0)
        return error;
    placed                = phone_find_call(r->phone, r->placed);
    placed->mesh.agreed   = false;
    placed->referred_from = r->id;
    placed->refer_depth   = 1;
    return 0;
}

/* ---- its account leaves ---- */

void asked_leave(const struct account *a)
{
    LIST_EACH (l, &a->phone->asked) {
        struct asked *r = CONTAINER_OF(l, struct asked, link);

        if (r->account == a && r->asking)
            conclude(r, 603, SLICE(""), END_NORESOURCE);
    }
}

bool asked_use(const struct account *a)
{
    LIST_EACH (l, &a->phone->asked) {
        if (CONTAINER_OF(l, struct asked, link)->account == a)
            return true;
    }
    return false;
}

/* ---- what its user does ---- */

static int find_asking(struct phone *p, object_id id, struct asked **r)
{
    *r = id_find(&p->asked_ids, id);
    return *r == NULL ? -ERR_NOT_FOUND : (*r)->asking ? 0 : -ERR_UNSUPPORTED;
}

int asked_follow(struct phone *p, object_id id, object_id *placed)
{
    struct asked *r;
    int           error = find_asking(p, id, &r);

    if (error != 0)
        return error;
    error     = place(r);
    r->asking = false;
    if (error != 0) {
        conclude(r, 503, slice_from(error_text(error)), END_NORESOURCE);
        return error;
    }
    *placed = r->placed;
    perform(r, r->watched ? notifier_allow(&r->notifier, now_of(r)) : 0);
    return 0;
}

int asked_refuse(struct phone *p, object_id id)
{
    struct asked *r;
    int           error = find_asking(p, id, &r);

    if (error == 0)
        conclude(r, 603, SLICE(""), END_REJECTED);
    return error;
}
