/* SPDX-License-Identifier: BSD-2-Clause */
#include "route/forward.h"

#include "sip/digest.h"
#include "sip/params.h"

enum { FIRST_MAX_FORWARDS = 70 };

static const struct slice sec_agree = SLICE_INIT("sec-agree"), privacy = SLICE_INIT("privacy");

/* One copy in the making. */
struct copy {
    struct gather               *g;
    const struct message        *request;
    const struct proxy_routes   *routes;
    const struct proxy_way      *way;
    const struct forward_target *target;
    const struct uri            *uri;       /* of the start line                                    */
    const struct name_addr      *top;       /* the topmost Route, or NULL                           */
    struct slice                 path_rest; /* what of target->path stays in Route                  */
    unsigned                     first;     /* the same of the received Route: value[first] ...     */
    bool                         sec_agree; /* it is there, and ends here                            */
    bool                         privacy;   /* Proxy-Require has the option tag, which ends here     */
    bool                         strict;    /* the next hop is a strict router: uri goes to the end */
};

static bool read_path(struct slice path, struct name_addr *first)
{
    struct scan s = scan_from(path);

    if (!name_addr_scan(&s, first))
        return false;
    scan_lws(&s);
    return scan_at_end(&s) || (scan_byte(&s, ',') && scan_lws(&s) && !scan_at_end(&s));
}

/* The topmost Route of the copy: from the path, which is read into `first`, else from what was received. */
static bool find_top(struct copy *c, struct name_addr *first)
{
    c->path_rest = c->target->path;
    c->first     = c->way->first;
    if (c->path_rest.len > 0) {
        c->top = first;
        return read_path(c->path_rest, first);
    }
    if (c->way->first < c->way->last)
        c->top = &c->routes->value[c->way->first];
    return true;
}

/* 16.6 item 6: a strict router wants itself in the Request-URI and its own
 * successor on top of the Route. */
static __attribute__((cold)) void suit_strict_router(struct copy *c)
{
    c->strict = true;
    if (c->target->path.len > 0) {
        const char *end = c->target->path.ptr + c->target->path.len;

        c->path_rest = slice_between(c->top->text.ptr + c->top->text.len, end);
        while (c->path_rest.len > 0 && (*c->path_rest.ptr == ',' || *c->path_rest.ptr == ' '))
            c->path_rest = slice_between(c->path_rest.ptr + 1, end);
    } else {
        c->first++;
    }
}

static bool is_strict_router(const struct uri *uri)
{
    struct slice value;

    return !uri_param(uri, SLICE("lr"), &value);
}

/* 16.6 item 2, 19.1.1: a Request-URI has neither headers nor a method. */
static void write_request_uri(struct buf *b, const struct uri *uri)
{
    struct scan  s     = scan_from(uri->params);
    const char  *start = s.at;
    struct slice name, value;

    if (uri->params.len == 0) {
        buf_put(b, slice_between(uri->text.ptr, uri->text.ptr + uri->text.len - uri->headers.len));
        return;
    }
    buf_put(b, slice_between(uri->text.ptr, uri->params.ptr));
    for (; params_next(&s, &name, &value); start = s.at)
        if (!slice_eq_nocase(name, SLICE("method")))
            buf_put(b, slice_between(start, s.at));
}

/* The first line as it was received, with its end. */
static struct slice received_start(const struct message *m)
{
    return slice_between(m->text.ptr, m->headers[0].line.ptr);
}

static bool ends_so(struct slice text, struct slice end)
{
    return text.len >= end.len && memcmp(text.ptr + text.len - end.len, end.ptr, end.len) == 0;
}

/* Is that the URI that was asked for, and nothing in it to be left out? */
static bool is_unchanged(const struct message *request, const struct uri *uri)
{
    return uri->text.ptr == request->uri_text.ptr && uri->text.len == request->uri_text.len && uri->params.len == 0 &&
           uri->headers.len == 0 && ends_so(received_start(request), SLICE(" SIP/2.0\r\n"));
}

/* In scratch, but not among the parts. */
static struct slice write_start_line(struct gather *g, const struct message *request, const struct uri *uri)
{
    size_t mark = gather_mark(g);

    if (is_unchanged(request, uri))
        return received_start(request);
    buf_put(&g->scratch, request->method_text);
    buf_put_byte(&g->scratch, ' ');
    write_request_uri(&g->scratch, uri);
    buf_put(&g->scratch, SLICE(" SIP/2.0\r\n"));
    return slice_between(g->memory + mark, g->memory + g->scratch.len);
}

static void put_route(struct gather *g, struct slice value)
{
    gather_header(g, HEADER_ROUTE, value);
}

static __attribute__((cold)) void put_strict_end(struct copy *c)
{
    size_t mark = gather_mark(c->g);

    buf_put(&c->g->scratch, SLICE("Route: <"));
    write_request_uri(&c->g->scratch, c->uri);
    buf_put(&c->g->scratch, SLICE(">\r\n"));
    gather_written(c->g, mark);
}

static void put_routes(struct copy *c)
{
    if (c->path_rest.len > 0)
        put_route(c->g, c->path_rest);
    for (unsigned i = c->first; i < c->way->last; i++)
        put_route(c->g, c->routes->value[i].text);
    if (c->strict)
        put_strict_end(c);
}

static void put_count(struct buf *b, struct slice name, uint64_t count)
{
    buf_put(b, name);
    buf_put_number(b, count);
    buf_put(b, SLICE("\r\n"));
}

static void put_hops_and_breadth(struct copy *c)
{
    int    hops = c->request->max_forwards;
    size_t mark = gather_mark(c->g);

    put_count(&c->g->scratch, SLICE("Max-Forwards: "), hops > 0 ? (uint64_t)hops - 1 : FIRST_MAX_FORWARDS);
    if (c->target->breadth > 0)
        put_count(&c->g->scratch, SLICE("Max-Breadth: "), c->target->breadth);
    gather_written(c->g, mark);
}

/* Credentials that were meant for us (RFC 3261 22.3). */
static bool is_for_us(const struct copy *c, const struct header *h)
{
    struct scan        s = scan_value_of(c->request, h);
    struct credentials credentials;

    return c->target->realm.len > 0 && credentials_scan(&s, &credentials) && credentials.known &&
           slice_eq(credentials.realm, c->target->realm);
}

/* RFC 3325 5, 6 */
static bool is_of_identity(const struct identity_change *change, const struct header *h)
{
    return (h->id == HEADER_P_ASSERTED_IDENTITY && change->drop_asserted) ||
           (h->id == HEADER_P_PREFERRED_IDENTITY && change->drop_preferred);
}

static void put_identity(struct gather *g, const struct identity_change *change)
{
    for (int i = 0; i < 2; i++)
        if (change->lines[i].len > 0)
            gather_put(g, change->lines[i]);
}

/* Those that may not be copied; of most requests the first three, of most responses the first. */
static const bool may_end_here[HEADER_COUNT] = {
    [HEADER_VIA]                  = true,
    [HEADER_ROUTE]                = true,
    [HEADER_MAX_FORWARDS]         = true,
    [HEADER_MAX_BREADTH]          = true,
    [HEADER_PROXY_REQUIRE]        = true,
    [HEADER_REQUIRE]              = true,
    [HEADER_SECURITY_CLIENT]      = true,
    [HEADER_SECURITY_VERIFY]      = true,
    [HEADER_P_ASSERTED_IDENTITY]  = true,
    [HEADER_P_PREFERRED_IDENTITY] = true,
    [HEADER_PROXY_AUTHORIZATION]  = true,
};

/* Not copied: what put_all has written anew, and what ends here. */
static bool is_ours(const void *copy, const struct header *h)
{
    const struct copy *c = copy;

    if (h->id == HEADER_VIA || h->id == HEADER_ROUTE || h->id == HEADER_MAX_FORWARDS)
        return true;
    if (h->id == HEADER_MAX_BREADTH)
        return c->target->breadth > 0;
    if (h->id == HEADER_PROXY_REQUIRE)
        return c->sec_agree || c->privacy;
    if (h->id == HEADER_REQUIRE || h->id == HEADER_SECURITY_CLIENT || h->id == HEADER_SECURITY_VERIFY)
        return c->sec_agree;
    return is_of_identity(&c->target->identity, h) || (h->id == HEADER_PROXY_AUTHORIZATION && is_for_us(c, h));
}

static bool asks_for_sec_agree(const struct message *m)
{
    return message_lists(m, HEADER_REQUIRE, sec_agree) || message_lists(m, HEADER_PROXY_REQUIRE, sec_agree);
}

static bool ends_here(const struct copy *c, enum header_id id, struct slice token)
{
    return (c->sec_agree && slice_eq_nocase(token, sec_agree)) ||
           (c->privacy && id == HEADER_PROXY_REQUIRE && slice_eq_nocase(token, privacy));
}

/* RFC 3329 2.3.1, RFC 3323 5: the other values stay, the header goes with the last. */
static __attribute__((cold)) void put_what_goes_on(struct copy *c, enum header_id id)
{
    struct header_values v = message_values(c->request, id);
    struct slice         token;

    while (values_next_token(&v, &token))
        if (!ends_here(c, id, token))
            gather_header(c->g, id, token);
}

/* ---- the lines that go on ---- */

static bool ends_as_it_should(const struct header *h)
{
    return memcmp(h->line.ptr + h->line.len - 2, "\r\n", 2) == 0;
}

/* The lines from this one up to another one, without that: they stand together in the message. */
static struct slice lines_between(const struct header *from, const struct header *to)
{
    return from < to ? slice_between(from->line.ptr, to[-1].line.ptr + to[-1].line.len) : SLICE("");
}

static const struct header *end_of(const struct message *m)
{
    return m->headers + m->header_count;
}

/* 16.6 item 9, 16.7 item 9: the lines that are left, the length if nobody has said it, the body. */
static void put_end(struct gather *g, const struct message *m, const struct header *from)
{
    struct slice left = lines_between(from, end_of(m));
    const char  *end  = left.ptr + left.len;

    if (m->has_length && end == m->body.ptr - 2 && end[0] == '\r') {
        gather_put(g, slice_between(left.ptr, m->body.ptr + m->body.len));
        return;
    }
    gather_put(g, left);
    if (!m->has_length) /* 16.6 item 9 */
        gather_header_number(g, HEADER_CONTENT_LENGTH, m->body.len);
    gather_put(g, SLICE("\r\n"));
    gather_put(g, m->body);
}

static const struct header *first_that_may_end(const struct header *h, const struct header *end)
{
    while (h < end && !may_end_here[h->id])
        h++;
    return h;
}

typedef bool ends_here_fn(const void *arg, const struct header *h);

/* Those that go on, but for the last that stand together: the first of these. */
static const struct header *put_lines(struct gather *g, const struct message *m, ends_here_fn *ends, const void *arg)
{
    const struct header *from = m->headers, *end = end_of(m);

    for (const struct header *h = from;; h++) {
        bool gone;

        if (m->all_crlf)
            h = first_that_may_end(h, end);
        if (h == end)
            return from;
        gone = may_end_here[h->id] && ends(arg, h);
        if (!gone && (m->all_crlf || ends_as_it_should(h)))
            continue;
        if (from < h)
            gather_put(g, lines_between(from, h));
        if (!gone)
            gather_line(g, h);
        from = h + 1;
    }
}

static void put_all(struct copy *c)
{
    const struct message *m = c->request;

    gather_vias(c->g, m);
    put_routes(c);
    put_hops_and_breadth(c);
    gather_put(c->g, c->target->headers);
    put_identity(c->g, &c->target->identity);
    if (c->sec_agree)
        put_what_goes_on(c, HEADER_REQUIRE);
    if (c->sec_agree || c->privacy)
        put_what_goes_on(c, HEADER_PROXY_REQUIRE);
    put_end(c->g, m, put_lines(c->g, m, is_ours, c));
}

unsigned forward_request(struct gather *g, const struct message *request, const struct proxy_routes *routes,
                         const struct proxy_way *way, const struct forward_target *target, struct forwarded *out)
{
    struct copy      c = { .g = g, .request = request, .routes = routes, .way = way, .target = target };
    struct uri       parsed;
    struct name_addr first;

    c.uri = target->parsed != NULL ? target->parsed : &parsed;
    if (target->parsed == NULL && !uri_parse(target->uri, &parsed))
        return 400;
    if (!find_top(&c, &first))
        return 400;
    c.sec_agree = target->sec_agree && asks_for_sec_agree(request);
    c.privacy   = target->identity.drop_privacy && message_lists(request, HEADER_PROXY_REQUIRE, privacy);
    if (c.top != NULL && is_strict_router(&c.top->uri))
        suit_strict_router(&c);
    out->destination = c.top != NULL ? c.top->uri : *c.uri;
    /* The URI of a strict router, which takes its place, may say less. */
    if (c.uri->scheme == URI_SIPS)
        out->destination.scheme = URI_SIPS;
    out->start_line = write_start_line(g, request, c.strict ? &c.top->uri : c.uri);
    put_all(&c);
    return gather_ok(g) ? 0 : 513;
}

/* All Vias but the first value. */
static bool put_other_vias(struct gather *g, const struct message *response)
{
    const struct header *h      = message_header(response, HEADER_VIA);
    const char          *end    = h->value.ptr + h->value.len;
    struct scan          rest   = { response->via.text.ptr + response->via.text.len, end, end };
    size_t               before = g->total;

    scan_lws(&rest);
    if (scan_byte(&rest, ',') && scan_lws(&rest) && !scan_at_end(&rest))
        gather_header(g, HEADER_VIA, scan_rest(&rest));
    while ((h = message_next(response, h)) != NULL)
        gather_line(g, h);
    return g->total > before;
}

/* Has it one that nobody could write otherwise? */
static bool is_plain_start(const struct message *m)
{
    return m->reason.ptr == m->text.ptr + sizeof "SIP/2.0 200" && memcmp(m->text.ptr, "SIP/2.0 ", 8) == 0 &&
           ends_so(received_start(m), SLICE("\r\n"));
}

static void put_status_line(struct gather *g, const struct message *response)
{
    size_t mark = gather_mark(g);

    if (is_plain_start(response)) {
        gather_put(g, received_start(response));
        return;
    }
    buf_put(&g->scratch, SLICE("SIP/2.0 "));
    buf_put_number(&g->scratch, response->status);
    buf_put_byte(&g->scratch, ' ');
    gather_written(g, mark);
    gather_put(g, response->reason);
    gather_put(g, SLICE("\r\n"));
}

static bool is_not_for_the_caller(const void *change, const struct header *h)
{
    return h->id == HEADER_VIA || is_of_identity(change, h);
}

bool forward_response(struct gather *g, const struct message *response, const struct message *const *others,
                      size_t count, const struct identity_change *identity)
{
    const struct header *from;

    put_status_line(g, response);
    if (!put_other_vias(g, response))
        return false;
    put_identity(g, identity);
    from = put_lines(g, response, is_not_for_the_caller, identity);
    if (count > 0) {
        gather_put(g, lines_between(from, end_of(response)));
        from = end_of(response);
    }
    for (size_t i = 0; i < count; i++) {
        gather_copy(g, others[i], HEADER_WWW_AUTHENTICATE);
        gather_copy(g, others[i], HEADER_PROXY_AUTHENTICATE);
    }
    put_end(g, response, from);
    return gather_ok(g);
}
