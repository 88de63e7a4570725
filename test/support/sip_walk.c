/* SPDX-License-Identifier: BSD-2-Clause */
#include "support/sip_walk.h"

#include "base/limits.h"
#include "sip/digest.h"
#include "sip/reason.h"

#include <stdio.h>
#include <stdlib.h>

static void walk_name_addr(const struct name_addr *n)
{
    static char  memory[LIMIT_DATAGRAM * 3];
    struct buf   b = BUF_ON(memory);
    struct slice value;
    unsigned     q;

    name_addr_tag(n, &value);
    name_addr_param(n, SLICE("no-such"), &value);
    contact_expires(n, 0);
    contact_q(n, &q);
    uri_param(&n->uri, SLICE("lr"), &value);
    uri_transport(&n->uri);
    uri_eq(&n->uri, &n->uri);
    uri_write_aor(&b, &n->uri);
    uri_write_unescaped(&b, n->uri.user);
    uri_write_user(&b, n->uri.user);
}

static void walk_via(const struct via *via)
{
    static char          memory[LIMIT_DATAGRAM + 256];
    struct buf           b      = BUF_ON(memory);
    const struct address remote = address_v4(192, 0, 2, 1, 5060);
    struct address       out;
    struct slice         host;
    uint16_t             port;

    via_write_received(&b, via, &remote);
    via_response_address(via, &out, &host, &port);
}

static void walk_auth(const struct header *h)
{
    struct scan        s = scan_from(h->value), t = s;
    struct challenge   challenge;
    struct credentials credentials;

    challenge_scan(&s, &challenge);
    credentials_scan(&t, &credentials);
}

/* Found: moved past; not found: stayed. */
static void walk_reason(const struct header *h)
{
    struct scan          s = scan_from(h->value);
    const char          *at;
    struct reason_value  reason;
    struct warning_value warning;

    for (at = s.at; reason_scan(&s, &reason) && scan_byte(&s, ','); at = s.at)
        if (s.at <= at)
            abort();
    s  = scan_from(h->value);
    at = s.at;
    if (warning_scan(&s, &warning) ? s.at <= at || warning.code < 100 : s.at != at)
        abort();
}

static void walk_why(const struct message *m)
{
    struct reason_value  reason;
    struct warning_value warning;
    uint32_t             seconds;

    if (message_completed_elsewhere(m) && !message_reason(m, &reason))
        abort();
    (void)message_warning(m, &warning);
    (void)message_retry_after(m, &seconds);
}

void sip_walk(const struct message *m)
{
    walk_why(m);
    for (enum header_id id = HEADER_OTHER; id < HEADER_COUNT; id++) {
        struct header_values v = message_values(m, id);
        struct name_addr     n;
        struct via           via;
        struct slice         token;
        uint32_t             number;

        while (values_next_name_addr(&v, &n))
            walk_name_addr(&n);
        v = message_values(m, id);
        while (values_next_via(&v, &via))
            walk_via(&via);
        v = message_values(m, id);
        while (values_next_token(&v, &token))
            continue;
        message_lists(m, id, SLICE("no-such"));
        message_number(m, id, &number);
        for (const struct header *h = message_header(m, id); h != NULL; h = message_next(m, h)) {
            walk_auth(h);
            walk_reason(h);
        }
    }
}

static void put_start_line(const struct message *m, struct gather *g)
{
    size_t mark = gather_mark(g);

    if (m->is_request) {
        gather_put(g, m->method_text);
        gather_put(g, SLICE(" "));
        gather_put(g, m->uri_text);
        gather_put(g, SLICE(" SIP/2.0\r\n"));
        return;
    }
    buf_put(&g->scratch, SLICE("SIP/2.0 "));
    buf_put_number(&g->scratch, m->status);
    buf_put(&g->scratch, SLICE(" "));
    gather_written(g, mark);
    gather_put(g, m->reason);
    gather_put(g, SLICE("\r\n"));
}

void sip_rewrite(const struct message *m, struct gather *g)
{
    gather_init(g);
    put_start_line(m, g);
    for (unsigned i = 0; i < m->header_count; i++) {
        const struct header *h = &m->headers[i];

        if (h->id != HEADER_OTHER) {
            gather_header(g, h->id, h->value);
            continue;
        }
        gather_put(g, h->name);
        gather_put(g, SLICE(": "));
        gather_put(g, h->value);
        gather_put(g, SLICE("\r\n"));
    }
    gather_put(g, SLICE("\r\n"));
    gather_put(g, m->body);
}

static bool same(const char *what, struct slice a, struct slice b)
{
    if (slice_eq(a, b))
        return true;
    fprintf(stderr, "%s: \"%.*s\" became \"%.*s\"\n", what, SLICE_ARG(a), SLICE_ARG(b));
    return false;
}

static bool same_headers(const struct message *a, const struct message *b)
{
    if (a->header_count != b->header_count)
        return same("header count", SLICE(""), SLICE("another"));
    for (unsigned i = 0; i < a->header_count; i++)
        if (a->headers[i].id != b->headers[i].id || !same("value", a->headers[i].value, b->headers[i].value))
            return false;
    return true;
}

bool sip_same(const struct message *a, const struct message *b)
{
    return a->is_request == b->is_request && a->method == b->method && a->status == b->status &&
           a->cseq.number == b->cseq.number && a->cseq.method == b->cseq.method && a->max_forwards == b->max_forwards &&
           a->has_length == b->has_length && a->uri.scheme == b->uri.scheme &&
           same("method", a->method_text, b->method_text) && same("uri", a->uri_text, b->uri_text) &&
           same("reason", a->reason, b->reason) && same("via", a->via.text, b->via.text) &&
           same("branch", a->via.branch, b->via.branch) && same("from", a->from.text, b->from.text) &&
           same("to", a->to.text, b->to.text) && same("from tag", a->from_tag, b->from_tag) &&
           same("to tag", a->to_tag, b->to_tag) && same("call-id", a->call_id, b->call_id) &&
           same("body", a->body, b->body) && same_headers(a, b);
}

enum framer_result sip_frame_bytewise(struct slice text, struct buf *out, struct parse_fault *fault)
{
    enum framer_result result = FRAMER_MORE;
    struct framer      f;
    char              *one = malloc(1);

    if (one == NULL)
        abort();
    framer_init(&f, LIMIT_MESSAGE, LIMIT_MESSAGE);
    for (size_t i = 0; i < text.len && result == FRAMER_MORE; i++) {
        struct slice input = { one, 1 }, message;

        *one   = text.ptr[i];
        result = framer_next(&f, &input, &message, fault);
        if (result == FRAMER_MESSAGE)
            buf_put(out, message);
    }
    framer_fini(&f);
    free(one);
    return result;
}
