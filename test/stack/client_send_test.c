/* SPDX-License-Identifier: BSD-2-Clause */
/* What a client transaction writes: the Via of each target, the ACK to a refusal, the
 * CANCEL (RFC 3261 8.1.1.7, 9.1, 17.1.1.3, RFC 3263 4.3). */
#include "stack/internal.h"
#include "support/server_bench.h"
#include "support/stack_quiet.h"
#include "support/test.h"

#include <stdio.h>

static struct bench b;

static void ring_bob(const char *from)
{
    bench_open(&b, "");
    raw_register(&b.bob, 1, NULL);
    bench_live(&b, 50);
    raw_forget(&b.bob);
    raw_ask(&b.alice,
            &(struct request_form){ .method = "INVITE", .uri = "sip:bob@example.test", .from = from, .cseq = 7 });
    bench_live(&b, 50);
    CHECK(raw_last_is(&b.bob, "INVITE sip:bob@192.0.2.9:6001 SIP/2.0\r\n"));
}

/* The same line in two messages. */
static void check_same(const char *name, unsigned one, unsigned other)
{
    char first[16000], second[16000];

    header_of(raw_heard(&b.bob, one), name, first, sizeof first);
    header_of(raw_heard(&b.bob, other), name, second, sizeof second);
    assert_string_equal(first, second);
}

static const char *header(unsigned back, const char *name)
{
    static char value[16000];

    return header_of(raw_heard(&b.bob, back), name, value, sizeof value);
}

static unsigned vias(const char *text)
{
    unsigned count = 0;

    while ((text = strstr(text, "\r\nVia: ")) != NULL) {
        count++;
        text++;
    }
    return count;
}

/* RFC 3261 17.1.1.3. */
TEST(the_ack_to_a_refusal_repeats_the_invite)
{
    ring_bob(NULL);
    raw_answer(&b.bob, 0, "486 Busy Here", "b");
    bench_live(&b, 50);
    CHECK(raw_last_is(&b.bob, "ACK sip:bob@192.0.2.9:6001 SIP/2.0\r\n"));
    check_same("Via", 0, 1);
    check_same("From", 0, 1);
    check_same("Call-ID", 0, 1);
    assert_string_equal("7 ACK", header(0, "CSeq"));
    assert_string_equal("<sip:bob@example.test>;tag=b", header(0, "To"));
    CHECK_INT(2, vias(raw_heard(&b.bob, 1)));
    CHECK_INT(1, vias(raw_heard(&b.bob, 0))); /* our own only */
    assert_string_equal("0", header(0, "Content-Length"));
    bench_close(&b);
}

/* Headers that the ACK repeats may be long. */
TEST(the_ack_to_a_large_invite_is_sent_too)
{
    static char from[9000];

    snprintf(from, sizeof from, "\"%0*d\" <sip:bob@example.test>;tag=1", 8500, 1);
    ring_bob(from);
    raw_answer(&b.bob, 0, "486 Busy Here", "b");
    bench_live(&b, 50);
    CHECK(raw_last_is(&b.bob, "ACK "));
    assert_string_equal(from, header(0, "From"));
    bench_close(&b);
}

/* RFC 3261 9.1: one Via, the INVITE's; its Route; its CSeq number; no tag. */
TEST(the_cancel_repeats_the_invite)
{
    bench_open(&b, "");
    raw_ask(&b.alice, &(struct request_form){ .method = "INVITE",
                                              .uri    = "sip:x@far.test",
                                              .cseq   = 7,
                                              .more   = "Route: <sip:192.0.2.1;lr>, <sip:192.0.2.9:6001;lr>\r\n" });
    bench_live(&b, 50);
    CHECK(raw_last_is(&b.bob, "INVITE sip:x@far.test SIP/2.0\r\n"));
    raw_answer(&b.bob, 0, "180 Ringing", "b");
    bench_live(&b, 50);
    raw_ask(&b.alice, &(struct request_form){
                          .method = "CANCEL", .uri = "sip:x@far.test", .branch = "INVITE-7-6000", .cseq = 7 });
    bench_live(&b, 50);
    CHECK(raw_last_is(&b.bob, "CANCEL sip:x@far.test SIP/2.0\r\n"));
    check_same("Via", 0, 1);
    check_same("From", 0, 1);
    check_same("To", 0, 1);
    check_same("Route", 0, 1);
    assert_string_equal("<sip:192.0.2.9:6001;lr>", header(0, "Route"));
    assert_string_equal("7 CANCEL", header(0, "CSeq"));
    CHECK_INT(1, vias(raw_heard(&b.bob, 0)));
    raw_answer(&b.bob, 0, "200 OK", "b");
    raw_answer(&b.bob, 1, "487 Request Terminated", "b");
    bench_close(&b);
}

TEST(the_ack_has_the_route_of_its_invite)
{
    bench_open(&b, "");
    raw_ask(&b.alice, &(struct request_form){ .method = "INVITE",
                                              .uri    = "sip:x@far.test",
                                              .more   = "Route: <sip:192.0.2.1;lr>, <sip:192.0.2.9:6001;lr>\r\n" });
    bench_live(&b, 50);
    raw_answer(&b.bob, 0, "486 Busy Here", "b");
    bench_live(&b, 50);
    CHECK(raw_last_is(&b.bob, "ACK sip:x@far.test SIP/2.0\r\n"));
    assert_string_equal("<sip:192.0.2.9:6001;lr>", header(0, "Route"));
    bench_close(&b);
}

/* RFC 3263 4.3: the next target gets a transaction of its own; a repetition is the
 * same to the byte. */
TEST(a_repetition_keeps_the_branch_and_another_target_has_its_own)
{
    char first[256], other[256];

    bench_open(&b, "route \"far.test\" { to = \"sip:gate.test\" }\n");
    network_add_srv(b.network, "_sip._udp.gate.test", 1, 0, 6001, "one.gate.test");
    network_add_srv(b.network, "_sip._udp.gate.test", 2, 0, 6002, "one.gate.test");
    network_add_ip(b.network, "one.gate.test", "192.0.2.9");
    raw_ask(&b.alice, &(struct request_form){ .method = "INVITE", .uri = "sip:x@far.test" });
    bench_live(&b, 700);
    CHECK_INT(2, b.bob.count);
    assert_string_equal(raw_heard(&b.bob, 0), raw_heard(&b.bob, 1));
    raw_answer(&b.bob, 0, "503 Service Unavailable", "b");
    bench_live(&b, 50);
    header_of(raw_heard(&b.bob, 1), "Via", first, sizeof first);
    header_of(raw_heard(&b.carol, 0), "Via", other, sizeof other);
    CHECK(strncmp(first, "SIP/2.0/UDP 192.0.2.1:5060;branch=z9hG4bK", 41) == 0);
    CHECK(strncmp(other, "SIP/2.0/UDP 192.0.2.1:5060;branch=z9hG4bK", 41) == 0);
    CHECK(strcmp(first, other) != 0);
    raw_answer(&b.carol, 0, "603 Decline", "c");
    bench_live(&b, 50);
    CHECK(raw_last_is(&b.alice, "SIP/2.0 603 "));
    bench_close(&b);
}

/* Bob's 200 to a MESSAGE, with this sent-by in our Via and what else stood there. */
static void answers_as(const char *sent_by, const char *params)
{
    char text[1024];

    snprintf(text, sizeof text,
             "SIP/2.0 200 OK\r\nVia: SIP/2.0/UDP %s;%s\r\nVia: SIP/2.0/UDP 192.0.2.9:6000;branch=z9hG4bKx\r\n"
             "From: <sip:a@a>;tag=1\r\nTo: <sip:b@b>;tag=2\r\nCall-ID: x\r\nCSeq: 1 MESSAGE\r\n"
             "Content-Length: 0\r\n\r\n",
             sent_by, params);
    raw_say(&b.bob, text);
    bench_live(&b, 50);
}

/* RFC 3261 18.1.2: the branch alone does not make a response one of ours. */
TEST(a_response_with_another_sent_by_than_its_request_had_is_dropped)
{
    static const char *const others[] = { "192.0.2.7:5060", "192.0.2.1:5061", "192.0.2.1" };
    char                     via[256];

    bench_open(&b, "route \"far.test\" { to = \"sip:192.0.2.9:6001\" }\n");
    raw_ask(&b.alice, &(struct request_form){ .method = "MESSAGE", .uri = "sip:x@far.test" });
    bench_live(&b, 50);
    header_of(raw_heard(&b.bob, 0), "Via", via, sizeof via);
    CHECK(strncmp(via, "SIP/2.0/UDP 192.0.2.1:5060;", 27) == 0);
    for (unsigned i = 0; i < 3; i++) {
        answers_as(others[i], via + 27);
        CHECK_INT(0, b.alice.count);
        CHECK_INT(i + 1, counter_read(&b.at_server->counters.stray_responses));
    }
    raw_answer(&b.bob, 0, "200 OK", "b");
    bench_live(&b, 50);
    CHECK(raw_last_is(&b.alice, "SIP/2.0 200 "));
    bench_close(&b);
}

/* An address of IPv6 may be written in many ways. */
TEST(a_sent_by_in_other_words_is_the_same)
{
    static const char *const others[] = { "[2001:DB8::1]:5060", "[2001:db8:0:0:0:0:0:1]:5060" };
    char                     via[256];

    for (unsigned i = 0; i < 2; i++) {
        bench_open(&b, "listen = {\"udp:192.0.2.1:5060 advertise [2001:db8::1]:5060\"}\n"
                       "route \"far.test\" { to = \"sip:192.0.2.9:6001\" }\n");
        raw_ask(&b.alice, &(struct request_form){ .method = "MESSAGE", .uri = "sip:x@far.test" });
        bench_live(&b, 50);
        header_of(raw_heard(&b.bob, 0), "Via", via, sizeof via);
        CHECK(strncmp(via, "SIP/2.0/UDP [2001:db8::1]:5060;", 31) == 0);
        answers_as(others[i], via + 31);
        CHECK_INT(0, counter_read(&b.at_server->counters.stray_responses));
        CHECK_INT(1, b.alice.count);
        bench_close(&b);
    }
}

/* RFC 3261 18.1.1: a server whose connection has gone opens another, to where sent-by says. */
static void answer_by_another_connection(const char *request)
{
    struct raw_phone other;
    char             via[256], text[1024];

    header_of(request, "Via", via, sizeof via);
    snprintf(text, sizeof text,
             "SIP/2.0 200 OK\r\nVia: %s\r\nVia: SIP/2.0/UDP 192.0.2.9:6000;branch=z9hG4bKx\r\nFrom: <sip:a@a>;tag=1\r\n"
             "To: <sip:b@b>;tag=2\r\nCall-ID: x\r\nCSeq: 1 MESSAGE\r\nContent-Length: 0\r\n\r\n",
             via);
    raw_connect(&other, b.at_phones);
    raw_say(&other, text);
    bench_live(&b, 50);
    CHECK(raw_last_is(&b.alice, "SIP/2.0 200 "));
    raw_forget(&b.alice);
    raw_close(&other);
}

TEST(a_response_may_come_by_a_connection_of_its_own)
{
    struct raw_phone stream;

    bench_open(&b, "route \"far.test\" { to = \"sip:192.0.2.9:6001\" }\n"
                   "route \"tcp.test\" { to = \"sip:192.0.2.9:6010;transport=tcp\" }\n");
    raw_listen(&stream, b.at_phones, 6010);
    raw_ask(&b.alice, &(struct request_form){ .method = "MESSAGE", .uri = "sip:x@far.test" });
    bench_live(&b, 50);
    answer_by_another_connection(raw_heard(&b.bob, 0));
    raw_ask(&b.alice, &(struct request_form){ .method = "MESSAGE", .uri = "sip:x@tcp.test", .cseq = 2 });
    bench_live(&b, 50);
    answer_by_another_connection(stream.heard[0]);
    raw_close(&stream);
    bench_close(&b);
}

/* A response to the branch of a target that was given up is nobody's. */
TEST(a_late_answer_of_a_target_given_up_is_not_taken_for_the_next_ones)
{
    bench_open(&b, "route \"far.test\" { to = \"sip:gate.test\" }\n");
    network_add_srv(b.network, "_sip._udp.gate.test", 1, 0, 6001, "one.gate.test");
    network_add_srv(b.network, "_sip._udp.gate.test", 2, 0, 6002, "one.gate.test");
    network_add_ip(b.network, "one.gate.test", "192.0.2.9");
    raw_ask(&b.alice, &(struct request_form){ .method = "MESSAGE", .uri = "sip:x@far.test" });
    bench_live(&b, 32500);
    CHECK(raw_last_is(&b.carol, "MESSAGE "));
    raw_answer(&b.bob, 0, "200 OK", "b");
    bench_live(&b, 50);
    CHECK_INT(1, counter_read(&b.at_server->counters.stray_responses));
    CHECK_INT(0, raw_heard_count(&b.alice, "SIP/2.0 200 "));
    bench_close(&b);
}

static void ignore(void *user, object_id txn, struct message *request)
{
    (void)user;
    (void)txn;
    (void)request;
}

/* How a client transaction ended. */
static void on_end(const struct client_user *u, object_id txn, enum client_event event, struct message *response,
                   int detail)
{
    unsigned *errors = u->self;

    (void)txn;
    (void)response;
    (void)detail;
    *errors += event == CLIENT_ERROR;
}

/* A request by a WebSocket of that listener's, which has gone; the address is known as well. */
static void ask_by_lost_websocket(struct stack *s, unsigned listener, unsigned *errors)
{
    struct client_user user = { .fn = on_end, .self = errors };
    struct flow        flow = { .transport  = TRANSPORT_WS,
                                .local      = address_v4(192, 0, 2, 11, 8080),
                                .remote     = address_v4(192, 0, 2, 9, 6001),
                                .listener   = listener,
                                .connection = 12345 };
    struct uri         uri;
    struct gather      g;
    struct outgoing    out = { .start_line  = SLICE("OPTIONS sip:b@192.0.2.9:6001;transport=ws SIP/2.0\r\n"),
                               .rest        = &g,
                               .method      = METHOD_OPTIONS,
                               .flow        = &flow,
                               .destination = &uri };

    CHECK(uri_parse(SLICE("sip:b@192.0.2.9:6001;transport=ws"), &uri));
    gather_init(&g);
    gather_header(&g, HEADER_FROM, SLICE("<sip:a@a>;tag=1"));
    gather_header(&g, HEADER_TO, SLICE("<sip:b>"));
    gather_header(&g, HEADER_CALL_ID, SLICE("1"));
    gather_header(&g, HEADER_CSEQ, SLICE("1 OPTIONS"));
    gather_body(&g, SLICE(""), SLICE(""));
    (void)stack_request(s, &out, &user);
    bench_live(&b, 50);
}

/* RFC 7118 5: who connected to us by it cannot be connected to; a server that we had
 * connected to can. */
TEST(nobody_connects_to_the_client_of_a_websocket)
{
    static const struct stack_events events = { ignore, quiet_ack, quiet_cancel, quiet_stray, quiet_end };
    struct stack_config              config = { .max_server_txns = 8, .max_client_txns = 8, .max_connections = 8 };
    struct address                   local  = address_v4(192, 0, 2, 11, 8080);
    struct host                     *h;
    struct world                    *world;
    struct stack                    *s;
    unsigned                         index, errors = 0;

    bench_open(&b, "");
    h = network_host(b.network, "other");
    CHECK(host_add_address(h, "192.0.2.11"));
    world = world_fake_new(h);
    s     = stack_new(world, &config, &events, NULL);
    CHECK(s != NULL);
    CHECK_INT(0, stack_listen(s, TRANSPORT_WS, &local, SLICE(""), &index));
    ask_by_lost_websocket(s, index, &errors);
    CHECK_INT(0, counter_read(&world->counters.connections_opened));
    CHECK_INT(1, errors);
    ask_by_lost_websocket(s, STACK_LISTENERS, &errors);
    CHECK_INT(1, counter_read(&world->counters.connections_opened));
    stack_free(s);
    world_fake_free(world);
    bench_close(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_ack_to_a_refusal_repeats_the_invite),
        cmocka_unit_test(the_ack_to_a_large_invite_is_sent_too),
        cmocka_unit_test(the_cancel_repeats_the_invite),
        cmocka_unit_test(the_ack_has_the_route_of_its_invite),
        cmocka_unit_test(a_repetition_keeps_the_branch_and_another_target_has_its_own),
        cmocka_unit_test(a_response_with_another_sent_by_than_its_request_had_is_dropped),
        cmocka_unit_test(a_sent_by_in_other_words_is_the_same),
        cmocka_unit_test(a_response_may_come_by_a_connection_of_its_own),
        cmocka_unit_test(a_late_answer_of_a_target_given_up_is_not_taken_for_the_next_ones),
        cmocka_unit_test(nobody_connects_to_the_client_of_a_websocket),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
