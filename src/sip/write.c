/* SPDX-License-Identifier: BSD-2-Clause */
#include "sip/write.h"

void gather_init(struct gather *g)
{
    g->count    = 0;
    g->total    = 0;
    g->overflow = false;
    g->scratch  = BUF_ON(g->memory);
}

void gather_put(struct gather *g, struct slice text)
{
    struct slice *last = g->count > 0 ? &g->parts[g->count - 1] : NULL;

    if (g->overflow || text.len == 0)
        return;
    if (last != NULL && last->ptr + last->len == text.ptr) {
        last->len += text.len;
    } else if (g->count < GATHER_PARTS) {
        g->parts[g->count++] = text;
    } else {
        g->overflow = true;
        return;
    }
    g->total += text.len; /* of what is in the parts: gather_flatten counts on it */
}

size_t gather_mark(const struct gather *g)
{
    return g->scratch.len;
}

void gather_written(struct gather *g, size_t mark)
{
    gather_put(g, slice_between(g->memory + mark, g->memory + g->scratch.len));
}

void gather_header(struct gather *g, enum header_id id, struct slice value)
{
    gather_put(g, header_name(id));
    gather_put(g, SLICE(": "));
    gather_put(g, value);
    gather_put(g, SLICE("\r\n"));
}

void gather_header_number(struct gather *g, enum header_id id, uint64_t value)
{
    size_t mark = gather_mark(g);

    buf_put(&g->scratch, header_name(id));
    buf_put(&g->scratch, SLICE(": "));
    buf_put_number(&g->scratch, value);
    buf_put(&g->scratch, SLICE("\r\n"));
    gather_written(g, mark);
}

void gather_line(struct gather *g, const struct header *h)
{
    struct slice line = h->line;

    if (line.len >= 2 && line.ptr[line.len - 2] == '\r' && line.ptr[line.len - 1] == '\n') {
        gather_put(g, line);
        return;
    }
    if (line.len > 0 && line.ptr[line.len - 1] == '\n')
        line.len--;
    gather_put(g, line);
    gather_put(g, SLICE("\r\n"));
}

void gather_copy(struct gather *g, const struct message *m, enum header_id id)
{
    for (const struct header *h = message_header(m, id); h != NULL; h = message_next(m, h))
        gather_line(g, h);
}

void gather_body(struct gather *g, struct slice type, struct slice body)
{
    size_t mark = gather_mark(g);

    if (type.len > 0)
        gather_header(g, HEADER_CONTENT_TYPE, type);
    buf_put(&g->scratch, SLICE("Content-Length: "));
    buf_put_number(&g->scratch, body.len);
    buf_put(&g->scratch, SLICE("\r\n\r\n"));
    gather_written(g, mark);
    gather_put(g, body);
}

bool gather_ok(const struct gather *g)
{
    return !g->overflow && buf_ok(&g->scratch);
}

void gather_flatten(const struct gather *g, struct buf *b)
{
    char *at = b->ptr + b->len;

    if (b->overflow || b->cap - b->len < g->total) {
        b->overflow = true;
        return;
    }
    for (size_t i = 0; i < g->count; i++) {
        memcpy(at, g->parts[i].ptr, g->parts[i].len);
        at += g->parts[i].len;
    }
    b->len += g->total;
}

/* The status lines that RFCs have words for: as texts they cost 20 instructions, put together 240. */
static const struct slice status_lines[] = {
#define STATUS(code, reason) [code] = SLICE_INIT("SIP/2.0 " #code " " reason "\r\n"),
#include "sip/status.def"
#undef STATUS
};

static void put_status_line(struct gather *g, unsigned status, struct slice reason)
{
    size_t mark = gather_mark(g);

    if (reason.len == 0 && status < sizeof status_lines / sizeof *status_lines && status_lines[status].len > 0) {
        gather_put(g, status_lines[status]);
        return;
    }
    buf_put(&g->scratch, SLICE("SIP/2.0 "));
    buf_put_number(&g->scratch, status);
    buf_put_byte(&g->scratch, ' ');
    buf_put(&g->scratch, reason.len > 0 ? reason : status_reason(status));
    buf_put(&g->scratch, SLICE("\r\n"));
    gather_written(g, mark);
}

/* The top value completed, then what else its line holds, then the other lines.
 * Behind a top value that could not be read to its end nothing is kept. */
void gather_vias(struct gather *g, const struct message *request)
{
    const struct header *h    = message_header(request, HEADER_VIA);
    size_t               mark = gather_mark(g);
    struct scan          rest =
        scan_from(slice_between(request->via.text.ptr + request->via.text.len, h->value.ptr + h->value.len));

    buf_put(&g->scratch, SLICE("Via: "));
    via_write_received(&g->scratch, &request->via, &request->flow.remote);
    scan_lws(&rest);
    if (!scan_at_end(&rest) && *rest.at == ',') {
        gather_written(g, mark);
        gather_put(g, scan_rest(&rest));
        mark = gather_mark(g);
    }
    buf_put(&g->scratch, SLICE("\r\n"));
    gather_written(g, mark);
    while ((h = message_next(request, h)) != NULL)
        gather_line(g, h);
}

/* RFC 3261 8.2.6.2: one To, even of a request that had two. */
static void put_to(struct gather *g, const struct message *request, unsigned status, struct slice to_tag)
{
    const struct header *h    = message_header(request, HEADER_TO);
    size_t               mark = gather_mark(g);

    if (request->to_tag.len > 0 || to_tag.len == 0 || status == 100) {
        gather_line(g, h);
        return;
    }
    gather_put(g, slice_between(h->line.ptr, h->value.ptr + h->value.len));
    buf_put(&g->scratch, SLICE(";tag="));
    buf_put(&g->scratch, to_tag);
    buf_put(&g->scratch, SLICE("\r\n"));
    gather_written(g, mark);
}

static bool makes_dialog(const struct message *request, unsigned status)
{
    return status > 100 && status < 300 &&
           (request->method == METHOD_INVITE || request->method == METHOD_SUBSCRIBE || request->method == METHOD_REFER);
}

/* RFC 3261 8.2.6.1: what the sender wrote, and how long it has been here, in seconds (20.38); a delay that stands there
 * is somebody else's. */
static void put_timestamp(struct gather *g, const struct message *request, uint32_t waited)
{
    const struct header *h    = message_header(request, HEADER_TIMESTAMP);
    size_t               mark = gather_mark(g);
    struct scan          s    = scan_from(h != NULL ? h->value : SLICE(""));
    struct slice         time;

    if (h == NULL || waited == 0 || !scan_until(&s, " \t\r\n", &time)) {
        gather_copy(g, request, HEADER_TIMESTAMP);
        return;
    }
    buf_printf(&g->scratch, "Timestamp: %.*s %u.%03u\r\n", SLICE_ARG(time), waited / 1000, waited % 1000);
    gather_written(g, mark);
}

static void write_head(struct gather *g, const struct message *request, unsigned status, struct slice reason,
                       struct slice to_tag, uint32_t waited)
{
    put_status_line(g, status, reason);
    gather_vias(g, request);
    gather_line(g, message_header(request, HEADER_FROM));
    put_to(g, request, status, to_tag);
    gather_line(g, message_header(request, HEADER_CALL_ID));
    gather_line(g, message_header(request, HEADER_CSEQ));
    if (status == 100)
        put_timestamp(g, request, waited);
    if (makes_dialog(request, status))
        gather_copy(g, request, HEADER_RECORD_ROUTE);
}

void write_response_head(struct gather *g, const struct message *request, unsigned status, struct slice reason,
                         struct slice to_tag)
{
    write_head(g, request, status, reason, to_tag, 0);
}

void write_trying(struct gather *g, const struct message *request, uint32_t waited)
{
    write_head(g, request, 100, SLICE(""), SLICE(""), waited);
}
