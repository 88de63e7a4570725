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

static void put_accept(struct gather *g, const char *types)
{
    gather_header(g, HEADER_ACCEPT, slice_from(types));
    gather_header(g, HEADER_ACCEPT_ENCODING, SLICE("identity"));
}

/* RFC 3261 11.2 */
static void reply_options(struct phone *p, object_id txn, const struct message *request)
{
    struct gather *g = begin(p, txn, request, 200);

    put_allow(g);
    put_accept_all(g);
    gather_header(g, HEADER_ACCEPT_ENCODING, SLICE("identity"));
    gather_header(g, HEADER_ACCEPT_LANGUAGE, SLICE("en"));
    extensions_put_supported(p->extensions, METHOD_OPTIONS, g);
    finish(p, txn, 200);
}

void options_outside(struct phone *p, struct account *a, object_id txn, struct message *request)
{
    (void)a;
    reply_options(p, txn, request);
}

void options_within(struct call *c, struct fork *f, object_id txn, struct message *request)
{
    (void)f;
    reply_options(c->phone, txn, request);
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

/* RFC 3261 13.3.1.3, 20.43: 305 is "Incompatible media format". */
void reply_incompatible(struct phone *p, object_id txn, const struct message *request)
{
    struct gather *g    = begin(p, txn, request, 488);
    size_t         mark = gather_mark(g);

    buf_put(&g->scratch, SLICE("Warning: 305 "));
    stack_write_sent_by(p->stack, &g->scratch, &request->flow);
    buf_put(&g->scratch, SLICE(" \"Incompatible media format\"\r\n"));
    gather_written(g, mark);
    finish(p, txn, 488);
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

/* "type / subtype", any case, perhaps with parameters behind it. */
static bool is_type(struct slice value, struct slice type)
{
    struct scan  s     = scan_from(value);
    const char  *slash = memchr(type.ptr, '/', type.len);
    struct slice major, minor;

    if (slash == NULL || !scan_token(&s, &major) || !scan_lws(&s) || !scan_byte(&s, '/') || !scan_lws(&s) ||
        !scan_token(&s, &minor) || !scan_lws(&s) || !(scan_at_end(&s) || *s.at == ';'))
        return false;
    return slice_eq_nocase(major, slice_between(type.ptr, slash)) &&
           slice_eq_nocase(minor, slice_between(slash + 1, type.ptr + type.len));
}

bool message_is_type(const struct message *m, struct slice type)
{
    const struct header *h = message_header(m, HEADER_CONTENT_TYPE);

    return m->body.len > 0 && h != NULL && is_type(h->value, type);
}

bool message_has_sdp(const struct message *m)
{
    return message_is_type(m, SLICE("application/sdp"));
}

/* Is its content one of "a/b, c/d"? */
static bool is_listed(const struct message *m, struct slice types)
{
    struct scan  s = scan_from(types);
    struct slice type;

    while (scan_lws(&s) && scan_until(&s, ",", &type)) {
        if (message_is_type(m, slice_trim(type)))
            return true;
        scan_byte(&s, ',');
    }
    return false;
}

/* An optional body that we do not understand is no obstacle (RFC 3261 20.11). */
static bool body_is_optional(const struct message *m)
{
    const struct header *h = message_header(m, HEADER_CONTENT_DISPOSITION);
    struct slice         params, handling;

    if (h == NULL)
        return false;
    params.ptr = memchr(h->value.ptr, ';', h->value.len);
    if (params.ptr == NULL)
        return false;
    params.len = (size_t)(h->value.ptr + h->value.len - params.ptr);
    return params_find(params, SLICE("handling"), &handling) && slice_eq_nocase(handling, SLICE("optional"));
}

void reply_type(struct phone *p, object_id txn, const struct message *request, const char *accept)
{
    put_accept(begin(p, txn, request, 415), accept);
    finish(p, txn, 415);
}

bool reply_unsupported(struct phone *p, object_id txn, const struct message *request, const char *accept)
{
    const struct header *coding = message_header(request, HEADER_CONTENT_ENCODING);

    if (extensions_are_missing(p->extensions, request)) {
        reply_bad_extension(p, txn, request);
        return true;
    }
    if (accept == NULL || request->body.len == 0 || body_is_optional(request))
        return false;
    if (is_listed(request, slice_from(accept)) && (coding == NULL || slice_eq_nocase(coding->value, SLICE("identity"))))
        return false;
    reply_type(p, txn, request, accept);
    return true;
}
