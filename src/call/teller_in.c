/* SPDX-License-Identifier: BSD-2-Clause */
/* teller_in.c - SUBSCRIBE of others: who may watch which package of an account, and what he is answered. */
#include "base/error.h"
#include "call/asked.h"
#include "call/methods.h"
#include "call/news.h"
#include "call/outside.h"
#include "call/tell.h"

#include <stdlib.h>

enum { USUAL = 3600, LEAST = 60, MOST = 24 * 3600 };

/* ---- who may ---- */

/* RFC 3325: whom our registrar's side asserts; what others assert is worth nothing.  The first one that is a SIP URI,
 * of this domain if one is given. */
static bool is_asserted(const struct account *a, const struct message *m, struct slice domain, struct name_addr *who)
{
    struct header_values v = message_values(m, HEADER_P_ASSERTED_IDENTITY);

    if (!account_is_from_registrar(a, m))
        return false;
    while (values_next_name_addr(&v, who))
        if ((who->uri.scheme == URI_SIP || who->uri.scheme == URI_SIPS) && who->uri.text.len <= TELLER_WHO &&
            (domain.len == 0 || slice_eq_nocase(who->uri.host, domain)))
            return true;
    return false;
}

/* What a subscription of his would be. */
struct asked {
    enum tell            what;
    struct event         event;
    uint32_t             seconds;
    struct name_addr     who; /* of presence: whom the registrar asserts him to be */
    enum presence_answer answer;
};

static bool may_watch(const struct account *a, const struct message *m, struct asked *asked)
{
    if (asked->what == TELL_DIALOGS)
        return a->watchers != WATCHERS_NONE && is_asserted(a, m, a->aor_uri.host, &asked->who);
    if (!is_asserted(a, m, SLICE(""), &asked->who))
        return false;
    asked->answer = presence_answer_to(a, &asked->who.uri);
    return asked->answer != PRESENCE_REFUSED;
}

static bool find_package(const struct event *event, enum tell *what)
{
    *what = slice_eq(event->name, SLICE("presence")) ? TELL_PRESENCE : TELL_DIALOGS;
    return *what == TELL_PRESENCE || slice_eq(event->name, SLICE("dialog"));
}

/* ---- SUBSCRIBE ---- */

/* 200 with what was granted. */
static void accept_it(struct teller *t, object_id txn, const struct message *m, uint32_t seconds)
{
    struct phone  *p = t->account->phone;
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
static bool check(const struct account *a, const struct teller *known, object_id txn, const struct message *m,
                  struct asked *asked)
{
    struct phone *p = a->phone;

    *asked = (struct asked){ 0 };
    if (!event_of(m, &asked->event) || !find_package(&asked->event, &asked->what))
        reply_bad_event(p, txn, m);
    else if (known == NULL && !may_watch(a, m, asked))
        stack_reply(p->stack, txn, 403, SLICE(""));
    else if (reply_unacceptable(p, txn, m, teller_type(&(struct teller){ .what = asked->what })))
        return false;
    else if (!notifier_grant(m, USUAL, LEAST, MOST, &asked->seconds))
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

    local.port = t->account->phone->address.port;
    arena_init(&arena, memory, sizeof memory, sizeof memory);
    buf_put(&b,
            account_dialog_contact(t->account, &arena, &local, m->flow.transport, m->uri.scheme == URI_SIPS, false));
    arena_fini(&arena);
    t->contact_len = b.len;
}

/* He keeps his name, and what he may see. */
static void set_who(struct teller *t, const struct asked *asked)
{
    struct slice who = asked->who.uri.text;

    t->what    = asked->what;
    t->allowed = asked->what == TELL_DIALOGS || asked->answer != PRESENCE_UNDECIDED;
    t->blocked = asked->answer == PRESENCE_BLOCKED;
    t->who_len = who.len;
    memcpy(t->who, who.ptr, who.len);
}

static int teller_new(struct account *a, object_id txn, const struct message *m, const struct asked *asked,
                      struct teller **out)
{
    struct phone  *p = a->phone;
    struct teller *t = NULL;
    int            error;

    if (p->teller_count < TELLERS_MAX &&
        (asked->what == TELL_DIALOGS || tellers_of(a, &asked->who.uri) < TELLERS_OF_ONE))
        t = calloc(1, sizeof *t);
    if (t == NULL)
        return -ERR_LIMIT;
    t->account = a;
    set_who(t, asked);
    t->flow = m->flow;
    auth_init(&t->auth);
    error = dialog_new_uas(m, stack_server_tag(p->stack, txn), transport_is_secure(m->flow.transport), &t->dialog);
    if (error == 0) {
        dialog_confirm(t->dialog, NULL);
        t->event    = asked->event;
        t->event.id = arena_copy(&t->dialog->arena, asked->event.id);
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

/* The user hears of who wants to see whether he is there, and is asked unless that is decided; without room for it he
 * still waits. */
static void tell_watcher(const struct teller *t, const struct asked *asked, struct message *m)
{
    struct news *n = asked->what == TELL_PRESENCE ? news_new(t->account->phone, PHONE_WATCHER, m) : NULL;

    if (n == NULL)
        return;
    news_peer(n, &asked->who);
    n->event.account = t->account->id;
    n->event.local   = t->account->aor;
    n->event.call_id = m->call_id;
    n->event.package = teller_package(t);
    n->event.asking  = !t->allowed;
    n->event.state   = t->allowed ? SLICE("active") : SLICE("pending");
    news_tell(t->account->phone, n);
}

void subscribe_outside(struct phone *p, struct account *a, object_id txn, struct message *m)
{
    struct teller *t;
    struct asked   asked;
    int            error;

    if (!check(a, NULL, txn, m, &asked))
        return;
    error = teller_new(a, txn, m, &asked, &t);
    if (error == -ERR_SYNTAX) {
        stack_reply(p->stack, txn, 400, SLICE("Bad or missing Contact or Record-Route"));
        return;
    }
    if (error != 0) {
        reply_retry_after(p, txn, m, 503);
        return;
    }
    tell_watcher(t, &asked, m);
    accept_it(t, txn, m, asked.seconds);
    teller_begin(t, asked.seconds);
}

void subscribe_alone(struct phone *p, object_id txn, struct message *m)
{
    struct teller *t = NULL;
    struct event   event;
    struct asked   asked;

    if (asked_subscribe(p, txn, m))
        return;
    LIST_EACH (l, &p->tellers) {
        if (dialog_matches_request(CONTAINER_OF(l, struct teller, link)->dialog, m))
            t = CONTAINER_OF(l, struct teller, link);
    }
    if (t == NULL || !event_of(m, &event) || !slice_eq(event.name, teller_package(t)) ||
        t->machine.state == NOTIFIER_ENDING) {
        stack_reply(p->stack, txn, 481, SLICE(""));
        return;
    }
    if (!dialog_take_cseq(t->dialog, m->cseq.number)) {
        stack_reply(p->stack, txn, 500, SLICE("CSeq out of order"));
        return;
    }
    if (!check(t->account, t, txn, m, &asked))
        return;
    dialog_refresh(t->dialog, m);
    accept_it(t, txn, m, asked.seconds);
    teller_go_on(t, asked.seconds);
}
