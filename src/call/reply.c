/* SPDX-License-Identifier: BSD-2-Clause */
#include "call/methods.h"

static struct gather *begin(struct phone *p, object_id txn, const struct message *request, unsigned status)
{
    struct gather *g = &p->gather;

    gather_init(g);
    write_response_head(g, request, status, SLICE(""), stack_server_tag(p->stack, txn));
    return g;
}

static void finish(struct phone *p, object_id txn, unsigned status)
{
    if (p->config.user_agent.len > 0)
        gather_header(&p->gather, HEADER_USER_AGENT, p->config.user_agent);
    gather_body(&p->gather, SLICE(""), SLICE(""));
    stack_respond(p->stack, txn, status, &p->gather);
}

void reply_allow(struct phone *p, object_id txn, const struct message *request, unsigned status)
{
    put_allow(begin(p, txn, request, status));
    finish(p, txn, status);
}

/* RFC 5621 4.2: and all of them in bodies of several parts. */
static void put_accept(struct gather *g, struct slice types)
{
    size_t mark = gather_mark(g);

    buf_printf(&g->scratch, "Accept: %.*s%s" MULTIPART_TYPES "\r\n", SLICE_ARG(types), types.len > 0 ? ", " : "");
    gather_written(g, mark);
    gather_header(g, HEADER_ACCEPT_ENCODING, SLICE("identity"));
}

/* The end of a response whose body says what could be had (RFC 3264 9). */
static void finish_with_capabilities(struct phone *p, object_id txn, const struct message *request, unsigned status)
{
    struct address local = request->flow.local;
    char           text[CAPABILITIES_MAX];
    struct buf     could = BUF_ON(text);

    local.port = 0;
    call_write_capabilities(p, &local, &could);
    if (p->config.user_agent.len > 0)
        gather_header(&p->gather, HEADER_USER_AGENT, p->config.user_agent);
    gather_body(&p->gather, SLICE("application/sdp"), buf_ok(&could) ? buf_slice(&could) : SLICE(""));
    stack_respond(p->stack, txn, status, &p->gather);
}

/* RFC 3261 11.2 */
static void reply_options(struct phone *p, object_id txn, const struct message *request)
{
    struct gather *g = begin(p, txn, request, 200);

    put_allow(g);
    put_allow_events(g);
    put_accept_all(g);
    gather_header(g, HEADER_ACCEPT_ENCODING, SLICE("identity"));
    gather_header(g, HEADER_ACCEPT_LANGUAGE, SLICE("en"));
    extensions_put_supported(p->extensions, METHOD_OPTIONS, g);
    finish_with_capabilities(p, txn, request, 200);
}

void options_outside(struct phone *p, struct account *a, object_id txn, struct message *request)
{
    (void)a;
    if (p->call_count >= p->config.max_calls) /* as an INVITE would be answered */
        stack_reply(p->stack, txn, 486, SLICE(""));
    else
        reply_options(p, txn, request);
}

void options_within(struct call *c, struct fork *f, object_id txn, struct message *request)
{
    if (c->told_ended || f->dialog->state == DIALOG_TERMINATED)
        stack_reply(c->phone->stack, txn, 481, SLICE(""));
    else
        reply_options(c->phone, txn, request);
}

void reply_with_sdp(struct call *c, object_id txn, const struct message *request, struct slice sdp)
{
    struct phone  *p = c->phone;
    struct gather *g = begin(p, txn, request, 200);

    if (request->method != METHOD_PRACK) /* RFC 3262 table 1: no Contact there */
        gather_header(g, HEADER_CONTACT, c->contact);
    put_allow(g);
    extensions_put_supported(p->extensions, METHOD_INVITE, g);
    if (request->method == METHOD_UPDATE && session_is_up(&c->session))
        session_timer_write_answer(&c->refresh, g);
    if (p->config.user_agent.len > 0)
        gather_header(g, HEADER_USER_AGENT, p->config.user_agent);
    gather_body(g, sdp.len > 0 ? SLICE("application/sdp") : SLICE(""), sdp);
    stack_respond(p->stack, txn, 200, g);
}

/* A random time of 0 to 10 s (RFC 3261 14.2). */
void reply_retry_after(struct phone *p, object_id txn, const struct message *request, unsigned status)
{
    struct gather *g = begin(p, txn, request, status);

    gather_header_number(g, HEADER_RETRY_AFTER, random_below(&p->world->random, 11));
    finish(p, txn, status);
}

bool reply_interval(struct phone *p, object_id txn, const struct message *request)
{
    struct session_timer timer;

    session_timer_init(&timer, 0, p->config.min_se);
    if (!session_timer_refuses(&timer, request))
        return false;
    session_timer_write_refusal(&timer, begin(p, txn, request, 422));
    finish(p, txn, 422);
    return true;
}

static void put_warning(struct phone *p, const struct message *request, unsigned code, struct slice why)
{
    struct gather *g    = &p->gather;
    size_t         mark = gather_mark(g);

    buf_printf(&g->scratch, "Warning: %u ", code);
    stack_write_sent_by(p->stack, &g->scratch, &request->flow);
    buf_put_byte(&g->scratch, ' ');
    buf_put_quoted(&g->scratch, why);
    buf_put(&g->scratch, SLICE("\r\n"));
    gather_written(g, mark);
}

/* RFC 3261 13.3.1.3, 21.4.26: why, and what could be had instead. */
void reply_incompatible(struct phone *p, object_id txn, const struct message *request, unsigned status)
{
    char              words[WARNING_MAX];
    struct buf        why  = BUF_ON(words);
    struct offer_ends ends = call_ends_of_message(p, request);
    unsigned          code;

    begin(p, txn, request, status);
    code = call_offer_fault(&ends, message_sdp(request), &why);
    put_warning(p, request, code == 0 ? 399 : code, code == 0 ? SLICE("no stream could be agreed") : buf_slice(&why));
    finish_with_capabilities(p, txn, request, status);
}

static void reply_bad_extension(struct phone *p, object_id txn, const struct message *request)
{
    extensions_put_unsupported(p->extensions, request, begin(p, txn, request, 420));
    finish(p, txn, 420);
}

/* RFC 3261 21.4.16 */
void reply_extension_required(struct phone *p, object_id txn, const struct message *request, enum extension e)
{
    gather_header(begin(p, txn, request, 421), HEADER_REQUIRE, extension_tag(e));
    finish(p, txn, 421);
}

bool message_is_type(const struct message *m, struct slice type)
{
    const struct header *h = message_header(m, HEADER_CONTENT_TYPE);

    return m->body.len > 0 && h != NULL && content_type_is(h->value, type);
}

struct slice message_sdp(const struct message *m)
{
    struct body_part part;

    (void)body_find(m, SLICE("application/sdp"), &part); /* what of it must be understood, too, has been looked at */
    return part.content;
}

bool message_has_sdp(const struct message *m)
{
    return message_sdp(m).len > 0;
}

void reply_bad_event(struct phone *p, object_id txn, const struct message *request)
{
    put_allow_events(begin(p, txn, request, 489));
    finish(p, txn, 489);
}

void reply_brief(struct phone *p, object_id txn, const struct message *request, uint32_t least)
{
    gather_header_number(begin(p, txn, request, 423), HEADER_MIN_EXPIRES, least);
    finish(p, txn, 423);
}

void reply_bad_package(struct phone *p, object_id txn, const struct message *request)
{
    struct gather *g = begin(p, txn, request, 469);

    gather_put(g, SLICE("Recv-Info: \r\n"));
    finish(p, txn, 469);
}

void reply_type(struct phone *p, object_id txn, const struct message *request, struct slice accept)
{
    put_accept(begin(p, txn, request, 415), accept);
    finish(p, txn, 415);
}

/* The type itself, or what has a star and holds it. */
static bool range_has(struct slice range, struct slice type)
{
    const char *slash = memchr(type.ptr, '/', type.len);
    size_t      first = (size_t)(slash - type.ptr) + 1;

    if (slice_eq_nocase(range, type) || slice_eq(range, SLICE("*/*")))
        return true;
    return range.len == first + 1 && range.ptr[first] == '*' &&
           slice_eq_nocase((struct slice){ range.ptr, first }, (struct slice){ type.ptr, first });
}

bool message_accepts(const struct message *m, struct slice type)
{
    for (const struct header *h = message_header(m, HEADER_ACCEPT); h != NULL; h = message_next(m, h)) {
        struct scan  s = scan_from(h->value);
        struct slice range;

        while (scan_lws(&s) && scan_until(&s, ",", &range)) {
            const char *end = memchr(range.ptr, ';', range.len);

            if (range_has(slice_trim(end == NULL ? range : slice_between(range.ptr, end)), type))
                return true;
            scan_byte(&s, ',');
        }
    }
    return false;
}

bool reply_unacceptable(struct phone *p, object_id txn, const struct message *request, struct slice type)
{
    if (message_header(request, HEADER_ACCEPT) == NULL || message_accepts(request, type))
        return false;
    stack_reply(p->stack, txn, 406, SLICE(""));
    return true;
}

bool reply_unsupported(struct phone *p, object_id txn, const struct message *request, const char *accept)
{
    struct body_part part;

    if (extensions_are_missing(p->extensions, request)) {
        reply_bad_extension(p, txn, request);
        return true;
    }
    switch (accept == NULL ? BODY_NONE : body_find(request, slice_from(accept), &part)) {
    case BODY_NONE:
    case BODY_FOUND:
        return false;
    case BODY_UNSUPPORTED:
    case BODY_ENCODED:
        reply_type(p, txn, request, slice_from(accept));
        return true;
    case BODY_BROKEN:
        stack_reply(p->stack, txn, 400, SLICE("Bad multipart body"));
        return true;
    }
    return false;
}
