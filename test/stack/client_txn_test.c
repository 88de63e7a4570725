/* SPDX-License-Identifier: BSD-2-Clause */
/* Client transactions among failing targets, and their CANCELs, seen through the
 * proxy that uses them (RFC 3261 9.1, 16.8, 17.1; RFC 3263 4.3). */
#include "support/server_bench.h"
#include "support/test.h"

#include <stdio.h>

static struct bench b;

static void calls(const char *method, const char *uri, unsigned cseq)
{
    raw_ask(&b.alice,
            &(struct request_form){ .method = method, .uri = uri, .cseq = cseq, .branch = "call", .call_id = "call" });
    bench_live(&b, 50);
}

/* "far.test" has two targets: bob's port first, carol's second. */
static void open_with_two_targets(const char *more)
{
    char text[512];

    snprintf(text, sizeof text, "route \"far.test\" { to = \"sip:gate.test\" }\n%s", more);
    bench_open(&b, text);
    network_add_srv(b.network, "_sip._udp.gate.test", 1, 0, 6001, "one.gate.test");
    network_add_srv(b.network, "_sip._udp.gate.test", 2, 0, 6002, "two.gate.test");
    network_add_ip(b.network, "one.gate.test", "192.0.2.9");
    network_add_ip(b.network, "two.gate.test", "192.0.2.9");
}

static void carol_answers_alice(void)
{
    CHECK(raw_last_is(&b.carol, "INVITE sip:x@far.test SIP/2.0\r\n"));
    raw_answer(&b.carol, 0, "200 OK", "c");
    bench_live(&b, 50);
    CHECK(raw_last_is(&b.alice, "SIP/2.0 200 "));
    bench_close(&b);
}

/* RFC 3263 4.3; and 17.1.1.3: the 503 has its ACK all the same. */
TEST(after_a_503_the_next_target_is_tried)
{
    open_with_two_targets("");
    calls("INVITE", "sip:x@far.test", 1);
    CHECK(raw_last_is(&b.bob, "INVITE sip:x@far.test SIP/2.0\r\n"));
    CHECK_INT(0, b.carol.count);
    raw_answer(&b.bob, 0, "503 Service Unavailable", "b");
    bench_live(&b, 50);
    CHECK(raw_last_is(&b.bob, "ACK sip:x@far.test SIP/2.0\r\n"));
    CHECK_INT(0, b.alice.count);
    carol_answers_alice();
}

TEST(after_an_icmp_error_the_next_target_is_tried)
{
    open_with_two_targets("");
    raw_close(&b.bob);
    calls("INVITE", "sip:x@far.test", 1);
    carol_answers_alice();
}

TEST(after_timer_b_the_next_target_is_tried)
{
    open_with_two_targets("");
    calls("INVITE", "sip:x@far.test", 1);
    bench_live(&b, 31900);
    CHECK_INT(7, raw_heard_count(&b.bob, "INVITE "));
    CHECK_INT(0, b.carol.count);
    bench_live(&b, 200);
    carol_answers_alice();
}

/* 16.7 item 6: that ours are down does not mean that we are. */
TEST(when_all_targets_refuse_with_503_the_caller_hears_500)
{
    open_with_two_targets("");
    calls("INVITE", "sip:x@far.test", 1);
    raw_answer(&b.bob, 0, "503 Service Unavailable", "b");
    bench_live(&b, 50);
    raw_answer(&b.carol, 0, "503 Service Unavailable", "c");
    bench_live(&b, 50);
    CHECK(raw_last_is(&b.alice, "SIP/2.0 500 "));
    bench_close(&b);
}

/* A target that has answered anything is not given up for another. */
TEST(a_503_after_a_180_is_final)
{
    open_with_two_targets("");
    calls("INVITE", "sip:x@far.test", 1);
    raw_answer(&b.bob, 0, "180 Ringing", "b");
    bench_live(&b, 50);
    raw_answer(&b.bob, 0, "503 Service Unavailable", "b");
    bench_live(&b, 50);
    CHECK(raw_last_is(&b.alice, "SIP/2.0 500 "));
    CHECK_INT(0, b.carol.count);
    bench_close(&b);
}

static void ring_bob(const char *more)
{
    bench_open(&b, more);
    raw_register(&b.bob, 1, NULL);
    bench_live(&b, 50);
    raw_forget(&b.bob);
    calls("INVITE", "sip:bob@example.test", 1);
    CHECK(raw_last_is(&b.bob, "INVITE "));
}

/* RFC 3261 9.1. */
TEST(a_cancel_before_the_first_provisional_waits_for_it)
{
    ring_bob("");
    calls("CANCEL", "sip:bob@example.test", 1);
    CHECK(raw_last_is(&b.alice, "SIP/2.0 200 ")); /* to the CANCEL */
    CHECK_INT(0, raw_heard_count(&b.bob, "CANCEL "));
    raw_answer(&b.bob, 0, "180 Ringing", "b");
    bench_live(&b, 50);
    CHECK(raw_last_is(&b.bob, "CANCEL sip:bob@192.0.2.9:6001 SIP/2.0\r\n"));
    raw_answer(&b.bob, 0, "200 OK", "b");
    raw_answer(&b.bob, 1, "487 Request Terminated", "b");
    bench_live(&b, 50);
    CHECK(raw_last_is(&b.alice, "SIP/2.0 487 "));
    bench_close(&b);
}

TEST(a_cancel_after_a_provisional_goes_at_once)
{
    char invite[128], cancel[128];

    ring_bob("");
    raw_answer(&b.bob, 0, "180 Ringing", "b");
    bench_live(&b, 50);
    calls("CANCEL", "sip:bob@example.test", 1);
    CHECK(raw_last_is(&b.bob, "CANCEL "));
    header_of(raw_heard(&b.bob, 1), "Via", invite, sizeof invite);
    header_of(raw_heard(&b.bob, 0), "Via", cancel, sizeof cancel);
    assert_string_equal(invite, cancel);
    raw_answer(&b.bob, 0, "200 OK", "b");
    raw_answer(&b.bob, 1, "487 Request Terminated", "b");
    bench_live(&b, 50);
    CHECK(raw_last_is(&b.alice, "SIP/2.0 487 "));
    bench_close(&b);
}

/* The race that CANCEL may lose: the 200 counts. */
TEST(a_200_that_crosses_the_cancel_reaches_the_caller)
{
    ring_bob("");
    raw_answer(&b.bob, 0, "180 Ringing", "b");
    bench_live(&b, 50);
    calls("CANCEL", "sip:bob@example.test", 1);
    raw_answer(&b.bob, 1, "200 OK", "b");
    raw_answer(&b.bob, 0, "481 Gone", "b");
    bench_live(&b, 50);

    CHECK(strstr(raw_heard(&b.alice, 0), "CSeq: 1 INVITE") != NULL);
    bench_close(&b);
}

/* RFC 3261 9.1: whoever ignores a CANCEL is not waited for beyond 64 * T1. */
TEST(a_phone_that_ignores_the_cancel_is_given_up)
{
    ring_bob("");
    raw_answer(&b.bob, 0, "180 Ringing", "b");
    bench_live(&b, 50);
    calls("CANCEL", "sip:bob@example.test", 1);
    bench_live(&b, 31000);
    CHECK_INT(0, raw_heard_count(&b.alice, "SIP/2.0 487 "));
    bench_live(&b, 2000);
    CHECK(raw_last_is(&b.alice, "SIP/2.0 487 "));
    bench_close(&b);
}

/* RFC 3261 16.8. */
TEST(timer_c_ends_a_call_that_only_rings)
{
    ring_bob("timer_c = 181s\n");
    raw_answer(&b.bob, 0, "180 Ringing", "b");
    bench_live(&b, 180 * 1000);
    CHECK_INT(0, raw_heard_count(&b.bob, "CANCEL "));
    bench_live(&b, 2000);
    CHECK(raw_last_is(&b.bob, "CANCEL "));
    raw_answer(&b.bob, 0, "200 OK", "b");
    bench_live(&b, 50);
    bench_live(&b, 33 * 1000); /* bob never says 487 */
    CHECK(raw_last_is(&b.alice, "SIP/2.0 408 "));
    bench_close(&b);
}

TEST(a_provisional_response_starts_timer_c_anew)
{
    ring_bob("timer_c = 181s\n");
    for (unsigned i = 0; i < 3; i++) {
        raw_answer(&b.bob, 0, "183 Session Progress", "b");
        bench_live(&b, 170 * 1000);
    }
    CHECK_INT(1, b.bob.count);
    raw_answer(&b.bob, 0, "486 Busy Here", "b");
    bench_live(&b, 50);
    CHECK(raw_last_is(&b.alice, "SIP/2.0 486 "));
    bench_close(&b);
}

/* What the name service says after nobody waits any more concerns nobody. */
TEST(an_answer_of_the_name_service_after_the_end_is_harmless)
{
    open_with_two_targets("");
    network_set_name_delay(b.network, 60000);
    calls("INVITE", "sip:x@far.test", 1);
    calls("MESSAGE", "sip:x@far.test", 2);
    bench_live(&b, 1000);
    server_free(b.server);
    shared_free(b.shared);
    store_fake_crash(b.store);
    bench_live(&b, 120000); /* the world goes on without it */
    world_fake_free(b.at_server);
    bench_start(&b);
    CHECK_INT(0, b.bob.count + b.carol.count);
    bench_close(&b);
}

TEST(a_call_cancelled_while_a_name_is_looked_up_ends_like_any_other)
{
    open_with_two_targets("");
    network_set_name_delay(b.network, 2000);
    calls("INVITE", "sip:x@far.test", 1);
    calls("CANCEL", "sip:x@far.test", 1);
    bench_live(&b, 10000); /* SRV, then A */
    CHECK(raw_last_is(&b.bob, "INVITE "));
    raw_answer(&b.bob, 0, "100 Trying", "b");
    bench_live(&b, 50);
    CHECK(raw_last_is(&b.bob, "CANCEL "));
    raw_answer(&b.bob, 0, "200 OK", "b");
    for (unsigned i = 0; i < RAW_KEPT; i++)
        if (strncmp(raw_heard(&b.bob, i), "INVITE ", 7) == 0) {
            raw_answer(&b.bob, i, "487 Request Terminated", "b");
            break;
        }
    bench_live(&b, 50);
    CHECK(raw_last_is(&b.alice, "SIP/2.0 487 "));
    bench_close(&b);
}

/* The stream that bob registered by is gone; his Contact is a name, and to ask for
 * it takes longer than Timer B of an attempt that was over before it began. */
TEST(a_failed_flow_does_not_hurry_the_lookup_that_follows)
{
    struct raw_phone tcp;

    bench_open(&b, "");
    network_add_ip(b.network, "host.test", "192.0.2.9");
    raw_connect(&tcp, b.at_phones);
    bench_live(&b, 10);
    raw_ask(&tcp, &(struct request_form){ .more = "Contact: <sip:bob@host.test:6001>\r\n" });
    bench_live(&b, 50);
    raw_close(&tcp);
    bench_live(&b, 50);
    network_set_name_delay(b.network, 40000);
    calls("INVITE", "sip:bob@example.test", 1);
    bench_live(&b, 39000);
    CHECK_INT(1, b.alice.count); /* the 100 */
    bench_live(&b, 2000);
    CHECK(raw_last_is(&b.bob, "INVITE sip:bob@host.test:6001 SIP/2.0\r\n"));
    raw_answer(&b.bob, 0, "486 Busy Here", "b");
    bench_live(&b, 50);
    CHECK(raw_last_is(&b.alice, "SIP/2.0 486 "));
    bench_close(&b);
}

/* It is we who are full: 503, not the 500 that a full target would give. */
TEST(at_the_limit_of_client_transactions_the_caller_hears_503)
{
    char value[32];

    bench_open(&b, "max_client_transactions = 16\n");
    raw_register(&b.bob, 1, NULL);
    bench_live(&b, 50);
    for (unsigned i = 1; i <= 17; i++) {
        raw_ask(&b.alice, &(struct request_form){ .method = "MESSAGE", .uri = "sip:bob@example.test", .cseq = i });
        bench_live(&b, 10);
    }
    CHECK(raw_last_is(&b.alice, "SIP/2.0 503 "));
    CHECK(strcmp(header_of(raw_heard(&b.alice, 0), "Retry-After", value, sizeof value), "10") == 0);
    CHECK_INT(1, b.alice.count);
    CHECK_INT(1, counter_read(&b.at_server->counters.requests_turned_away));
    bench_close(&b);
}

/* The CANCEL needs a transaction too, and gets it a little later. */
TEST(a_cancel_that_finds_no_room_is_sent_later)
{
    ring_bob("max_client_transactions = 16\n");
    raw_answer(&b.bob, 0, "180 Ringing", "b");
    bench_live(&b, 50);
    for (unsigned i = 2; i <= 16; i++) {
        raw_ask(&b.alice, &(struct request_form){ .method = "MESSAGE", .uri = "sip:bob@example.test", .cseq = i });
        bench_live(&b, 10);
        CHECK(raw_last_is(&b.bob, "MESSAGE "));
    }
    calls("CANCEL", "sip:bob@example.test", 1);
    CHECK_INT(0, raw_heard_count(&b.bob, "CANCEL "));
    raw_answer(&b.bob, 0, "200 OK", "b"); /* one ends after Timer K, 5 s */
    bench_live(&b, 6000);
    CHECK(raw_heard_count(&b.bob, "CANCEL ") > 0);
    bench_close(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(after_a_503_the_next_target_is_tried),
        cmocka_unit_test(after_an_icmp_error_the_next_target_is_tried),
        cmocka_unit_test(after_timer_b_the_next_target_is_tried),
        cmocka_unit_test(when_all_targets_refuse_with_503_the_caller_hears_500),
        cmocka_unit_test(a_503_after_a_180_is_final),
        cmocka_unit_test(a_cancel_before_the_first_provisional_waits_for_it),
        cmocka_unit_test(a_cancel_after_a_provisional_goes_at_once),
        cmocka_unit_test(a_200_that_crosses_the_cancel_reaches_the_caller),
        cmocka_unit_test(a_phone_that_ignores_the_cancel_is_given_up),
        cmocka_unit_test(timer_c_ends_a_call_that_only_rings),
        cmocka_unit_test(a_provisional_response_starts_timer_c_anew),
        cmocka_unit_test(an_answer_of_the_name_service_after_the_end_is_harmless),
        cmocka_unit_test(a_call_cancelled_while_a_name_is_looked_up_ends_like_any_other),
        cmocka_unit_test(a_failed_flow_does_not_hurry_the_lookup_that_follows),
        cmocka_unit_test(at_the_limit_of_client_transactions_the_caller_hears_503),
        cmocka_unit_test(a_cancel_that_finds_no_room_is_sent_later),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
