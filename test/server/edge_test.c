/* SPDX-License-Identifier: BSD-2-Clause */
/* The edge proxy (RFC 5626 5): alice is a phone of home.test, bob the registrar there, carol anybody. */
#include "server/edge.h"

#include "support/server_bench.h"
#include "support/test.h"

#include <stdio.h>

static struct bench b;
static char         path[512]; /* of the last REGISTER that bob has heard */

static void open_edge(void)
{
    bench_open(&b, "edge = {home.test}\nroute \"home.test\" { to = \"sip:192.0.2.9:6001\" }\n");
}

static void registers(struct raw_phone *p, const char *more)
{
    char text[512];

    snprintf(text, sizeof text, "Contact: <sip:alice@10.0.0.7>\r\n%s", more);
    raw_ask(p, &(struct request_form){ .method = "REGISTER",
                                       .uri    = "sip:home.test",
                                       .via    = p->udp != NULL ? "SIP/2.0/UDP 10.0.0.7;rport" : "SIP/2.0/TCP 10.0.0.7",
                                       .from   = "<sip:alice@home.test>;tag=1",
                                       .to     = "<sip:alice@home.test>",
                                       .more   = text });
    bench_live(&b, 20);
    header_of(raw_heard(&b.bob, 0), "Path", path, sizeof path);
}

static void grants(const char *expires)
{
    char status[128];

    snprintf(status, sizeof status, "200 OK\r\nContact: <sip:alice@10.0.0.7>;expires=%s", expires);
    raw_answer(&b.bob, 0, status, "b");
    bench_live(&b, 20);
}

/* To the phone, with this Route. */
static void asks(const char *route)
{
    char more[1024];

    snprintf(more, sizeof more, "Route: %s\r\n", route);
    raw_ask(&b.carol, &(struct request_form){ .method = "MESSAGE", .uri = "sip:alice@10.0.0.7", .more = more });
    bench_live(&b, 50);
}

/* 5.1; RFC 3327 5.2. */
TEST(the_register_of_a_phone_gets_a_path_with_its_flow)
{
    char value[64];

    open_edge();
    registers(&b.alice, "Supported: path, outbound\r\n");
    CHECK(strncmp(path, "<sip:flow-", 10) == 0 && strstr(path, "@192.0.2.1:5060;lr;ob>") != NULL);
    assert_string_equal("path", header_of(raw_heard(&b.bob, 0), "Require", value, sizeof value));
    grants("60");
    CHECK(raw_last_is(&b.alice, "SIP/2.0 200 "));
    asks(path);
    CHECK(raw_last_is(&b.alice, "MESSAGE "));
    CHECK(strstr(raw_heard(&b.alice, 0), "Route:") == NULL);
    raw_answer(&b.alice, 0, "200 OK", "a");
    bench_close(&b);
}

TEST(who_does_not_know_path_is_told)
{
    char value[64];

    open_edge();
    registers(&b.alice, "Supported: outbound\r\n");
    CHECK(raw_last_is(&b.alice, "SIP/2.0 421 "));
    assert_string_equal("path", header_of(raw_heard(&b.alice, 0), "Require", value, sizeof value));
    CHECK_INT(0, b.bob.count);
    bench_close(&b);
}

/* 5.1: ob is of the first hop. */
TEST(a_register_that_came_by_a_proxy_is_forwarded_as_it_is)
{
    open_edge();
    registers(&b.alice, "Via: SIP/2.0/UDP 10.0.0.8;branch=z9hG4bKx\r\n");
    CHECK(raw_last_is(&b.bob, "REGISTER "));
    assert_string_equal("", path);
    grants("60");
    bench_close(&b);
}

/* 5.3.1 */
TEST(a_token_that_was_changed_is_forbidden)
{
    open_edge();
    registers(&b.alice, "Supported: path\r\n");
    grants("60");
    raw_forget(&b.alice);
    path[sizeof "<sip:flow-" + 3] ^= 1;
    asks(path);
    CHECK(raw_last_is(&b.carol, "SIP/2.0 403 "));
    CHECK_INT(0, b.alice.count);
    bench_close(&b);
}

TEST(a_flow_that_is_gone_has_failed)
{
    open_edge();
    registers(&b.alice, "Supported: path\r\n");
    grants("60");
    raw_close(&b.alice);
    asks(path);
    CHECK(raw_last_is(&b.carol, "SIP/2.0 430 Flow Failed"));
    bench_close(&b);
}

/* 5.3: whoever sends by the flow itself goes out, and is forwarded as any phone's request. */
TEST(the_phone_may_have_its_own_path_for_a_route)
{
    char more[1024];

    open_edge();
    registers(&b.alice, "Supported: path\r\n");
    grants("60");
    snprintf(more, sizeof more, "Route: %s\r\n", path);
    raw_ask(&b.alice, &(struct request_form){ .method = "MESSAGE",
                                              .uri    = "sip:somebody@far.test",
                                              .from   = "<sip:alice@home.test>;tag=1",
                                              .cseq   = 2,
                                              .more   = more });
    bench_live(&b, 20);
    CHECK(raw_last_is(&b.bob, "MESSAGE sip:somebody@far.test "));
    raw_answer(&b.bob, 0, "200 OK", "b");
    bench_close(&b);
}

static void opens_a_stream(struct raw_phone *phone, const char *expires)
{
    open_edge();
    raw_connect(phone, b.at_phones);
    bench_live(&b, 20);
    registers(phone, "Supported: path\r\n");
    grants(expires);
    CHECK(!phone->closed);
}

/* Its end is the end of the flow, so idleness is no reason for that. */
TEST(a_registered_connection_is_kept_as_long_as_the_registrar_has_granted)
{
    static struct raw_phone phone;

    opens_a_stream(&phone, "1800");
    bench_live(&b, 1750 * 1000);
    CHECK(!phone.closed);
    bench_live(&b, 700 * 1000);
    CHECK(phone.closed);
    raw_close(&phone);
    bench_close(&b);
}

TEST(what_a_registrar_grants_for_ever_is_a_day)
{
    static struct raw_phone phone;

    opens_a_stream(&phone, "4294967295");
    bench_live(&b, (msec)23 * 3600 * 1000);
    CHECK(!phone.closed);
    bench_live(&b, (msec)2 * 3600 * 1000);
    CHECK(phone.closed);
    raw_close(&phone);
    bench_close(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_register_of_a_phone_gets_a_path_with_its_flow),
        cmocka_unit_test(who_does_not_know_path_is_told),
        cmocka_unit_test(a_register_that_came_by_a_proxy_is_forwarded_as_it_is),
        cmocka_unit_test(a_token_that_was_changed_is_forbidden),
        cmocka_unit_test(a_flow_that_is_gone_has_failed),
        cmocka_unit_test(the_phone_may_have_its_own_path_for_a_route),
        cmocka_unit_test(a_registered_connection_is_kept_as_long_as_the_registrar_has_granted),
        cmocka_unit_test(what_a_registrar_grants_for_ever_is_a_day),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
