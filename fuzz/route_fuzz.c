/* SPDX-License-Identifier: BSD-2-Clause */
/* Whatever request can be read, its forwarded copy can be read again, with what
 * we have no part in unchanged; a response goes up readable too; a REGISTER's
 * verdict is all or nothing, and what is kept of its Path can be a Route. */
#include "route/binding.h"
#include "route/forward.h"
#include "route/identity.h"
#include "route/policy.h"
#include "route/register_terms.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct gather g;
static char          memory[4 * LIMIT_DATAGRAM];

static void must(bool condition)
{
    if (!condition)
        abort();
}

/* The start line, a Via of ours as the stack would put it, and the rest. */
static struct message *sent(struct slice start_line)
{
    struct buf         b = BUF_ON(memory);
    struct parse_fault fault;

    buf_put(&b, start_line);
    if (start_line.len > 0)
        buf_put(&b, SLICE("Via: SIP/2.0/UDP us.test;branch=z9hG4bKours\r\n"));
    gather_flatten(&g, &b);
    must(buf_ok(&b));
    return message_parse(buf_slice(&b), &fault);
}

/* RFC 3325 5, 9.1: nobody asserts anything but who is trusted, and that only as it may be asserted. */
static void check_identity(const struct message *copy, enum identity_side from)
{
    struct identity_values values;

    must(message_header(copy, HEADER_P_PREFERRED_IDENTITY) == NULL);
    if (message_header(copy, HEADER_P_ASSERTED_IDENTITY) == NULL)
        return;
    must(from == IDENTITY_TRUSTED && identity_read(copy, HEADER_P_ASSERTED_IDENTITY, &values) && values.tidy);
}

static void check_copy(const struct message *m, const struct proxy_routes *routes, const struct proxy_way *way,
                       struct slice path, enum identity_side from)
{
    struct forward_target target = { .uri = way->uri.text, .path = path, .realm = SLICE("a.test"), .breadth = 7 };
    char                  text[IDENTITY_TEXT];
    struct buf            asserted = BUF_ON(text);
    struct identity       identity;
    struct forwarded      f;
    struct message       *copy;
    unsigned              status;

    identity_of(&identity, m, from, &asserted);
    target.identity = identity_change(&identity, IDENTITY_USER, false, false);
    gather_init(&g);
    status = forward_request(&g, m, routes, way, &target, &f);
    must(status == 0 || status == 400 || status == 513);
    if (status != 0)
        return;
    copy = sent(f.start_line);
    if (copy == NULL) {
        must(m->header_count + 6 > LIMIT_HEADERS || g.total + 200 > LIMIT_MESSAGE);
        return;
    }
    must(copy->method == m->method && slice_eq(copy->call_id, m->call_id));
    must(slice_eq(copy->body, m->body) && slice_eq(copy->from_tag, m->from_tag));
    must(copy->max_forwards == (m->max_forwards > 0 ? m->max_forwards - 1 : 70));
    check_identity(copy, from);
    message_drop(copy);
}

static void check_policy(const struct message *m, const struct proxy_way *way, unsigned bits)
{
    static const struct slice        ours[]   = { SLICE_INIT("example.com") };
    static const struct table_target to       = { .uri = SLICE_INIT("sip:a"), .weight = 1, .priority = 1 };
    static const struct policy_route routes[] = {
        { .domain = SLICE_INIT("*.com"), .targets = &to, .target_count = 1 },
    };
    struct policy p = {
        .domains        = ours,
        .domain_count   = 1,
        .routes         = routes,
        .route_count    = 1,
        .registrar      = (bits & 1) != 0,
        .proxy          = (bits & 2) != 0,
        .redirect       = (bits & 4) != 0,
        .authentication = true,
    };
    struct policy_case c = {
        .request      = m,
        .uri          = &way->uri,
        .route_left   = way->first < way->last,
        .own_route    = (bits & 8) != 0,
        .user_known   = (bits & 16) != 0,
        .has_bindings = (bits & 32) != 0,
    };
    struct policy_decision d = policy_decide(&p, &c);

    must(d.why.text != NULL && d.why.rule != NULL);
    must(d.kind != POLICY_ANSWER || d.status >= 400);
    if (d.kind == POLICY_FORWARD || d.kind == POLICY_ROUTE || d.kind == POLICY_ASK) /* nobody has proved anything */
        must(c.own_route && (m->to_tag.len > 0 || m->method == METHOD_ACK));
}

static void check_request(struct message *m, unsigned bits)
{
    static const struct hash_key key = { 1, 2 };
    static struct proxy_routes   routes;
    static struct proxy_way      way;
    struct reason                why;

    m->flow.remote = address_v4(192, 0, 2, 1, 5060);
    proxy_validate(m, &key, bits & 1, &why);
    proxy_breadth(m, bits & 7);
    gather_init(&g);
    proxy_write_unsupported(&g, m, bits & 1);
    if (!proxy_read_routes(m, &routes))
        return;
    routes.uri_is_us = routes.maddr_is_us = (bits & 1) != 0;
    for (unsigned i = 0; i < routes.count; i++)
        routes.is_us[i] = (bits >> i & 1) != 0;
    if (!proxy_preprocess(m, &routes, &way))
        return;
    check_policy(m, &way, bits);
    check_copy(m, &routes, &way, SLICE(""), IDENTITY_STRANGER);
    check_copy(m, &routes, &way, SLICE("<sip:edge.test;lr>, <sip:core.test;lr>"), IDENTITY_TRUSTED);
    check_copy(m, &routes, &way, SLICE("<sip:strict.test>"), IDENTITY_USER);
}

static void check_register(const struct message *m)
{
    static const struct binding_limits limits  = { 60, 3600, 7200, 10 };
    static const struct binding_now    known[] = {
           { SLICE_INIT("sip:bob@192.0.2.4"), SLICE_INIT(""), SLICE_INIT("other"), 1, 1000, 5000, SLICE_INIT(""), 0 },
           { SLICE_INIT("sips:bob@host"), SLICE_INIT(";ob"), SLICE_INIT("x"), 1, 500, 500, SLICE_INIT(""), 0 },
           { SLICE_INIT("sip:bob@192.0.2.4"), SLICE_INIT(";+sip.instance=\"<urn:uuid:1>\";reg-id=1"), SLICE_INIT("x"), 1,
             1000, 5000, SLICE_INIT("<urn:uuid:1>"), 1 },
    };
    static struct binding_verdict v;
    struct binding_request        r      = { m, m->cseq.number % 2 == 1, 1000 };
    uint64_t                      change = 0;

    binding_decide(known, 3, &r, &limits, &v);
    must(v.status == 200 || v.count == 0);
    for (unsigned i = 0; i < v.count; i++) {
        uint64_t bit = v.changes[i].kind != BINDING_ADD ? UINT64_C(1) << v.changes[i].index : 0;

        must((change & bit) == 0);
        change |= bit;
    }
    for (unsigned i = 0; i < v.count; i++) {
        struct buf       b = BUF_ON(memory);
        struct scan      s;
        struct name_addr again;

        if (v.changes[i].kind == BINDING_REMOVE_ALL)
            continue;
        buf_put(&b, SLICE("<sip:a@b>"));
        binding_write_params(&b, &v.changes[i].contact);
        s = scan_from(buf_slice(&b));
        must(name_addr_scan(&s, &again) && scan_at_end(&s));
    }
}

/* What is kept of Path is a Route of at most so many values, in one line. */
static void check_terms(const struct message *m)
{
    static struct register_terms terms;
    struct buf                   unsupported = BUF_ON(memory);
    struct scan                  s;
    struct name_addr             value;
    unsigned                     count = 0;

    must(register_terms_require(m, true, &unsupported) == 0 || message_header(m, HEADER_REQUIRE) != NULL);
    register_terms_read(m, true, &terms);
    must(terms.status == 0 || !terms.outbound);
    must(!terms.direct || terms.outbound || terms.status == 439);
    if (terms.status != 0)
        return;
    must(memchr(terms.path.ptr, '\n', terms.path.len) == NULL && memchr(terms.path.ptr, '\r', terms.path.len) == NULL);
    s = scan_from(terms.path);
    while (!scan_at_end(&s)) {
        must(name_addr_scan(&s, &value) && value.bracketed && ++count <= LIMIT_ROUTE_SET);
        must((scan_byte(&s, ',') && scan_lws(&s) && !scan_at_end(&s)) || scan_at_end(&s));
    }
}

static void check_response(const struct message *m)
{
    const struct message *others[] = { m };
    struct message       *up;

    gather_init(&g);
    if (!forward_response(&g, m, others, 1, &(struct identity_change){ .drop_asserted = true, .drop_preferred = true }))
        return;
    up = sent(SLICE(""));
    if (up != NULL)
        must(up->status == m->status && slice_eq(up->call_id, m->call_id));
    message_drop(up);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct parse_fault fault;
    struct message    *m;

    m = message_parse((struct slice){ (const char *)data, size }, &fault);
    if (m == NULL)
        return 0;
    if (m->is_request) {
        check_request(m, data[size / 2] + (unsigned)size);
        check_register(m);
        check_terms(m);
    } else {
        check_response(m);
    }
    message_drop(m);
    return 0;
}
