/* SPDX-License-Identifier: BSD-2-Clause */
#include "route/forward.h"
#include "support/test.h"

#define TOP                                                                                                            \
    "Via: SIP/2.0/UDP 192.0.2.4:5070;branch=z9hG4bK7;rport\r\nFrom: <sip:a@a.test>;tag=1\r\n"                          \
    "To: <sip:b@b.test>\r\nCall-ID: one\r\nCSeq: 1 INVITE\r\n"
#define INVITE "INVITE sip:b@b.test SIP/2.0\r\n" TOP
#define END    "Content-Length: 0\r\n\r\n"

static struct message     *request;
static struct proxy_routes routes;
static struct proxy_way    way;
static struct gather       g;
static struct forwarded    sent;
static char                flat[65536];

static const struct identity_change unchanged;

static struct message *parse(const char *text)
{
    struct parse_fault fault;
    struct message    *m = message_parse(test_guarded(slice_from(text)), &fault);

    if (m == NULL)
        print_error("%s\n", fault.expected);
    assert_non_null(m);
    return m;
}

static struct slice written(void)
{
    struct buf b = BUF_ON(flat);

    gather_flatten(&g, &b);
    CHECK(buf_ok(&b));
    return buf_slice(&b);
}

static unsigned forward(const char *text, const struct forward_target *target)
{
    message_drop(request);
    request              = parse(text);
    request->flow.remote = address_v4(192, 0, 2, 99, 1234);
    CHECK(proxy_read_routes(request, &routes));
    for (unsigned i = 0; i < routes.count; i++)
        routes.is_us[i] = slice_eq(routes.value[i].uri.host, SLICE("us.test"));
    CHECK(proxy_preprocess(request, &routes, &way));
    gather_init(&g);
    return forward_request(&g, request, &routes, &way, target, &sent);
}

static struct forward_target to(const char *uri)
{
    return (struct forward_target){ .uri = slice_from(uri) };
}

static bool wrote(const char *text)
{
    struct slice all = written();

    return memmem(all.ptr, all.len, text, strlen(text)) != NULL;
}

static int drop_request(void **state)
{
    (void)state;
    message_drop(request);
    request = NULL;
    return 0;
}

TEST(lines_that_end_here_may_stand_together_and_last)
{
    struct forward_target t = to("sip:b@b.test");

    CHECK_INT(0, forward(INVITE "X: 1\r\nRoute: <sip:us.test;lr>\r\nMax-Forwards: 5\r\nY: 2\r\nl: 4\r\n"
                                "Max-Breadth: 9\r\nRoute: <sip:n.test;lr>\r\n\r\nbody",
                         &t));
    CHECK(wrote("X: 1\r\nY: 2\r\n"));
    CHECK(wrote("\r\n\r\nbody"));
    CHECK(!wrote("us.test"));
}

/* RFC 3261 16.6 items 1-3 and 9; 18.2.1 and RFC 3581 for the Via. */
TEST(a_copy_is_all_that_came_but_for_what_must_change)
{
    struct forward_target t = to("sip:bob@192.0.2.9:5062;transport=udp");

    CHECK_INT(0, forward(INVITE "X-Unknown:  kept  as is\r\nMax-Forwards: 10\r\nDate: ?\r\n"
                                "k: one,\r\n two\r\nX-Unknown: second\r\nContent-Length: 4\r\n\r\nbody",
                         &t));
    CHECK_SLICE("INVITE sip:bob@192.0.2.9:5062;transport=udp SIP/2.0\r\n", sent.start_line);
    CHECK_SLICE("Via: SIP/2.0/UDP 192.0.2.4:5070;branch=z9hG4bK7;rport=1234;received=192.0.2.99\r\n"
                "Max-Forwards: 9\r\nFrom: <sip:a@a.test>;tag=1\r\nTo: <sip:b@b.test>\r\nCall-ID: one\r\n"
                "CSeq: 1 INVITE\r\nX-Unknown:  kept  as is\r\nDate: ?\r\nk: one,\r\n two\r\n"
                "X-Unknown: second\r\nContent-Length: 4\r\n\r\nbody",
                written());
    CHECK_SLICE("sip:bob@192.0.2.9:5062;transport=udp", sent.destination.text);
}

TEST(a_copy_gets_what_the_request_lacks)
{
    struct forward_target t = to("sip:b@b.test");

    CHECK_INT(0, forward(INVITE "\r\nhello", &t));
    CHECK(wrote("Max-Forwards: 70\r\n"));
    CHECK(wrote("Content-Length: 5\r\n\r\nhello"));
}

TEST(a_line_that_ends_in_a_bare_lf_is_mended)
{
    struct forward_target t = to("sip:b@b.test");

    CHECK_INT(0, forward("INVITE sip:b@b.test SIP/2.0\n"
                         "Via: SIP/2.0/UDP 192.0.2.4;branch=z9hG4bK7\nFrom: <sip:a@a.test>;tag=1\n"
                         "To: <sip:b@b.test>\nCall-ID: one\nCSeq: 1 INVITE\nX: y\nContent-Length: 0\n\n",
                         &t));
    CHECK(wrote("CSeq: 1 INVITE\r\nX: y\r\nContent-Length: 0\r\n\r\n"));
}

TEST(one_line_among_others_is_mended)
{
    struct forward_target t = to("sip:b@b.test");

    CHECK_INT(0, forward(INVITE "Subject: x\nDate: ?\r\nX: y\n" END, &t));
    CHECK(wrote("CSeq: 1 INVITE\r\nSubject: x\r\nDate: ?\r\nX: y\r\nContent-Length: 0\r\n\r\n"));
}

/* 19.1.1: neither headers nor method in a Request-URI. */
TEST(what_a_request_uri_may_not_have_is_left_out)
{
    struct forward_target t = to("sip:bob@192.0.2.9;x;Method=BYE;y=z?Subject=hi");

    CHECK_INT(0, forward(INVITE END, &t));
    CHECK_SLICE("INVITE sip:bob@192.0.2.9;x;y=z SIP/2.0\r\n", sent.start_line);
    t = to("sip:bob@192.0.2.9?Subject=hi");
    CHECK_INT(0, forward(INVITE END, &t));
    CHECK_SLICE("INVITE sip:bob@192.0.2.9 SIP/2.0\r\n", sent.start_line);
}

/* 16.6 items 6 and 7. */
TEST(the_rest_of_the_route_goes_on_and_leads)
{
    struct forward_target t = to("sip:bob@192.0.2.9");

    CHECK_INT(0, forward(INVITE "Route: <sip:us.test;lr>, <sip:x.test;lr>;p=1\r\nRoute: <sip:y.test;lr>\r\n" END, &t));
    CHECK(wrote("Route: <sip:x.test;lr>;p=1\r\nRoute: <sip:y.test;lr>\r\n"));
    CHECK(!wrote("us.test"));
    CHECK_SLICE("sip:x.test;lr", sent.destination.text);
}

TEST(a_path_goes_on_top_of_the_route)
{
    struct forward_target t = to("sip:bob@192.0.2.9");

    t.path = SLICE("<sip:edge.test;lr>, <sip:core.test;lr>");
    CHECK_INT(0, forward(INVITE "Route: <sip:x.test;lr>\r\n" END, &t));
    CHECK(wrote("Route: <sip:edge.test;lr>, <sip:core.test;lr>\r\nRoute: <sip:x.test;lr>\r\n"));
    CHECK_SLICE("sip:edge.test;lr", sent.destination.text);
    CHECK_SLICE("INVITE sip:bob@192.0.2.9 SIP/2.0\r\n", sent.start_line);
}

/* 16.6 item 6, 16.12.1.2: a next hop without lr is a strict router. */
TEST(a_strict_router_gets_itself_in_the_request_uri)
{
    struct forward_target t = to("sip:bob@192.0.2.9");

    CHECK_INT(0, forward(INVITE "Route: <sip:strict.test;x>, <sip:y.test;lr>\r\n" END, &t));
    CHECK_SLICE("INVITE sip:strict.test;x SIP/2.0\r\n", sent.start_line);
    CHECK(wrote("Route: <sip:y.test;lr>\r\nRoute: <sip:bob@192.0.2.9>\r\n"));
    CHECK(!wrote("strict.test"));
    CHECK_SLICE("sip:strict.test;x", sent.destination.text);

    t.path = SLICE("<sip:strict.test>, <sip:core.test;lr>");
    CHECK_INT(0, forward(INVITE "Route: <sip:y.test;lr>\r\n" END, &t));
    CHECK_SLICE("INVITE sip:strict.test SIP/2.0\r\n", sent.start_line);
    CHECK(wrote("Route: <sip:core.test;lr>\r\nRoute: <sip:y.test;lr>\r\nRoute: <sip:bob@192.0.2.9>\r\n"));

    t.path = SLICE("<sip:strict.test>");
    CHECK_INT(0, forward(INVITE END, &t));
    CHECK(wrote("\r\nRoute: <sip:bob@192.0.2.9>\r\n"));
    CHECK(!wrote("strict.test"));
}

/* RFC 3261 26.2.2: the Request-URI that said so is then at the end of the Route. */
TEST(to_a_strict_router_too_sips_goes_by_tls)
{
    struct forward_target t = to("sips:bob@b.test");

    CHECK_INT(0, forward(INVITE "Route: <sip:strict.test>\r\n" END, &t));
    CHECK_SLICE("INVITE sip:strict.test SIP/2.0\r\n", sent.start_line);
    CHECK_INT(URI_SIPS, sent.destination.scheme);
    CHECK_INT(0, forward(INVITE "Route: <sip:loose.test;lr>\r\n" END, &t));
    CHECK_INT(URI_SIPS, sent.destination.scheme);
}

/* 22.3: credentials end at the proxy they were made for. */
TEST(our_own_credentials_go_no_further)
{
    struct forward_target t = to("sip:b@b.test");

    t.realm = SLICE("a.test");
    CHECK_INT(0, forward(INVITE "Proxy-Authorization: Digest username=\"a\", realm=\"a.test\", nonce=\"n\", uri=\"u\", "
                                "response=\"00000000000000000000000000000000\"\r\n"
                                "Proxy-Authorization: Digest username=\"a\", realm=\"b.test\", nonce=\"n\", uri=\"u\", "
                                "response=\"00000000000000000000000000000000\"\r\n"
                                "Proxy-Authorization: Strange abc\r\n" END,
                         &t));
    CHECK(!wrote("realm=\"a.test\""));
    CHECK(wrote("realm=\"b.test\""));
    CHECK(wrote("Strange abc"));
}

/* RFC 5393 5.3.3: a single Max-Breadth. */
TEST(max_breadth_is_written_once)
{
    struct forward_target t = to("sip:b@b.test");

    CHECK_INT(0, forward(INVITE "Max-Breadth: 7\r\n" END, &t));
    CHECK(wrote("Max-Breadth: 7\r\n"));
    t.breadth = 3;
    CHECK_INT(0, forward(INVITE "Max-Breadth: 7\r\n" END, &t));
    CHECK(wrote("Max-Breadth: 3\r\n"));
    CHECK(!wrote("Max-Breadth: 7\r\n"));
}

TEST(a_target_or_path_that_cannot_be_read_is_refused)
{
    static const char *const bad_path[] = { "<sip:x;lr", "x", "<sip:x;lr>,", "<sip:x;lr> y", " " };
    struct forward_target    t          = to("bob");

    CHECK_INT(400, forward(INVITE END, &t));
    t = to("");
    CHECK_INT(400, forward(INVITE END, &t));
    t = to("sip:b@b.test");
    for (size_t i = 0; i < sizeof bad_path / sizeof *bad_path; i++) {
        t.path = test_guarded(slice_from(bad_path[i]));
        CHECK_INT(400, forward(INVITE END, &t));
    }
}

TEST(a_copy_too_large_is_refused)
{
    static char           memory[40000];
    struct buf            b = BUF_ON(memory);
    struct forward_target t;

    buf_put(&b, SLICE("sip:"));
    for (int i = 0; i < 20000; i++)
        buf_put_byte(&b, 'x');
    t = to(buf_cstr(&b));
    CHECK_INT(513, forward(INVITE END, &t));
}

#define REPLY "From: <sip:a@a.test>;tag=1\r\nTo: <sip:b@b.test>;tag=2\r\nCall-ID: one\r\nCSeq: 1 INVITE\r\n"

/* 16.7 items 3 and 9; what an element below has noted in its own Via is its. */
TEST(a_response_goes_up_without_our_via)
{
    request = parse("SIP/2.0 200 Fine with me\r\nv: SIP/2.0/UDP us.test;branch=z9hG4bKa , SIP/2.0/UDP 192.0.2.4;branch="
                    "z9hG4bK7;received=192.0.2.5;rport=1\r\nVia: SIP/2.0/TCP 192.0.2.3;branch=z9hG4bK6\r\n" REPLY
                    "X-Unknown: kept\r\nContent-Length: 4\r\n\r\nbody");
    gather_init(&g);
    CHECK(forward_response(&g, request, NULL, 0, &unchanged));
    CHECK_SLICE("SIP/2.0 200 Fine with me\r\nVia: SIP/2.0/UDP 192.0.2.4;branch=z9hG4bK7;received=192.0.2.5;rport=1\r\n"
                "Via: SIP/2.0/TCP 192.0.2.3;branch=z9hG4bK6\r\n" REPLY
                "X-Unknown: kept\r\nContent-Length: 4\r\n\r\nbody",
                written());
}

TEST(a_response_that_was_for_us_does_not)
{
    request = parse("SIP/2.0 200 OK\r\nVia: SIP/2.0/UDP us.test;branch=z9hG4bKa\r\n" REPLY END);
    gather_init(&g);
    CHECK(!forward_response(&g, request, NULL, 0, &unchanged));
}

/* 16.7 item 7. */
TEST(challenges_of_other_branches_are_added)
{
    struct message       *other    = parse("SIP/2.0 407 Again\r\nVia: SIP/2.0/UDP us.test;branch=z9hG4bKb\r\n" REPLY
                                           "Proxy-Authenticate: Digest realm=\"c\"\r\nX-Not: this\r\n"
                                                    "Proxy-Authenticate: Digest realm=\"d\"\r\n" END);
    const struct message *others[] = { other };

    request =
        parse("SIP/2.0 401 Who?\r\nVia: SIP/2.0/UDP us.test;branch=z9hG4bKa\r\n"
              "Via: SIP/2.0/UDP 192.0.2.4;branch=z9hG4bK7\r\n" REPLY "WWW-Authenticate: Digest realm=\"b\"\r\n\r\n");
    gather_init(&g);
    CHECK(forward_response(&g, request, others, 1, &unchanged));
    CHECK_SLICE("SIP/2.0 401 Who?\r\nVia: SIP/2.0/UDP 192.0.2.4;branch=z9hG4bK7\r\n" REPLY
                "WWW-Authenticate: Digest realm=\"b\"\r\nProxy-Authenticate: Digest realm=\"c\"\r\n"
                "Proxy-Authenticate: Digest realm=\"d\"\r\nContent-Length: 0\r\n\r\n",
                written());
    message_drop(other);
}

TEST(a_copy_may_have_lines_of_its_own)
{
    struct forward_target t = to("sip:b@b.test");

    t.headers = SLICE("Require: path\r\n");
    CHECK_INT(0, forward(INVITE "Max-Breadth: 7\r\n" END, &t));
    CHECK(wrote("Require: path\r\n"));
}

/* RFC 3325 5, 6; RFC 3323 5. */
TEST(what_is_known_of_who_asks_takes_the_place_of_what_he_says)
{
    struct forward_target t = to("sip:b@b.test");

    t.identity = (struct identity_change){ .drop_asserted  = true,
                                           .drop_preferred = true,
                                           .drop_privacy   = true,
                                           .lines          = { SLICE("P-Asserted-Identity: <sip:alice@a.test>\r\n") } };
    CHECK_INT(0, forward(INVITE "P-Asserted-Identity: <sip:chief@a.test>\r\nPrivacy: id\r\n"
                                "P-Preferred-Identity: <sip:alice@a.test>\r\nProxy-Require: x, privacy\r\n"
                                "p-asserted-identity : <tel:+1>\r\n" END,
                         &t));
    CHECK(wrote("P-Asserted-Identity: <sip:alice@a.test>\r\n") && wrote("Privacy: id\r\n"));
    CHECK(wrote("Proxy-Require: x\r\n"));
    CHECK(!wrote("chief") && !wrote("tel:") && !wrote("Preferred") && !wrote("privacy"));
    t.identity = unchanged;
    CHECK_INT(0, forward(INVITE "P-Asserted-Identity: <sip:chief@a.test>\r\nProxy-Require: privacy\r\n" END, &t));
    CHECK(wrote("chief") && wrote("privacy"));
}

TEST(what_is_known_of_who_answers_does_too)
{
    const struct identity_change change = { .drop_asserted = true, .drop_preferred = true };

    request = parse("SIP/2.0 200 OK\r\nVia: SIP/2.0/UDP us.test;branch=z9hG4bKa\r\n"
                    "Via: SIP/2.0/UDP 192.0.2.4;branch=z9hG4bK7\r\n" REPLY
                    "P-Asserted-Identity: <sip:chief@a.test>\r\nP-Preferred-Identity: <sip:chief@a.test>\r\n" END);
    gather_init(&g);
    CHECK(forward_response(&g, request, NULL, 0, &change));
    CHECK(!wrote("chief"));
    gather_init(&g);
    CHECK(forward_response(&g, request, NULL, 0, &unchanged));
    CHECK(wrote("P-Asserted-Identity: <sip:chief@a.test>\r\n"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(lines_that_end_here_may_stand_together_and_last, drop_request),
        cmocka_unit_test_teardown(a_copy_is_all_that_came_but_for_what_must_change, drop_request),
        cmocka_unit_test_teardown(a_copy_gets_what_the_request_lacks, drop_request),
        cmocka_unit_test_teardown(a_line_that_ends_in_a_bare_lf_is_mended, drop_request),
        cmocka_unit_test_teardown(one_line_among_others_is_mended, drop_request),
        cmocka_unit_test_teardown(what_a_request_uri_may_not_have_is_left_out, drop_request),
        cmocka_unit_test_teardown(the_rest_of_the_route_goes_on_and_leads, drop_request),
        cmocka_unit_test_teardown(a_path_goes_on_top_of_the_route, drop_request),
        cmocka_unit_test_teardown(a_strict_router_gets_itself_in_the_request_uri, drop_request),
        cmocka_unit_test_teardown(to_a_strict_router_too_sips_goes_by_tls, drop_request),
        cmocka_unit_test_teardown(our_own_credentials_go_no_further, drop_request),
        cmocka_unit_test_teardown(max_breadth_is_written_once, drop_request),
        cmocka_unit_test_teardown(a_target_or_path_that_cannot_be_read_is_refused, drop_request),
        cmocka_unit_test_teardown(a_copy_too_large_is_refused, drop_request),
        cmocka_unit_test_teardown(a_response_goes_up_without_our_via, drop_request),
        cmocka_unit_test_teardown(a_response_that_was_for_us_does_not, drop_request),
        cmocka_unit_test_teardown(challenges_of_other_branches_are_added, drop_request),
        cmocka_unit_test_teardown(a_copy_may_have_lines_of_its_own, drop_request),
        cmocka_unit_test_teardown(what_is_known_of_who_asks_takes_the_place_of_what_he_says, drop_request),
        cmocka_unit_test_teardown(what_is_known_of_who_answers_does_too, drop_request),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
