/* SPDX-License-Identifier: BSD-2-Clause */
/* Where requests go, and above all where they do not: the server is nobody's relay. */
#include "support/server_bench.h"
#include "support/test.h"

#include <stdio.h>

static struct bench b;

static void invite_bob(void)
{
    raw_register(&b.bob, 1, NULL);
    bench_live(&b, 50);
    CHECK(raw_last_is(&b.bob, "SIP/2.0 200 "));
    raw_forget(&b.bob);
    raw_ask(&b.alice, &(struct request_form){
                          .method = "INVITE", .uri = "sip:bob@example.test", .from = "<sip:a@far.test>;tag=a" });
    bench_live(&b, 50);
    CHECK(raw_last_is(&b.bob, "INVITE sip:bob@192.0.2.9:6001 SIP/2.0\r\n"));
}

/* A request within alice's call; `route` is the whole value, or NULL. */
static void ask_in_dialog(const char *method, const char *uri, const char *route)
{
    char line[512] = "";

    if (route != NULL)
        snprintf(line, sizeof line, "Route: %s\r\n", route);
    raw_ask(&b.alice, &(struct request_form){ .method = method,
                                              .uri    = uri,
                                              .from   = "<sip:a@far.test>;tag=a",
                                              .to     = "<sip:bob@example.test>;tag=b",
                                              .branch = strcmp(method, "ACK") == 0 ? "ack" : NULL,
                                              .cseq   = strcmp(method, "ACK") == 0 ? 1 : 2,
                                              .more   = line });
    bench_live(&b, 50);
}

/* No transaction and no dialog: nobody's business. */
TEST(a_stray_ack_reaches_nobody)
{
    bench_open(&b, "");
    raw_register(&b.bob, 1, NULL);
    bench_live(&b, 50);
    raw_forget(&b.bob);
    ask_in_dialog("ACK", "sip:bob@example.test", NULL);
    ask_in_dialog("ACK", "sip:bob@192.0.2.9:6001", NULL);
    ask_in_dialog("ACK", "sip:bob@example.test", "<sip:192.0.2.1;lr>");
    ask_in_dialog("ACK", "sip:bob@192.0.2.9:6001", "<sip:192.0.2.1;lr>");
    ask_in_dialog("ACK", "sip:bob@192.0.2.9:6001", "<sip:0123456789abcdef@192.0.2.1;lr>");
    ask_in_dialog("ACK", "sip:bob@192.0.2.9:6001", "<sip:192.0.2.1;lr>, <sip:192.0.2.9:6001;lr>");
    CHECK_INT(6, counter_read(&b.at_server->counters.stray_acks));
    CHECK_INT(0, b.bob.count);
    CHECK_INT(0, b.alice.count); /* an ACK is never answered */
    bench_close(&b);
}

/* RFC 3261 16.12: what we put into Record-Route is the way back through us. */
TEST(the_ack_and_the_bye_of_a_call_go_through)
{
    char route[256], line[300];

    bench_open(&b, "");
    invite_bob();
    header_of(raw_heard(&b.bob, 0), "Record-Route", route, sizeof route);
    raw_answer(&b.bob, 0, "200 OK", "b");
    bench_live(&b, 50);
    CHECK(raw_last_is(&b.alice, "SIP/2.0 200 "));
    ask_in_dialog("ACK", "sip:bob@192.0.2.9:6001", route);
    CHECK(raw_last_is(&b.bob, "ACK sip:bob@192.0.2.9:6001 SIP/2.0\r\n"));
    raw_forget(&b.bob);
    snprintf(line, sizeof line, "Route: %s\r\n", route); /* some clients keep the INVITE's branch */
    raw_ask(&b.alice, &(struct request_form){ .method = "ACK",
                                              .uri    = "sip:bob@192.0.2.9:6001",
                                              .from   = "<sip:a@far.test>;tag=a",
                                              .to     = "<sip:bob@example.test>;tag=b",
                                              .branch = "INVITE-1-6000",
                                              .more   = line });
    bench_live(&b, 50);
    CHECK(raw_last_is(&b.bob, "ACK sip:bob@192.0.2.9:6001 SIP/2.0\r\n"));
    ask_in_dialog("BYE", "sip:bob@192.0.2.9:6001", route);
    CHECK(raw_last_is(&b.bob, "BYE sip:bob@192.0.2.9:6001 SIP/2.0\r\n"));
    raw_answer(&b.bob, 0, "200 OK", "b");
    bench_live(&b, 50);
    CHECK(raw_last_is(&b.alice, "SIP/2.0 200 "));
    bench_close(&b);
}

/* The token belongs to one Call-ID. */
TEST(the_token_of_another_call_opens_nothing)
{
    char route[256], line[512];

    bench_open(&b, "");
    invite_bob();
    header_of(raw_heard(&b.bob, 0), "Record-Route", route, sizeof route);
    raw_answer(&b.bob, 0, "486 Busy Here", "b");
    bench_live(&b, 50);
    raw_forget(&b.bob);
    raw_forget(&b.alice);
    snprintf(line, sizeof line, "Route: %s\r\n", route);
    raw_ask(&b.alice, &(struct request_form){ .method  = "BYE",
                                              .uri     = "sip:192.0.2.9:6001",
                                              .call_id = "another",
                                              .from    = "<sip:a@far.test>;tag=a",
                                              .to      = "<sip:b@far.test>;tag=b",
                                              .more    = line });
    bench_live(&b, 50);
    CHECK(raw_last_is(&b.alice, "SIP/2.0 403 "));
    CHECK_INT(0, b.bob.count);
    bench_close(&b);
}

TEST(strangers_are_not_relayed_to_strangers)
{
    static const char *const methods[] = { "INVITE", "MESSAGE", "OPTIONS", "BYE", "REGISTER", "SUBSCRIBE", "FOO" };

    bench_open(&b, "");
    for (unsigned i = 0; i < sizeof methods / sizeof *methods; i++) {
        raw_ask(&b.alice, &(struct request_form){ .method = methods[i],
                                                  .uri    = "sip:x@192.0.2.9:6001",
                                                  .from   = "<sip:a@far.test>;tag=a",
                                                  .to     = i % 2 != 0 ? "<sip:x@far.test>;tag=b" : NULL,
                                                  .cseq   = i + 1 });
        bench_live(&b, 50);
        CHECK(raw_last_is(&b.alice, "SIP/2.0 403 "));
    }
    CHECK_INT(0, b.bob.count);
    bench_close(&b);
}

/* A To tag alone proves no dialog: our user has to prove himself. */
TEST(a_to_tag_does_not_stand_in_for_a_password)
{
    bench_open(&b, "authentication = yes\n");
    raw_ask(&b.alice, &(struct request_form){
                          .method = "INVITE", .uri = "sip:x@192.0.2.9:6001", .to = "<sip:x@far.test>;tag=b" });
    bench_live(&b, 50);
    CHECK(raw_last_is(&b.alice, "SIP/2.0 407 "));
    raw_ask(&b.alice, &(struct request_form){ .method = "INVITE",
                                              .uri    = "sip:x@192.0.2.9:6001",
                                              .to     = "<sip:x@far.test>;tag=b",
                                              .cseq   = 2,
                                              .more   = "Route: <sip:0123456789abcdef@192.0.2.1;lr>\r\n" });
    bench_live(&b, 50);
    CHECK(raw_last_is(&b.alice, "SIP/2.0 407 "));
    CHECK_INT(0, b.bob.count);
    bench_close(&b);
}

struct refusal {
    const char *method, *uri, *more, *answer;
};

/* RFC 3261 8.2.2.1, 16.3, 16.4, 16.5; 11.2. */
TEST(every_refusal_has_its_status)
{
    char                 routes[1024] = "Route: <sip:r.test;lr>";
    const struct refusal table[]      = {
             { "INVITE", "foo:bar", "", "416 " },
             { "INVITE", "tel:+4930123", "", "416 " },
             { "INVITE", "sip:nobody@example.test", "", "404 " },
             { "INVITE", "sip:example.test", "", "404 " },
             { "OPTIONS", "sip:example.test", "Max-Forwards: 0\r\n", "200 " },
             { "OPTIONS", "sip:x@other.test", "Max-Forwards: 0\r\n", "483 " },
             { "OPTIONS", "sip:x@other.test", "Proxy-Require: foo, bar\r\n", "420 " },
             { "REGISTER", "sip:example.test", "Require: foo\r\n", "420 " },
             { "MESSAGE", "sip:x@other.test", "Route: nonsense\r\n", "400 " },
             { "MESSAGE", "sip:x@other.test", routes, "400 " },
    };

    for (unsigned i = 0; i < 16; i++)
        strcat(routes, ", <sip:r.test;lr>");
    strcat(routes, "\r\n");
    bench_open(&b, "");
    for (unsigned i = 0; i < sizeof table / sizeof *table; i++) {
        const struct refusal *r = &table[i];

        raw_ask(&b.alice, &(struct request_form){ .method = r->method, .uri = r->uri, .cseq = i + 1, .more = r->more });
        bench_live(&b, 50);
        if (strncmp(raw_heard(&b.alice, 0) + 8, r->answer, 4) != 0)
            fail_msg("%s %s %s: wanted %s, heard %.60s", r->method, r->uri, r->more, r->answer, raw_heard(&b.alice, 0));
    }
    bench_close(&b);
}

/* No more are told than there is room for, and nothing else. */
TEST(of_many_unknown_extensions_some_are_told)
{
    static char more[2048] = "Proxy-Require: a";
    const char *heard, *at;
    unsigned    told = 0;

    for (int i = 0; i < 200; i++)
        strcat(more, ",a");
    strcat(more, "\r\n");
    bench_open(&b, "");
    raw_ask(&b.alice, &(struct request_form){ .method = "OPTIONS", .uri = "sip:x@other.test", .more = more });
    bench_live(&b, 50);
    CHECK(raw_last_is(&b.alice, "SIP/2.0 420 "));
    heard = raw_heard(&b.alice, 0);
    at    = strstr(heard, "Unsupported: a\r\n");
    assert_non_null(at);
    for (; strncmp(at, "Unsupported: a\r\n", 16) == 0; at += 16)
        told++;
    CHECK(told > 50 && told < 200);
    assert_string_equal("Content-Length: 0\r\n\r\n", at);
    bench_close(&b);
}

/* RFC 3261 9.2. */
TEST(a_cancel_of_nothing_gets_481)
{
    bench_open(&b, "");
    raw_ask(&b.alice, &(struct request_form){ .method = "CANCEL", .uri = "sip:bob@example.test" });
    bench_live(&b, 50);
    CHECK(raw_last_is(&b.alice, "SIP/2.0 481 "));
    bench_close(&b);
}

/* 100rel (RFC 3262) is an extension of phones that this server has no part in. */
TEST(options_claims_only_what_there_is)
{
    char value[256];

    bench_open(&b, "");
    raw_ask(&b.alice, &(struct request_form){ .method = "OPTIONS" });
    bench_live(&b, 50);
    CHECK(raw_last_is(&b.alice, "SIP/2.0 200 "));
    CHECK(strstr(header_of(raw_heard(&b.alice, 0), "Allow", value, sizeof value), "INVITE, ACK") != NULL);
    CHECK(strstr(header_of(raw_heard(&b.alice, 0), "Supported", value, sizeof value), "path") != NULL);
    CHECK(strstr(value, "100rel") == NULL);
    bench_close(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_stray_ack_reaches_nobody),
        cmocka_unit_test(the_ack_and_the_bye_of_a_call_go_through),
        cmocka_unit_test(the_token_of_another_call_opens_nothing),
        cmocka_unit_test(strangers_are_not_relayed_to_strangers),
        cmocka_unit_test(a_to_tag_does_not_stand_in_for_a_password),
        cmocka_unit_test(every_refusal_has_its_status),
        cmocka_unit_test(of_many_unknown_extensions_some_are_told),
        cmocka_unit_test(a_cancel_of_nothing_gets_481),
        cmocka_unit_test(options_claims_only_what_there_is),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
