/* SPDX-License-Identifier: BSD-2-Clause */
#include "call/state.h"

void put_allow(struct gather *g)
{
    gather_header(g, HEADER_ALLOW, SLICE("INVITE, ACK, BYE, CANCEL, OPTIONS"));
}

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

static void put_accept(struct gather *g)
{
    gather_header(g, HEADER_ACCEPT, SLICE("application/sdp"));
    gather_header(g, HEADER_ACCEPT_ENCODING, SLICE("identity"));
}

/* RFC 3261 11.2 */
void reply_options(struct phone *p, object_id txn, const struct message *request)
{
    struct gather *g = begin(p, txn, request, 200);

    put_allow(g);
    put_accept(g);
    gather_header(g, HEADER_ACCEPT_LANGUAGE, SLICE("en"));
    gather_header(g, HEADER_SUPPORTED, SLICE(""));
    finish(p, txn, 200);
}

/* A random time of 0 to 10 s (RFC 3261 14.2). */
void reply_retry_after(struct phone *p, object_id txn, const struct message *request, unsigned status)
{
    struct gather *g = begin(p, txn, request, status);

    gather_header_number(g, HEADER_RETRY_AFTER, random_below(&p->world->random, 11));
    finish(p, txn, status);
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
    struct gather       *g    = begin(p, txn, request, 420);
    struct header_values v    = message_values(request, HEADER_REQUIRE);
    size_t               mark = gather_mark(g);
    const char          *lead = "Unsupported: ";
    struct slice         token;

    while (values_next_token(&v, &token)) {
        buf_put(&g->scratch, slice_from(lead));
        buf_put(&g->scratch, token);
        lead = ", ";
    }
    buf_put(&g->scratch, SLICE("\r\n"));
    gather_written(g, mark);
    finish(p, txn, 420);
}

static bool is_sdp(struct slice type)
{
    struct scan s = scan_from(type);

    return scan_word(&s, SLICE("application")) && scan_lws(&s) && scan_byte(&s, '/') && scan_lws(&s) &&
           scan_word(&s, SLICE("sdp")) && scan_lws(&s) && (scan_at_end(&s) || *s.at == ';');
}

bool message_has_sdp(const struct message *m)
{
    const struct header *type = message_header(m, HEADER_CONTENT_TYPE);

    return m->body.len > 0 && type != NULL && is_sdp(type->value);
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

bool reply_unsupported(struct phone *p, object_id txn, const struct message *request)
{
    const struct header *coding  = message_header(request, HEADER_CONTENT_ENCODING);
    struct header_values require = message_values(request, HEADER_REQUIRE);
    struct slice         token;

    if (values_next_token(&require, &token)) { /* we have no extension that needs to be asked for */
        reply_bad_extension(p, txn, request);
        return true;
    }
    if (request->body.len == 0 || body_is_optional(request))
        return false;
    if (message_has_sdp(request) && (coding == NULL || slice_eq_nocase(coding->value, SLICE("identity"))))
        return false;
    put_accept(begin(p, txn, request, 415));
    finish(p, txn, 415);
    return true;
}
