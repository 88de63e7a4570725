/* SPDX-License-Identifier: BSD-2-Clause */
/* Server transactions as a hostile or clumsy client sees them: where responses
 * go, what is absorbed, what is refused (RFC 3261 17.2, 18.2; RFC 3581). */
#include "support/alloc.h"
#include "support/server_bench.h"
#include "support/test.h"

#include <stdio.h>

static struct bench b;

static const struct counters *counters(void)
{
    return &b.at_server->counters;
}

static void options(struct raw_phone *p, const char *via, unsigned cseq)
{
    raw_ask(p, &(struct request_form){ .method = "OPTIONS", .via = via, .cseq = cseq, .more = "Require: pref\r\n" });
    bench_live(&b, 50);
}

/* RFC 3261 18.2.2: to the source address, at the port of sent-by. */
TEST(without_rport_the_response_goes_to_the_port_of_sent_by)
{
    bench_open(&b, "");
    options(&b.alice, "SIP/2.0/UDP 192.0.2.9:6001", 1);
    CHECK_INT(0, b.alice.count);
    CHECK(raw_last_is(&b.bob, "SIP/2.0 200 "));
    options(&b.alice, "SIP/2.0/UDP 10.9.9.9:6001", 2); /* a private address inside */
    CHECK_INT(2, b.bob.count);
    CHECK(strstr(raw_heard(&b.bob, 0), ";received=192.0.2.9") != NULL);
    bench_close(&b);
}

/* RFC 3581 4. */
TEST(with_rport_the_response_goes_where_the_request_came_from)
{
    bench_open(&b, "");
    options(&b.alice, "SIP/2.0/UDP 10.9.9.9:6001;rport", 1);
    CHECK_INT(0, b.bob.count);
    CHECK(raw_last_is(&b.alice, "SIP/2.0 200 "));
    CHECK(strstr(raw_heard(&b.alice, 0), ";rport=6000") != NULL);
    CHECK(strstr(raw_heard(&b.alice, 0), ";received=192.0.2.9") != NULL);
    bench_close(&b);
}

TEST(a_received_of_the_senders_own_making_is_not_believed)
{
    bench_open(&b, "");
    options(&b.alice, "SIP/2.0/UDP 192.0.2.9:6000;received=192.0.2.77", 1);
    CHECK(raw_last_is(&b.alice, "SIP/2.0 200 "));
    CHECK(strstr(raw_heard(&b.alice, 0), "192.0.2.77") == NULL);
    bench_close(&b);
}

/* maddr would let anyone aim our responses at a third party. */
TEST(a_foreign_maddr_reflects_nothing)
{
    struct raw_phone victim;
    struct host     *host;
    struct world    *w;
    struct address   local = address_v4(192, 0, 2, 66, 5060);

    bench_open(&b, "");
    host = network_host(b.network, "victim");
    CHECK(host_add_address(host, "192.0.2.66"));
    w = world_fake_new(host);
    raw_open_at(&victim, w, &local);
    options(&b.alice, "SIP/2.0/UDP 192.0.2.9:6000;maddr=192.0.2.66", 1);
    options(&b.alice, "SIP/2.0/UDP 192.0.2.66;maddr=192.0.2.66;rport", 2);
    raw_ask(&b.alice, &(struct request_form){ .method = "INVITE",
                                              .uri    = "sip:nobody@example.test",
                                              .via    = "SIP/2.0/UDP 192.0.2.66;maddr=192.0.2.66" });
    bench_live(&b, 40000); /* a 404 and its repetitions */
    CHECK_INT(0, victim.count);
    CHECK_INT(2, raw_heard_count(&b.alice, "SIP/2.0 200 "));
    options(&b.alice, "SIP/2.0/UDP 10.9.9.9:6001;rport;maddr=192.0.2.9", 3); /* its own: 18.2.2 */
    CHECK(raw_last_is(&b.bob, "SIP/2.0 200 "));
    raw_close(&victim);
    world_fake_free(w);
    bench_close(&b);
}

/* No response fits into what we may send: an INVITE must not wait for one for ever. */
TEST(a_request_that_no_response_fits_leaves_nothing)
{
    static char  text[24000];
    static char  padding[20001];
    unsigned     invite;
    struct slice part;

    memset(padding, 'x', sizeof padding - 1);
    bench_open(&b, "");
    for (invite = 1; invite <= 2; invite++) {
        struct address to = address_v4(192, 0, 2, 1, 5060);

        snprintf(text, sizeof text,
                 "INVITE sip:%s@example.test SIP/2.0\r\nVia: SIP/2.0/UDP 192.0.2.9:6000;branch=z9hG4bK%u;x=%s\r\n"
                 "From: <sip:a@far.test>;tag=1\r\nTo: <sip:b@example.test>\r\nCall-ID: big\r\nCSeq: %u INVITE\r\n"
                 "Content-Length: 0\r\n\r\n",
                 invite == 1 ? "nobody" : "bob", invite, padding, invite);
        if (invite == 2)
            raw_register(&b.bob, 1, NULL);
        part = slice_from(text);
        CHECK_INT(0, world_udp_send(b.at_phones, b.alice.udp, NULL, &to, &part, 1));
        bench_live(&b, 1000);
    }
    CHECK(counter_read(&counters()->unanswerable) >= 2);
    bench_close(&b); /* which counts what is left */
}

TEST(at_the_limit_of_transactions_the_answer_is_503)
{
    char value[64];

    bench_open(&b, "max_server_transactions = 16\n");
    for (unsigned i = 1; i <= 17; i++)
        options(&b.alice, NULL, i);
    CHECK(raw_last_is(&b.alice, "SIP/2.0 503 "));
    CHECK(header_of(raw_heard(&b.alice, 0), "Retry-After", value, sizeof value)[0] != '\0');
    CHECK_INT(16, raw_heard_count(&b.alice, "SIP/2.0 200 "));
    CHECK_INT(1, counter_read(&counters()->transactions_refused));
    bench_live(&b, 33000);
    options(&b.alice, NULL, 18);
    CHECK(raw_last_is(&b.alice, "SIP/2.0 200 "));
    bench_close(&b);
}

/* RFC 3261 18.2.2: by a new connection to the source address and the port of sent-by. */
TEST(a_response_whose_connection_is_gone_goes_by_a_new_one)
{
    struct raw_phone tcp, heard;

    bench_open(&b, "connection_idle = 30s\n");
    raw_listen(&heard, b.at_phones, 7000);
    raw_connect(&tcp, b.at_phones);
    bench_live(&b, 10);
    store_fake_hold(b.store, true);
    raw_ask(&tcp, &(struct request_form){ .via  = "SIP/2.0/TCP 192.0.2.9:7000",
                                          .more = "Contact: <sip:bob@192.0.2.9:7000;transport=tcp>\r\n" });
    bench_live(&b, 50);
    raw_close(&tcp);
    bench_live(&b, 50);
    store_fake_hold(b.store, false);
    bench_live(&b, 100);
    CHECK(raw_last_is(&heard, "SIP/2.0 200 "));
    CHECK_INT(1, counter_read(&counters()->connections_opened));
    raw_close(&heard);
    bench_close(&b);
}

/* RFC 6026 7.1: every 2xx of a fork goes up. */
TEST(two_phones_that_both_answer_are_both_heard)
{
    bench_open(&b, "");
    raw_register(&b.bob, 1, NULL);
    raw_register(&b.carol, 1, NULL);
    bench_live(&b, 50);
    raw_ask(&b.alice, &(struct request_form){ .method = "INVITE", .uri = "sip:bob@example.test" });
    bench_live(&b, 50);
    CHECK(raw_last_is(&b.bob, "INVITE ") && raw_last_is(&b.carol, "INVITE "));
    raw_answer(&b.bob, 0, "200 OK", "b");
    raw_answer(&b.carol, 0, "200 OK", "c");
    bench_live(&b, 50);
    CHECK_INT(2, raw_heard_count(&b.alice, "SIP/2.0 200 "));
    CHECK(strstr(raw_heard(&b.alice, 0), ";tag=c") != NULL);
    CHECK(strstr(raw_heard(&b.alice, 1), ";tag=b") != NULL);
    bench_close(&b);
}

/* A second final response of a phone changes nothing. */
TEST(after_a_refusal_a_late_200_of_the_same_phone_is_not_forwarded)
{
    bench_open(&b, "");
    raw_register(&b.bob, 1, NULL);
    bench_live(&b, 50);
    raw_ask(&b.alice, &(struct request_form){ .method = "INVITE", .uri = "sip:bob@example.test" });
    bench_live(&b, 50);
    raw_answer(&b.bob, 0, "486 Busy Here", "b");
    bench_live(&b, 10);
    CHECK(raw_last_is(&b.bob, "ACK "));
    CHECK(raw_last_is(&b.alice, "SIP/2.0 486 "));
    raw_answer(&b.bob, 1, "200 OK", "b");
    bench_live(&b, 10);
    CHECK_INT(0, raw_heard_count(&b.alice, "SIP/2.0 200 "));
    bench_close(&b);
}

/* Then it cannot be repeated, but once is better than never. */
TEST(a_response_for_which_there_is_no_memory_is_sent_once)
{
    unsigned needed;

    bench_open(&b, "");
    options(&b.alice, NULL, 1); /* tables have grown */
    alloc_fail_at(0);
    options(&b.alice, NULL, 2);
    needed = alloc_count();
    alloc_fail_at(needed - 1); /* the response comes last but for the block to sleep in */
    options(&b.alice, NULL, 3);
    CHECK(alloc_failed());
    alloc_fail_at(0);
    CHECK_INT(3, raw_heard_count(&b.alice, "SIP/2.0 200 "));
    options(&b.alice, NULL, 3);
    CHECK_INT(3, b.alice.count);
    bench_close(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(without_rport_the_response_goes_to_the_port_of_sent_by),
        cmocka_unit_test(with_rport_the_response_goes_where_the_request_came_from),
        cmocka_unit_test(a_received_of_the_senders_own_making_is_not_believed),
        cmocka_unit_test(a_foreign_maddr_reflects_nothing),
        cmocka_unit_test(a_request_that_no_response_fits_leaves_nothing),
        cmocka_unit_test(at_the_limit_of_transactions_the_answer_is_503),
        cmocka_unit_test(a_response_whose_connection_is_gone_goes_by_a_new_one),
        cmocka_unit_test(two_phones_that_both_answer_are_both_heard),
        cmocka_unit_test(a_response_for_which_there_is_no_memory_is_sent_once),
        cmocka_unit_test(after_a_refusal_a_late_200_of_the_same_phone_is_not_forwarded),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
