/* SPDX-License-Identifier: BSD-2-Clause */
/* An actor that is a bare stack: transactions, transports and names, and a user
 * that does what the script says.  For the rules of RFC 3261 17 and 18. */
#include "stack/stack.h"
#include "base/error.h"
#include "scenario/scenario.h"
#include "support/alloc.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

enum { STACK_PORT = 5060, TLS_PORT = 5061, WS_PORT = 8080, WSS_PORT = 8443, TEXT = 600 };

struct stack_actor {
    struct actor       actor;
    struct stack      *stack;
    struct tls_shared *tls;
    bool               secure;                   /* it has TLS and WebSockets too */
    object_id          server_txn[METHOD_COUNT]; /* the latest of each method */
    object_id          invite;                   /* the client transaction    */
    struct message    *accepted;                 /* the latest 2xx to it      */
    unsigned           serial;
};

static struct stack_actor *stack_actor_of(struct actor *a)
{
    return CONTAINER_OF(a, struct stack_actor, actor);
}

/* ---- what the stack tells its user ---- */

static void on_request(void *user, object_id txn, struct message *request)
{
    struct stack_actor *a = user;

    a->server_txn[request->method] = txn;
    actor_event(&a->actor, "request %.*s", SLICE_ARG(request->method_text));
}

static void on_ack(void *user, struct message *ack)
{
    struct stack_actor *a = user;

    (void)ack;
    actor_event(&a->actor, "ack");
}

static void on_cancel(void *user, object_id invite, object_id txn, struct message *cancel)
{
    struct stack_actor *a = user;

    (void)cancel;
    a->server_txn[METHOD_CANCEL] = txn;
    actor_event(&a->actor, invite != 0 ? "cancel" : "cancel of nothing");
}

static void on_stray_response(void *user, struct message *response)
{
    struct stack_actor *a = user;

    actor_event(&a->actor, "stray %u", response->status);
}

static void on_server_end(void *user, object_id txn, int error)
{
    struct stack_actor *a = user;

    (void)txn;
    actor_event(&a->actor, "over %s", error == 0 ? "well" : error_name(error));
}

static const struct stack_events events = { on_request, on_ack, on_cancel, on_stray_response, on_server_end };

static void on_client(const struct client_user *u, object_id txn, enum client_event event, struct message *response,
                      int detail)
{
    struct stack_actor *a = u->self;

    (void)txn;
    switch (event) {
    case CLIENT_RESPONSE:
        actor_event(&a->actor, "response %u", response->status);
        if (response->method == METHOD_INVITE && response->status / 100 == 2) {
            message_drop(a->accepted);
            a->accepted = message_hold(response);
        }
        break;
    case CLIENT_TIMEOUT:
        actor_event(&a->actor, "timeout");
        break;
    case CLIENT_ERROR:
        actor_event(&a->actor, "error %s", error_name(detail));
        break;
    }
}

/* ---- verbs ---- */

static bool is_in_block(const struct statement *st, const char *name)
{
    for (size_t i = 0; i < st->block_count; i++) {
        struct scan  s = scan_from(st->block[i]);
        struct slice word;

        if (scan_until(&s, ":", &word) && slice_eq_nocase(slice_trim(word), slice_from(name)))
            return true;
    }
    return false;
}

/* A line of ours, unless the block has its own. */
static void put_line(struct buf *b, const struct statement *st, const char *name, const char *format, ...)
    __attribute__((format(printf, 4, 5)));

static void put_line(struct buf *b, const struct statement *st, const char *name, const char *format, ...)
{
    char    text[TEXT];
    va_list args;

    if (is_in_block(st, name))
        return;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    buf_printf(b, "%s: %s\r\n", name, text);
}

/* Through the gather's scratch, since it only borrows. */
static void put_common(struct stack_actor *a, struct gather *g, const struct statement *st, struct slice to,
                       const char *method)
{
    const char *name = host_name(a->actor.host);
    size_t      mark = gather_mark(g);
    struct buf *b    = &g->scratch;

    put_line(b, st, "Max-Forwards", "70");
    put_line(b, st, "From", "<sip:%s@%s.invalid>;tag=%s", name, name, name);
    put_line(b, st, "To", "%.*s", SLICE_ARG(to));
    put_line(b, st, "Call-ID", "%s-%u", name, a->serial);
    put_line(b, st, "CSeq", "%u %s", a->serial, method);
    for (size_t i = 0; i < st->block_count; i++) {
        buf_put(b, st->block[i]);
        buf_put(b, SLICE("\r\n"));
    }
    gather_written(g, mark);
}

static void fill(struct stack_actor *a, struct gather *g, struct outgoing *out, const struct statement *st,
                 struct slice uri, struct slice to, const char *method)
{
    size_t mark;

    gather_init(g);
    put_common(a, g, st, to, method);
    gather_body(g, SLICE(""), SLICE(""));
    mark = gather_mark(g);
    buf_printf(&g->scratch, "%s %.*s SIP/2.0\r\n", method, SLICE_ARG(uri));
    out->start_line = slice_between(g->scratch.ptr + mark, g->scratch.ptr + g->scratch.len);
    out->rest       = g;
    out->method     = method_parse(slice_from(method));
}

/* requests METHOD URI */
static bool stack_requests(struct stack_actor *a, const struct statement *st)
{
    static struct gather g;
    const char *const   *word = st->words.word;
    struct uri           uri;
    char                 to[TEXT];
    struct outgoing      out  = { .destination = &uri };
    struct client_user   user = { .fn = on_client, .self = a };
    object_id            txn;

    if (st->words.count != 4 || !uri_parse(slice_from(word[3]), &uri))
        return scenario_fail(a->actor.scenario, "requests METHOD URI");
    a->serial++;
    snprintf(to, sizeof to, "<%s>", word[3]);
    fill(a, &g, &out, st, uri.text, slice_from(to), word[2]);
    txn = stack_request(a->stack, &out, &user);
    if (out.method == METHOD_INVITE)
        a->invite = txn;
    return txn != 0 || scenario_fail(a->actor.scenario, "the stack refuses");
}

/* acks: the latest 2xx, end to end */
static bool stack_acks(struct stack_actor *a, const struct statement *st)
{
    static struct gather g;
    struct uri           uri;
    struct outgoing      out = { .destination = &uri };
    struct header_values v;
    struct name_addr     contact;

    if (a->accepted == NULL)
        return scenario_fail(a->actor.scenario, "nothing has been accepted");
    v = message_values(a->accepted, HEADER_CONTACT);
    if (!values_next_name_addr(&v, &contact))
        return scenario_fail(a->actor.scenario, "the 2xx has no Contact");
    uri = contact.uri;
    fill(a, &g, &out, st, uri.text, a->accepted->to.text, "ACK");
    return stack_send(a->stack, &out) == 0 || scenario_fail(a->actor.scenario, "the stack refuses");
}

static int reply_with(struct stack_actor *a, object_id txn, unsigned status, const struct statement *st)
{
    const struct message *request = stack_server_request(a->stack, txn);
    static struct gather  g;
    size_t                mark;

    if (request == NULL)
        return -ERR_NOT_FOUND;
    gather_init(&g);
    write_response_head(&g, request, status, SLICE(""), stack_server_tag(a->stack, txn));
    mark = gather_mark(&g);
    for (size_t i = 0; i < st->block_count; i++)
        buf_printf(&g.scratch, "%.*s\r\n", SLICE_ARG(st->block[i]));
    gather_written(&g, mark);
    gather_body(&g, SLICE(""), SLICE(""));
    return stack_respond(a->stack, txn, status, &g);
}

/* replies METHOD STATUS, with the lines of the block */
static bool stack_replies(struct stack_actor *a, const struct statement *st)
{
    enum method method = st->words.count == 4 ? method_parse(slice_from(st->words.word[2])) : METHOD_OTHER;
    unsigned    status;
    int         error;

    if (method == METHOD_OTHER || !parse_count(st->words.word[3], &status))
        return scenario_fail(a->actor.scenario, "replies METHOD STATUS");
    if (st->block_count > 0)
        error = reply_with(a, a->server_txn[method], status, st);
    else
        error = stack_reply(a->stack, a->server_txn[method], status, SLICE(""));
    return error == 0 || scenario_fail(a->actor.scenario, "it cannot: %s", error_text(error));
}

static bool stack_cancels(struct stack_actor *a, const struct statement *st)
{
    (void)st;
    stack_cancel(a->stack, a->invite, SLICE(""));
    return true;
}

/* has N: transactions, connections and lookups alive */
static bool stack_has(struct stack_actor *a, const struct statement *st)
{
    unsigned wanted;

    if (!parse_count(st->words.word[2], &wanted))
        return scenario_fail(a->actor.scenario, "has N");
    return stack_alive(a->stack) == wanted ||
           scenario_fail(a->actor.scenario, "it has %zu things alive", stack_alive(a->stack));
}

static const struct {
    const char *word;
    bool (*run)(struct stack_actor *a, const struct statement *st);
} stack_verbs[] = {
    { "requests", stack_requests }, { "replies", stack_replies }, { "acks", stack_acks },
    { "cancels", stack_cancels },   { "has", stack_has },
};

static bool stack_act(struct actor *a, const struct statement *st)
{
    if (stack_actor_of(a)->stack == NULL)
        return scenario_fail(a->scenario, "the stack is not running");
    for (size_t i = 0; i < sizeof stack_verbs / sizeof *stack_verbs; i++)
        if (strcmp(stack_verbs[i].word, st->words.word[1]) == 0)
            return stack_verbs[i].run(stack_actor_of(a), st);
    return scenario_fail(a->scenario, "a stack cannot \"%s\"", st->words.word[1]);
}

/* ---- life ---- */

static void stack_check(struct actor *a, struct buf *left)
{
    struct stack *stack = stack_actor_of(a)->stack;
    size_t        alive = stack == NULL ? 0 : stack_alive(stack);

    if (alive > 0)
        buf_printf(left, "%zu transactions, connections or lookups", alive);
}

/* Every request must be answered in the end, also when the script has missed it. */
static void stack_give_up(struct actor *a)
{
    struct stack_actor *s = stack_actor_of(a);

    for (size_t i = 0; i < METHOD_COUNT && s->stack != NULL; i++)
        if (stack_server_request(s->stack, s->server_txn[i]) != NULL)
            (void)stack_reply(s->stack, s->server_txn[i], 480, SLICE(""));
    if (s->stack != NULL)
        stack_cancel(s->stack, s->invite, SLICE("")); /* one that rings for ever is its user's to end */
}

static void stack_stop(struct actor *a)
{
    struct stack_actor *s = stack_actor_of(a);

    message_drop(s->accepted);
    s->accepted = NULL;
    stack_free(s->stack);
    s->stack = NULL;
    tls_shared_free(s->tls);
    s->tls = NULL;
}

static void stack_actor_free(struct actor *a)
{
    free(stack_actor_of(a));
}

static const struct actor_kind stack_kind = { "stack",       stack_act,  stack_check,
                                              stack_give_up, stack_stop, stack_actor_free };

static bool listen_on(struct stack_actor *a, enum transport transport, uint16_t port)
{
    struct address local = host_address(a->actor.host, FAMILY_4);
    unsigned       index;

    local.port = port;
    return stack_listen(a->stack, transport, &local, SLICE(""), &index) == 0;
}

static bool stack_begin(struct stack_actor *a, const char *const *names)
{
    struct stack_config config = { .max_server_txns = 1000, .max_client_txns = 1000, .max_connections = 100 };

    /* RFC 3261 18: at least as long as any transaction may need. */
    config.connection_idle = 64000;
    config.trace           = scenario_trace(&a->actor);
    if (a->secure)
        a->tls = config.tls = scenario_tls(a->actor.scenario, &a->actor, names);
    a->stack = stack_new(a->actor.world, &config, &events, a);
    if (a->stack == NULL || !listen_on(a, TRANSPORT_UDP, STACK_PORT) || !listen_on(a, TRANSPORT_TCP, STACK_PORT))
        return false;
    return !a->secure || (listen_on(a, TRANSPORT_TLS, TLS_PORT) && listen_on(a, TRANSPORT_WS, WS_PORT) &&
                          listen_on(a, TRANSPORT_WSS, WSS_PORT));
}

/* stack NAME ADDRESS [secure DOMAIN] */
bool verb_stack(struct scenario *s, const struct statement *st)
{
    struct stack_actor *a       = alloc_new(sizeof *a);
    const char *const  *word    = st->words.word;
    const char         *names[] = { word[4], word[2], NULL };

    a->secure = st->words.count == 5 && strcmp(word[3], "secure") == 0;
    if ((st->words.count != 3 && !a->secure) || !actor_init(&a->actor, s, &stack_kind, word[1], word + 2, 1)) {
        free(a);
        return st->words.count == 3 || st->words.count == 5 ? false
                                                            : scenario_fail(s, "stack NAME ADDRESS [secure DOMAIN]");
    }
    return stack_begin(a, names) || scenario_fail(s, "the stack does not start");
}
