/* SPDX-License-Identifier: BSD-2-Clause */
#include "server/route_explain.h"

#include "base/error.h"
#include "server/user_hold.h"

#include <stdio.h>
#include <stdlib.h>

enum { ANSWER_TEXT = 20 * 1024 };

/* One that is being worked on; it may wait for users. */
struct inquiry {
    struct server    *server;
    struct link       link; /* in server->inquiries while it waits */
    struct user_wait  wait;
    unsigned          times;
    route_explain_fn *fn;
    void             *arg;
    struct message   *request;
    struct explain    explain;
    struct asked      asked;
    char              answer[ANSWER_TEXT];
    char              trunk[]; /* the name of that it is taken to come from */
};

/* ---- the message ---- */

/* "Name:" in the lines given. */
static bool has_line(struct slice headers, enum header_id id)
{
    struct scan  s = scan_from(headers);
    struct slice line, name;

    while (scan_until(&s, "\n", &line)) {
        struct scan one = scan_from(line);

        if (scan_until(&one, ":", &name) && header_parse(slice_trim(name)) == id)
            return true;
        if (!scan_byte(&s, '\n'))
            break;
    }
    return false;
}

/* "Name: value rest", unless it is given. */
static void put_line(struct buf *b, const struct route_question *q, enum header_id id, struct slice value,
                     const char *rest)
{
    if (has_line(q->headers, id))
        return;
    buf_put(b, header_name(id));
    buf_put(b, SLICE(": "));
    buf_put(b, value);
    buf_put(b, slice_from(rest));
    buf_put(b, SLICE("\r\n"));
}

static void put_address(struct buf *b, const struct route_question *q, enum header_id id, struct slice uri,
                        const char *rest)
{
    char       text[ROUTE_REQUEST_TEXT];
    struct buf value = BUF_ON(text);

    buf_put_byte(&value, '<');
    buf_put(&value, uri);
    buf_put_byte(&value, '>');
    b->overflow = b->overflow || value.overflow;
    put_line(b, q, id, buf_slice(&value), rest);
}

static enum transport transport_of(const struct route_question *q)
{
    struct scan s = scan_from(q->uri);

    if (q->transport != TRANSPORT_NONE)
        return q->transport;
    return scan_word(&s, SLICE("sips:")) ? TRANSPORT_TLS : TRANSPORT_UDP;
}

static struct address source_of(const struct route_question *q)
{
    struct address source = q->source.family != FAMILY_NONE ? q->source : address_v4(203, 0, 113, 1, 0);

    if (source.port == 0)
        source.port = transport_default_port(transport_of(q));
    return source;
}

static void write_request(struct buf *b, const struct route_question *q)
{
    struct slice   from   = q->from.len > 0 ? q->from : SLICE("sip:anonymous@anonymous.invalid");
    struct address source = source_of(q);

    buf_put(b, q->method);
    buf_put_byte(b, ' ');
    buf_put(b, q->uri);
    buf_put(b, SLICE(" SIP/2.0\r\nVia: SIP/2.0/"));
    buf_put(b, transport_name(transport_of(q)));
    buf_put_byte(b, ' ');
    address_write(b, &source);
    buf_put(b, SLICE(";branch=z9hG4bKasked\r\n"));
    put_line(b, q, HEADER_MAX_FORWARDS, SLICE("70"), "");
    put_address(b, q, HEADER_FROM, from, ";tag=asked");
    put_address(b, q, HEADER_TO, q->uri, "");
    put_line(b, q, HEADER_CALL_ID, SLICE("asked"), "");
    buf_put(b, SLICE("CSeq: 1 "));
    buf_put(b, q->method);
    buf_put(b, SLICE("\r\n"));
    buf_put(b, q->headers);
    put_line(b, q, HEADER_CONTENT_LENGTH, SLICE("0"), "");
    buf_put(b, SLICE("\r\n"));
}

/* As if it had come to the first of our listeners of that kind. */
static void place(struct server *s, const struct route_question *q, struct message *request)
{
    request->flow = (struct flow){ .transport = transport_of(q), .remote = source_of(q) };
    for (unsigned i = 0; i < s->listener_count; i++)
        if (s->listeners[i].transport == request->flow.transport &&
            s->listeners[i].local.family == request->flow.remote.family) {
            request->flow.local    = s->listeners[i].local;
            request->flow.listener = s->listeners[i].listener;
            return;
        }
}

/* A line end in one of them would begin a header of its own. */
static bool is_one_line(struct slice text)
{
    return memchr(text.ptr, '\r', text.len) == NULL && memchr(text.ptr, '\n', text.len) == NULL;
}

static struct message *make_request(struct server *s, const struct route_question *q, char *problem,
                                    size_t problem_size)
{
    char               text[ROUTE_REQUEST_TEXT];
    struct buf         b = BUF_ON(text);
    struct parse_fault fault;
    struct message    *m;

    if (!is_one_line(q->method) || !is_one_line(q->uri) || !is_one_line(q->from)) {
        snprintf(problem, problem_size, "method and addresses have no line ends");
        return NULL;
    }
    write_request(&b, q);
    m = buf_ok(&b) ? message_parse(buf_slice(&b), &fault) : NULL;
    if (m == NULL) {
        snprintf(problem, problem_size, "such a request cannot be: %s%s",
                 !buf_ok(&b)              ? "it is too long"
                 : fault.expected == NULL ? error_text(ERR_NO_MEMORY)
                                          : "expected ",
                 buf_ok(&b) && fault.expected != NULL ? fault.expected : "");
        return NULL;
    }
    if (m->is_request && m->method != METHOD_ACK && m->method != METHOD_CANCEL) {
        place(s, q, m);
        return m;
    }
    snprintf(problem, problem_size, "ACK and CANCEL go the way of their INVITE: ask about that");
    message_drop(m);
    return NULL;
}

static bool is_a_trunk(struct server *s, const struct route_question *q, char *problem, size_t problem_size)
{
    const struct policy *p = &s->snapshot->policy;

    if (q->trunk.len == 0 || trunk_by_name(p->trunks, p->trunk_count, q->trunk) != NULL)
        return true;
    snprintf(problem, problem_size, "there is no trunk '%.*s' in the configuration", SLICE_ARG(q->trunk));
    return false;
}

/* ---- serving it ---- */

static void inquiry_free(struct inquiry *i)
{
    list_unlink(&i->link);
    message_drop(i->request);
    arena_fini(&i->asked.texts);
    free(i);
}

static void finish(struct inquiry *i, int error)
{
    const struct asked            *a = &i->asked;
    const struct route_explanation e = { .request      = i->request,
                                         .explain      = &i->explain,
                                         .targets      = a->branches,
                                         .target_count = a->count,
                                         .registers    = a->registers,
                                         .route        = a->route,
                                         .status       = a->rehearsal.status,
                                         .answer       = buf_slice(&a->rehearsal.answer),
                                         .why          = a->why,
                                         .rule         = a->rule };

    if (error == 0 && !arena_ok(&a->texts))
        error = -ERR_NO_MEMORY;
    i->fn(i->arg, error, error == 0 ? &e : NULL);
    inquiry_free(i);
}

static void begin_anew(struct inquiry *i)
{
    bool         authenticated = i->asked.authenticated;
    struct slice trunk         = i->asked.trunk;

    arena_fini(&i->asked.texts);
    explain_init(&i->explain);
    i->explain.file = i->server->config->name;
    i->asked        = (struct asked){ .explain       = &i->explain,
                                      .authenticated = authenticated,
                                      .trunk         = trunk,
                                      .rehearsal     = { .request = i->request, .answer = BUF_ON(i->answer) } };
    arena_init(&i->asked.texts, NULL, 0, ASKED_TEXT);
}

/* What is only asked about counts nowhere, and is no matter for the log. */
static void serve(struct inquiry *i)
{
    struct server      *s      = i->server;
    struct log         *log    = s->world->log;
    struct counters_sum before = { 0 };

    begin_anew(i);
    counters_sum_add(&before, &s->world->counters);
    s->world->log = NULL;
    s->asked      = &i->asked;
    s->explain    = &i->explain;
    stack_rehearse(s->stack, &i->asked.rehearsal);
    decide_request(s, REHEARSED, i->request);
    stack_rehearse(s->stack, NULL);
    s->explain    = NULL;
    s->asked      = NULL;
    s->world->log = log;
    counters_restore(&s->world->counters, &before);
}

static void go_on(struct inquiry *i);

static void on_user(struct user_wait *w, int error)
{
    struct inquiry *i = CONTAINER_OF(w, struct inquiry, wait);

    list_unlink(&i->link);
    if (error == 0)
        go_on(i);
    else
        finish(i, error);
}

static void go_on(struct inquiry *i)
{
    serve(i);
    if (!i->asked.waits) {
        finish(i, 0);
    } else if (++i->times > USER_HOLD_TIMES) {
        finish(i, -ERR_LIMIT);
    } else {
        list_append(&i->server->inquiries, &i->link);
        user_reader_wait(i->server->users, &i->wait, on_user);
    }
}

int route_explain(struct server *s, const struct route_question *q, route_explain_fn *fn, void *arg, char *problem,
                  size_t problem_size)
{
    struct message *request =
        is_a_trunk(s, q, problem, problem_size) ? make_request(s, q, problem, problem_size) : NULL;
    struct inquiry *i = request != NULL ? calloc(1, sizeof *i + q->trunk.len) : NULL;

    if (request == NULL)
        return -ERR_SYNTAX;
    if (i == NULL) {
        snprintf(problem, problem_size, "%s", error_text(ERR_NO_MEMORY));
        message_drop(request);
        return -ERR_NO_MEMORY;
    }
    i->server              = s;
    i->request             = request;
    i->fn                  = fn;
    i->arg                 = arg;
    i->asked.authenticated = q->authenticated;
    i->asked.trunk         = (struct slice){ i->trunk, q->trunk.len };
    if (q->trunk.len > 0)
        memcpy(i->trunk, q->trunk.ptr, q->trunk.len);
    go_on(i);
    return 0;
}

void route_explain_stop(struct server *s)
{
    struct link *l;

    while ((l = list_shift(&s->inquiries)) != NULL) {
        struct inquiry *i = CONTAINER_OF(l, struct inquiry, link);

        user_wait_stop(&i->wait);
        finish(i, -ERR_CLOSED);
    }
}
