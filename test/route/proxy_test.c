/* SPDX-License-Identifier: BSD-2-Clause */
#include "route/proxy.h"

#include "route/loop_mark.h"
#include "support/test.h"

static const struct hash_key key = { 1, 2 };

#define REST                                                                                                           \
    "Via: SIP/2.0/UDP 192.0.2.4;branch=z9hG4bK7\r\nFrom: <sip:a@a.test>;tag=1\r\nTo: <sip:b@b.test>\r\n"               \
    "Call-ID: one\r\nCSeq: 1 INVITE\r\n"
#define INVITE "INVITE sip:b@b.test SIP/2.0\r\n" REST
#define END    "Content-Length: 0\r\n\r\n"

static struct message *parse(const char *text)
{
    struct parse_fault fault;
    struct message    *m = message_parse(test_guarded(slice_from(text)), &fault);

    if (m == NULL)
        print_error("%s\n", fault.expected);
    assert_non_null(m);
    return m;
}

static unsigned validate(const char *text)
{
    struct message *m = parse(text);
    struct reason   why;
    unsigned        status = proxy_validate(m, &key, false, &why);

    CHECK(why.text != NULL && why.rule != NULL);
    message_drop(m);
    return status;
}

/* What 16.4 makes of a request whose values named "us.test" are ours. */
static struct message     *request;
static struct proxy_routes routes;
static struct proxy_way    way;

static void preprocess(const char *text)
{
    message_drop(request);
    request = parse(text);
    CHECK(proxy_read_routes(request, &routes));
    routes.uri_is_us   = slice_eq(request->uri.host, SLICE("us.test"));
    routes.maddr_is_us = slice_eq(routes.maddr, SLICE("us.test"));
    for (unsigned i = 0; i < routes.count; i++)
        routes.is_us[i] = slice_eq(routes.value[i].uri.host, SLICE("us.test"));
    CHECK(proxy_preprocess(request, &routes, &way));
}

static int drop_request(void **state)
{
    (void)state;
    message_drop(request);
    request = NULL;
    return 0;
}

/* RFC 3261 16.3 item 1: what we have no part in is no reason to refuse. */
TEST(a_sound_request_is_fit)
{
    CHECK_INT(0, validate(INVITE END));
    CHECK_INT(0, validate(INVITE "Max-Forwards: 1\r\nDate: nonsense\r\nX-Odd:\r\nRequire: whatever\r\n" END));
    CHECK_INT(0, validate("FROBNICATE sips:b@b.test SIP/2.0\r\n"
                          "Via: SIP/2.0/UDP 192.0.2.4;branch=z9hG4bK7\r\nFrom: <sip:a@a.test>;tag=1\r\n"
                          "To: <sip:b@b.test>\r\nCall-ID: one\r\nCSeq: 1 FROBNICATE\r\n" END));
}

/* 16.3 items 2, 3 and 5. */
TEST(unfit_requests_have_their_status)
{
    CHECK_INT(416, validate("INVITE mailto:b@b.test SIP/2.0\r\n" REST END));
    CHECK_INT(483, validate(INVITE "Max-Forwards: 0\r\n" END));
    CHECK_INT(420, validate(INVITE "Proxy-Require: foo\r\n" END));
}

static void check_unsupported(const char *want, const char *lines, bool sec_agree)
{
    struct gather   g;
    char            memory[512], bytes[1024];
    struct buf      b = BUF_ON(memory), t = BUF_ON(bytes);
    struct message *m;
    struct reason   why;

    buf_printf(&t, INVITE "%s" END, lines);
    m = parse(buf_cstr(&t));
    CHECK_INT(want[0] == '\0' ? 0 : 420, proxy_validate(m, &key, sec_agree, &why));
    gather_init(&g);
    proxy_write_unsupported(&g, m, sec_agree);
    gather_flatten(&g, &b);
    CHECK_SLICE(want, buf_slice(&b));
    message_drop(m);
}

/* RFC 3261 16.3 item 5: all of them, however they are written. */
TEST(unsupported_lists_all_that_proxies_should_know)
{
    check_unsupported("Unsupported: foo\r\nUnsupported: bar\r\nUnsupported: baz\r\n",
                      "Proxy-Require: foo, bar\r\nProxy-Require: baz\r\n", false);
    check_unsupported("Unsupported: a\r\nUnsupported: b\r\nUnsupported: c\r\n",
                      "Proxy-Require: ,a,,\r\n b ,\r\nPROXY-REQUIRE:c,\r\n", false);
    check_unsupported("Unsupported: sec-agree\r\nUnsupported: x\r\n", "Proxy-Require: sec-agree, x\r\n", false);
    check_unsupported("Unsupported: x\r\n", "Proxy-Require: Sec-Agree, x\r\n", true);
    check_unsupported("", "Proxy-Require: sec-agree\r\n", true);
    check_unsupported("", "Proxy-Require:\r\n", false);
}

/* RFC 3323 4.3: a privacy service for nothing but id and none. */
TEST(privacy_is_known_if_it_can_be_provided)
{
    check_unsupported("", "Proxy-Require: privacy\r\n", false);
    check_unsupported("", "Proxy-Require: Privacy\r\nPrivacy: id;critical\r\n", false);
    check_unsupported("", "Proxy-Require: privacy\r\nPrivacy: none\r\n", false);
    check_unsupported("Unsupported: privacy\r\n", "Proxy-Require: privacy\r\nPrivacy: id;header\r\n", false);
    check_unsupported("Unsupported: privacy\r\n", "Proxy-Require: privacy\r\nPrivacy: user\r\n", false);
}

/* 16.3 item 4: see loop_mark_test.c. */
TEST(a_request_with_its_own_mark_has_looped)
{
    struct message *m = parse(INVITE END);
    char            memory[LOOP_MARK], text[1024];
    struct buf      mark = BUF_ON(memory), b = BUF_ON(text);

    loop_mark_write(&mark, m, &key);
    message_drop(m);
    buf_printf(&b, "INVITE sip:b@b.test SIP/2.0\r\nVia: SIP/2.0/UDP us.test;branch=z9hG4bK%.*s-1\r\n" REST END,
               SLICE_ARG(buf_slice(&mark)));
    CHECK_INT(482, validate(buf_cstr(&b)));
}

/* 16.4: nothing of ours, nothing changes. */
TEST(a_request_that_knows_its_way_keeps_it)
{
    preprocess(INVITE "Route: <sip:x.test;lr>, <sip:y.test;lr>\r\n" END);
    CHECK_SLICE("sip:b@b.test", way.uri.text);
    CHECK_INT(0, way.first);
    CHECK_INT(2, way.last);
    CHECK(!way.own_route);
}

TEST(our_own_route_values_are_taken_from_the_top)
{
    preprocess(INVITE "Route: <sip:token@us.test;lr>\r\nRoute: <sip:x.test;lr>,<sip:us.test;lr>\r\n" END);
    CHECK_INT(1, way.first);
    CHECK_INT(3, way.last);
    CHECK(way.own_route);
    CHECK_SLICE("token", way.own.user);

    preprocess(INVITE "Route: <sip:us.test;lr>, <sip:last@us.test;lr>\r\n" END);
    CHECK_INT(way.first, way.last);
    CHECK_SLICE("last", way.own.user);
}

/* 16.4, 16.12.1.3: a strict router has put our Record-Route into the Request-URI. */
TEST(what_a_strict_router_did_is_undone)
{
    preprocess("INVITE sip:token@us.test;lr SIP/2.0\r\n" REST
               "Route: <sip:x.test;lr>, \"Bob\" <sip:bob@192.0.2.9>\r\n" END);
    CHECK_SLICE("sip:bob@192.0.2.9", way.uri.text);
    CHECK_INT(0, way.first);
    CHECK_INT(1, way.last);
    CHECK(way.own_route);
    CHECK_SLICE("token", way.own.user);
}

TEST(a_request_for_the_server_itself_is_no_strict_routing)
{
    preprocess("INVITE sip:us.test;lr SIP/2.0\r\n" REST END); /* no Route */
    CHECK_SLICE("sip:us.test;lr", way.uri.text);
    CHECK(!way.own_route);
    preprocess("INVITE sip:alice@us.test SIP/2.0\r\n" REST "Route: <sip:x.test;lr>\r\n" END); /* no lr */
    CHECK_SLICE("sip:alice@us.test", way.uri.text);
    CHECK_INT(1, way.last);
    preprocess("INVITE sip:x.test;lr SIP/2.0\r\n" REST "Route: <sip:y.test;lr>\r\n" END); /* not us */
    CHECK_SLICE("sip:x.test;lr", way.uri.text);
    CHECK_INT(1, way.last);
}

/* 16.4. */
TEST(a_maddr_of_ours_is_stripped_with_port_and_transport)
{
    preprocess("INVITE sip:bob:pw@b.test:5070;x=1;maddr=us.test;transport=tcp;y SIP/2.0\r\n" REST END);
    CHECK_SLICE("sip:bob:pw@b.test;x=1;y", way.uri.text);
    CHECK_SLICE("b.test", way.uri.host);
    CHECK_INT(0, way.uri.port);
    preprocess("INVITE sip:b.test;maddr=us.test SIP/2.0\r\n" REST END);
    CHECK_SLICE("sip:b.test", way.uri.text);
    preprocess("INVITE sip:b.test;maddr=192.0.2.7 SIP/2.0\r\n" REST END);
    CHECK_SLICE("sip:b.test;maddr=192.0.2.7", way.uri.text);
}

TEST(a_request_uri_too_long_to_strip_is_refused)
{
    char       memory[2048];
    struct buf b = BUF_ON(memory);

    buf_put(&b, SLICE("INVITE sip:b.test;maddr=us.test;x="));
    for (int i = 0; i < 600; i++)
        buf_put_byte(&b, 'x');
    buf_put(&b, SLICE(" SIP/2.0\r\n" REST END));
    request = parse(buf_cstr(&b));
    CHECK(proxy_read_routes(request, &routes));
    routes.maddr_is_us = true;
    CHECK(!proxy_preprocess(request, &routes, &way));
}

TEST(a_route_that_cannot_be_read_or_is_endless_is_refused)
{
    char       memory[4096];
    struct buf b = BUF_ON(memory);

    request = parse(INVITE "Route: <sip:x.test;lr>, <sip:\r\n" END);
    CHECK(!proxy_read_routes(request, &routes));
    message_drop(request);
    buf_put(&b, SLICE(INVITE));
    for (int i = 0; i < LIMIT_ROUTE_SET; i++)
        buf_put(&b, SLICE("Route: <sip:x.test;lr>\r\n"));
    request = parse(buf_cstr((buf_put(&b, SLICE(END)), &b)));
    CHECK(proxy_read_routes(request, &routes));
    CHECK_INT(LIMIT_ROUTE_SET, routes.count);
    message_drop(request);
    b.len -= sizeof END - 1;
    buf_put(&b, SLICE("Route: <sip:x.test;lr>\r\n" END));
    request = parse(buf_cstr(&b));
    CHECK(!proxy_read_routes(request, &routes));
}

/* RFC 5393 5.3.3. */
TEST(breadth_is_shared_among_the_branches)
{
    static const struct {
        const char *line;
        unsigned    branches;
        uint32_t    each;
    } cases[] = {
        { "", 1, 60 },
        { "", 16, 3 },
        { "Max-Breadth: 7\r\n", 2, 3 },
        { "Max-Breadth: 1000\r\n", 1, 60 },
        { "Max-Breadth: 1\r\n", 1, 1 },
        { "Max-Breadth: 1\r\n", 2, 0 },
        { "Max-Breadth: wide\r\n", 2, 30 },
    };

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char            memory[512];
        struct buf      b = BUF_ON(memory);
        struct message *m;

        buf_printf(&b, INVITE "%s" END, cases[i].line);
        m = parse(buf_cstr(&b));
        CHECK_INT(cases[i].each, proxy_breadth(m, cases[i].branches));
        message_drop(m);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_sound_request_is_fit),
        cmocka_unit_test(unfit_requests_have_their_status),
        cmocka_unit_test(unsupported_lists_all_that_proxies_should_know),
        cmocka_unit_test(privacy_is_known_if_it_can_be_provided),
        cmocka_unit_test(a_request_with_its_own_mark_has_looped),
        cmocka_unit_test_teardown(a_request_that_knows_its_way_keeps_it, drop_request),
        cmocka_unit_test_teardown(our_own_route_values_are_taken_from_the_top, drop_request),
        cmocka_unit_test_teardown(what_a_strict_router_did_is_undone, drop_request),
        cmocka_unit_test_teardown(a_request_for_the_server_itself_is_no_strict_routing, drop_request),
        cmocka_unit_test_teardown(a_maddr_of_ours_is_stripped_with_port_and_transport, drop_request),
        cmocka_unit_test_teardown(a_request_uri_too_long_to_strip_is_refused, drop_request),
        cmocka_unit_test_teardown(a_route_that_cannot_be_read_or_is_endless_is_refused, drop_request),
        cmocka_unit_test(breadth_is_shared_among_the_branches),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
