/* SPDX-License-Identifier: BSD-2-Clause */
/* teller.c - the phone tells others of its own calls: the notifier of the dialog package (RFC 4235).
 *
 * Who may watch is for the account to say (enum call_watchers). What a watcher is told is the full state of the
 * account's calls each time that it has become another one, once a second at most. */
#include "base/error.h"
#include "call/dialog_info.h"
#include "call/methods.h"
#include "call/outside.h"
#include "dialog/notifier.h"

#include <stdlib.h>

enum { TELLERS_MAX = 32, USUAL = 3600, LEAST = 60, MOST = 24 * 3600, GAP = 1000, DOCUMENT_MAX = 8192 };

#define DIALOG_TYPE "application/dialog-info+xml"

struct teller {
    struct link     link;
    struct account *account;
    struct dialog  *dialog;
    struct flow     flow;
    struct auth     auth;
    struct event    event; /* copies in the dialog's arena */
    struct notifier machine;
    struct timer    timer;
    object_id       txn;
    uint32_t        version;
    uint64_t        told; /* the hash of what was told last */
    char            contact[512];
    size_t          contact_len;
};

static struct phone *phone_of(const struct teller *t)
{
    return t->account->phone;
}

static msec now_of(const struct teller *t)
{
    return world_now(phone_of(t)->world);
}

static void teller_free(struct teller *t)
{
    struct phone *p = phone_of(t);

    world_timer_stop(p->world, &t->timer);
    if (t->txn != 0)
        stack_forget(p->stack, t->txn);
    if (link_in_list(&t->link))
        p->teller_count--;
    if (t->account->leaving) /* it may go now */
        phone_wake(p);
    list_unlink(&t->link);
    auth_fini(&t->auth);
    dialog_free(t->dialog);
    free(t);
}

/* ---- who may ---- */

static struct slice domain_of(const struct name_addr *who)
{
    return who->uri.host;
}

/* RFC 3325: whom our registrar's side asserts; what others assert is worth nothing. */
static bool is_of_our_domain(const struct account *a, const struct message *m)
{
    struct header_values v = message_values(m, HEADER_P_ASSERTED_IDENTITY);
    struct name_addr     who;

    while (values_next_name_addr(&v, &who))
        if ((who.uri.scheme == URI_SIP || who.uri.scheme == URI_SIPS) &&
            slice_eq_nocase(domain_of(&who), a->aor_uri.host))
            return true;
    return false;
}

static bool may_watch(const struct account *a, const struct message *m)
{
    return a->watchers != WATCHERS_NONE && account_is_from_registrar(a, m) && is_of_our_domain(a, m);
}

/* ---- NOTIFY ---- */

/* Who calls chooses how long his name is: where it does not fit there are no details. */
static void write_document(const struct teller *t, struct buf *b, uint32_t version)
{
    dialog_info_write(b, t->account, version, t->account->watchers == WATCHERS_DETAILS);
    if (buf_ok(b))
        return;
    *b = buf_on(b->ptr, b->cap);
    dialog_info_write(b, t->account, version, false);
}

static uint64_t hash_document(const struct teller *t)
{
    char       memory[DOCUMENT_MAX];
    struct buf b = BUF_ON(memory);

    write_document(t, &b, 0);
    return siphash(&phone_of(t)->key, buf_slice(&b));
}

static void perform(struct teller *t, unsigned actions);

static int send_notify(struct teller *t);

static void on_notify(const struct client_user *u, object_id txn, enum client_event event, struct message *response,
                      int detail)
{
    struct phone  *p      = u->self;
    struct teller *t      = NULL;
    unsigned       status = event == CLIENT_RESPONSE ? response->status : event == CLIENT_TIMEOUT ? 408 : 503;

    (void)detail;
    LIST_EACH (l, &p->tellers) {
        if (CONTAINER_OF(l, struct teller, link)->txn == txn)
            t = CONTAINER_OF(l, struct teller, link);
    }
    if (t == NULL || status < 200)
        return;
    t->txn = 0;
    if (event == CLIENT_RESPONSE && (status == 401 || status == 407) &&
        auth_challenged(&t->auth, &t->account->secret, response) == AUTH_RETRY && send_notify(t) == 0)
        return;
    auth_begin(&t->auth);
    perform(t, notifier_on_response(&t->machine, status, now_of(t)));
}

static void put_state(const struct teller *t, struct gather *g)
{
    size_t mark = gather_mark(g);

    buf_put(&g->scratch, SLICE("Subscription-State: "));
    notifier_write_state(&t->machine, &g->scratch, now_of(t));
    buf_put(&g->scratch, SLICE("\r\n"));
    gather_written(g, mark);
}

static void put_event(const struct teller *t, struct gather *g)
{
    size_t mark = gather_mark(g);

    buf_put(&g->scratch, SLICE("Event: dialog"));
    if (t->event.has_id) {
        buf_put(&g->scratch, SLICE(";id="));
        buf_put(&g->scratch, t->event.id);
    }
    buf_put(&g->scratch, SLICE("\r\n"));
    gather_written(g, mark);
}

static int send_notify(struct teller *t)
{
    struct phone        *p    = phone_of(t);
    struct gather       *g    = &p->gather;
    struct client_user   user = { .fn = on_notify, .self = p };
    struct outgoing      out  = { .rest = g, .method = METHOD_NOTIFY, .flow = flow_kept(&t->flow) };
    char                 memory[DOCUMENT_MAX];
    struct buf           document = BUF_ON(memory);
    struct request_start start;
    int                  error = dialog_write_request(t->dialog, METHOD_NOTIFY, dialog_next_cseq(t->dialog), g, &start);

    if (error != 0)
        return error;
    write_document(t, &document, t->version++);
    gather_header(g, HEADER_CONTACT, (struct slice){ t->contact, t->contact_len });
    put_event(t, g);
    put_state(t, g);
    auth_write(&t->auth, &t->account->secret, p->hasher, &p->world->random, METHOD_NOTIFY, t->dialog->target,
               buf_slice(&document), g);
    gather_body(g, SLICE(DIALOG_TYPE), buf_slice(&document));
    if (!gather_ok(g) || !buf_ok(&document))
        return -ERR_TOO_LARGE;
    out.start_line  = start.start_line;
    out.destination = &start.destination;
    t->told         = hash_document(t);
    t->txn          = stack_request(p->stack, &out, &user);
    return t->txn == 0 ? -ERR_LIMIT : 0;
}

static void on_timer(struct timer *timer, msec now)
{
    struct teller *t = CONTAINER_OF(timer, struct teller, timer);

    perform(t, notifier_on_timer(&t->machine, now));
}

/* It may be gone afterwards. */
static void perform(struct teller *t, unsigned actions)
{
    if ((actions & NOTIFIER_SEND) && send_notify(t) != 0)
        actions |= notifier_on_response(&t->machine, 503, now_of(t));
    if (actions & NOTIFIER_TELL_GONE)
        teller_free(t);
    else
        world_timer(phone_of(t)->world, &t->timer, on_timer, notifier_deadline(&t->machine));
}

void tellers_look(struct phone *p)
{
    LIST_EACH_SAFE (l, &p->tellers) {
        struct teller *t = CONTAINER_OF(l, struct teller, link);

        if (hash_document(t) != t->told)
            perform(t, notifier_changed(&t->machine, now_of(t)));
    }
}

/* ---- SUBSCRIBE ---- */

/* 200 with what was granted. */
static void accept_it(struct teller *t, object_id txn, const struct message *m, uint32_t seconds)
{
    struct phone  *p = phone_of(t);
    struct gather *g = &p->gather;

    gather_init(g);
    write_response_head(g, m, 200, SLICE(""), stack_server_tag(p->stack, txn));
    gather_header(g, HEADER_CONTACT, (struct slice){ t->contact, t->contact_len });
    gather_header_number(g, HEADER_EXPIRES, seconds);
    put_allow_events(g);
    gather_body(g, SLICE(""), SLICE(""));
    stack_respond(p->stack, txn, 200, g);
}

/* Answers what is not in order, and returns false.  `known`: he watches already; who knows the dialog is he, whichever
 * way he comes (proxies need not stay in it). */
static bool check(const struct account *a, bool known, object_id txn, const struct message *m, struct event *event,
                  uint32_t *seconds)
{
    struct phone *p = a->phone;

    if (!event_of(m, event) || !slice_eq(event->name, SLICE("dialog")))
        reply_bad_event(p, txn, m);
    else if (!known && !may_watch(a, m))
        stack_reply(p->stack, txn, 403, SLICE(""));
    else if (reply_unacceptable(p, txn, m, SLICE(DIALOG_TYPE)))
        return false;
    else if (!notifier_grant(m, USUAL, LEAST, MOST, seconds))
        reply_brief(p, txn, m, LEAST);
    else
        return true;
    return false;
}

static void set_contact(struct teller *t, const struct message *m)
{
    struct buf     b     = BUF_ON(t->contact);
    struct address local = m->flow.local;
    char           memory[1024];
    struct arena   arena;

    local.port = phone_of(t)->address.port;
    arena_init(&arena, memory, sizeof memory, sizeof memory);
    buf_put(&b,
            account_dialog_contact(t->account, &arena, &local, m->flow.transport, m->uri.scheme == URI_SIPS, false));
    arena_fini(&arena);
    t->contact_len = b.len;
}

static int teller_new(struct account *a, object_id txn, const struct message *m, const struct event *event,
                      struct teller **out)
{
    struct phone  *p = a->phone;
    struct teller *t = p->teller_count < TELLERS_MAX ? calloc(1, sizeof *t) : NULL;
    int            error;

    if (t == NULL)
        return -ERR_LIMIT;
    t->account = a;
    t->flow    = m->flow;
    auth_init(&t->auth);
    error = dialog_new_uas(m, stack_server_tag(p->stack, txn), transport_is_secure(m->flow.transport), &t->dialog);
    if (error == 0) {
        dialog_confirm(t->dialog, NULL);
        t->event    = *event;
        t->event.id = arena_copy(&t->dialog->arena, event->id);
        if (!arena_ok(&t->dialog->arena))
            error = -ERR_NO_MEMORY;
    }
    if (error != 0) {
        teller_free(t);
        return error;
    }
    set_contact(t, m);
    list_append(&p->tellers, &t->link);
    p->teller_count++;
    *out = t;
    return 0;
}

void subscribe_outside(struct phone *p, struct account *a, object_id txn, struct message *m)
{
    struct teller *t;
    struct event   event;
    uint32_t       seconds;
    int            error;

    if (!check(a, false, txn, m, &event, &seconds))
        return;
    error = teller_new(a, txn, m, &event, &t);
    if (error == -ERR_SYNTAX) {
        stack_reply(p->stack, txn, 400, SLICE("Bad or missing Contact or Record-Route"));
        return;
    }
    if (error != 0) {
        reply_retry_after(p, txn, m, 503);
        return;
    }
    accept_it(t, txn, m, seconds);
    perform(t, notifier_start(&t->machine, seconds, true, GAP, now_of(t)));
}

void subscribe_alone(struct phone *p, object_id txn, struct message *m)
{
    struct teller *t = NULL;
    struct event   event;
    uint32_t       seconds;

    LIST_EACH (l, &p->tellers) {
        if (dialog_matches_request(CONTAINER_OF(l, struct teller, link)->dialog, m))
            t = CONTAINER_OF(l, struct teller, link);
    }
    if (t == NULL || !event_of(m, &event) || !slice_eq(event.name, SLICE("dialog")) ||
        t->machine.state == NOTIFIER_ENDING) {
        stack_reply(p->stack, txn, 481, SLICE(""));
        return;
    }
    if (!dialog_take_cseq(t->dialog, m->cseq.number)) {
        stack_reply(p->stack, txn, 500, SLICE("CSeq out of order"));
        return;
    }
    if (!check(t->account, true, txn, m, &event, &seconds))
        return;
    dialog_refresh(t->dialog, m);
    accept_it(t, txn, m, seconds);
    perform(t, notifier_refresh(&t->machine, seconds, now_of(t)));
}

bool tellers_are_idle(const struct phone *p)
{
    LIST_EACH (l, &p->tellers) {
        if (CONTAINER_OF(l, struct teller, link)->txn != 0)
            return false;
    }
    return true;
}

void tellers_leave(const struct account *a)
{
    LIST_EACH_SAFE (l, &a->phone->tellers) {
        struct teller *t = CONTAINER_OF(l, struct teller, link);

        if (t->account == a)
            perform(t, notifier_end(&t->machine, END_NORESOURCE, now_of(t)));
    }
}

bool tellers_use(const struct account *a)
{
    LIST_EACH (l, &a->phone->tellers) {
        if (CONTAINER_OF(l, struct teller, link)->account == a)
            return true;
    }
    return false;
}

void tellers_free(struct phone *p)
{
    LIST_EACH_SAFE (l, &p->tellers) {
        teller_free(CONTAINER_OF(l, struct teller, link));
    }
}
