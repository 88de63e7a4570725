/* SPDX-License-Identifier: BSD-2-Clause */
/* teller.c - the phone tells others of its accounts: the notifier of the dialog package (RFC 4235), and of presence
 * (RFC 3856).  What a watcher is told is the full state each time that it has become another one, once a second at
 * most. */
#include "base/error.h"
#include "call/dialog_info.h"
#include "call/methods.h"
#include "call/outside.h"
#include "call/tell.h"

#include <stdlib.h>

enum { GAP = 1000, DOCUMENT_MAX = 8192 };

struct slice teller_package(const struct teller *t)
{
    return t->what == TELL_PRESENCE ? SLICE("presence") : SLICE("dialog");
}

struct slice teller_type(const struct teller *t)
{
    return t->what == TELL_PRESENCE ? SLICE("application/pidf+xml") : SLICE("application/dialog-info+xml");
}

static struct phone *phone_of(const struct teller *t)
{
    return t->account->phone;
}

static msec now_of(const struct teller *t)
{
    return world_now(phone_of(t)->world);
}

void teller_free(struct teller *t)
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

/* ---- NOTIFY ---- */

/* Who calls chooses how long his name is: where it does not fit there are no details. */
static void write_dialogs(const struct teller *t, struct buf *b, uint32_t version)
{
    dialog_info_write(b, t->account, version, t->account->watchers == WATCHERS_DETAILS);
    if (buf_ok(b))
        return;
    *b = buf_on(b->ptr, b->cap);
    dialog_info_write(b, t->account, version, false);
}

/* Nothing, for who may not see it (yet). */
static void write_document(const struct teller *t, struct buf *b, uint32_t version)
{
    if (!t->allowed)
        return;
    if (t->what == TELL_PRESENCE)
        presence_write(b, t->account, t->blocked);
    else
        write_dialogs(t, b, version);
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

    buf_put(&g->scratch, SLICE("Event: "));
    buf_put(&g->scratch, teller_package(t));
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
    gather_body(g, document.len > 0 ? teller_type(t) : SLICE(""), buf_slice(&document));
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

/* ---- what others make it do ---- */

void teller_begin(struct teller *t, uint32_t seconds)
{
    perform(t, notifier_start(&t->machine, seconds, t->allowed, GAP, now_of(t)));
}

void teller_go_on(struct teller *t, uint32_t seconds)
{
    perform(t, notifier_refresh(&t->machine, seconds, now_of(t)));
}

static bool is_for(const struct teller *t, const struct uri *who)
{
    struct uri uri;

    return uri_parse((struct slice){ t->who, t->who_len }, &uri) && slice_eq(uri.user, who->user) &&
           slice_eq_nocase(uri.host, who->host);
}

unsigned tellers_of(const struct account *a, const struct uri *who)
{
    unsigned count = 0;

    LIST_EACH (l, &a->phone->tellers) {
        const struct teller *t = CONTAINER_OF(l, struct teller, link);

        count += t->account == a && is_for(t, who);
    }
    return count;
}

/* The last word to who is rejected says nothing, either. */
static void end(struct teller *t, enum end_reason why)
{
    t->allowed = t->allowed && why != END_REJECTED;
    perform(t, notifier_end(&t->machine, why, now_of(t)));
}

static void decide(struct teller *t, enum presence_answer answer)
{
    switch (answer) {
    case PRESENCE_UNDECIDED:
        return;
    case PRESENCE_ALLOWED:
    case PRESENCE_BLOCKED:
        t->blocked = answer == PRESENCE_BLOCKED;
        if (t->allowed) {
            phone_wake(phone_of(t)); /* he may be told something else now */
            return;
        }
        t->allowed = true;
        perform(t, notifier_allow(&t->machine, now_of(t)));
        return;
    case PRESENCE_REFUSED:
        end(t, END_REJECTED);
        return;
    }
}

void tellers_decided(struct account *a, const struct uri *who, enum presence_answer answer)
{
    LIST_EACH_SAFE (l, &a->phone->tellers) {
        struct teller *t = CONTAINER_OF(l, struct teller, link);

        if (t->account == a && t->what == TELL_PRESENCE && is_for(t, who))
            decide(t, answer);
    }
}

bool tellers_are_idle(const struct phone *p)
{
    LIST_EACH (l, &p->tellers) {
        if (CONTAINER_OF(l, struct teller, link)->txn != 0)
            return false;
    }
    return true;
}

void tellers_end(const struct account *a, enum tell what, enum end_reason why)
{
    LIST_EACH_SAFE (l, &a->phone->tellers) {
        struct teller *t = CONTAINER_OF(l, struct teller, link);

        if (t->account == a && t->what == what)
            end(t, why);
    }
}

void tellers_leave(const struct account *a)
{
    tellers_end(a, TELL_DIALOGS, END_NORESOURCE);
    tellers_end(a, TELL_PRESENCE, END_NORESOURCE);
}

void phone_dismiss_watchers(struct phone *p)
{
    LIST_EACH_SAFE (l, &p->tellers) {
        struct teller *t = CONTAINER_OF(l, struct teller, link);

        t->blocked = true; /* nobody is there */
        end(t, END_PROBATION);
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
