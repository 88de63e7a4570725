/* SPDX-License-Identifier: BSD-2-Clause */
#include "call/publication.h"

#include "base/error.h"
#include "call/news.h"
#include "call/outside.h"
#include "call/pidf.h"
#include "dialog/publication.h"

#include <stdlib.h>

enum { NOTE_MAX = PRESENCE_NOTE, SECONDS = 3600, DOCUMENT_MAX = 4096 };

/* What an account publishes: one of each. */
struct announcement {
    struct link        link;
    struct account    *account;
    struct outside     out;
    struct publication machine;
    struct timer       timer;
    bool               open;
    char               note[NOTE_MAX];
    size_t             note_len;
};

static struct phone *phone_of(const struct announcement *a)
{
    return a->account->phone;
}

static msec now_of(const struct announcement *a)
{
    return world_now(phone_of(a)->world);
}

static struct announcement *find(const struct phone *p, object_id account)
{
    LIST_EACH (l, &p->announcements) {
        struct announcement *a = CONTAINER_OF(l, struct announcement, link);

        if (a->account->id == account)
            return a;
    }
    return NULL;
}

static void announcement_free(struct announcement *a)
{
    if (a->account->leaving) /* it may go now */
        phone_wake(phone_of(a));
    world_timer_stop(phone_of(a)->world, &a->timer);
    list_unlink(&a->link);
    outside_fini(&a->out);
    free(a);
}

/* Without memory it is not told: it is only said that it is as it should be, or tried again. */
static void tell(struct announcement *a, enum phone_event_kind kind)
{
    struct news *n = news_new(phone_of(a), kind, NULL);

    if (n == NULL)
        return;
    n->event.account  = a->account->id;
    n->event.outgoing = true;
    n->event.peer     = a->account->aor;
    n->event.local    = a->account->aor;
    n->event.status   = a->machine.status;
    n->event.reason   = status_reason(a->machine.status);
    n->event.expires  = a->machine.granted;
    n->event.open     = a->open;
    n->event.call_id  = arena_copy(&n->arena, a->out.call_id);
    n->event.note     = arena_copy(&n->arena, (struct slice){ a->note, a->note_len });
    n->event.retry_in = NEVER;
    if (kind == PHONE_PUBLISH_FAILED && a->machine.state == PUBLICATION_WAITING)
        n->event.retry_in = a->machine.at - now_of(a);
    news_tell(phone_of(a), n);
}

/* ---- PUBLISH ---- */

static void on_publish(const struct client_user *u, object_id txn, enum client_event event, struct message *response,
                       int detail);

static void put_tag(const struct announcement *a, struct gather *g)
{
    size_t mark = gather_mark(g);

    buf_put(&g->scratch, SLICE("SIP-If-Match: "));
    buf_put(&g->scratch, (struct slice){ a->machine.tag, a->machine.tag_len });
    buf_put(&g->scratch, SLICE("\r\n"));
    gather_written(g, mark);
}

static int send_publish(struct announcement *a)
{
    struct client_user   user = { .fn = on_publish, .self = phone_of(a), .owner = a->account->id };
    char                 memory[DOCUMENT_MAX];
    struct buf           document = BUF_ON(memory);
    struct request_start start;
    struct gather       *g;
    int                  error;

    if (a->machine.with_body)
        pidf_write(&document, a->account->aor, a->open, (struct slice){ a->note, a->note_len }, a->account->aor);
    if (!buf_ok(&document))
        return -ERR_TOO_LARGE;
    g = outside_begin(&a->out, &start, &error);
    if (g == NULL)
        return error;
    gather_header(g, HEADER_EVENT, SLICE("presence"));
    gather_header_number(g, HEADER_EXPIRES, a->machine.asked);
    if (a->machine.with_tag)
        put_tag(a, g);
    return outside_send(&a->out, &start, document.len > 0 ? SLICE("application/pidf+xml") : SLICE(""),
                        buf_slice(&document), &user);
}

static void on_timer(struct timer *t, msec now);

/* It may be gone afterwards. */
static void perform(struct announcement *a, unsigned actions)
{
    if ((actions & PUBLICATION_SEND) && send_publish(a) != 0)
        actions |= publication_on_response(&a->machine, 503, NULL, (uint32_t)random_u64(&phone_of(a)->world->random),
                                           now_of(a));
    if (actions & PUBLICATION_TELL_KEPT)
        tell(a, PHONE_PUBLISHED);
    if (actions & PUBLICATION_TELL_ENDED)
        tell(a, a->machine.status >= 300 ? PHONE_PUBLISH_FAILED : PHONE_UNPUBLISHED);
    if (a->machine.state == PUBLICATION_ENDED)
        announcement_free(a);
    else
        world_timer(phone_of(a)->world, &a->timer, on_timer, a->machine.at);
}

/* With the password, or by who keeps the state instead (RFC 3261 8.1.3.4); a 412 or 423 is not about where. */
static bool goes_on(struct announcement *a, unsigned status, const struct message *response)
{
    if (status < 300)
        return false;
    if (response != NULL && outside_challenged(&a->out, response) && send_publish(a) == 0)
        return true;
    return status != 412 && status != 423 && outside_elsewhere(&a->out, response) && send_publish(a) == 0;
}

static void on_publish(const struct client_user *u, object_id txn, enum client_event event, struct message *response,
                       int detail)
{
    struct announcement *a      = find(u->self, u->owner);
    unsigned             status = event == CLIENT_RESPONSE ? response->status : event == CLIENT_TIMEOUT ? 408 : 503;

    (void)detail;
    if (a == NULL || a->out.txn != txn || status < 200)
        return;
    a->out.txn = 0;
    if (goes_on(a, status, event == CLIENT_RESPONSE ? response : NULL))
        return;
    outside_next(&a->out);
    perform(a, publication_on_response(&a->machine, status, event == CLIENT_RESPONSE ? response : NULL,
                                       (uint32_t)random_u64(&phone_of(a)->world->random), now_of(a)));
}

/* What is begun anew begins with whom the account names. */
static void go_home(struct announcement *a)
{
    if (a->machine.state == PUBLICATION_WAITING)
        outside_home(&a->out);
}

static void on_timer(struct timer *t, msec now)
{
    struct announcement *a = CONTAINER_OF(t, struct announcement, timer);

    go_home(a);
    perform(a, publication_on_timer(&a->machine, now));
}

/* ---- the user ---- */

static int begin(struct phone *p, object_id id, struct announcement **out)
{
    struct account      *account = account_find(p, id);
    struct announcement *a;
    int                  error;

    if (account == NULL)
        return -ERR_NOT_FOUND;
    a = calloc(1, sizeof *a);
    if (a == NULL)
        return -ERR_NO_MEMORY;
    error = outside_init(&a->out, account, METHOD_PUBLISH, account->aor);
    if (error != 0) {
        free(a);
        return error;
    }
    a->account = account;
    publication_init(&a->machine, SECONDS);
    list_append(&p->announcements, &a->link);
    *out = a;
    return 0;
}

/* Who watches us is told by ourselves, whatever a server makes of it. */
static void say(const struct announcement *a)
{
    struct presence_state *s = &a->account->said;

    *s = (struct presence_state){ .set = true, .open = a->open, .note_len = a->note_len };
    memcpy(s->note, a->note, a->note_len);
    phone_wake(phone_of(a));
}

int presence_publish(struct phone *p, object_id account, bool open, struct slice note)
{
    struct announcement *a = find(p, account);
    int                  error;

    if (note.len > NOTE_MAX)
        return -ERR_TOO_LARGE;
    if (a == NULL) {
        error = begin(p, account, &a);
        if (error != 0)
            return error;
    }
    a->open     = open;
    a->note_len = note.len;
    if (note.len > 0)
        memcpy(a->note, note.ptr, note.len);
    say(a);
    go_home(a);
    perform(a, publication_set(&a->machine));
    return 0;
}

int presence_unpublish(struct phone *p, object_id account)
{
    struct announcement *a     = find(p, account);
    struct account      *owner = account_find(p, account);
    bool                 said  = owner != NULL && owner->said.set;

    if (said) {
        owner->said.set      = false;
        owner->said.note_len = 0;
        phone_wake(p);
    }
    if (a == NULL)
        return said ? 0 : -ERR_NOT_FOUND;
    perform(a, publication_remove(&a->machine));
    return 0;
}

bool announcements_are_idle(const struct phone *p)
{
    LIST_EACH (l, &p->announcements) {
        if (CONTAINER_OF(l, struct announcement, link)->out.txn != 0)
            return false;
    }
    return true;
}

bool announcements_use(const struct account *a)
{
    LIST_EACH (l, &a->phone->announcements) {
        if (CONTAINER_OF(l, struct announcement, link)->account == a)
            return true;
    }
    return false;
}

void announcements_free(struct phone *p)
{
    LIST_EACH_SAFE (l, &p->announcements) {
        announcement_free(CONTAINER_OF(l, struct announcement, link));
    }
}
