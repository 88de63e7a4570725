/* SPDX-License-Identifier: BSD-2-Clause */
#include "dialog/request.h"

#include "base/error.h"

enum { MAX_FORWARDS = 70 }; /* RFC 3261 8.1.1.6 */

/* name-addr with its tag, on one line. */
static void put_party(struct gather *g, enum header_id id, struct slice party, struct slice tag)
{
    size_t mark = gather_mark(g);

    buf_put(&g->scratch, header_name(id));
    buf_put(&g->scratch, SLICE(": "));
    buf_put(&g->scratch, party);
    if (tag.len > 0) {
        buf_put(&g->scratch, SLICE(";tag="));
        buf_put(&g->scratch, tag);
    }
    buf_put(&g->scratch, SLICE("\r\n"));
    gather_written(g, mark);
}

static void put_cseq(struct gather *g, uint32_t number, enum method method)
{
    size_t mark = gather_mark(g);

    buf_put(&g->scratch, SLICE("CSeq: "));
    buf_put_number(&g->scratch, number);
    buf_put_byte(&g->scratch, ' ');
    buf_put(&g->scratch, method_name(method));
    buf_put(&g->scratch, SLICE("\r\n"));
    gather_written(g, mark);
}

/* A URI as it may stand in the start line or a Route: no headers, no method
 * parameter (RFC 3261 19.1.1 table 1, 12.2.1.1).  A peer's Contact may have both. */
static void write_request_uri(struct buf *b, const struct uri *uri)
{
    const char *end = uri->text.ptr + uri->text.len;
    struct scan s;

    if (uri->headers.len > 0)
        end = uri->headers.ptr;
    if (uri->params.len == 0) {
        buf_put(b, slice_between(uri->text.ptr, end));
        return;
    }
    buf_put(b, slice_between(uri->text.ptr, uri->params.ptr));
    s = scan_from(uri->params);
    while (scan_byte(&s, ';')) {
        struct slice param = { NULL, 0 };
        struct scan  name;

        if (!scan_until(&s, ";", &param))
            continue;
        name = scan_from(param);
        if (scan_word(&name, SLICE("method")) && (scan_at_end(&name) || *name.at == '='))
            continue;
        buf_put_byte(b, ';');
        buf_put(b, param);
    }
}

static struct slice write_start_line(struct gather *g, enum method method, const struct uri *uri)
{
    size_t mark = gather_mark(g);

    buf_put(&g->scratch, method_name(method));
    buf_put_byte(&g->scratch, ' ');
    write_request_uri(&g->scratch, uri);
    buf_put(&g->scratch, SLICE(" SIP/2.0\r\n"));
    return (struct slice){ g->scratch.ptr + mark, g->scratch.len - mark };
}

static void put_routes(struct gather *g, const struct request_head *head, const struct uri *target, bool strict)
{
    size_t mark;

    for (unsigned i = strict ? 1 : 0; i < head->route_count; i++)
        gather_header(g, HEADER_ROUTE, head->routes[i]);
    if (!strict)
        return;
    mark = gather_mark(g);
    buf_put(&g->scratch, SLICE("Route: <"));
    write_request_uri(&g->scratch, target);
    buf_put(&g->scratch, SLICE(">\r\n"));
    gather_written(g, mark);
}

int request_begin(struct gather *g, const struct request_head *head, struct request_start *out)
{
    struct uri   target;
    struct slice ignored;
    bool         strict = false;

    gather_init(g);
    if (!uri_parse(head->target, &target))
        return -ERR_SYNTAX;
    out->destination = target;
    if (head->route_count > 0) {
        struct scan      s = scan_from(head->routes[0]);
        struct name_addr first;

        if (!name_addr_scan(&s, &first))
            return -ERR_SYNTAX;
        out->destination = first.uri;
        strict           = !uri_param(&first.uri, SLICE("lr"), &ignored);
    }
    out->start_line = write_start_line(g, head->method, strict ? &out->destination : &target);

    gather_header_number(g, HEADER_MAX_FORWARDS, MAX_FORWARDS);
    put_routes(g, head, &target, strict);
    put_party(g, HEADER_FROM, head->from, head->from_tag);
    put_party(g, HEADER_TO, head->to, head->to_tag);
    gather_header(g, HEADER_CALL_ID, head->call_id);
    put_cseq(g, head->cseq, head->method);
    return 0;
}
