/* SPDX-License-Identifier: BSD-2-Clause */
#include "call/phone.h"

#include "base/error.h"
#include "call/asked.h"
#include "call/methods.h"
#include "call/news.h"
#include "call/reference.h"

#include <stdlib.h>

enum { CALLS_EXPECTED = 16, CALLS_MAX = 4 };

void reason_set(struct reason *r, struct slice text)
{
    r->len = text.len < sizeof r->text ? text.len : sizeof r->text;
    if (r->len > 0)
        memcpy(r->text, text.ptr, r->len);
}

struct slice reason_slice(const struct reason *r)
{
    return (struct slice){ r->text, r->len };
}

void phone_token(struct phone *p, char *text, size_t len)
{
    struct buf b = buf_on(text, len);

    random_token(&p->world->random, &b, len);
}

void phone_call_id(struct phone *p, char *text, size_t len)
{
    struct buf b = buf_on(text, len);

    stack_write_call_id(p->stack, &b, len);
}

struct call *phone_find_call(const struct phone *p, object_id id)
{
    return id_find(&p->call_ids, id);
}

/* ---- events ---- */

static enum phone_event_kind lowest(unsigned pending)
{
    return (enum phone_event_kind)__builtin_ctz(pending);
}

static void tell_account(struct account *a)
{
    const struct phone_config *config = &a->phone->config;
    struct phone_event         event;

    while (account_next_event(a, &event))
        config->on_event(config->user, &event);
}

static void tell_call(struct call *c)
{
    const struct phone_config *config = &c->phone->config;
    struct phone_event         event;

    while (c->pending != 0) {
        enum phone_event_kind kind = lowest(c->pending);

        c->pending &= ~(1u << kind);
        call_fill_event(c, kind, &event);
        config->on_event(config->user, &event);
        refer_on_event(c, kind);
        referred_on_event(c, kind);
    }
}

/* All that is pending, then away with the calls that are over. */
static void on_events(struct timer *t, msec now)
{
    struct phone *p = CONTAINER_OF(t, struct phone, events);

    (void)now;
    news_flush(p);
    LIST_EACH (l, &p->accounts) {
        tell_account(CONTAINER_OF(l, struct account, link));
    }
    LIST_EACH (l, &p->calls) {
        tell_call(CONTAINER_OF(l, struct call, link));
    }
    LIST_EACH_SAFE (l, &p->calls) {
        struct call *c = CONTAINER_OF(l, struct call, link);

        if (c->gone && c->pending == 0 && !referred_pins(c))
            call_free(c);
    }
    asked_sweep(p);
    tellers_look(p);
    accounts_sweep(p);
}

void phone_wake(struct phone *p)
{
    if (!timer_running(&p->events))
        world_timer(p->world, &p->events, on_events, world_now(p->world));
}

/* ---- whom a message is for ---- */

/* The call and dialog of a request within a dialog (RFC 3261 12.2.2), or NULL. */
static struct call *find_dialog(const struct phone *p, const struct message *request, struct fork **fork)
{
    uint64_t hash = siphash(&p->key, request->call_id);

    for (struct table_link *e = table_first(&p->call_table, hash); e != NULL; e = table_next(e)) {
        struct call *c = CONTAINER_OF(e, struct call, entry);

        for (unsigned i = 0; i < c->fork_count; i++)
            if (dialog_matches_request(c->forks[i].dialog, request)) {
                *fork = &c->forks[i];
                return c;
            }
    }
    return NULL;
}

static void on_initial(struct phone *p, const struct phone_method *method, object_id txn, struct message *request)
{
    struct account *a = account_of_uri(p, &request->uri);

    if (stack_is_merged(p->stack, txn))
        stack_reply(p->stack, txn, 482, SLICE(""));
    else if (request->uri.scheme != URI_SIP && request->uri.scheme != URI_SIPS)
        stack_reply(p->stack, txn, 416, SLICE(""));
    else if (method->outside == NULL)
        stack_reply(p->stack, txn, 481, SLICE(""));
    else if (a == NULL)
        stack_reply(p->stack, txn, 404, SLICE(""));
    else if (!reply_unsupported(p, txn, request, method->accept))
        method->outside(p, a, txn, request);
}

static void on_alone(struct phone *p, const struct phone_method *method, object_id txn, struct message *request)
{
    method_alone_fn *fn = method_alone(request->method);

    if (fn == NULL)
        stack_reply(p->stack, txn, 481, SLICE(""));
    else if (!reply_unsupported(p, txn, request, method->accept))
        fn(p, txn, request);
}

static void on_inner(struct phone *p, const struct phone_method *method, object_id txn, struct message *request)
{
    struct fork *fork = NULL;
    struct call *c    = find_dialog(p, request, &fork);

    if (c == NULL)
        on_alone(p, method, txn, request);
    else if (!dialog_take_cseq(fork->dialog, request->cseq.number))
        stack_reply(p->stack, txn, 500, SLICE("CSeq out of order"));
    else if (method->within == NULL)
        reply_allow(p, txn, request, 405);
    else if (!reply_unsupported(p, txn, request, method->accept))
        method->within(c, fork, txn, request);
}

/* In the order of RFC 3261 8.2: method, who it is for, extensions, content. */
static void on_request(void *user, object_id txn, struct message *request)
{
    struct phone              *p      = user;
    const struct phone_method *method = phone_method(request->method);

    if (call_names_wrongly(request))
        stack_reply(p->stack, txn, 400, SLICE("Replaces and Join belong into a new INVITE"));
    else if (method == NULL) /* 21.5.2: 501 is for what nobody has heard of */
        reply_allow(p, txn, request, request->method == METHOD_OTHER ? 501 : 405);
    else if (request->to_tag.len == 0)
        on_initial(p, method, txn, request);
    else
        on_inner(p, method, txn, request);
}

static void on_ack(void *user, struct message *ack)
{
    struct fork *fork = NULL;
    struct call *c    = find_dialog(user, ack, &fork);

    if (c != NULL)
        call_on_ack(c, ack);
}

static void on_cancel(void *user, object_id invite, object_id txn, struct message *cancel)
{
    struct phone *p    = user;
    uint64_t      hash = siphash(&p->key, cancel->call_id);

    if (invite == 0) {
        stack_reply(p->stack, txn, 481, SLICE(""));
        return;
    }
    for (struct table_link *e = table_first(&p->call_table, hash); e != NULL; e = table_next(e)) {
        struct call *c = CONTAINER_OF(e, struct call, entry);

        if (c->server_txn == invite) {
            call_on_cancel(c, cancel);
            return;
        }
    }
}

/* A 2xx that came after its transaction was over. */
static void on_stray_response(void *user, struct message *response)
{
    struct phone *p    = user;
    uint64_t      hash = siphash(&p->key, response->call_id);

    if (response->cseq.method != METHOD_INVITE || response->status < 200 || response->status > 299)
        return;
    for (struct table_link *e = table_first(&p->call_table, hash); e != NULL; e = table_next(e)) {
        struct call *c = CONTAINER_OF(e, struct call, entry);

        if (slice_eq(c->local_tag, response->from_tag)) {
            call_on_stray_2xx(c, response);
            return;
        }
    }
}

static void on_server_end(void *user, object_id txn, int error)
{
    (void)user;
    (void)txn;
    (void)error; /* a 2xx is repeated by the session, the end of others changes nothing */
}

static const struct stack_events stack_events = { on_request, on_ack, on_cancel, on_stray_response, on_server_end };

/* ---- life ---- */

/* The port that is found for the first one is the port of all; TLS has the next one, unless
 * it is alone (RFC 3261 19.1.2). */
static int listen_on(struct phone *p)
{
    const struct phone_config *c      = &p->config;
    const enum transport       kind[] = { TRANSPORT_UDP, TRANSPORT_TCP, TRANSPORT_TLS };
    const bool                 want[] = { !c->no_udp, c->tcp, c->tls };
    struct address             local  = c->address;
    unsigned                   index, count = 0;
    int                        error = 0;

    if (c->any_address)
        memset(local.ip, 0, sizeof local.ip);
    for (size_t i = 0; i < 3 && error == 0; i++) {
        if (!want[i])
            continue;
        if (kind[i] == TRANSPORT_TLS && count > 0)
            local.port++;
        error = stack_listen(p->stack, kind[i], &local, SLICE(""), &index);
        if (error != 0 || count++ > 0)
            continue;
        local.port      = stack_listener_address(p->stack, index).port;
        p->address      = c->address;
        p->address.port = local.port;
    }
    return count > 0 || error != 0 ? error : -ERR_UNSUPPORTED;
}

int phone_new(struct world *w, const struct phone_config *config, struct phone **out)
{
    struct phone *p = calloc(1, sizeof *p);
    int           error;

    if (p == NULL)
        return -ERR_NO_MEMORY;
    p->world                   = w;
    p->config                  = *config;
    p->config.stack.user_agent = true;
    p->extensions              = EXTENSIONS_ALL;
    if (config->reliable == PHONE_RELIABLE_OFF)
        p->extensions &= ~EXTENSION_BIT(100REL);
    if (!config->joins)
        p->extensions &= ~EXTENSION_BIT(JOIN);
    if (p->config.max_calls == 0)
        p->config.max_calls = CALLS_MAX;
    if (p->config.ring_limit == 0)
        p->config.ring_limit = RING_LIMIT;
    list_init(&p->accounts);
    list_init(&p->calls);
    list_init(&p->texts);
    list_init(&p->watches);
    list_init(&p->announcements);
    list_init(&p->tellers);
    list_init(&p->news);
    list_init(&p->asked);
    /* Calls that have ended stay for the late answers of other branches. */
    id_table_init(&p->call_ids, config->stack.worker, ID_CALL, 64 * p->config.max_calls);
    id_table_init(&p->account_ids, config->stack.worker, ID_ACCOUNT, ACCOUNTS_MAX);
    id_table_init(&p->text_ids, config->stack.worker, ID_TEXT, TEXTS_MAX);
    id_table_init(&p->watch_ids, config->stack.worker, ID_SUBSCRIPTION, WATCHES_MAX);
    id_table_init(&p->asked_ids, config->stack.worker, ID_REFERRAL, ASKED_IDS);
    random_fill(&w->random, &p->key, sizeof p->key);
    p->hasher = hasher_new();
    p->stack  = stack_new(w, &p->config.stack, &stack_events, p);
    if (p->stack != NULL) {
        stack_on_flow_end(p->stack, account_on_flow_end, p);
        stack_on_stun(p->stack, account_on_stun, p);
    }
    error = table_init(&p->call_table, CALLS_EXPECTED);
    if (p->hasher == NULL || p->stack == NULL)
        error = -ERR_NO_MEMORY;
    if (error == 0)
        error = listen_on(p);
    if (error != 0) {
        phone_free(p);
        return error;
    }
    *out = p;
    return 0;
}

void phone_free(struct phone *p)
{
    if (p == NULL)
        return;
    world_timer_stop(p->world, &p->look);
    news_clear(p);
    texts_free(p);
    watches_free(p);
    announcements_free(p);
    tellers_free(p);
    asked_free_all(p);
    LIST_EACH_SAFE (l, &p->calls) {
        call_free(CONTAINER_OF(l, struct call, link));
    }
    world_timer_stop(p->world, &p->events);
    LIST_EACH_SAFE (l, &p->accounts) {
        account_free(CONTAINER_OF(l, struct account, link));
    }
    if (p->stack != NULL)
        stack_free(p->stack);
    hasher_free(p->hasher);
    table_fini(&p->call_table);
    id_table_fini(&p->call_ids);
    id_table_fini(&p->account_ids);
    id_table_fini(&p->text_ids);
    id_table_fini(&p->watch_ids);
    id_table_fini(&p->asked_ids);
    free(p);
}

bool phone_is_idle(const struct phone *p)
{
    if (!list_empty(&p->texts) || !list_empty(&p->news) || !watches_are_idle(p) || !announcements_are_idle(p) ||
        !tellers_are_idle(p) || !asked_are_idle(p))
        return false;
    LIST_EACH (l, &p->calls) {
        const struct call *c = CONTAINER_OF(l, struct call, link);

        if (c->session.state != SESSION_ENDED || c->pending != 0)
            return false;
    }
    LIST_EACH (l, &p->accounts) {
        const struct account *a = CONTAINER_OF(l, struct account, link);

        if (!account_is_idle(a))
            return false;
    }
    return true;
}

struct stack *phone_stack(const struct phone *p)
{
    return p->stack;
}

struct address phone_address(const struct phone *p)
{
    return p->address;
}
