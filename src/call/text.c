/* SPDX-License-Identifier: BSD-2-Clause */
#include "call/text.h"

#include "base/error.h"
#include "base/utf8.h"
#include "call/news.h"
#include "call/outside.h"

#include <stdlib.h>

enum { TEXT_IN_MAX = 16 * 1024, TEXT_OUT_MAX = 48 * 1024, TEXT_LIMIT = 1300 };

/* One that is on its way out. */
struct text {
    struct link    link;
    struct phone  *phone;
    object_id      id, call; /* call 0: outside of any */
    struct outside out;
    struct arena   arena;
    struct slice   type, body;
    struct news    news; /* what became of it */
};

/* ---- out ---- */

static void text_free(struct text *t)
{
    list_unlink(&t->link);
    id_remove(&t->phone->text_ids, t->id);
    news_fini(&t->news);
    outside_fini(&t->out);
    arena_fini(&t->arena);
    free(t);
}

static void free_told(struct news *n)
{
    text_free(CONTAINER_OF(n, struct text, news));
}

static void finish(struct text *t, enum phone_event_kind kind, unsigned status, struct slice reason, int error)
{
    struct phone_event *e = &t->news.event;

    e->kind    = kind;
    e->status  = status;
    e->reason  = arena_copy(&t->news.arena, reason);
    e->error   = error;
    t->out.txn = 0;
    list_unlink(&t->link);
    news_tell(t->phone, &t->news);
}

static int send_text(struct text *t);

/* With the password, or to somebody else (RFC 3428 4); in a call nobody else is meant. */
static bool goes_on(struct text *t, const struct message *response)
{
    if (response != NULL && response->status < 300)
        return false;
    if (response != NULL && outside_challenged(&t->out, response) && send_text(t) == 0)
        return true;
    return t->call == 0 && outside_elsewhere(&t->out, response) && send_text(t) == 0;
}

static void on_text(const struct client_user *u, object_id txn, enum client_event event, struct message *response,
                    int detail)
{
    struct phone *p = u->self;
    struct text  *t = id_find(&p->text_ids, u->owner);

    if (t == NULL || t->out.txn != txn || (event == CLIENT_RESPONSE && response->status < 200))
        return;
    t->out.txn = 0;
    if (goes_on(t, event == CLIENT_RESPONSE ? response : NULL))
        return;
    switch (event) {
    case CLIENT_RESPONSE:
        finish(t, response->status < 300 ? PHONE_MESSAGE_SENT : PHONE_MESSAGE_FAILED, response->status,
               response->reason, 0);
        return;
    case CLIENT_TIMEOUT:
        finish(t, PHONE_MESSAGE_FAILED, 408, SLICE("no response"), -ERR_TIMEOUT);
        return;
    case CLIENT_ERROR:
        finish(t, PHONE_MESSAGE_FAILED, 503, slice_from(error_text(detail)), detail);
        return;
    }
}

/* In its dialog; -ERR_CLOSED: the call is over meanwhile. */
static int send_within(struct text *t, const struct client_user *user)
{
    struct call         *c = phone_find_call(t->phone, t->call);
    struct gather       *g = &t->phone->gather;
    struct dialog       *d;
    struct request_start start;
    int                  error;

    if (c == NULL || c->told_ended)
        return -ERR_CLOSED;
    d     = c->up->dialog;
    error = dialog_write_request(d, METHOD_MESSAGE, dialog_next_cseq(d), g, &start);
    if (error != 0)
        return error;
    auth_write(&t->out.auth, &c->account->secret, t->phone->hasher, &t->phone->world->random, METHOD_MESSAGE, d->target,
               t->body, g);
    gather_body(g, t->type, t->body);
    if (gather_ok(g) && t->out.limit != 0 && start.start_line.len + g->total > t->out.limit)
        return -ERR_TOO_LARGE;
    t->out.txn = call_send(c, METHOD_MESSAGE, &start, user);
    return t->out.txn == 0 ? -ERR_LIMIT : 0;
}

static int send_text(struct text *t)
{
    struct client_user   user = { .fn = on_text, .self = t->phone, .owner = t->id };
    struct request_start start;
    int                  error;

    if (t->call != 0)
        return send_within(t, &user);
    if (outside_begin(&t->out, &start, &error) == NULL)
        return error;
    return outside_send(&t->out, &start, t->type, t->body, &user);
}

static bool is_sips(struct slice target)
{
    struct scan s = scan_from(target);

    return scan_word(&s, SLICE("sips:"));
}

/* Of whom, to whom. */
static int address_text(struct text *t, struct account *a, struct slice target, const struct text_options *options)
{
    int error = outside_init(&t->out, a, METHOD_MESSAGE, target);

    if (error != 0)
        return error;
    arena_init(&t->arena, NULL, 0, TEXT_OUT_MAX + 1024);
    news_init(&t->news, free_told);
    t->phone = a->phone;
    t->call  = options->call;
    t->type  = arena_copy(&t->arena, options->type.len > 0 ? options->type : SLICE("text/plain;charset=utf-8"));
    t->body  = arena_copy(&t->arena, options->text);
    t->id    = id_add(&a->phone->text_ids, t);
    list_append(&a->phone->texts, &t->link);
    t->out.limit  = is_sips(t->out.target) ? 0 : TEXT_LIMIT;
    t->news.event = (struct phone_event){ .account  = a->id,
                                          .call     = t->call,
                                          .subject  = t->id,
                                          .outgoing = true,
                                          .local    = a->aor,
                                          .peer     = t->out.target,
                                          .call_id  = t->out.call_id };
    if (!arena_ok(&t->arena))
        error = -ERR_NO_MEMORY;
    else if (t->id == 0)
        error = -ERR_LIMIT;
    return error;
}

static int find_parties(const struct phone *p, const struct text_options *options, struct account **a,
                        struct slice *target)
{
    const struct call *c = options->call != 0 ? phone_find_call(p, options->call) : NULL;

    *a      = c != NULL ? c->account : account_find(p, options->account);
    *target = c != NULL && c->up != NULL ? c->up->dialog->target : options->target;
    if (*a == NULL || (options->call != 0 && (c == NULL || c->told_ended)))
        return -ERR_NOT_FOUND;
    return c != NULL && !session_is_up(&c->session) ? -ERR_UNSUPPORTED : 0;
}

/* "text/plain;charset=utf-8"; empty: that. */
static bool is_type(struct slice text)
{
    struct scan  s = scan_from(text);
    struct slice token;

    if (text.len == 0)
        return true;
    return scan_token(&s, &token) && scan_byte(&s, '/') && scan_token(&s, &token) && scan_lws(&s) &&
           (scan_at_end(&s) || *s.at == ';') && scan_is_one_line(text);
}

int message_send(struct phone *p, const struct text_options *options, object_id *id)
{
    struct account *a;
    struct slice    target;
    struct text    *t;
    int             error = find_parties(p, options, &a, &target);

    if (error == 0 && !is_type(options->type))
        error = -ERR_SYNTAX;
    if (error != 0)
        return error;
    if (options->text.len > TEXT_OUT_MAX)
        return -ERR_TOO_LARGE;
    t = calloc(1, sizeof *t);
    if (t == NULL)
        return -ERR_NO_MEMORY;
    error = address_text(t, a, target, options);
    if (t->phone == NULL) { /* not even begun */
        free(t);
        return error;
    }
    if (error == 0)
        error = send_text(t);
    if (error != 0) {
        text_free(t);
        return error;
    }
    *id = t->id;
    return 0;
}

bool texts_use(const struct account *a)
{
    LIST_EACH (l, &a->phone->texts) {
        if (CONTAINER_OF(l, struct text, link)->out.account == a)
            return true;
    }
    return false;
}

void texts_free(struct phone *p)
{
    LIST_EACH_SAFE (l, &p->texts) {
        text_free(CONTAINER_OF(l, struct text, link));
    }
}

/* ---- in ---- */

/* "text/html;charset=utf-8": without parameters. */
static struct slice bare_type(struct slice type)
{
    const char *end = type.len == 0 ? NULL : memchr(type.ptr, ';', type.len);

    return slice_trim(end == NULL ? type : slice_between(type.ptr, end));
}

static struct slice charset_of(struct slice type)
{
    const char  *params = type.len == 0 ? NULL : memchr(type.ptr, ';', type.len);
    struct slice charset;

    if (params == NULL || !params_find(slice_between(params, type.ptr + type.len), SLICE("charset"), &charset))
        return SLICE("utf-8");
    return charset;
}

/* The body, or the part of it that is for us; empty text if there is none. */
static struct body_part text_of(const struct message *m)
{
    struct body_part part;

    if (body_find(m, SLICE(TEXT_TYPES), &part) != BODY_FOUND)
        part = (struct body_part){ .type = SLICE("text/plain"), .content = SLICE("") };
    return part;
}

static bool charset_is_known(struct slice charset)
{
    return slice_eq_nocase(charset, SLICE("utf-8")) || slice_eq_nocase(charset, SLICE("us-ascii")) ||
           slice_eq_nocase(charset, SLICE("iso-8859-1"));
}

/* Each byte is the character of that number. */
static struct slice from_latin_1(struct arena *arena, struct slice text)
{
    char  *to  = arena_alloc(arena, 2 * text.len + 1);
    size_t len = 0;

    for (size_t i = 0; to != NULL && i < text.len; i++) {
        unsigned char c = (unsigned char)text.ptr[i];

        if (c < 0x80) {
            to[len++] = (char)c;
        } else {
            to[len++] = (char)(0xc0 | c >> 6);
            to[len++] = (char)(0x80 | (c & 0x3f));
        }
    }
    return (struct slice){ to, len };
}

static void take_text(struct phone *p, struct account *a, object_id call, object_id txn, struct message *m)
{
    struct body_part text = text_of(m);
    struct news     *n    = news_new(p, PHONE_MESSAGE, m);

    if (n == NULL) {
        reply_retry_after(p, txn, m, 500);
        return;
    }
    news_peer(n, &m->from);
    n->event.account      = a->id;
    n->event.local        = a->aor;
    n->event.call         = call;
    n->event.call_id      = m->call_id;
    n->event.content_type = bare_type(text.type);
    n->event.body         = utf8_is_valid(text.content) ? text.content : from_latin_1(&n->arena, text.content);
    if (!arena_ok(&n->arena)) {
        news_drop(n);
        reply_retry_after(p, txn, m, 500);
        return;
    }
    news_tell(p, n);
    stack_reply(p->stack, txn, 200, SLICE(""));
}

static void on_incoming(struct phone *p, struct account *a, object_id call, object_id txn, struct message *m)
{
    if (m->body.len > TEXT_IN_MAX)
        stack_reply(p->stack, txn, 413, SLICE(""));
    else if (content_type_is(text_of(m).type, SLICE("application/im-iscomposing+xml")))
        stack_reply(p->stack, txn, 200, SLICE(""));
    else if (!charset_is_known(charset_of(text_of(m).type)))
        reply_type(p, txn, m, SLICE("text/plain;charset=utf-8"));
    else
        take_text(p, a, call, txn, m);
}

void text_outside(struct phone *p, struct account *a, object_id txn, struct message *m)
{
    on_incoming(p, a, 0, txn, m);
}

void text_within(struct call *c, struct fork *f, object_id txn, struct message *m)
{
    if (f != c->up || c->told_ended)
        stack_reply(c->phone->stack, txn, 481, SLICE(""));
    else
        on_incoming(c->phone, c->account, c->id, txn, m);
}
