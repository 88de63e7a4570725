/* SPDX-License-Identifier: BSD-2-Clause */
/* The targets of a route, as gateways on ports of one host hear it. */
#include "support/server_bench.h"
#include "support/test.h"

static struct bench b;
static unsigned     asked;

static void calls(const char *method, const char *uri)
{
    raw_forget(&b.bob);
    raw_forget(&b.carol);
    raw_ask(&b.alice, &(struct request_form){ .method = method,
                                              .uri    = uri,
                                              .from   = "<sip:alice@example.test>;tag=1",
                                              .cseq   = ++asked,
                                              .to     = "<sip:x@y>" });
    bench_live(&b, 50);
}

TEST(a_number_is_called_at_its_target_as_a_user_of_that_host)
{
    bench_open(&b, "route \"+49*\" { to = \"sip:192.0.2.9:6001;transport=udp\" }\n"
                   "route \"+39*\" { to = \"sip:192.0.2.9:6001;lr\" }\n");
    calls("MESSAGE", "tel:+49-30;ext=1");
    CHECK(raw_last_is(&b.bob, "MESSAGE sip:+49-30;ext=1@192.0.2.9:6001;transport=udp;user=phone SIP/2.0"));
    raw_answer(&b.bob, 0, "200 OK", "b");
    calls("MESSAGE", "sip:+4930@example.test");
    CHECK(raw_last_is(&b.bob, "MESSAGE sip:+4930@192.0.2.9:6001;transport=udp;user=phone SIP/2.0"));
    raw_answer(&b.bob, 0, "200 OK", "b");
    calls("MESSAGE", "tel:+39-2");
    CHECK(raw_last_is(&b.bob, "MESSAGE tel:+39-2 SIP/2.0"));
    CHECK(strstr(raw_heard(&b.bob, 0), "Route: <sip:192.0.2.9:6001;lr>") != NULL);
    raw_answer(&b.bob, 0, "200 OK", "b");
    bench_live(&b, 50);
    bench_close(&b);
}

TEST(the_next_target_is_asked_when_one_has_failed_as_the_route_says)
{
    bench_open(
        &b,
        "route \"far.test\" { to = {\"sip:192.0.2.9:6002 priority=2\", \"sip:192.0.2.9:6001\"} fail_over = {500} }\n");
    calls("MESSAGE", "sip:x@far.test");
    CHECK(raw_last_is(&b.bob, "MESSAGE sip:x@far.test SIP/2.0"));
    raw_answer(&b.bob, 0, "500 Broken", "b");
    bench_live(&b, 50);
    CHECK(raw_last_is(&b.carol, "MESSAGE sip:x@far.test SIP/2.0"));
    raw_answer(&b.carol, 0, "200 OK", "c");
    bench_live(&b, 50);
    CHECK(raw_last_is(&b.alice, "SIP/2.0 200 "));
    calls("MESSAGE", "sip:x@far.test");
    raw_answer(&b.bob, 0, "404 Nobody", "b");
    bench_live(&b, 50);
    CHECK(raw_last_is(&b.alice, "SIP/2.0 404 "));
    CHECK_INT(0, raw_heard_count(&b.carol, "MESSAGE"));
    bench_close(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_number_is_called_at_its_target_as_a_user_of_that_host),
        cmocka_unit_test(the_next_target_is_asked_when_one_has_failed_as_the_route_says),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
