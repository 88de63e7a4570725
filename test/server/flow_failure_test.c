/* SPDX-License-Identifier: BSD-2-Clause */
/* What becomes of a registration whose flow is no more (RFC 5626 7): bob's port and carol's are two flows of
 * one phone. */
#include "server/flow_failure.h"

#include "base/error.h"
#include "server/internal.h"
#include "support/server_bench.h"
#include "support/test.h"

#include <stdio.h>

static struct bench b;

static void registers(struct raw_phone *p, unsigned reg_id)
{
    char more[256], call_id[32];

    snprintf(more, sizeof more,
             "Contact: <sip:bob@10.0.0.7>;+sip.instance=\"<urn:uuid:1>\";reg-id=%u\r\nSupported: path, outbound\r\n",
             reg_id);
    snprintf(call_id, sizeof call_id, "flow-%u-%u", reg_id, p->port);
    raw_ask(p, &(struct request_form){ .method = "REGISTER", .call_id = call_id, .more = more });
    bench_live(&b, 20);
    CHECK(raw_last_is(p, "SIP/2.0 200 "));
    raw_forget(p);
}

static void asks(unsigned cseq)
{
    raw_forget(&b.bob);
    raw_forget(&b.carol);
    raw_ask(&b.alice, &(struct request_form){ .method = "OPTIONS", .uri = "sip:bob@example.test", .cseq = cseq });
    bench_live(&b, 50);
}

static uint64_t flows_lost(void)
{
    return counter_read(&b.at_server->counters.flows_lost);
}

/* A port that nobody has: the phone is asked by its other flow, and nobody tries the dead one again. */
TEST(a_closed_port_ends_a_flow_and_the_request_goes_by_the_next)
{
    bench_open(&b, "");
    registers(&b.bob, 1);
    registers(&b.carol, 2);
    raw_close(&b.carol);
    asks(2);
    CHECK(raw_last_is(&b.bob, "OPTIONS "));
    CHECK_INT(1, flows_lost());
    CHECK_INT(1, counter_read(&b.at_server->counters.flows_passed_over));
    raw_answer(&b.bob, 0, "200 OK", "b");
    bench_live(&b, 20);
    asks(3);
    CHECK(raw_last_is(&b.bob, "OPTIONS "));
    CHECK_INT(1, counter_read(&b.at_server->counters.flows_passed_over)); /* not again */
    raw_answer(&b.bob, 0, "200 OK", "b");
    bench_close(&b);
}

/* It is still registered, and comes back as the same. */
TEST(a_flow_that_has_ended_leaves_its_registration)
{
    bench_open(&b, "");
    registers(&b.carol, 2);
    raw_close(&b.carol);
    asks(2);
    CHECK(raw_last_is(&b.alice, "SIP/2.0 480 "));
    CHECK_INT(1, location_count(server_location(b.server)));
    registers(&b.bob, 2);
    CHECK_INT(1, location_count(server_location(b.server)));
    asks(3);
    CHECK(raw_last_is(&b.bob, "OPTIONS "));
    raw_answer(&b.bob, 0, "200 OK", "b");
    bench_close(&b);
}

/* RFC 5626 7: a TCP socket that closes; nobody has to try it first. */
TEST(a_connection_that_ends_ends_its_flows_at_once)
{
    static struct raw_phone phone;

    bench_open(&b, "");
    raw_connect(&phone, b.at_phones);
    bench_live(&b, 20);
    raw_ask(&phone, &(struct request_form){ .method = "REGISTER",
                                            .via    = "SIP/2.0/TCP 10.0.0.7",
                                            .more   = "Contact: <sip:bob@10.0.0.7>;+sip.instance=\"<urn:uuid:1>\";"
                                                      "reg-id=1\r\nSupported: path, outbound\r\n" });
    bench_live(&b, 20);
    CHECK(raw_last_is(&phone, "SIP/2.0 200 "));
    CHECK_INT(0, flows_lost());
    raw_close(&phone);
    bench_live(&b, 20);
    CHECK_INT(1, flows_lost());
    CHECK_INT(1, location_count(server_location(b.server)));
    asks(2);
    CHECK(raw_last_is(&b.alice, "SIP/2.0 480 "));
    bench_close(&b);
}

/* The key that location.h and the log have. */
static void note(enum transport transport, int error)
{
    struct flow flow = { .transport = transport };

    CHECK(address_parse(SLICE("192.0.2.9:6001"), &flow.remote) && address_parse(SLICE("192.0.2.1:5060"), &flow.local));
    flow_failure_note(b.server, SLICE("sip:bob@example.test"), &flow, error);
}

/* A router that has lost its way for a moment may find it again. */
TEST(only_what_is_final_ends_a_flow)
{
    bench_open(&b, "");
    registers(&b.bob, 1);
    note(TRANSPORT_UDP, -ERR_UNREACHABLE);
    note(TRANSPORT_UDP, -ERR_LIMIT);
    note(TRANSPORT_UDP, -ERR_NO_MEMORY);
    note(TRANSPORT_UDP, -ERR_TOO_LARGE);
    note(TRANSPORT_TCP, -ERR_CLOSED); /* which is not its flow */
    CHECK_INT(0, flows_lost());
    note(TRANSPORT_UDP, -ERR_REFUSED);
    CHECK_INT(1, flows_lost());
    note(TRANSPORT_UDP, -ERR_REFUSED);
    CHECK_INT(1, flows_lost());
    bench_close(&b);
}

/* Its Contact says how else it is reached. */
TEST(a_registration_without_outbound_has_no_flow_to_lose)
{
    bench_open(&b, "");
    raw_register(&b.bob, 1, NULL);
    bench_live(&b, 20);
    note(TRANSPORT_UDP, -ERR_REFUSED);
    CHECK_INT(0, flows_lost());
    asks(2);
    CHECK(raw_last_is(&b.bob, "OPTIONS "));
    raw_answer(&b.bob, 0, "200 OK", "b");
    bench_close(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_closed_port_ends_a_flow_and_the_request_goes_by_the_next),
        cmocka_unit_test(a_flow_that_has_ended_leaves_its_registration),
        cmocka_unit_test(a_connection_that_ends_ends_its_flows_at_once),
        cmocka_unit_test(only_what_is_final_ends_a_flow),
        cmocka_unit_test(a_registration_without_outbound_has_no_flow_to_lose),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
